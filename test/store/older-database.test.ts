import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { copyRows, makeOlderDatabase } from '../support/older-database.ts';
import { smallHistory } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

/** The last migration before there were notices. */
const BEFORE_NOTICES = 11;
const KEPT = ['_events', '_signals', '_findings', '_finding_events', '_deliveries', '_digests', '_rule_versions'];
/** What the version of then did not have. */
const LATER_RULES = ['api-keys/unused-api-key.yml', 'sign-ins/repeated-auth-failures.yml'];

/** A database of then, filled by a start with the rules of then, with two digests that were sent. */
async function startOlder(): Promise<{ readonly stage: Stage; readonly old: string }> {
  const stage = await startStage({ state: smallHistory() });
  writeFileSync(path.join(stage.folder, 'octowatch.yaml'), 'rules: {revived_api_key: {threshold: 80}}');
  const rules = path.join(stage.folder, 'rules-of-then');
  cpSync(path.join(CHECKOUT, 'rules'), rules, { recursive: true });
  for (const file of LATER_RULES) rmSync(path.join(rules, file));
  await stage.createApp({ env: { OCTOWATCH_RULES: rules } }).runOnce();
  stage.clock.advance(60_000);
  const old = path.join(stage.folder, 'old.db');
  const db = makeOlderDatabase(old, BEFORE_NOTICES);
  copyRows(db, stage.db);
  db.exec(`
    INSERT INTO _deliveries (delivery_id, channel, kind, state, is_catch_up, created_at, due_at, sent_at) VALUES
      (901, 'email', 'digest', 'sent', 0, '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:01.000Z'),
      (902, 'email', 'digest', 'sent', 0, '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:01.000Z');
    INSERT INTO _digests (delivery_id, local_date, channel, recipient, to_at, created_at) VALUES
      (901, '2026-03-01', 'email', 'a@example.com', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z'),
      (902, '2026-03-02', 'email', 'a@example.com', '2026-03-02T08:00:00.000Z', '2026-03-02T08:00:00.000Z')`);
  db.close();
  stage.printed.length = 0;
  return { stage, old };
}

function rowsOf(file: string, table: string): Record<string, unknown>[] {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1, 2`).all();
  db.close();
  return rows;
}

describe('a database of an older version', () => {
  it('is brought up to date with all that is in it, tells one line, and alerts of nothing that was there', async () => {
    const { stage, old } = await startOlder();
    const before = new Map(KEPT.map((table) => [table, rowsOf(old, table)]));

    await stage.createApp({ db: old }).runOnce();
    await stage.createApp({ db: old }).runOnce();

    for (const [table, rows] of before) {
      expect(rows.length, table).toBeGreaterThan(0);
      expect(rowsOf(old, table).slice(0, rows.length), table).toMatchObject(rows);
    }
    const deliveries = rowsOf(old, '_deliveries').slice(before.get('_deliveries')?.length);
    expect(deliveries).toMatchObject([{ kind: 'notice', state: 'sent', finding_id: null }]);
    expect(stage.printed.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(
        /^Octowatch \S+: 2 rules added \(repeated_auth_failures: 1 finding in the last 30 days, unused_api_key: 1 key\)\. Nothing/,
      ),
    ]);
    const found = rowsOf(old, '_findings').slice(before.get('_findings')?.length);
    expect(found.map((one) => one['rule'])).toEqual(['unused_api_key']);
  });

  it('takes the rules of the last start, as they were configured, for those that judged the keys', async () => {
    const { stage, old } = await startOlder();

    await stage.createApp({ db: old }).runOnce();

    const judged = rowsOf(old, '_state_rules_judged');
    const since = new Date(stage.clock.now()).toISOString();
    expect(judged.filter((row) => row['judged_at'] === since).map((row) => row['rule'])).toEqual(['unused_api_key']);
    expect(judged.find((row) => row['rule'] === 'revived_api_key')).toMatchObject({ threshold: 80 });
  });

  it('still proves what it proved: the chain verifies, and refers to nothing that is gone', async () => {
    const { stage, old } = await startOlder();

    await stage.createApp({ db: old }).runOnce();

    const { broken, rows } = await verifyChain({ dbFile: old, secret: null });
    const db = new Database(old, { readonly: true });
    const dangling = db.pragma('foreign_key_check');
    const integrity = db.pragma('integrity_check', { simple: true });
    db.close();
    expect(broken).toBeNull();
    expect(rows.event).toBe(12);
    expect(dangling).toEqual([]);
    expect(integrity).toBe('ok');
  });

  it('gets no schema but that of a new one', async () => {
    const { stage, old } = await startOlder();

    await stage.createApp({ db: old }).runOnce();

    const schema = (file: string) => rowsOf(file, 'sqlite_schema').map(({ type, name, sql }) => [type, name, sql]);
    expect(schema(old).sort()).toEqual(schema(stage.db).sort());
  });
});

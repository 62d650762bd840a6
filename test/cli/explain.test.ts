import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Explanation, explainFinding, openReadOnly, runQuery } from '../../src/audit/index.ts';
import { withValues } from '../../src/audit/rederive.ts';
import { startSimulatedOctopus } from '../../src/demo/index.ts';
import { readRows } from '../support/canonical.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { failedSignIn, MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';
import { octowatch } from './octowatch.ts';

const { folder, remove } = makeFolder();
const db = path.join(folder, 'octowatch.db');
const rules = path.resolve(import.meta.dirname, '../../rules');
const MINUTE = 60_000;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const idOf = (rule: string) =>
  Number(readRows(db, 'SELECT min(finding_id) AS id FROM findings WHERE rule = ?', rule)[0]?.['id']);

function explain(rule: string, file = db): Explanation {
  const reading = openReadOnly(file);
  try {
    return explainFinding(reading, idOf(rule)) as Explanation;
  } finally {
    reading.close();
  }
}

/** The rows of each statement, run as a person would run it. */
async function rowsOf(explanation: Explanation): Promise<Record<string, unknown>[][]> {
  return Promise.all(
    explanation.derivation.map(async ({ sql }) => {
      const { columns, rows } = await runQuery({ dbFile: db, sql });
      return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    }),
  );
}

describe('findings explain', () => {
  beforeAll(async () => {
    const state = smallHistory();
    const server = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
    const clock = steppingClock(NOON);
    state.now = clock.now;
    await createMonitor({ octopusUrl: server.url, db, clock }).runOnce();
    // The rule changes while the finding is open, and more sign-ins fail.
    const own = path.join(folder, 'rules');
    mkdirSync(own);
    for (const file of readRows(db, "SELECT rule, source FROM rule_versions WHERE kind <> 'built_in'"))
      writeFileSync(path.join(own, `${file['rule']}.yml`), `${file['source']}`.replace('level: medium', 'level: high'));
    clock.advance(5 * MINUTE);
    for (let index = 0; index < 6; index += 1)
      state.addEvent(failedSignIn(`Events-${40 + index}`, NOON + index * 20_000));
    await createMonitor({ octopusUrl: server.url, db, clock, env: { OCTOWATCH_RULES: own } }).runOnce();
    await server.close();
  });
  afterAll(remove);

  it('prints the rule as it was when the finding was opened, whatever the file says now', () => {
    const { finding, rule, notes } = explain('repeated_auth_failures');

    expect(rule?.sha256).toBe(finding.rule_sha256);
    expect(sha256(rule?.source ?? '')).toBe(finding.rule_sha256);
    expect(rule?.source).toContain('repeated_auth_failures');
    expect(rule?.isTextOfHash).toBe(true);
    expect(rule?.loaded_until).not.toBeNull();
    expect(notes).toContainEqual(expect.stringContaining('the rule was another'));
  });

  it('knows the configuration by its hash', () => {
    const { finding, configuration } = explain('off_hours_production_deploy');

    expect(configuration?.description).toMatchObject({ zone: 'UTC' });
    expect(sha256(JSON.stringify(configuration?.description))).toBe(finding.config_sha256);
  });

  it('gives SQL that computes a correlation again and comes to the same hit', async () => {
    const explanation = explain('repeated_auth_failures');
    const [hit] = readRows(
      db,
      'SELECT event_id, occurred_at FROM signals WHERE rule = ? ORDER BY occurred_at',
      'repeated_auth_failures',
    );

    const [again = []] = await rowsOf(explanation);

    const began = again.filter((row) => row['starts'] === 1);
    expect(began[0]).toMatchObject({ ref: hit?.['event_id'], at_ms: Date.parse(String(hit?.['occurred_at'])) });
  });

  it('gives SQL that shows exactly the events of the finding, for every finding there is', async () => {
    for (const rule of ['repeated_auth_failures', 'off_hours_production_deploy', 'sensitive_variable_edit']) {
      const explanation = explain(rule);
      const rows = (await rowsOf(explanation)).at(-1) ?? [];

      expect(
        rows.map((row) => row['event_id']),
        rule,
      ).toEqual(explanation.events.map((one) => one.event_id));
      expect(explanation.events.length).toBe(explanation.finding.event_count);
    }
  });

  it('explains what is about a key, and what the monitor found about itself, as far as it can', async () => {
    const key = explain('unused_api_key');
    const own = explain('monitor_key_expiring');

    expect((await rowsOf(key))[0]).toMatchObject([{ key_id: 'apikeys-OLD' }]);
    expect(key.notes).toContainEqual(expect.stringContaining('a state'));
    expect(own.rule).toMatchObject({ kind: 'built_in', isTextOfHash: true });
    expect(own.notes).toContainEqual(expect.stringContaining('no view holds what it saw'));
  });

  it('says so when the version is not known, and when the text was changed', () => {
    const altered = path.join(folder, 'altered.db');
    const source = new Database(db);
    source.prepare('VACUUM INTO ?').run(altered);
    source.close();
    const copy = new Database(altered);
    copy.exec("UPDATE _rule_versions SET source = source || '# nothing to see' WHERE rule = 'unused_api_key'");
    copy.exec("DELETE FROM _rule_versions WHERE rule = 'repeated_auth_failures'; DELETE FROM _config_versions");
    copy.close();

    const unknown = explain('repeated_auth_failures', altered);
    const forged = explain('unused_api_key', altered);

    expect(unknown).toMatchObject({ rule: null, configuration: null });
    expect(unknown.notes.join('\n')).toMatch(/text of the rule is not known[\s\S]*was not recorded/);
    expect(unknown.derivation.length).toBe(2);
    expect(forged.notes).toContainEqual(expect.stringContaining('NOT the one its hash is of'));
  });

  it('prints it for a person and as JSON, and notes that it was asked', async () => {
    const env = { OCTOWATCH_DB: db, OCTOWATCH_RULES: rules };
    const id = String(idOf('repeated_auth_failures'));
    const [text, json] = [
      await octowatch(['findings', 'explain', id], { cwd: folder, env }),
      await octowatch(['findings', 'explain', id, '--format', 'json'], { cwd: folder, env }),
    ];

    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain(`Finding ${id}:`);
    expect(text.stdout).toContain('  correlation:');
    expect(text.stdout).toContain('Events-10  2026-03-02T09:00:00.000Z');
    expect(JSON.parse(json.stdout)).toMatchObject({
      finding: { finding_id: Number(id) },
      rule: { kind: 'correlation' },
    });
    expect(
      readRows(db, "SELECT detail FROM journal WHERE object = 'findings explain' ORDER BY entry_id").map(
        (row) => row['detail'],
      ),
    ).toEqual([`{"finding_id":${id}}`, `{"finding_id":${id}}`]);
  });

  it('still lists findings without it', async () => {
    const listed = await octowatch(['findings', '--format', 'json'], { cwd: folder, env: { OCTOWATCH_DB: db } });

    expect(JSON.parse(listed.stdout)).toContainEqual(expect.objectContaining({ rule: 'unused_api_key' }));
  });

  it.each([
    ['9999', 1, 'there is no finding 9999'],
    ['x', 2, 'number of a finding'],
  ])('of %s exits %i', async (id, code, said) => {
    const result = await octowatch(['findings', 'explain', id], { cwd: folder, env: { OCTOWATCH_DB: db } });

    expect(result.code).toBe(code);
    expect(result.stderr).toContain(said);
  });
});

describe('putting values into a statement', () => {
  it('leaves what stands in quotes alone and quotes what it puts in', () => {
    const sql = `SELECT '@scope', "@scope", 'it''s @scope' WHERE a = @scope AND b = @from_ms AND c = @other`;

    expect(withValues(sql, { scope: "o'neill @from_ms", from_ms: 12 })).toBe(
      `SELECT '@scope', "@scope", 'it''s @scope' WHERE a = 'o''neill @from_ms' AND b = 12 AND c = @other`,
    );
  });
});

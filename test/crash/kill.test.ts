import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { type SimulatedOctopus, startSimulatedOctopus } from '../../src/demo/index.ts';
import { canonicalDump, readRows } from '../support/canonical.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { inParallel, runNode } from '../support/child.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';
import { MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';
import type { ChildOrders } from './monitor-child.ts';

const CHILD = new URL('./monitor-child.ts', import.meta.url);
/**
 * Beside every statement of one window, so many of the other statements are died before, evenly spread. Within the window's
 * transaction nothing but its statements happens: where the one before only read, death finds what it found before that.
 */
const SPREAD = 12;

/**
 * Those of the shipped rules that store something of the history. A process that reads them all takes far longer to come to
 * the statement it dies before; that they leave the same is a test of its own.
 */
const RULES = [
  'api-keys/admin-api-key',
  'api-keys/api-key-expiring',
  'api-keys/two-live-api-keys',
  'api-keys/unused-api-key',
  'deployments/off-hours-production-deploy',
  'deployments/deployment-freeze-changed',
  'deployments/production-deploy-after-freeze-change',
  'deployments/production-deploy-after-secret-edit',
  'deployments/production-deploy-queued',
  'sign-ins',
  'variables/bulk-sensitive-edit',
  'variables/secret-edited',
  'variables/sensitive-variable-edit',
]
  .map((name) => path.join(CHECKOUT, 'rules', name === 'sign-ins' ? name : `${name}.yml`))
  .join(',');

type Undisturbed = { readonly dump: string; readonly statements: readonly string[]; readonly messages: number };

describe('a process that is killed between two statements', () => {
  const place = makeFolder();
  let octopus: SimulatedOctopus;
  let slack: SlackReceiver;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    octopus = await startSimulatedOctopus({ state: smallHistory() });
    octopus.state.credentials.set(MONITOR_KEY, { userId: 'Users-1', keyId: 'apikeys-MON' });
    slack = await startSlackReceiver();
    undisturbed = await runUndisturbed();
    await runNode(CHILD, orders('alive'));
  });
  afterAll(async () => {
    await octopus.close();
    await slack.close();
    place.remove();
  });

  function orders(name: string): ChildOrders {
    const db = path.join(place.folder, `${name}.db`);
    return {
      octopusUrl: octopus.url,
      slackUrl: slack.url(name),
      db,
      nowMs: NOON,
      env: { OCTOWATCH_RULES: RULES },
      killBefore: null,
    };
  }

  async function runHere(to: ChildOrders, onStatement: (sql: unknown) => void = () => undefined) {
    return createMonitor({ ...to, clock: steppingClock(NOON), onStatement }).runOnce();
  }

  async function runUndisturbed(): Promise<Undisturbed> {
    const to = orders('undisturbed');
    const statements: string[] = [];
    await runHere(to, (sql) => statements.push(String(sql)));
    return { dump: canonicalDump(to.db), statements, messages: slack.accepted('undisturbed').length };
  }

  it('has something of every stage to lose in the history it reads', () => {
    const { db } = orders('undisturbed');

    const rules = readRows(db, 'SELECT DISTINCT rule FROM findings ORDER BY rule').map((row) => row['rule']);
    const owed = undisturbed.statements.filter((sql) => sql.startsWith('INSERT INTO _owed_details'));
    const quarantined = readRows(db, 'SELECT * FROM quarantine');

    expect(rules).toEqual(
      expect.arrayContaining([
        'monitor_key_expiring',
        'off_hours_production_deploy',
        'repeated_auth_failures',
        'sensitive_variable_edit',
        'unused_api_key',
      ]),
    );
    expect(owed).toHaveLength(1);
    expect(quarantined).toHaveLength(1);
    expect(JSON.parse(undisturbed.dump).stillOwed).toEqual([]);
    expect(undisturbed.messages).toBe(6);
  });

  it('leaves what it leaves with all shipped rules', async () => {
    const all = { ...orders('all-rules'), env: {} };

    await runHere(all);

    expect(canonicalDump(all.db)).toBe(undisturbed.dump);
    expect(slack.accepted('all-rules')).toHaveLength(undisturbed.messages);
  });

  it('does the same in a process of its own', () => {
    expect(canonicalDump(orders('alive').db)).toBe(undisturbed.dump);
  });

  it('leaves what the next run completes to the state of a run that nobody disturbed, and tells each finding once more at most', {
    timeout: 180_000,
  }, async () => {
    const { from, to } = windowWithFinding(undisturbed.statements);
    const every = Math.ceil(undisturbed.statements.length / SPREAD);
    const moments = undisturbed.statements
      .map((_, index) => index + 1)
      .filter((number) =>
        number > from && number <= to
          ? !/^\s*(SELECT|WITH)\b/i.test(undisturbed.statements[number - 2] ?? '')
          : number === from || number % every === 0,
      );
    expect(moments.length).toBeGreaterThan(30);

    await inParallel(moments, 2, async (killBefore) => {
      const name = `killed-${killBefore}`;
      const first = await runNode(CHILD, { ...orders(name), killBefore });
      expect(first, `statement ${killBefore}`).toMatchObject({ signal: 'SIGKILL' });

      const second = await runHere(orders(name));

      expect(second.isComplete).toBe(true);
      await expectSameState(name, `killed before statement ${killBefore}: ${undisturbed.statements[killBefore - 1]}`);
    });
  });

  it('recovers from one death after the other', async () => {
    const name = 'unlucky';
    for (const killBefore of [30, 60, 110, 160, 120, 90]) {
      const { signal } = await runNode(CHILD, { ...orders(name), killBefore });
      expect(signal).toBe('SIGKILL');
    }

    await runHere(orders(name));

    await expectSameState(name, 'killed six times');
  });

  async function expectSameState(name: string, when: string) {
    const { db } = orders(name);
    expect((await verifyChain({ dbFile: db, secret: null })).broken, when).toBeNull();
    expect(canonicalDump(db), when).toBe(undisturbed.dump);
    expect(readRows(db, 'PRAGMA integrity_check'), when).toEqual([{ integrity_check: 'ok' }]);
    expect(readRows(db, 'PRAGMA foreign_key_check'), when).toEqual([]);
    expect(readRows(db, 'SELECT * FROM _leases'), when).toEqual([]);
    const told = slack.timesTold(name);
    const sent = readRows(db, "SELECT finding_id FROM deliveries WHERE state = 'sent'").map((row) => row['finding_id']);
    expect(new Set(told.keys()), when).toEqual(new Set(sent));
    // A message that was accepted just before the death is told again: at least once, not exactly once.
    expect(slack.accepted(name).length - undisturbed.messages, when).toBeLessThanOrEqual(1);
  }
});

/** The statements, counted from 1, of the back-fill's transaction that opens a finding: from its BEGIN to its COMMIT. */
function windowWithFinding(statements: readonly string[]): { from: number; to: number } {
  const coverage = statements.findIndex(
    (sql) => sql.startsWith('INSERT INTO _coverage') && sql.includes("'first', '2026-02-26"),
  );
  const begin = statements.lastIndexOf('BEGIN IMMEDIATE', coverage);
  const commit = statements.indexOf('COMMIT', coverage);
  const inside = statements.slice(begin, commit);
  if (!inside.some((sql) => sql.startsWith('INSERT INTO _deliveries'))) throw new Error('no finding in that window');
  return { from: begin + 1, to: commit + 1 };
}

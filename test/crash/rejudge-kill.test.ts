import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { type SimulatedOctopus, startSimulatedOctopus } from '../../src/demo/index.ts';
import { canonicalDump, readRows } from '../support/canonical.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { inParallel, runNode } from '../support/child.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';
import { emptyServer, MONITOR_KEY, NOON, queuedByAlice, started } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';
import type { ChildOrders } from './monitor-child.ts';

const CHILD = new URL('./monitor-child.ts', import.meta.url);
const HOUR = 3_600_000;
/** More events than are judged again in one transaction. */
const DEPLOYMENTS = 130;
const MOMENTS = 8;
const RULES = ['off-hours-production-deploy', 'production-deploy-queued', 'production-deploy-after-freeze-change']
  .map((name) => path.join(CHECKOUT, 'rules', 'deployments', `${name}.yml`))
  .join(',');

describe('a process that is killed while it judges stored history again', () => {
  const place = makeFolder();
  let octopus: SimulatedOctopus;
  let slack: SlackReceiver;
  let undisturbed: { readonly dump: string; readonly statements: readonly string[]; readonly messages: number };

  beforeAll(async () => {
    const state = emptyServer(() => NOON);
    for (let number = 0; number < DEPLOYMENTS; number += 1) {
      const at = NOON - 100 * HOUR + number * (HOUR / 2);
      state.addEvent(queuedByAlice(`Events-${2 * number}`, at, number));
      state.addEvent(started(`Events-${2 * number + 1}`, at + 5000, number));
    }
    octopus = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
    slack = await startSlackReceiver();
    configure('');
    await runHere(orders('before'));
    configure('calendar: { hours: { mon-sun: "05:00-15:00" } }\n');
    undisturbed = await runUndisturbed();
  });
  afterAll(async () => {
    await octopus.close();
    await slack.close();
    place.remove();
  });

  const fileOf = (name: string) => path.join(place.folder, `${name}.db`);
  const configure = (yaml: string) => writeFileSync(path.join(place.folder, 'octowatch.yaml'), yaml);

  function orders(name: string): ChildOrders {
    const env = { OCTOWATCH_RULES: RULES };
    return { octopusUrl: octopus.url, slackUrl: slack.url(name), db: fileOf(name), nowMs: NOON, env, killBefore: null };
  }

  /** The same database that was filled by the configuration of before. */
  function copyOf(name: string): ChildOrders {
    copyFileSync(fileOf('before'), fileOf(name));
    return orders(name);
  }

  const runHere = (to: ChildOrders, onStatement: (sql: unknown) => void = () => undefined) =>
    createMonitor({ ...to, clock: steppingClock(NOON), onStatement }).runOnce();

  async function runUndisturbed() {
    const statements: string[] = [];
    await runHere(copyOf('undisturbed'), (sql) => statements.push(String(sql)));
    return { dump: canonicalDump(fileOf('undisturbed')), statements, messages: slack.accepted('undisturbed').length };
  }

  it('has findings to close and to open, in more than one transaction', () => {
    const closed = readRows(fileOf('undisturbed'), "SELECT * FROM findings WHERE resolution = 'configuration_changed'");
    const cursors = undisturbed.statements.filter((sql) => sql.startsWith('UPDATE _rejudgements SET cursor_at'));

    expect(closed.length).toBeGreaterThan(3);
    expect(cursors.length).toBe(2);
    expect(undisturbed.messages).toBeGreaterThan(0);
  });

  it('leaves what the next start completes to the state of one that nobody disturbed', {
    timeout: 120_000,
  }, async () => {
    const from = undisturbed.statements.findIndex((sql) => sql.startsWith('INSERT INTO _rejudgements'));
    const to = undisturbed.statements.findIndex((sql) => sql.startsWith('UPDATE _rejudgements SET finished_at'));
    const moments = Array.from(
      { length: MOMENTS },
      (_, index) => from + 1 + Math.floor(((to - from) * index) / (MOMENTS - 1)),
    );

    await inParallel(moments, 2, async (killBefore) => {
      const name = `killed-${killBefore}`;
      const when = `killed before statement ${killBefore}: ${undisturbed.statements[killBefore - 1]}`;
      const first = await runNode(CHILD, { ...copyOf(name), killBefore });
      expect(first, when).toMatchObject({ signal: 'SIGKILL' });

      await runHere(orders(name));

      expect(canonicalDump(fileOf(name)), when).toBe(undisturbed.dump);
      expect((await verifyChain({ dbFile: fileOf(name), secret: null })).broken, when).toBeNull();
      expect(readRows(fileOf(name), 'SELECT * FROM _rejudgements WHERE finished_at IS NULL'), when).toEqual([]);
      expect(slack.accepted(name).length - undisturbed.messages, when).toBeLessThanOrEqual(1);
    });
  });
});

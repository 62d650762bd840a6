import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planCorrection } from '../../src/app-correction.ts';
import { verifyChain } from '../../src/audit/index.ts';
import { buildStory, STORY, startSimulatedOctopus } from '../../src/demo/index.ts';
import { acknowledge } from '../../src/detect/index.ts';
import { openStore } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { differencesOf, judgedState } from '../support/corrected.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { NOON, queuedAt, startedAt } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const NOW = Date.parse('2026-11-16T07:40:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("the demo's company", () => {
  it.each([
    ['the zone', 'timezone: Australia/Sydney\n', 'timezone: Europe/London\n'],
    [
      'the production list, hours, holidays and a freeze',
      'timezone: Europe/London\nproduction: [Nothing]\ncalendar: { hours: { mon-sun: "00:00-24:00" } }\n',
      `timezone: Europe/London
calendar:
  hours: { mon-fri: "09:00-17:00" }
  holidays: ["2026-11-11"]
  freezes: [{ from: 2026-11-01, to: 2026-11-12, name: Audit }]
`,
    ],
  ])('has after a correction of %s what a fresh start with the right one has', async (_, wrong, right) => {
    const { state } = buildStory({ nowMs: NOW });
    const server = await startSimulatedOctopus({ state });
    const { folder, remove } = makeFolder();
    onTestFinished(async () => {
      await server.close();
      remove();
    });
    const clock = steppingClock(NOW);
    state.now = clock.now;
    const run = async (name: string, yaml: string) => {
      writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
      const db = path.join(folder, `${name}.db`);
      const env = {
        OCTOPUS_API_KEY: STORY.monitorApiKey,
        OCTOWATCH_TIMEZONE: '',
        OCTOWATCH_BACKFILL: `${STORY.days}d`,
      };
      await createMonitor({ octopusUrl: server.url, db, clock, env }).runOnce();
      return db;
    };
    await run('corrected', wrong);

    const corrected = await run('corrected', right);

    const fresh = await run('fresh', right);
    expect(differencesOf(corrected, fresh)).toEqual({});
    expect(judgedState(corrected)['openFindings']?.length).toBeGreaterThan(3);
    expect(readRows(corrected, 'SELECT * FROM _rejudgements WHERE finished_at IS NULL')).toEqual([]);
    expect((await verifyChain({ dbFile: corrected, secret: null })).broken).toBeNull();
  });
});

/** Deployments to production on the last three days, at 06:00, 12:00, 19:00 and 23:00 UTC. */
async function stageOfDeployments(): Promise<Stage & { configure(yaml: string): void }> {
  const stage = await startStage({ env: { OCTOWATCH_TIMEZONE: '' } });
  const where = { who: 'alice', project: 'Web Shop', environment: 'Production' };
  const midnight = NOON - 12 * HOUR;
  [1, 2, 3].forEach((day) => {
    [6, 12, 19, 23].forEach((hour) => {
      const at = midnight - day * DAY + hour * HOUR;
      const number = day * 100 + hour;
      stage.state.addEvent(queuedAt(`Events-${number}0`, at, number, where));
      stage.state.addEvent(startedAt(`Events-${number}1`, at + MINUTE, number, where));
    });
  });
  const configure = (yaml: string) => writeFileSync(path.join(stage.folder, 'octowatch.yaml'), yaml);
  return { ...stage, configure };
}

const AT = new Date(NOON).toISOString();
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const DAYS = (hours: string) => `timezone: UTC\ncalendar: { hours: { mon-sun: "${hours}" } }\n`;
const OPEN =
  "SELECT finding_id, subject FROM findings WHERE status = 'open' AND rule = 'off_hours_production_deploy' ORDER BY 1";
const corrections = ({ printed }: Stage) => printed.filter((text) => text.includes('stored history was judged again'));

describe('a correction', () => {
  it('is told in one message: what is new and what no longer holds, and nothing that was told and still holds', async () => {
    const stage = await stageOfDeployments();
    stage.configure(DAYS('07:00-20:00'));
    await stage.runOnce();
    const before = stage.rows(OPEN);
    stage.printed.length = 0;
    stage.configure(DAYS('05:00-18:00'));

    await stage.runOnce();

    const [message, ...others] = corrections(stage);
    expect(others).toEqual([]);
    expect(message).toContain('after a change of calendar; 3 no longer hold');
    const numbersIn = [...(message ?? '').matchAll(/Finding (\d+),/g)]
      .map((match) => Number(match[1]))
      .sort((a, b) => a - b);
    const after = stage.rows(OPEN);
    const isIn = (rows: typeof before) => (row: (typeof before)[0]) =>
      rows.some((one) => one['finding_id'] === row['finding_id']);
    const closed = before.filter((row) => !isIn(after)(row));
    const opened = after.filter((row) => !isIn(before)(row));
    expect([before.length, closed.length, opened.length]).toEqual([6, 3, 3]);
    expect(numbersIn).toEqual([...closed, ...opened].map((row) => Number(row['finding_id'])).sort((a, b) => a - b));
    expect(stage.printed.filter((text) => text.includes('off_hours_production_deploy'))).toEqual([message]);
    await stage.runOnce();
    expect(corrections(stage)).toHaveLength(1);
  });

  it('that is taken back brings the same findings back, and each is told of as new only once', async () => {
    const stage = await stageOfDeployments();
    stage.configure(DAYS('07:00-20:00'));
    await stage.runOnce();
    const before = stage.rows(OPEN);
    stage.configure(DAYS('00:00-24:00'));
    await stage.runOnce();
    const meanwhile = stage.rows(OPEN);
    stage.configure(DAYS('07:00-20:00'));

    await stage.runOnce();

    expect(meanwhile).toEqual([]);
    expect(stage.rows(OPEN)).toEqual(before);
    const twice =
      "SELECT finding_id FROM deliveries WHERE kind = 'alert' GROUP BY finding_id, channel HAVING count(*) > 1";
    expect(stage.rows(twice)).toEqual([]);
    expect(corrections(stage)).toHaveLength(2);
  });

  it('closes what somebody has acknowledged as well, and keeps its evidence', async () => {
    const stage = await stageOfDeployments();
    stage.configure('timezone: UTC\n');
    await stage.runOnce();
    const id = Number(stage.rows(OPEN)[0]?.['finding_id']);
    const evidence = stage.rows('SELECT * FROM finding_events WHERE finding_id = ?', id);
    const store = openStore(stage.db, { monitorVersion: 'test' });
    store.transaction(() =>
      acknowledge(store, id, { by: 'mira', until: null, note: 'release night' }, stage.clock.now()),
    );
    store.close();
    stage.configure('timezone: UTC\nproduction: [Nothing]\n');

    await stage.runOnce();

    const [finding] = stage.rows('SELECT status, resolution FROM findings WHERE finding_id = ?', id);
    expect(finding).toEqual({ status: 'resolved', resolution: 'configuration_changed' });
    expect(evidence).toHaveLength(2);
    expect(stage.rows('SELECT * FROM finding_events WHERE finding_id = ?', id)).toEqual(evidence);
  });

  it('finds nothing by a rule that was not in force when an event came', async () => {
    const stage = await stageOfDeployments();
    stage.configure('production: [Nothing]\nrules: { off_hours_production_deploy: { enabled: false } }\n');
    await stage.runOnce();
    stage.clock.advance(MINUTE);
    stage.configure('timezone: UTC\n');

    await stage.runOnce();

    expect(stage.rows('SELECT DISTINCT is_production FROM events')).toEqual([{ is_production: 1 }]);
    expect(stage.rows("SELECT * FROM signals WHERE rule = 'off_hours_production_deploy'")).toEqual([]);
    const other = "SELECT count(*) AS n FROM _correlation_inputs WHERE rule = 'production_deploy_queued'";
    expect(stage.rows(other)[0]?.['n']).toBeGreaterThan(0);
  });

  it('judges nothing again when only rules were adjusted', async () => {
    const stage = await stageOfDeployments();
    stage.configure('timezone: UTC\n');
    await stage.runOnce();
    stage.configure('timezone: UTC\nrules: { repeated_auth_failures: { threshold: 8 } }\n');

    await stage.runOnce();

    expect(stage.rows('SELECT * FROM _rejudgements')).toEqual([]);
  });

  it('that was not finished is finished by a start whose rules are adjusted otherwise', async () => {
    const stage = await stageOfDeployments();
    stage.configure(DAYS('07:00-20:00'));
    await stage.runOnce();
    stage.configure(DAYS('00:00-24:00'));
    const interrupted = stage.createApp();
    interrupted.store.transaction(() => planCorrection(interrupted.store, interrupted.config, SILENT, AT));
    interrupted.store.ruleVersions.recordConfig(interrupted.config, AT);
    interrupted.close();
    stage.configure(`${DAYS('00:00-24:00')}rules: { repeated_auth_failures: { threshold: 8 } }\n`);

    await stage.runOnce();

    expect(stage.rows(OPEN)).toEqual([]);
    expect(stage.rows('SELECT * FROM _rejudgements WHERE finished_at IS NULL')).toEqual([]);
  });

  it('goes on behind the live tail, also of an instance that cannot be read', async () => {
    const stage = await stageOfDeployments();
    stage.configure(DAYS('07:00-20:00'));
    await stage.runOnce();
    stage.configure(DAYS('00:00-24:00'));
    stage.server.faults.next({ kind: 'status', status: 503, times: 1000 });

    await stage.runOnce().catch(() => undefined);

    expect(stage.rows(OPEN)).toEqual([]);
  });
});

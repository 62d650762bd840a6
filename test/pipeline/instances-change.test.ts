import { describe, expect, it, onTestFinished } from 'vitest';
import { buildStory, STORY } from '../../src/demo/index.ts';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { buildDigest } from '../../src/pipeline/digest.ts';
import { openStore } from '../../src/store/index.ts';
import { octowatch } from '../cli/octowatch.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';
import { emptyServer, NOON, queuedByAlice, smallHistory } from '../support/small-history.ts';
import { twoServers } from '../support/two-servers.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ALWAYS = 1_000_000;

async function startSlack(): Promise<SlackReceiver> {
  const slack = await startSlackReceiver();
  onTestFinished(() => slack.close());
  return slack;
}

function digestOf(stage: Instances, instances: readonly string[], atMs: number) {
  const store = openStore(stage.db, { monitorVersion: 'test' });
  try {
    return buildDigest(store, {
      ...{ localDate: '2026-03-02', timeZone: 'UTC', isTimeZoneAssumed: false, exceptions: [], monitorVersion: '1' },
      fromAt: new Date(atMs - DAY).toISOString(),
      toAt: new Date(atMs).toISOString(),
      instances,
      production: createProductionMatcher(undefined),
    });
  } finally {
    store.close();
  }
}

const states = (stage: Instances) =>
  stage.rows(
    `SELECT f.instance, f.rule, f.status, f.resolution FROM findings f JOIN _findings t USING (finding_id)
     WHERE t.is_state = 1 ORDER BY f.finding_id`,
  );

describe('an instance that is added later', () => {
  it('is back-filled in one summary, one message about keys and what is grave and young, and changes nothing of the other', async () => {
    const slack = await startSlack();
    const story = buildStory({ nowMs: NOON - 3 * HOUR });
    // A dozen nights in the week before, beside the story's own last night.
    for (let index = 0; index < 12; index++) {
      const at = NOON - DAY - index * 11 * HOUR;
      const night = at - (at % DAY) + 2 * HOUR + index * MINUTE;
      story.state.addEvent(queuedByAlice(`Events-9000${index}`, night, 9000 + index));
    }
    const stage = await startInstances(
      { main: smallHistory(), eu: story.state },
      {
        slackUrl: slack.url(),
        env: { OCTOPUS_API_KEY_EU: STORY.monitorApiKey, OCTOWATCH_BACKFILL: '90d' },
      },
    );
    stage.configure(['main']);
    await stage.runOnce();
    const told = slack.accepted().length;
    const ofMain = () => ({
      findings: stage.rows("SELECT * FROM findings WHERE instance = 'main' ORDER BY finding_id"),
      deliveries: stage.rows("SELECT * FROM deliveries WHERE instance = 'main' ORDER BY delivery_id"),
      learned: stage.rows('SELECT * FROM _first_seen WHERE instance_id = 1'),
      posture: stage.rows("SELECT subject, accepted, found FROM _posture WHERE subject <> 'production'"),
    });
    const listed = () => {
      const { needsAction, opened, stillOpen, keys } = digestOf(stage, ['main', 'eu'], NOON);
      return [...needsAction, ...opened, ...stillOpen, ...keys].filter((one) => one.instance === 'main');
    };
    const before = { ...ofMain(), listed: listed() };

    stage.configure(['main', 'eu']);
    stage.clock.advance(MINUTE);
    await stage.runOnce();

    const messages = slack.accepted().slice(told);
    const summaries = messages.filter((text) => /^\d+ findings: found in events from before/.test(text));
    const keys = messages.filter((text) => /findings about API keys of eu/.test(text));
    const single = messages.filter((text) => !summaries.includes(text) && !keys.includes(text));
    expect([summaries.length, keys.length]).toEqual([1, 1]);
    expect(single.length).toBeLessThanOrEqual(4);
    for (const text of single) expect(text).toMatch(/^\[(CRITICAL|HIGH)\] eu · /);
    const old = "FROM findings WHERE instance = 'eu' AND rule = 'off_hours_production_deploy'";
    const weekAgo = new Date(NOON - 7 * DAY).toISOString();
    expect(stage.column(`SELECT DISTINCT resolution ${old} AND last_seen_at < ?`, weekAgo)).toEqual(['history']);
    expect(
      stage.column(`SELECT count(*) ${old} AND last_seen_at >= ? AND status = 'open'`, weekAgo)[0],
    ).toBeGreaterThan(11);
    expect(stage.column('SELECT count(*) FROM _first_seen WHERE instance_id = 2')[0]).toBeGreaterThan(0);
    expect({ ...ofMain(), listed: listed() }).toEqual(before);
    expect(
      stage.column("SELECT rule FROM findings WHERE rule LIKE 'monitor!_%' ESCAPE '!' AND instance = 'eu'"),
    ).toEqual([]);
  }, 60_000);
});

describe('an instance that is configured no more', () => {
  it('keeps its rows, and what was found about states there ends without a word', async () => {
    const slack = await startSlack();
    const both = twoServers();
    const stage = await startInstances(both, { slackUrl: slack.url() });
    await stage.runOnce();
    stage.servers['eu']?.faults.next({ kind: 'reset', times: ALWAYS });
    stage.clock.advance(HOUR);
    await stage.runOnce();
    const before = states(stage).filter((one) => one['instance'] === 'eu' && one['status'] !== 'resolved');
    const events = stage.column("SELECT count(*) FROM events WHERE instance = 'eu'");
    const told = slack.accepted().length;

    stage.configure(['main']);
    stage.clock.advance(HOUR);
    const { isComplete } = await stage.runOnce();

    expect(before.map((one) => one['rule'])).toContain('monitor_poll_failing');
    expect(before.map((one) => one['rule'])).toContain('unused_api_key');
    expect(isComplete).toBe(true);
    expect(states(stage).filter((one) => one['instance'] === 'eu' && one['status'] !== 'resolved')).toEqual([]);
    expect(stage.column("SELECT DISTINCT resolution FROM findings WHERE rule = 'monitor_poll_failing'")).toEqual([
      'configuration_changed',
    ]);
    expect(slack.accepted().slice(told)).toEqual([]);
    expect(stage.column("SELECT count(*) FROM events WHERE instance = 'eu'")).toEqual(events);
    expect(
      stage.column("SELECT status FROM findings WHERE instance = 'eu' AND rule = 'sensitive_variable_edit'"),
    ).toEqual(['open']);
    expect(stage.column("SELECT DISTINCT status FROM findings WHERE instance = 'main'")).toEqual(['open']);
  });

  it('is not missed by the digest, and its findings that are open say where they are', async () => {
    const stage = await startInstances(twoServers());
    await stage.runOnce();
    stage.configure(['main']);
    stage.clock.advance(DAY);
    await stage.runOnce();

    const { coverage, coverageStatement, instances, keys, needsAction } = digestOf(
      stage,
      ['main'],
      NOON + DAY + MINUTE,
    );

    expect(instances).toEqual(['main']);
    expect(coverage.map((one) => one.instance)).toEqual(['main']);
    expect(coverageStatement).not.toContain('eu:');
    expect(keys.map((one) => one.instance)).not.toContain('eu');
    expect(needsAction.filter((one) => one.instance === 'eu').map((one) => one.rule)).toContain(
      'sensitive_variable_edit',
    );
  });

  it('is not missed by doctor --health', async () => {
    const stage = await startInstances(twoServers());
    await stage.runOnce();
    stage.configure(['main']);
    await stage.runOnce();
    const store = openStore(stage.db, { monitorVersion: 'test' });
    store.db.prepare("UPDATE _instances SET last_read_at = ? WHERE name = 'main'").run(new Date().toISOString());
    store.close();

    const { code, stdout } = await octowatch(['doctor', '--health'], {
      cwd: stage.folder,
      env: { OCTOWATCH_DB: stage.db },
    });

    expect(stdout).toContain('main: well');
    expect(stdout).toContain('eu: not configured since the start of 2026-03-02T12:00:00.000Z, not read');
    expect(code).toBe(0);
  });

  it('is taken up again when it is back: its key is found anew, its past is read as after an outage', async () => {
    const stage = await startInstances(twoServers());
    await stage.runOnce();
    stage.configure(['main']);
    stage.clock.advance(HOUR);
    await stage.runOnce();
    stage.configure(['main', 'eu']);
    stage.clock.advance(HOUR);

    await stage.runOnce();

    expect(
      stage.rows("SELECT status, resolution FROM findings WHERE instance = 'eu' AND rule = 'unused_api_key'"),
    ).toEqual([
      { status: 'resolved', resolution: 'configuration_changed' },
      { status: 'open', resolution: null },
    ]);
    expect(stage.column('SELECT retired_at FROM _instances')).toEqual([null, null]);
  });

  it('is left alone while another process reads it', async () => {
    const stage = await startInstances(twoServers());
    await stage.runOnce();
    const store = openStore(stage.db, { monitorVersion: 'test' });
    store.transaction(() => store.leases.take(2, 'elsewhere:1:x', stage.clock.now(), DAY));
    store.close();
    stage.configure(['main']);

    await stage.runOnce();

    expect(stage.column("SELECT retired_at FROM _instances WHERE name = 'eu'")).toEqual([null]);
    expect(stage.column("SELECT status FROM findings WHERE instance = 'eu' AND rule = 'unused_api_key'")).toEqual([
      'open',
    ]);
  });

  it('gives up what was still to be told of it at the end of its back-fill: that is told as it is', async () => {
    const slack = await startSlack();
    const eu = emptyServer(() => NOON);
    eu.addEvent(queuedByAlice('Events-1', NOON - DAY - 9 * HOUR, 1));
    const stage = await startInstances({ main: emptyServer(() => NOON), eu }, { slackUrl: slack.url() });
    slack.always({ status: 503 });
    await stage.runOnce();
    const store = openStore(stage.db, { monitorVersion: 'test' });
    // The older half of its history is still to be read.
    store.transaction(() => store.backlog.add(2, 'first', '2026-02-20T00:00:00.000Z', '2026-02-21T00:00:00.000Z'));
    store.close();
    slack.always(null);

    stage.configure(['main']);
    stage.clock.advance(HOUR);
    await stage.runOnce();

    expect(slack.accepted().filter((text) => text.includes('eu · Production deployment outside'))).toHaveLength(1);
  });
});

describe('what is found about the monitor itself', () => {
  it('goes on when another instance becomes the first, and ends when it is mended', async () => {
    const slack = await startSlack();
    const stage = await startInstances(twoServers(), { slackUrl: slack.url() });
    slack.always({ status: 404 });
    await stage.runOnce();
    await stage.runOnce();
    const failing = () =>
      stage.rows("SELECT instance, status FROM findings WHERE rule = 'monitor_delivery_failing' ORDER BY finding_id");
    const atFirst = failing();

    stage.configure(['eu']);
    await stage.runOnce();
    const withoutMain = failing();
    slack.always(null);
    stage.clock.advance(9 * HOUR);
    stage.servers['eu']?.state.addEvent(queuedByAlice('Events-70', stage.clock.now() - 1000, 70));
    await stage.runOnce();

    expect(atFirst).toEqual([{ instance: 'main', status: 'open' }]);
    expect(withoutMain).toEqual(atFirst);
    expect(failing()).toEqual([{ instance: 'main', status: 'resolved' }]);
  });

  it('is told once, though the instance that was the first is configured no more, and ends when it is put back', async () => {
    const stage = await startInstances(twoServers());
    const off = 'rules: {off_hours_production_deploy: {enabled: false}}\n';
    const weakened = () =>
      stage.rows("SELECT instance, status FROM findings WHERE rule = 'monitor_detection_weakened' ORDER BY finding_id");
    await stage.runOnce();
    stage.configure(['main', 'eu'], off);
    await stage.runOnce();
    const atFirst = weakened();
    stage.configure(['eu'], off);
    await stage.runOnce();
    const withoutMain = weakened();
    stage.configure(['eu']);
    await stage.runOnce();

    expect(atFirst).toEqual([{ instance: 'main', status: 'open' }]);
    expect(withoutMain).toEqual(atFirst);
    expect(weakened()).toEqual([{ instance: 'main', status: 'resolved' }]);
  });
});

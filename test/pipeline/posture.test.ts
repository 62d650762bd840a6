import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { explainFinding } from '../../src/audit/index.ts';
import { acknowledge } from '../../src/detect/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { createMonitor } from '../support/monitor.ts';
import { MONITOR_KEY } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const DAY = 86_400_000;
const OFF = 'rules: {off_hours_production_deploy: {enabled: false}}';

function configure(stage: Stage, yaml: string) {
  writeFileSync(path.join(stage.folder, 'octowatch.yaml'), yaml);
}

/** A start with each configuration in turn, a minute apart. */
async function startWith(stage: Stage, ...yamls: string[]) {
  for (const yaml of yamls) {
    configure(stage, yaml);
    await stage.runOnce();
    stage.clock.advance(60_000);
  }
}

const weakened = (stage: Stage) =>
  stage.rows(
    `SELECT finding_id, level, subject, status, resolution FROM findings
     WHERE rule = 'monitor_detection_weakened' ORDER BY finding_id`,
  );

const titles = (stage: Stage) =>
  stage.column("SELECT title FROM findings WHERE rule = 'monitor_detection_weakened' ORDER BY finding_id");

function acknowledgeFirst(stage: Stage, until: string | null = null) {
  const store = openStore(stage.db, { monitorVersion: 'test' });
  const [finding] = weakened(stage);
  store.transaction(() =>
    acknowledge(store, Number(finding?.['finding_id']), { by: 'ann', note: 'agreed', until }, stage.clock.now()),
  );
  store.close();
}

describe('a start with weaker detection than the one before', () => {
  it('is no finding while nothing was there before, nor when nothing has changed', async () => {
    const stage = await startStage();

    await startWith(stage, OFF, OFF, OFF);

    expect(weakened(stage)).toEqual([]);
  });

  it('opens one finding for a rule that is switched off, is told once, and ends it when the rule is back', async () => {
    const stage = await startStage();
    await startWith(stage, '', OFF, OFF);
    const open = weakened(stage);
    const told = stage.printed.filter((text) => text.includes('monitor_detection_weakened'));

    await startWith(stage, '');

    expect(open).toEqual([
      { finding_id: 1, level: 'high', subject: 'off_hours_production_deploy', status: 'open', resolution: null },
    ]);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('The monitor detects less than before: off_hours_production_deploy, was in');
    expect(weakened(stage)).toEqual([{ ...open[0], status: 'resolved', resolution: 'ended' }]);
  });

  it('tells of several rules that one start took away in one message, which names each', async () => {
    const stage = await startStage();
    const off = 'rules: {off_hours_production_deploy: {enabled: false}, sensitive_variable_edit: {enabled: false}}';

    await startWith(stage, '', off);

    const told = stage.printed.filter((text) => text.includes('monitor_detection_weakened'));
    expect(weakened(stage)).toHaveLength(2);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('2 findings: the monitor detects less than at the start before');
    expect(told[0]).toMatch(
      /off_hours_production_deploy, was in\s+force[\s\S]*sensitive_variable_edit, was in\s+force/,
    );
  });

  it('takes what was acknowledged for agreed: the finding ends at the next start and does not come again', async () => {
    const stage = await startStage();
    await startWith(stage, '', OFF);
    acknowledgeFirst(stage);

    await startWith(stage, OFF, OFF);

    expect(weakened(stage)).toMatchObject([{ status: 'resolved', resolution: 'ended' }]);
  });

  it('does not take for agreed what was acknowledged for a time only', async () => {
    const stage = await startStage();
    await startWith(stage, '', OFF);
    acknowledgeFirst(stage, '2026-03-05');
    await startWith(stage, OFF);
    const meanwhile = weakened(stage);
    stage.clock.advance(5 * DAY);

    await startWith(stage, OFF);

    expect(meanwhile).toMatchObject([{ status: 'acknowledged' }]);
    expect(weakened(stage)).toMatchObject([{ finding_id: 1, status: 'open' }]);
  });

  it('keeps the first old value while a part becomes weaker still, in one finding', async () => {
    const stage = await startStage();
    const level = (name: string) => `rules: {off_hours_production_deploy: {level: ${name}}}`;

    await startWith(stage, level('high'), level('medium'), level('low'));

    expect(titles(stage)).toEqual(['off_hours_production_deploy: level, was high, is low']);
  });

  it('tells anew what became weaker after the acknowledgement, from the value that was acknowledged', async () => {
    const stage = await startStage();
    const limit = (value: number) => `rules: {repeated_auth_failures: {threshold: ${value}}}`;
    await startWith(stage, '', limit(20));
    acknowledgeFirst(stage);

    await startWith(stage, limit(50));

    expect(weakened(stage)).toMatchObject([{ status: 'resolved' }, { status: 'open' }]);
    expect(titles(stage)).toEqual([
      'repeated_auth_failures: threshold, was at least 5, is at least 20',
      'repeated_auth_failures: threshold, was at least 20, is at least 50',
    ]);
  });

  it('tells of a rule that is gone, and of its level when it comes back with a lower one', async () => {
    const stage = await startStage({ env: { OCTOWATCH_RULES: 'mine' } });
    const folder = path.join(stage.folder, 'mine');
    const write = (name: string, level: string) =>
      writeFileSync(path.join(folder, `${name}.yml`), plainRule(name, level));
    mkdirSync(folder);
    write('kept', 'low');
    write('moved', 'high');
    await stage.runOnce();
    rmSync(path.join(folder, 'moved.yml'));
    await stage.runOnce();
    const gone = weakened(stage);
    write('moved', 'low');

    await stage.runOnce();

    expect(gone).toMatchObject([{ subject: 'moved', level: 'medium', status: 'open' }]);
    expect(weakened(stage)).toMatchObject([
      { subject: 'moved', status: 'resolved' },
      { subject: 'moved: level', status: 'open' },
    ]);
  });

  it('tells of an exception that was added, and of one that acts for longer', async () => {
    const rules = `${path.join(CHECKOUT, 'rules')},mine`;
    const stage = await startStage({ env: { OCTOWATCH_RULES: rules } });
    const write = (name: string, expires: string) =>
      writeFileSync(path.join(stage.folder, 'mine', `${name}.yml`), exception(name, expires));
    mkdirSync(path.join(stage.folder, 'mine'));
    write('old', '2026-03-10');
    write('over', '2026-03-01');
    await stage.runOnce();
    write('old', '2026-04-10');
    write('new', '2026-03-05');
    write('over_and_new', '2026-03-01');
    await stage.runOnce();
    const open = weakened(stage);
    stage.clock.advance(10 * DAY);

    await stage.runOnce();

    expect(open).toMatchObject([{ subject: 'old: exception' }, { subject: 'new: exception' }]);
    expect(weakened(stage)).toMatchObject([{ status: 'open' }, { subject: 'new: exception', status: 'resolved' }]);
  });

  it('names both versions of Octowatch when another one brought the weaker rules', async () => {
    const stage = await startStage();
    await startWith(stage, '');
    const store = openStore(stage.db, { monitorVersion: 'test' });
    store.db.exec("UPDATE _posture SET monitor_version = '0.0.9'");
    store.close();

    await startWith(stage, OFF);

    const [report] = stage.column("SELECT report FROM _findings WHERE rule = 'monitor_detection_weakened'");
    expect(JSON.parse(String(report)).why).toMatch(/with Octowatch 0\.0\.9: in force\..* with Octowatch \d/);
  });

  it('has one finding for several instances, of the first', async () => {
    const stage = await startStage();
    const instances = (url: string) => `instances: [{name: one, url: "${url}"}, {name: two, url: "${url}/two"}]`;
    const env = { OCTOPUS_API_KEY_ONE: MONITOR_KEY, OCTOPUS_API_KEY_TWO: MONITOR_KEY };
    const start = async (more: string) => {
      configure(stage, `${instances(stage.server.url)}\n${more}`);
      await createMonitor({ octopusUrl: '', db: stage.db, clock: stage.clock, env }).runOnce();
    };

    await start('');
    await start(OFF);

    const rows = stage.rows("SELECT instance, subject FROM findings WHERE rule = 'monitor_detection_weakened'");
    expect(rows).toEqual([{ instance: 'one', subject: 'off_hours_production_deploy' }]);
  });

  it('loses and doubles no finding when the process ends in the middle of the start', async () => {
    const stage = await startStage();
    await startWith(stage, '');
    configure(stage, OFF);
    const moments = ['UPDATE _rule_versions', 'INSERT INTO _findings', 'DELETE FROM _posture', 'INSERT INTO _posture'];
    for (const moment of moments) {
      const onStatement = (sql: unknown) => {
        if (String(sql).startsWith(moment)) throw new Error(`ended at ${moment}`);
      };
      await expect(stage.createApp({ onStatement }).runOnce(), moment).rejects.toThrow(moment);
      expect(weakened(stage), moment).toEqual([]);
    }

    await stage.runOnce();

    expect(weakened(stage)).toHaveLength(1);
  });

  it('is explained by the versions of the rule and of the configuration, with SQL that runs', async () => {
    const stage = await startStage();
    await startWith(stage, '', OFF);

    const database = new Database(stage.db, { readonly: true });
    const explanation = explainFinding(database, 1);
    database.close();

    const { why, derivation = [], notes } = explanation ?? {};
    const [ofRule, ofConfiguration] = derivation.map(({ sql }) => stage.rows(sql));
    expect(why).toContain('in force');
    expect(ofRule?.map((row) => row['enabled'])).toEqual([1, 0]);
    expect(ofConfiguration).toHaveLength(2);
    expect(notes).toEqual([]);
  });
});

function plainRule(name: string, level: string): string {
  return `title: ${name}
name: ${name}
status: test
logsource: { product: other, service: audit }
detection: { s: { Category: X }, condition: s }
level: ${level}
`;
}

function exception(name: string, expires: string): string {
  return `title: ${name}
name: ${name}
logsource: { product: octopus, service: audit }
filter: { rules: [off_hours_production_deploy], s: { Actor.Name: alice }, condition: not s }
octowatch: { owner: ann, approved_by: bob, reason: planned, from: 2026-02-20, expires: ${expires} }
`;
}

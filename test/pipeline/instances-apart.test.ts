import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportPack } from '../../src/audit/export.ts';
import {
  bindParameters,
  describeViews,
  explainFinding,
  loadQuestions,
  openReadOnly,
  readLedger,
} from '../../src/audit/index.ts';
import { keysScreen } from '../../src/cli/keys-screen.ts';
import { acknowledge, buildReport } from '../../src/detect/index.ts';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { parseLocalDate } from '../../src/lib/local-date.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { buildDigest } from '../../src/pipeline/digest.ts';
import { erasePerson, findPeople, openStore, type Store, tracesOf } from '../../src/store/index.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { twoServers, WORDS } from '../support/two-servers.ts';

type Row = Record<string, unknown>;

/** Whose story something tells: every instance a word of which is in it. */
function storiesIn(content: unknown): string[] {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return Object.entries(WORDS).flatMap(([name, words]) => (words.some((word) => text.includes(word)) ? [name] : []));
}

/** Rows that tell the story of another instance than they say, or of several. */
function mixedUp(rows: readonly Row[], nameOf: (row: Row) => unknown = (row) => row['instance']): Row[] {
  return rows.filter((row) => storiesIn(row).some((story) => story !== nameOf(row)));
}

async function readBoth(): Promise<Instances> {
  const stage = await startInstances(twoServers());
  await stage.runOnce();
  return stage;
}

function withStore<T>(stage: Instances, work: (store: Store) => T): T {
  const store = openStore(stage.db, { monitorVersion: 'test' });
  try {
    return work(store);
  } finally {
    store.close();
  }
}

describe('two servers that have the same ids', () => {
  it('are kept apart by every view', async () => {
    const stage = await readBoth();
    const views = describeViews(stage.db).filter(({ columns }) => columns.some((column) => column.name === 'instance'));

    const rows = views.flatMap(({ view }) => stage.rows(`SELECT '${view}' AS view, * FROM ${view}`));
    const ofOneId = stage.rows(
      "SELECT instance, count(*) AS findings FROM finding_events WHERE event_id = 'Events-1' GROUP BY instance ORDER BY 1",
    );
    const told = stage.rows(
      'SELECT DISTINCT d.instance = f.instance AS same FROM deliveries d JOIN findings f USING (finding_id)',
    );

    expect(views.map((one) => one.view)).toEqual(expect.arrayContaining(['deliveries', 'finding_events', 'findings']));
    expect(new Set(rows.flatMap(storiesIn))).toEqual(new Set(['main', 'eu']));
    expect(mixedUp(rows)).toEqual([]);
    expect(ofOneId).toEqual([
      { instance: 'eu', findings: 1 },
      { instance: 'main', findings: 1 },
    ]);
    expect(told).toEqual([{ same: 1 }]);
  });

  it('are kept apart by every saved question, whose rows say which', async () => {
    const stage = await readBoth();
    const night = stage.column("SELECT finding_id FROM findings WHERE rule = 'off_hours_production_deploy'");
    withStore(stage, (store) =>
      store.transaction(() => {
        const agreed = { by: 'carl', note: 'agreed', until: null };
        for (const findingId of night) acknowledge(store, Number(findingId), agreed, stage.clock.now());
      }),
    );
    const db = openReadOnly(stage.db);

    const answers = loadQuestions().map((question) => ({
      name: question.name,
      rows: db.prepare<unknown[], Row>(question.sql).all(bindParameters(question, {})),
    }));
    db.close();
    const answering = answers.filter(({ rows }) => rows.some((row) => storiesIn(row).length > 0));
    // What the monitor and its users do is about no instance.
    const silent = answers.filter(({ rows }) => rows.some((row) => !('instance' in row))).map(({ name }) => name);

    expect(answering.length).toBeGreaterThan(14);
    expect(answers.filter(({ rows }) => mixedUp(rows).length > 0)).toEqual([]);
    expect(silent).toEqual(['monitor-starts-and-stops', 'monitor-user-acts']);
  });

  it('have each its own known time in the question for accounts that did nothing', async () => {
    const states = twoServers();
    states.eu.removeEvents(({ Id }) => Id === 'Events-1');
    const stage = await startInstances(states);
    await stage.runOnce();
    const question = loadQuestions().find((one) => one.name === 'dormant-accounts');
    if (!question) throw new Error('there is no such question');
    const db = openReadOnly(stage.db);

    const rows = db.prepare<unknown[], Row>(question.sql).all(bindParameters(question, { days: 0 }));
    db.close();

    const first = stage.rows('SELECT instance, min(occurred_at) AS known_from FROM events GROUP BY 1');
    for (const row of rows) {
      expect(row['known_from']).toBe(first.find((one) => one['instance'] === row['instance'])?.['known_from']);
    }
    expect(new Set(rows.map((row) => row['known_from'])).size).toBe(2);
  });

  it('are kept apart by the explanation of a finding and by every SQL in it', async () => {
    const stage = await readBoth();
    const db = openReadOnly(stage.db);
    const findings = stage.rows('SELECT finding_id, instance, rule FROM findings');

    const explained = findings.map(({ finding_id, instance }) => {
      const explanation = explainFinding(db, Number(finding_id));
      const rows = (explanation?.derivation ?? []).flatMap(({ sql }) => db.prepare<[], Row>(sql).all());
      return { instance, rows, explanation };
    });
    db.close();

    for (const { instance, rows, explanation } of explained) {
      expect(rows.length).toBeGreaterThan(0);
      expect(storiesIn([rows, explanation?.facts, explanation?.why]).filter((story) => story !== instance)).toEqual([]);
    }
  });

  it('are kept apart by the query that an alert carries', async () => {
    const stage = await readBoth();
    const findings = stage.rows('SELECT finding_id, instance, rule FROM findings');

    const answers = withStore(stage, (store) =>
      findings.map(({ finding_id, instance, rule }) => {
        const finding = store.findings.get(Number(finding_id));
        if (!finding) throw new Error('the finding is gone');
        const { sql } = buildReport(store, finding, { timeZone: 'UTC', octopusUrl: '' });
        return { instance, rule, rows: store.db.prepare<[], Row>(sql).all() };
      }),
    );

    const keys = answers.filter(({ rows }) => rows.some((row) => 'key_id' in row));
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter(({ rows }) => rows.length !== 1)).toEqual([]);
    for (const { instance, rows } of answers) expect(storiesIn(rows)).toEqual([instance]);
  });

  it('are told of in messages of their own, though release, project and tenant have the same ids', async () => {
    const stage = await readBoth();

    const alerts = stage.printed.filter((text) => text.includes('off_hours_production_deploy'));

    expect(alerts.map(storiesIn)).toEqual([['main'], ['eu']]);
  });

  it('are kept apart by the ledger of keys and its screen', async () => {
    const stage = await readBoth();
    const db = openReadOnly(stage.db);

    const keys = readLedger(db);
    db.close();
    const screen = keysScreen(keys, [], { width: 200, colour: false });

    expect(keys.map((key) => key.keyId)).toEqual(['apikeys-A', 'apikeys-A']);
    for (const key of keys) expect(storiesIn([key.username, key.purpose, key.reasons])).toEqual([key.instance]);
    expect(keys.find((key) => key.instance === 'eu')?.reasons.map((one) => one.rule)).toContain('unused_api_key');
    expect(keys.find((key) => key.instance === 'main')?.reasons.map((one) => one.rule)).not.toContain('unused_api_key');
    expect(screen).toContain('"nightly release" on main');
    expect(screen).toContain('"forgotten pipeline" on eu');
  });

  it('are kept apart by the digest, each finding of which says where', async () => {
    const stage = await readBoth();

    const report = withStore(stage, (store) =>
      buildDigest(store, {
        ...{ localDate: '2026-03-02', fromAt: '2026-03-01T13:00:00.000Z', toAt: '2026-03-02T13:00:00.000Z' },
        ...{
          timeZone: 'UTC',
          isTimeZoneAssumed: false,
          instances: ['main', 'eu'],
          exceptions: [],
          monitorVersion: '1',
        },
        production: createProductionMatcher(undefined),
      }),
    );
    const { html, text } = renderDigest(report);

    const findings = [...report.needsAction, ...report.opened, ...report.stillOpen];
    expect(findings.map((one) => one.instance).sort()).toEqual(['eu', 'eu', 'main', 'main', 'main']);
    expect(report.keys.map((one) => one.instance)).toEqual(['eu']);
    for (const finding of findings) expect(storiesIn(finding.title)).toEqual([finding.instance]);
    for (const { instance, keys } of report.keys) expect(storiesIn(keys).filter((one) => one !== instance)).toEqual([]);
    for (const finding of findings) {
      const line = text.split('\n\n').find((part) => part.includes(`finding ${finding.findingId}`)) ?? '';
      expect(line.replace(/\s+/g, ' ')).toContain(`instance ${finding.instance}`);
    }
    for (const shown of ['instance eu', 'instance main', 'eu: 95.8 %', 'main: 95.8 %']) expect(html).toContain(shown);
  });

  it('are kept apart by an audit pack', async () => {
    const stage = await readBoth();
    const folder = path.join(stage.folder, 'pack');
    exportPack({
      ...{ dbFile: stage.db, folder, version: '1', nowMs: stage.clock.now(), key: null },
      fromEpochDay: parseLocalDate('2026-03-01') as number,
      toEpochDay: parseLocalDate('2026-03-02') as number,
    });
    const lines = (file: string) =>
      readFileSync(path.join(folder, file), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Row);

    const events = lines('events.jsonl');
    const findings = lines('findings.jsonl');

    expect(new Set([...events, ...findings].flatMap(storiesIn))).toEqual(new Set(['main', 'eu']));
    expect(mixedUp(events)).toEqual([]);
    expect(mixedUp(findings)).toEqual([]);
  });

  it('are kept apart when a person is erased: who has the same id elsewhere stays', async () => {
    const stage = await readBoth();
    const stay = () => ({
      events: stage.rows("SELECT * FROM events WHERE instance = 'main' ORDER BY event_id"),
      findings: stage.rows("SELECT * FROM findings WHERE instance = 'main' ORDER BY finding_id"),
      keys: stage.rows("SELECT * FROM api_keys WHERE instance = 'main'"),
      inputs: stage.rows("SELECT * FROM _correlation_inputs WHERE scope = '1' ORDER BY seq"),
      groups: stage.rows('SELECT signal_id, group_key FROM _signals WHERE instance_id = 1 ORDER BY signal_id'),
    });
    // On eu an account has the name that is somebody else's on main.
    withStore(stage, (store) =>
      store.db.exec("UPDATE _users SET display_name = 'alice' WHERE instance_id = 2 AND user_id = 'Users-2'"),
    );
    const before = stay();

    withStore(stage, (store) => {
      for (const person of findPeople(store, 'Users-2').filter((one) => one.instance === 'eu'))
        erasePerson(store, person, tracesOf(store, person), 'a request', stage.clock.now());
    });

    expect(before.inputs.length).toBeGreaterThan(0);
    expect(stay()).toEqual(before);
    expect(storiesIn(stage.rows("SELECT username, message, raw FROM events WHERE instance = 'eu'"))).not.toContain(
      'berta',
    );
    expect(stage.column("SELECT count(*) FROM events WHERE instance = 'eu' AND user_id = 'Users-2'")).toEqual([0]);
  });
});

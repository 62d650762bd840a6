import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { buildStory, STORY, startSimulatedOctopus } from '../../src/demo/index.ts';
import { createEventJudge } from '../../src/enrich/index.ts';
import { backtest, countByDay } from '../../src/pipeline/backtest.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { makeFolder } from '../support/monitor.ts';

const NOW_MS = Date.parse('2026-11-16T07:40:00Z');
const BY_EVENTS = `rule NOT LIKE 'monitor\\_%' ESCAPE '\\'
  AND rule NOT IN (SELECT rule FROM signals WHERE event_id LIKE 'apikeys-%')`;

describe('backtest', () => {
  const { folder, remove } = makeFolder();
  afterAll(remove);

  it('with unchanged rules gives the signals and findings that live gave, and writes nothing', async () => {
    const { state } = buildStory({ nowMs: NOW_MS });
    const server = await startSimulatedOctopus({ state, apiKey: STORY.monitorApiKey });
    const db = path.join(folder, 'live.db');
    const config = loadConfig({
      env: {
        OCTOPUS_URL: server.url,
        OCTOPUS_API_KEY: STORY.monitorApiKey,
        OCTOWATCH_DB: db,
        OCTOWATCH_TIMEZONE: STORY.zone,
      },
      cwd: folder,
      needs: 'poll',
    });
    const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const clock = { now: () => NOW_MS, sleep: () => Promise.resolve() };
    const app = createApp({
      config,
      log: quiet,
      isOneShot: true,
      console: { write: () => undefined, colour: false, width: 80 },
      clock,
    });
    const { pack } = app;
    await app.runOnce();
    await server.close();
    const source = openStore(db, { monitorVersion: 'test' });
    const before = totals(source);

    const replayed = await backtest({
      source,
      pack,
      judge: createEventJudge({ calendar: config.calendar, production: config.production }),
      calendar: config.calendar.describe(),
      fromInstant: '2026-01-01T00:00:00.000Z',
    });

    expect(signals(replayed)).toEqual(signals(source));
    expect(findings(replayed)).toEqual(findings(source));
    expect(findings(source).length).toBeGreaterThan(20);
    expect(totals(source)).toEqual(before);
    const days = countByDay(replayed);
    expect(days.reduce((sum, one) => sum + one.findings, 0)).toBe(unresolved(replayed));
    replayed.close();
    source.close();
  });
});

function totals(store: Store): unknown {
  return ['_events', '_signals', '_findings', '_deliveries', '_journal'].map((table) =>
    store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
  );
}

function signals(store: Store): unknown[] {
  return store.db
    .prepare(
      `SELECT instance, rule, event_id, occurred_at, level FROM signals WHERE ${BY_EVENTS} ORDER BY rule, event_id`,
    )
    .all();
}

function unresolved(store: Store): unknown {
  return store.db.prepare("SELECT count(*) FROM findings WHERE status <> 'resolved'").pluck().get();
}

function findings(store: Store): unknown[] {
  return store.db
    .prepare(
      `SELECT instance, rule, level, title, subject, first_seen_at, last_seen_at, event_count,
         -- What the first back-fill found of long before was resolved as history, before a worse finding could take it in; a
         -- replay knows no such moment.
         CASE WHEN resolution IN ('history', 'superseded') THEN 'open' ELSE status END AS status FROM findings
       WHERE ${BY_EVENTS} ORDER BY rule, subject, first_seen_at`,
    )
    .all();
}

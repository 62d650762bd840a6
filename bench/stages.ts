import { rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { loadRulePack } from '../src/detect/index.ts';
import {
  createCalendar,
  createEventJudge,
  createInventoryIndex,
  createProductionMatcher,
  createZone,
} from '../src/enrich/index.ts';
import { systemClock } from '../src/lib/clock.ts';
import type { AuditEvent } from '../src/model/event.ts';
import { createOctopusClient } from '../src/octopus/client.ts';
import { readWindow } from '../src/octopus/index.ts';
import { openStore } from '../src/store/index.ts';
import { daysOf, NOW_MS } from './workload.ts';

const DAY_MS = 86_400_000;
const API_KEY = 'API-BENCHMARK000000000000000';
const RULES = new URL('../rules', import.meta.url).pathname;

export type Stages = { readUs: number; judgeUs: number; matchUs: number; insertUs: number };

/** Each stage of a back-fill alone, over the same events, in microseconds per event. */
export async function measureStages(url: string, count: number, file: string): Promise<Stages> {
  const client = createOctopusClient({
    url,
    apiKey: API_KEY,
    clock: systemClock,
    random: Math.random,
    userAgent: 'bench',
  });
  const windows: (readonly AuditEvent[])[] = [];
  const timed = async (work: () => void | Promise<void>) => {
    const startedAtMs = performance.now();
    await work();
    return (performance.now() - startedAtMs) * 1000;
  };
  const read = await timed(async () => {
    for (let day = daysOf(count); day > 0; day--) {
      const fromMs = NOW_MS - day * DAY_MS;
      const window = await readWindow(client, { fromMs, toMs: fromMs + DAY_MS, maxEvents: 5000, scope: 'all' });
      if (window.outcome === 'read') windows.push(window.events);
    }
  });
  await client.close();
  const events = windows.flat();
  const judge = createEventJudge({
    calendar: createCalendar({ zone: createZone('Europe/London') }),
    production: createProductionMatcher(),
  });
  const lookups = {
    instance: 'default',
    inventory: createInventoryIndex(null),
    queued: null,
    areAddressesTrusted: true,
    categoryName: null,
    ownIds: new Set<string>(),
    serverVersion: null,
    variableSetHasSensitive: null,
    detailsRefused: null,
  };
  const judged: ReturnType<typeof judge>[] = [];
  const judging = await timed(() => {
    for (const event of events) judged.push(judge(event, lookups));
  });
  const pack = loadRulePack([RULES]);
  const matching = await timed(() => {
    for (const { record } of judged) pack.ruleSet.match(record, { product: 'octopus', service: 'audit' });
  });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  const store = openStore(file, { monitorVersion: 'bench' });
  const { instance_id } = store.instances.ensure('default', url, 60_000);
  let row = 0;
  const inserting = await timed(() => {
    for (const window of windows) {
      store.transaction(() => {
        for (const event of window) {
          const { derived } = judged[row] as ReturnType<typeof judge>;
          store.events.insert(instance_id, event, derived, '2026-11-22T23:00:00.000Z', 'bench');
          row += 1;
        }
      });
    }
  });
  store.close();
  const perEvent = (us: number) => us / events.length;
  return {
    readUs: perEvent(read),
    judgeUs: perEvent(judging),
    matchUs: perEvent(matching),
    insertUs: perEvent(inserting),
  };
}

/** What a first script does: pages of thirty one by one, a statement prepared and committed for each row. */
export async function measureNaive(url: string, folder: string): Promise<{ rollbackUs: number; walUs: number }> {
  const run = async (journal: 'delete' | 'wal') => {
    const file = path.join(folder, `naive-${journal}.db`);
    const db = new Database(file);
    db.pragma(`journal_mode = ${journal}`);
    db.pragma('synchronous = FULL');
    db.exec('CREATE TABLE events (id TEXT PRIMARY KEY, occurred TEXT, category TEXT, user TEXT, raw TEXT)');
    const from = new Date(NOW_MS - DAY_MS).toISOString();
    const to = new Date(NOW_MS).toISOString();
    let rows = 0;
    const startedAtMs = performance.now();
    for (let skip = 0; skip < 900; skip += 30) {
      const query = `from=${from}&to=${to}&skip=${skip}&take=30&spaces=all&includeSystem=true`;
      const answer = await fetch(`${url}/api/events?${query}`, { headers: { 'X-Octopus-ApiKey': API_KEY } });
      const { Items } = (await answer.json()) as {
        Items: { Id: string; Occurred: string; Category: string; Username: string }[];
      };
      for (const event of Items) {
        db.prepare('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)').run(
          event.Id,
          event.Occurred,
          event.Category,
          event.Username,
          JSON.stringify(event),
        );
        rows += 1;
      }
    }
    const us = ((performance.now() - startedAtMs) * 1000) / rows;
    db.close();
    return us;
  };
  return { rollbackUs: await run('delete'), walUs: await run('wal') };
}

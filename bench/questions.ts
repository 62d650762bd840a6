import { rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { bindParameters, loadQuestions, sampleRows } from '../src/audit/index.ts';
import type { Cell } from '../src/audit/query-protocol.ts';
import { openStore } from '../src/store/index.ts';
import type { Figure } from './figures.ts';
import { fillWithHistory } from './question-history.ts';

/** Nobody waits for an answer that takes longer. */
const GOAL_MS = 1000;

/**
 * Every saved question with its defaults on a year of a million events, in milliseconds of processor time, the better of two
 * runs: other work on the machine counts less in it than in the time that passes.
 */
export async function measureQuestions(folder: string, events = 1_000_000): Promise<Figure[]> {
  const file = path.join(folder, 'questions.db');
  const store = openStore(file, { monitorVersion: 'bench' });
  fillWithHistory(store, events);
  store.close();
  const db = new Database(file, { readonly: true });
  try {
    const figures = loadQuestions().map((question): Figure => {
      const statement = db.prepare<unknown[], readonly Cell[]>(question.sql).raw();
      const parameters = bindParameters(question);
      let rows = 0;
      const run = () => {
        rows = 0;
        for (const _ of statement.iterate(parameters)) rows += 1;
      };
      const ms = Math.min(processorMs(run), processorMs(run));
      return { name: `question ${question.name}, ms (${rows} rows)`, value: ms, goal: `at most ${GOAL_MS}` };
    });
    const all = db.prepare<[], readonly Cell[]>('SELECT event_id, occurred_at, category, username FROM events').raw();
    const before = process.cpuUsage();
    const { populationCount } = await sampleRows(all.iterate(), { n: 25, seed: 'bench' });
    const { user, system } = process.cpuUsage(before);
    const perRowUs = (user + system) / populationCount;
    return [
      ...figures,
      { name: 'sample of a million rows, µs per row, reading included', value: perRowUs, goal: null },
    ];
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  }
}

function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

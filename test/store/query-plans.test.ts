import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { openStore } from '../../src/store/index.ts';

/** Tables that grow with the history; the others have a row per object or per thing still to do. */
const GROWING = [
  ...['_events', '_event_documents', '_variable_edits', '_signals', '_correlation_inputs', '_findings'],
  ...['_finding_events', '_coverage', '_journal'],
];

test('no statement of the store reads the whole of a table that grows with the history', () => {
  const prepare = vi.spyOn(Database.prototype, 'prepare');

  const store = openStore(':memory:', { monitorVersion: '0.0.0' });
  const statements = new Set(prepare.mock.calls.map(([sql]) => sql).filter((sql) => /\b_[a-z_]+\b/.test(sql)));
  prepare.mockRestore();
  const slow = [...statements].flatMap((sql) =>
    planOf(store.db, sql)
      .filter((step) => readsAll(sql, step))
      .map((step) => `${step}: ${sql.replace(/\s+/g, ' ')}`),
  );

  expect(statements.size).toBeGreaterThan(60);
  expect(slow).toEqual([]);
});

function planOf(db: Database.Database, sql: string): string[] {
  const names = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => name as string);
  const places = sql.split('?').length - 1;
  const parameters =
    names.length > 0 ? [Object.fromEntries(names.map((name) => [name, null]))] : Array(places).fill(null);
  const rows = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
  return rows.map((row) => row.detail);
}

/** A scan, or a search by what all rows of an instance (or of a category) have in common. */
function readsAll(sql: string, step: string): boolean {
  const aliases = new Map(
    [...sql.matchAll(/\b(?:FROM|JOIN|UPDATE)\s+(_\w+)(?:\s+(?:AS\s+)?([a-z])\b)?/g)].map(([, t, a]) => [a ?? t, t]),
  );
  const [, table = ''] = /^(?:SCAN|SEARCH) (\w+)/.exec(step) ?? [];
  if (!GROWING.includes(aliases.get(table) ?? table)) return false;
  if (step.startsWith('SCAN')) return true;
  const [, terms = ''] = /\(([^)]*)\)$/.exec(step.replace(' LEFT-JOIN', '')) ?? [];
  return terms === 'instance_id=?' && !/_unresolved|_open_state/.test(step) ? true : /^category=\?$/.test(terms);
}

import Database from 'better-sqlite3';
import {
  CORRELATION_COLUMNS,
  CORRELATION_INDEX,
  type CompiledCorrelation,
  type CorrelationRow,
  correlationSql,
  enoughSql,
} from '../../src/sigma/index.ts';
import { ruleSetOf, ruleText } from './build.ts';
import type { Entry } from './correlation-walk.ts';

export const SPAN_MS = 10_000;

/** The correlation `burst` over rules of the given names, with a timespan of ten seconds and a group of two fields. */
export function correlationOf(type: string, rules: readonly string[], condition: string | null): CompiledCorrelation {
  const texts = rules.map((name) => ruleText('s: {A: x}\ncondition: s', `title: ${name}\nname: ${name}`));
  const written = condition === null ? '' : `, condition: ${condition}`;
  const section = `{type: ${type}, rules: [${rules.join(', ')}], group-by: [G, H], timespan: 10s${written}}`;
  const [correlation] = ruleSetOf(
    `${texts.join('---\n')}---\ntitle: C\nname: burst\ncorrelation: ${section}\n`,
  ).correlations;
  if (!correlation) throw new Error('there is no correlation');
  return correlation;
}

/** The relation as the engine describes it, in a database of its own. */
export function openRelation(): Database.Database {
  const database = new Database(':memory:');
  const columns = Object.entries(CORRELATION_COLUMNS).map(([name, meaning]) => {
    const type = meaning.split(':')[0];
    return type === 'any' ? name : `${name} ${type}`;
  });
  database.exec(`CREATE TABLE rel (${columns.join(', ')})`);
  database.exec(`CREATE INDEX rel_groups ON rel (${CORRELATION_INDEX.join(', ')})`);
  return database;
}

/** Stores entries in order of arrival, among neighbours that must not count, and evaluates the correlation from `fromMs` on. */
export function evaluate(
  correlation: CompiledCorrelation,
  entries: readonly Entry[],
  fromMs: number,
): CorrelationRow[] {
  return askRelation(entries, fromMs, (database, of) =>
    database.prepare<unknown[], CorrelationRow>(correlationSql(correlation, 'rel')).all(of),
  );
}

/** Whether the correlation is worth evaluating from `fromMs` on; true where numbers do not tell. */
export function hasEnough(correlation: CompiledCorrelation, entries: readonly Entry[], fromMs: number): boolean {
  const sql = enoughSql(correlation, 'rel');
  if (sql === null) return true;
  return askRelation(entries, fromMs, (database, of) => database.prepare(sql).pluck().get(of) === 1);
}

function askRelation<T>(
  entries: readonly Entry[],
  fromMs: number,
  ask: (database: Database.Database, of: object) => T,
): T {
  const database = openRelation();
  const insert = database.prepare('INSERT INTO rel VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const [seq, { ref, atMs, rule, value }] of entries.entries()) {
    insert.run('main', 'burst', '["g"]', atMs, seq, rule, ref, value);
    insert.run('other', 'burst', '["g"]', atMs, seq, rule, ref, value);
    insert.run('main', 'other', '["g"]', atMs, seq, rule, ref, value);
    insert.run('main', 'burst', '["h"]', atMs, seq, rule, ref, value);
  }
  const answer = ask(database, { scope: 'main', correlation: 'burst', group_key: '["g"]', from_ms: fromMs });
  database.close();
  return answer;
}

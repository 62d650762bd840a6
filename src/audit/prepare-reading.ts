import type Database from 'better-sqlite3';
import { messageOf, UsageError } from '../lib/errors.ts';
import { adviceFor, offsetOfMistake, pointAt } from './query-mistake.ts';
import { firstKeyword, tokensOf, unquoted } from './query-text.ts';

/** SQLite would take a gigabyte. */
const MAX_STATEMENT_CHARACTERS = 1_000_000;

const BEGINNINGS = ['SELECT', 'WITH', 'VALUES', 'EXPLAIN', 'PRAGMA'];

/**
 * What may be asked of SQLite itself, as `PRAGMA name` or from `pragma_name()`. All others are refused, even those that only
 * read: many of them set something when they get a value, some when they get none.
 */
const READING_PRAGMAS = [
  ...['application_id', 'collation_list', 'compile_options', 'data_version', 'database_list', 'encoding'],
  ...['foreign_key_check', 'foreign_key_list', 'freelist_count', 'function_list', 'index_info', 'index_list'],
  ...['index_xinfo', 'integrity_check', 'module_list', 'page_count', 'page_size', 'pragma_list', 'quick_check'],
  ...['schema_version', 'table_info', 'table_list', 'table_xinfo', 'user_version'],
];

/**
 * Prepares exactly one statement that reads and returns rows. Throws UsageError for anything else, with the place of
 * a mistake where SQLite names one. The connection must be read-only: this is what keeps a query from other files and from
 * settings, and what says why; it is not what keeps it from writing.
 */
export function prepareReading(db: Database.Database, sql: string): Database.Statement {
  if (sql.length > MAX_STATEMENT_CHARACTERS) {
    throw new UsageError(
      `the statement has ${sql.length} characters, more than the ${MAX_STATEMENT_CHARACTERS} allowed`,
    );
  }
  const zero = sql.indexOf('\0');
  // SQLite would run what stands before it and never see the rest.
  if (zero >= 0) throw new UsageError(`there is a NUL character in the statement\n${pointAt(sql, zero)}`);
  const keyword = firstKeyword(sql);
  if (keyword === 'ATTACH' || keyword === 'DETACH') {
    // It works on a read-only connection, counts as read-only, and would read any other database file.
    throw new UsageError(`${keyword} is refused: a query reads this database and no other file`);
  }
  if (keyword === 'PRAGMA') requireReadingPragma(sql);
  refusePragmaFunctions(sql);
  const statement = prepare(db, sql);
  if (!statement.reader || !BEGINNINGS.includes(keyword)) {
    throw new UsageError(`${keyword || 'This'} is refused: a query may only read, it must return rows`, {
      hint: 'Begin with SELECT, WITH, VALUES or EXPLAIN.',
    });
  }
  if (!statement.readonly) {
    throw new UsageError(`${keyword} is refused here: it would change the database or the connection`);
  }
  return statement;
}

function requireReadingPragma(sql: string): void {
  const [, first = '', second, third] = spokenTokens(sql);
  const name = unquoted(second === '.' ? (third ?? '') : first).toLowerCase();
  if (READING_PRAGMAS.includes(name) && !spokenTokens(sql).includes('=')) return;
  throw new UsageError(`PRAGMA ${name} is refused: it would change the database or the connection, or may do so`, {
    hint: `Allowed without a value to set are ${READING_PRAGMAS.join(', ')}.`,
  });
}

/** SQLite takes a text in quotes for a name where it expects one, so texts are looked at too. */
function refusePragmaFunctions(sql: string): void {
  for (const { kind, text, offset } of tokensOf(sql)) {
    if (kind !== 'word' && kind !== 'name' && kind !== 'string') continue;
    const pragma = /^pragma_(\w+)$/i.exec(unquoted(text))?.[1]?.toLowerCase();
    if (pragma === undefined || READING_PRAGMAS.includes(pragma)) continue;
    throw new UsageError(`pragma_${pragma} is refused: it may change the connection\n${pointAt(sql, offset)}`);
  }
}

function spokenTokens(sql: string): string[] {
  return [...tokensOf(sql)]
    .filter(({ kind }) => kind !== 'space' && kind !== 'comment' && kind !== 'semicolon')
    .map(({ text }) => text);
}

function prepare(db: Database.Database, sql: string): Database.Statement {
  try {
    return db.prepare(sql);
  } catch (error) {
    const message = messageOf(error);
    if (message.includes('more than one statement')) {
      throw new UsageError('there is more than one statement: a query is exactly one, run them one by one');
    }
    if (message.includes('contains no statements')) throw new UsageError('the query is empty');
    const offset = offsetOfMistake(db, sql, message);
    const place = offset === null ? '' : `\n${pointAt(sql, offset)}`;
    const hint = adviceFor(db, sql, message);
    throw new UsageError(`${message}${place}`, hint === null ? {} : { hint });
  }
}

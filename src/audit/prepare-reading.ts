import type Database from 'better-sqlite3';
import { messageOf, UsageError } from '../lib/errors.ts';
import { nearest } from './nearest.ts';

/**
 * Prepares exactly one statement that reads and returns rows. Throws UsageError for anything else, with the place of
 * a mistake where SQLite names one.
 */
export function prepareReading(db: Database.Database, sql: string): Database.Statement {
  const keyword = firstKeyword(sql);
  if (keyword === 'ATTACH' || keyword === 'DETACH') {
    // It works on a read-only connection, counts as read-only, and would read any other database file.
    throw new UsageError(`${keyword} is refused: a query reads this database and no other file`);
  }
  const statement = prepare(db, sql);
  if (!statement.reader) {
    throw new UsageError(`${keyword} is refused: a query may only read, it must return rows`, {
      hint: 'Begin with SELECT, WITH, VALUES or EXPLAIN.',
    });
  }
  if (!statement.readonly || (keyword === 'PRAGMA' && withoutComments(sql).includes('='))) {
    throw new UsageError(`${keyword} is refused here: it would change the database or the connection`);
  }
  return statement;
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
    const hint = adviceFor(db, message);
    throw new UsageError(`${message}${place}`, hint === null ? {} : { hint });
  }
}

/**
 * Where in the text SQLite's complaint begins. It names the word but not the place, so each occurrence of the word is
 * tried: the statement cut off after the right one fails in the same way, cut off after an earlier one it does not.
 */
function offsetOfMistake(db: Database.Database, sql: string, message: string): number | null {
  if (message.startsWith('incomplete input')) return sql.trimEnd().length;
  const syntax = /^near "(.*)": syntax error$/s.exec(message);
  const named = /^(?:no such (?:column|table|function): |ambiguous column name: )(.+)$/s.exec(message);
  const word = syntax?.[1] ?? named?.[1];
  if (!word) return null;
  const offsets = occurrences(sql, word);
  if (!syntax) return offsets[0] ?? null;
  const right = offsets.find((offset) => {
    try {
      db.prepare(sql.slice(0, offset + word.length));
      return false;
    } catch (error) {
      return messageOf(error) === message;
    }
  });
  return right ?? offsets.at(-1) ?? null;
}

function occurrences(sql: string, word: string): number[] {
  const isWord = /^\w+$/.test(word);
  const offsets: number[] = [];
  // A statement pasted from elsewhere may be long; the first hundred places are enough to try.
  for (let at = sql.indexOf(word); at >= 0 && offsets.length < 100; at = sql.indexOf(word, at + 1)) {
    const isWhole = !/\w/.test(sql[at - 1] ?? ' ') && !/\w/.test(sql[at + word.length] ?? ' ');
    if (!isWord || isWhole) offsets.push(at);
  }
  return offsets;
}

/** The line of the offset, with its number, and a caret below the place. */
function pointAt(sql: string, offset: number): string {
  const before = sql.slice(0, offset).split('\n');
  const line = sql.split('\n')[before.length - 1] ?? '';
  const column = before.at(-1)?.length ?? 0;
  // Of a very long line only the neighbourhood is shown.
  const from = Math.max(0, column - 60);
  const label = `line ${before.length}: `;
  return `${label}${line.slice(from, from + 120)}\n${' '.repeat(label.length + column - from)}^`;
}

function adviceFor(db: Database.Database, message: string): string | null {
  const table = /^no such table: (?:main\.)?(.+)$/.exec(message)?.[1];
  if (table !== undefined) {
    const views = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
      .pluck()
      .all() as string[];
    const similar = nearest(table, views);
    if (similar !== null) return `Did you mean ${similar}?`;
    return views.length === 0 ? null : `There are ${views.join(', ')}.`;
  }
  if (message.startsWith('no such column:')) return '`octowatch query --schema` lists the columns of every view.';
  return null;
}

function firstKeyword(sql: string): string {
  return /^[\s;]*([a-z]+)/i.exec(withoutComments(sql))?.[1]?.toUpperCase() ?? 'This statement';
}

function withoutComments(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, ' ');
}

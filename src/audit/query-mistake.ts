import type Database from 'better-sqlite3';
import { messageOf } from '../lib/errors.ts';
import { nearest } from './nearest.ts';
import { tokensOf, unquoted } from './query-text.ts';

/** The search for the place of a mistake prepares the statement many times. */
const MAX_SEARCHED_CHARACTERS = 20_000;

/** What SQLite says about a name; the first group is the name. */
const ABOUT_NAMES = [
  /^no such column: "(.+)" - should this be a string literal/s,
  /^(?:no such (?:column|table|function|window|collation sequence): |ambiguous column name: )(.+)$/s,
  /^(?:wrong number of arguments to function|misuse of (?:aggregate|aliased aggregate|window function):?) (\w+)/,
];

/**
 * Where in the text SQLite's complaint begins. It names the word but not the place, so each occurrence of the word is
 * tried: the statement cut off after the right one fails in the same way, cut off after an earlier one it does not.
 */
export function offsetOfMistake(db: Database.Database, sql: string, message: string): number | null {
  if (message.startsWith('incomplete input')) return sql.trimEnd().length;
  const syntax = /^(?:near "(.*)": syntax error|unrecognized token: "(.*)")$/s.exec(message);
  if (syntax) {
    const word = syntax[1] ?? syntax[2] ?? '';
    if (word === '') return null;
    const offsets = occurrences(sql, word);
    const fails = (offset: number) => failureOf(db, sql.slice(0, offset + word.length)) === message;
    const right = sql.length > MAX_SEARCHED_CHARACTERS ? undefined : offsets.find(fails);
    return right ?? offsets.at(-1) ?? null;
  }
  const name = ABOUT_NAMES.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  if (!name) return null;
  const silent = [...tokensOf(sql)].filter(({ kind }) => kind === 'string' || kind === 'comment');
  const isSpoken = (at: number) => !silent.some(({ offset, text }) => at >= offset && at < offset + text.length);
  const plain = name.replace(/^main\./, '');
  return occurrences(sql, name).find(isSpoken) ?? occurrences(sql, plain).find(isSpoken) ?? null;
}

function failureOf(db: Database.Database, sql: string): string | null {
  try {
    db.prepare(sql);
    return null;
  } catch (error) {
    return messageOf(error);
  }
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
export function pointAt(sql: string, offset: number): string {
  const before = sql.slice(0, offset).split('\n');
  const line = sql.split('\n')[before.length - 1] ?? '';
  const column = before.at(-1)?.length ?? 0;
  // Of a very long line only the neighbourhood is shown.
  const from = Math.max(0, column - 60);
  const label = `line ${before.length}: `;
  return `${label}${line.slice(from, from + 120)}\n${' '.repeat(label.length + column - from)}^`;
}

/** What to do about a name that is not there: the nearest view or column. Null when there is nothing to advise. */
export function adviceFor(db: Database.Database, sql: string, message: string): string | null {
  const table = /^no such table: (?:main\.)?(.+)$/.exec(message)?.[1];
  if (table !== undefined) {
    const views = viewsOf(db);
    const similar = nearest(table, views);
    if (similar !== null) return `Did you mean ${similar}?`;
    return views.length === 0 ? null : `There are ${views.join(', ')}.`;
  }
  if (/^no such column: ".+" - should/.test(message)) return "A text stands in single quotes: 'like this'.";
  const column = /^no such column: (?:\w+\.)?(\w+)$/.exec(message)?.[1];
  if (column === undefined) return null;
  const words = new Set([...tokensOf(sql)].map(({ text }) => unquoted(text).toLowerCase()));
  const columnsOf = db.prepare('SELECT name FROM pragma_table_info(?)').pluck();
  const asked = viewsOf(db).filter((view) => words.has(view.toLowerCase()));
  const similar = nearest(
    column,
    asked.flatMap((view) => columnsOf.all(view) as string[]),
  );
  const where = '`octowatch query --schema` lists the columns of every view.';
  return similar === null ? where : `Did you mean ${similar}? ${where}`;
}

function viewsOf(db: Database.Database): string[] {
  return db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").pluck().all() as string[];
}

import { printable } from '../lib/text.ts';

/** How rows are written for programs and documents. */
export const ROW_FORMATS = ['csv', 'json', 'ndjson', 'markdown'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Writes rows piece by piece: `head`, then each batch, then `tail`; joined they are the document. */
export type RowFormatter = {
  readonly head: string;
  rows(batch: Iterable<readonly unknown[]>): string;
  readonly tail: () => string;
};

/**
 * A formatter for rows in the order of `columns`.
 *
 * - `csv`: RFC 4180 with CRLF and a header. Text that a spreadsheet would take for a formula gets an apostrophe before it
 *   (see `neutralised`); numbers stay as they are.
 * - `json`: an array of objects; `ndjson`: one object a line. A column name that is there twice gets `_2`. Exact: nothing is
 *   neutralised, but characters a terminal would obey are escaped.
 * - `markdown`: a GitHub table, with everything escaped that would be markup, a link or HTML.
 *
 * With `isTerminal` control characters in csv are made visible; json and markdown hold none.
 */
export function createRowFormatter(
  format: RowFormat,
  columns: readonly string[],
  options: { readonly isTerminal?: boolean } = {},
): RowFormatter {
  switch (format) {
    case 'csv':
      return csv(columns, options.isTerminal ? printableLines : (text) => text);
    case 'json':
      return json(uniqueNames(columns));
    case 'ndjson':
      return ndjson(uniqueNames(columns));
    case 'markdown':
      return markdown(columns);
  }
}

/** A cell as text: NULL is empty, objects are JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function csv(columns: readonly string[], shown: (text: string) => string): RowFormatter {
  const line = (row: readonly unknown[]) => `${row.map((cell) => csvCell(cell, shown)).join(',')}\r\n`;
  return { head: line(columns), rows: (batch) => join(batch, line), tail: () => '' };
}

function csvCell(value: unknown, shown: (text: string) => string): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = neutralised(shown(cellText(value)));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What SQLite prints for a number; integers beyond 2^53 arrive as text. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const FORMULA_CHARACTERS = '=+\\-@\uff1d\uff0b\uff0d\uff20';
const STARTS_FORMULA = new RegExp(
  `^(?="*[${FORMULA_CHARACTERS}]|[\\t\\r\\n])|(?<=[;\\t\\r\\n])(?="*[${FORMULA_CHARACTERS}])`,
  'g',
);

/**
 * Puts an apostrophe before what a spreadsheet runs (OWASP, CSV injection): text that begins with `= + - @`, their full-width
 * forms, a tab or a line break, also behind quotes. The same after a semicolon, tab or line break inside of text: where the
 * comma is the decimal sign a spreadsheet separates at semicolons, and does not see our quotes. A number stays one.
 */
function neutralised(text: string): string {
  return NUMBER.test(text) ? text : text.replace(STARTS_FORMULA, "'");
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function json(names: readonly string[]): RowFormatter {
  let isFirst = true;
  return {
    head: '[',
    rows: (batch) =>
      join(batch, (row) => {
        const before = isFirst ? '\n  ' : ',\n  ';
        isFirst = false;
        return before + jsonObject(names, row);
      }),
    tail: () => (isFirst ? ']\n' : '\n]\n'),
  };
}

function ndjson(names: readonly string[]): RowFormatter {
  return { head: '', rows: (batch) => join(batch, (row) => `${jsonObject(names, row)}\n`), tail: () => '' };
}

// JSON.stringify escapes what lies below U+0020 and leaves the rest of what a terminal obeys or that turns text around.
const UNSAFE_IN_JSON = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function jsonObject(names: readonly string[], row: readonly unknown[]): string {
  // Object.fromEntries, not assignment: a column may be called __proto__.
  const text = JSON.stringify(Object.fromEntries(names.map((name, index) => [name, jsonValue(row[index])])));
  return text.replace(UNSAFE_IN_JSON, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonValue(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Two columns of one name (`SELECT a.id, b.id`) must not overwrite one another in an object. */
function uniqueNames(columns: readonly string[]): string[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    let name = column;
    for (let count = 2; taken.has(name); count += 1) name = `${column}_${count}`;
    taken.add(name);
    return name;
  });
}

function markdown(columns: readonly string[]): RowFormatter {
  const line = (row: readonly unknown[]) => `| ${columns.map((_, index) => markdownCell(row[index])).join(' | ')} |\n`;
  const head = `${line(columns)}|${' --- |'.repeat(columns.length)}\n`;
  return { head, rows: (batch) => join(batch, line), tail: () => '' };
}

function markdownCell(value: unknown): string {
  return cellText(value)
    .split(/\r\n|[\r\n]/)
    .map((line) =>
      printable(line)
        .replace(/[\\`*[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;'),
    )
    .join('<br>');
}

function join(batch: Iterable<readonly unknown[]>, line: (row: readonly unknown[]) => string): string {
  let text = '';
  for (const row of batch) text += line(row);
  return text;
}

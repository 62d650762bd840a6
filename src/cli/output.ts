import { renderTable } from './table.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'csv'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What goes to stdout (with its last line break; may be empty), and what a person is told on stderr besides. */
type RenderedRows = { readonly text: string; readonly note: string | null };

/**
 * Renders rows for `--format`. A row is a list in the order of `columns`, or an object read by the names of `columns`.
 * `table` fits `width` columns; `json` is an array of objects; `csv` is RFC 4180 with CRLF, and text that a spreadsheet
 * would take for a formula gets a leading apostrophe. No rows: a note, `[]`, the header.
 */
export function renderRows(
  columns: readonly string[],
  rows: readonly (readonly unknown[] | Readonly<Record<string, unknown>>)[],
  format: OutputFormat,
  look: { readonly width: number; readonly colour: boolean },
): RenderedRows {
  const cells = rows.map((row) => (isList(row) ? row : columns.map((column) => row[column])));
  switch (format) {
    case 'table':
      if (cells.length === 0) return { text: '', note: 'no rows' };
      return { text: `${renderTable(columns, cells.map(asTexts), look)}\n`, note: null };
    case 'json':
      return { text: renderJson(uniqueNames(columns), cells), note: null };
    case 'csv':
      return { text: [columns, ...cells].map((row) => `${row.map(csvCell).join(',')}\r\n`).join(''), note: null };
  }
}

function renderJson(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return '[]\n';
  const objects = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, jsonValue(row[index])])));
  return `[\n${objects.map((object) => `  ${JSON.stringify(object)}`).join(',\n')}\n]\n`;
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

function csvCell(value: unknown): string {
  const text = asText(value);
  const isText = typeof value !== 'number' && typeof value !== 'bigint';
  // A spreadsheet runs what begins like this (OWASP, CSV injection); an audit log carries text anybody can choose.
  const safe = isText && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function asTexts(row: readonly unknown[]): string[] {
  return row.map(asText);
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function jsonValue(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'bigint' ? value.toString() : value;
}

function isList(row: readonly unknown[] | Readonly<Record<string, unknown>>): row is readonly unknown[] {
  return Array.isArray(row);
}

import { cellText, createRowFormatter, ROW_FORMATS } from '../audit/index.ts';
import { planTable, type TablePlan } from './table.ts';

export const OUTPUT_FORMATS = ['table', ...ROW_FORMATS] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

type Row = readonly unknown[];
type Look = { readonly width: number; readonly colour: boolean; readonly isTerminal?: boolean };

/** What goes to stdout (with its last line break; may be empty), and what a person is told on stderr besides. */
type RenderedRows = { readonly text: string; readonly note: string | null };

/** Renders rows as they come: what `add` and `end` give, joined, is the document. */
export type RowsRenderer = { add(batch: readonly Row[]): string; end(): RenderedRows };

/** A table's widths are chosen after so many rows, or so many characters; what comes then has to fit in. */
const ROWS_TO_MEASURE = 10_000;
const CHARACTERS_TO_MEASURE = 8_000_000;

/**
 * Renders rows for `--format`. A row is a list in the order of `columns`, or an object read by the names of `columns`.
 * `table` fits `width` columns; the others are described at `createRowFormatter`. No rows: a note, `[]`, the header.
 */
export function renderRows(
  columns: readonly string[],
  rows: readonly (Row | Readonly<Record<string, unknown>>)[],
  format: OutputFormat,
  look: Look,
): RenderedRows {
  const renderer = createRowsRenderer(columns, format, look);
  const before = renderer.add(rows.map((row) => (isList(row) ? row : columns.map((column) => row[column]))));
  const { text, note } = renderer.end();
  return { text: before + text, note };
}

/** As `renderRows`, for rows that come in batches and do not all fit into memory. */
export function createRowsRenderer(columns: readonly string[], format: OutputFormat, look: Look): RowsRenderer {
  if (format === 'table') return tableRenderer(columns, look);
  const formatter = createRowFormatter(format, columns, { isTerminal: look.isTerminal ?? false });
  let head = formatter.head;
  const withHead = (text: string) => {
    const whole = head + text;
    head = '';
    return whole;
  };
  return {
    add: (batch) => withHead(formatter.rows(batch)),
    end: () => ({ text: withHead(formatter.tail()), note: null }),
  };
}

function tableRenderer(columns: readonly string[], look: Look): RowsRenderer {
  let plan: TablePlan | null = null;
  let measured: string[][] = [];
  let characters = 0;
  const lines = (rows: readonly string[][], { line }: TablePlan) => rows.map((row) => `${line(row)}\n`).join('');
  const begin = () => {
    plan = planTable(columns, measured, look);
    const text = `${plan.header}\n${lines(measured, plan)}`;
    measured = [];
    return text;
  };
  return {
    add(batch) {
      const rows = batch.map((row) => row.map(cellText));
      if (plan) return lines(rows, plan);
      for (const row of rows) {
        measured.push(row);
        for (const cell of row) characters += cell.length;
      }
      return measured.length >= ROWS_TO_MEASURE || characters >= CHARACTERS_TO_MEASURE ? begin() : '';
    },
    end() {
      if (plan) return { text: '', note: null };
      return measured.length === 0 ? { text: '', note: 'no rows' } : { text: begin(), note: null };
    },
  };
}

function isList(row: Row | Readonly<Record<string, unknown>>): row is Row {
  return Array.isArray(row);
}

import { printable } from '../lib/text.ts';
import { clipToWidth, displayWidth } from '../lib/width.ts';

const GAP = '  ';
/** Narrower than this a column says nothing any more; the table is then wider than the terminal rather than empty. */
const MIN_COLUMN_CELLS = 6;

/** What the first column may keep of the terminal's width, however wide the others are. */
const NAME_SHARE = 0.4;

/** An instant as it is stored; half of one would say nothing, so columns of them keep their width. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Look = { readonly width: number; readonly colour: boolean };

/** A table whose columns have their widths: the header, then a line for any row. */
export type TablePlan = { readonly header: string; line(row: readonly string[]): string };

/**
 * Rows as a table for a terminal of `width` columns, header first, one line a row, no line break at the end. The widest
 * columns are shortened with `…` until it fits. Columns that hold only numbers are aligned to the right. Expects the
 * cells as text, makes them printable; an absent cell is empty.
 */
export function renderTable(columns: readonly string[], rows: readonly (readonly string[])[], look: Look): string {
  const { header, line } = planTable(columns, rows, look);
  return [header, ...rows.map(line)].join('\n');
}

/**
 * Chooses the widths after `rows`, of which there may be more to come: a longer cell among those is shortened on a terminal,
 * and sticks out where there is none to fit.
 */
export function planTable(columns: readonly string[], rows: readonly (readonly string[])[], look: Look): TablePlan {
  const printableRow = (row: readonly string[]) => columns.map((_, index) => printable(row[index] ?? ''));
  const cells = rows.map(printableRow);
  const header = columns.map((column) => printable(column));
  const natural = header.map((name, index) =>
    Math.max(displayWidth(name), ...maximum(cells.map((row) => displayWidth(row[index] ?? '')))),
  );
  const floors = natural.map((width, index) => {
    const isInstants = cells.length > 0 && cells.every((row) => INSTANT.test(row[index] ?? '') || row[index] === '');
    return isInstants ? width : MIN_COLUMN_CELLS;
  });
  const room = look.width - GAP.length * (columns.length - 1);
  // The first column names the row, and names are there to be typed again.
  const roomForName = Math.min(Math.floor(look.width * NAME_SHARE), room - MIN_COLUMN_CELLS * (columns.length - 1));
  const [nameFloor = 0] = floors;
  floors[0] = Math.max(nameFloor, Math.min(natural[0] ?? 0, roomForName));
  const widths = shrink(natural, floors, room);
  const isNumeric = columns.map((_, index) => {
    const shown = cells.map((row) => row[index] ?? '').filter((cell) => cell !== '');
    return shown.length > 0 && shown.every((cell) => /^-?\d+(\.\d+)?$/.test(cell));
  });
  const isEndless = look.width === Number.MAX_SAFE_INTEGER;
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return padTo(isEndless ? cell : clipToWidth(cell, width), width, isNumeric[index] ?? false);
      })
      .join(GAP)
      .trimEnd();
  const head = line(header);
  return { header: look.colour ? `\u001b[1m${head}\u001b[0m` : head, line: (row) => line(printableRow(row)) };
}

/** Takes cells away from the widest columns, evenly, until the sum fits; no column gets narrower than its floor. */
function shrink(natural: readonly number[], floors: readonly number[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  const canShrink = (index: number) => (widths[index] ?? 0) > (floors[index] ?? 0);
  while (excess > 0) {
    const shrinkable = widths.filter((_, index) => canShrink(index));
    if (shrinkable.length === 0) break;
    const widest = Math.max(...shrinkable);
    const next = Math.max(MIN_COLUMN_CELLS, ...shrinkable.filter((width) => width < widest));
    const tied = shrinkable.filter((width) => width === widest).length;
    const step = Math.max(1, Math.min(widest - next, Math.floor(excess / tied)));
    for (const [index, width] of widths.entries()) {
      if (width !== widest || excess <= 0 || !canShrink(index)) continue;
      const taken = Math.min(step, excess);
      widths[index] = width - taken;
      excess -= taken;
    }
  }
  return widths;
}

function padTo(cell: string, width: number, isRight: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return isRight ? padding + cell : cell + padding;
}

/** `Math.max(...cells)` overflows the stack beyond some 100,000 rows. */
function maximum(numbers: readonly number[]): [] | [number] {
  return numbers.length === 0 ? [] : [numbers.reduce((a, b) => Math.max(a, b))];
}

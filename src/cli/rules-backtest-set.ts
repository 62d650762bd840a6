import { plural, printable } from '../lib/text.ts';
import { clipToWidth } from '../lib/width.ts';
import { backtest } from '../pipeline/backtest.ts';
import {
  type Comparison,
  compareBacktests,
  type LevelCounts,
  type RuleComparison,
} from '../pipeline/backtest-compare.ts';
import { judgeKeysAsRead } from '../pipeline/backtest-keys.ts';
import type { KeyKnowledge } from '../pipeline/key-records.ts';
import { keysAsRead } from '../pipeline/keys-as-read.ts';
import type { ReplayedFindingRow } from '../store/index.ts';
import type { OutputFormat } from './output.ts';
import { printRows } from './rows.ts';
import type { Overridden } from './rules-overrides.ts';
import { lookOf } from './terminal.ts';

type Replay = Parameters<typeof backtest>[0] & { readonly keys: KeyKnowledge };
type Look = { readonly width: number; readonly colour: boolean };

const MAX_LISTED = 20;

/** Runs the backtest as configured and as overridden, and compares. `only` leaves out every other rule. */
export async function compareWith(replay: Replay, overridden: Overridden, only: string | null): Promise<Comparison> {
  const run = async (pack: Replay['pack']) => {
    const replayed = await backtest({ ...replay, pack });
    judgeKeysAsRead(replayed, pack, keysAsRead(replay.source, pack, replay.keys), replay.calendar);
    return replayed;
  };
  const before = await run(replay.pack);
  try {
    const after = await run(overridden.pack);
    try {
      const comparison = compareBacktests(before, after, overridden.named);
      return only === null ? comparison : restrict(comparison, only);
    } finally {
      after.close();
    }
  } finally {
    before.close();
  }
}

function restrict({ rules, gone, appeared, regraded }: Comparison, only: string): Comparison {
  const isIt = ({ rule }: { rule: string }) => rule === only;
  return {
    rules: rules.filter(isIt),
    gone: gone.filter(isIt),
    appeared: appeared.filter(isIt),
    regraded: regraded.filter((one) => isIt(one.before)),
  };
}

export function printComparison(comparison: Comparison, format: OutputFormat): void {
  if (format !== 'table') {
    printRows(FIELDS, comparison.rules.map(rowOf), format);
    return;
  }
  printRows(COLUMNS, comparison.rules.map(cellsOf), format);
  // Into a pipe or a file nothing is cut.
  const look = process.stdout.isTTY ? lookOf(process.stdout) : { width: Number.MAX_SAFE_INTEGER, colour: false };
  const { gone, appeared, regraded } = comparison;
  const lists = [
    list('would go away', gone.map(lineOf), look),
    list('would appear', appeared.map(lineOf), look),
    list(
      'would have another level',
      regraded.map(({ before, after }) => `${lineOf(after)} (${before.level} before)`),
      look,
    ),
  ];
  process.stdout.write(lists.join(''));
}

const FIELDS = [
  ...['rule', 'signals_before', 'signals_after', 'signals_difference'],
  ...['findings_before', 'findings_after', 'findings_difference'],
  ...['taken_in_before', 'taken_in_after', 'levels_before', 'levels_after'],
];

function rowOf({ rule, signals, findings, takenIn, levels }: RuleComparison): unknown[] {
  return [
    ...[rule, signals.before, signals.after, signals.after - signals.before],
    ...[findings.before, findings.after, findings.after - findings.before],
    ...[takenIn.before, takenIn.after, levelsText(levels.before), levelsText(levels.after)],
  ];
}

/** The same numbers, before and after side by side. */
const COLUMNS = ['rule', 'signals', 'findings', 'taken in', 'levels'];

function cellsOf({ rule, signals, findings, takenIn, levels }: RuleComparison): string[] {
  const [before, after] = [levelsText(levels.before), levelsText(levels.after)];
  return [
    rule,
    change(signals),
    change(findings),
    takenIn.before === 0 && takenIn.after === 0 ? '' : change(takenIn),
    before === after ? before : `${before || 'none'} -> ${after || 'none'}`,
  ];
}

function change({ before, after }: { before: number; after: number }): string {
  if (before === after) return `${before}, the same`;
  return `${before} -> ${after} (${after > before ? '+' : ''}${after - before})`;
}

function levelsText(levels: LevelCounts): string {
  return [...levels].map(([level, count]) => `${count} ${level}`).join(', ');
}

function lineOf({ first_seen_at, level, rule, title }: ReplayedFindingRow): string {
  return `${first_seen_at}  ${level}  ${rule}: ${title}`;
}

function list(what: string, lines: readonly string[], { width, colour }: Look): string {
  if (lines.length === 0) return '';
  const head = `${plural(lines.length, 'finding')} ${what}`;
  const more = lines.length > MAX_LISTED ? [`  and ${lines.length - MAX_LISTED} more`] : [];
  const shown = lines.slice(0, MAX_LISTED).map((line) => `  ${clipToWidth(printable(line), width - 2)}`);
  return `\n${[colour ? `\u001b[1m${head}\u001b[0m` : head, ...shown, ...more].join('\n')}\n`;
}

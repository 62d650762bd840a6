import { plural, printable } from '../lib/text.ts';
import { wrapText } from '../lib/wrap.ts';
import type { CheckResult, CheckStatus } from '../pipeline/doctor.ts';

const COLOURS: Readonly<Record<CheckStatus, string>> = { ok: '32', warning: '33', failed: '31', skipped: '2' };
const STATUS_WIDTH = 'warning'.length;
const INDENT = ' '.repeat(STATUS_WIDTH + 2);

/** The checks as a list for people, by what they are about, and how many of each outcome there are. */
export function renderChecks(
  results: readonly CheckResult[],
  look: { readonly width: number; readonly colour: boolean },
): string {
  const lines: string[] = [];
  let place: string | null | undefined;
  for (const result of results) {
    if (result.instance !== place) {
      place = result.instance;
      if (lines.length > 0) lines.push('');
      lines.push(place === null ? 'This machine' : `Instance ${printable(place)}`);
    }
    lines.push(...linesOf(result, look));
  }
  return `${lines.join('\n')}\n\n${summaryOf(results)}\n`;
}

function linesOf({ check, fix, seen, status }: CheckResult, { colour, width }: { width: number; colour: boolean }) {
  const [first = '', ...rest] = wrapText(`${check}: ${seen}`, width, INDENT);
  const word = status.padEnd(STATUS_WIDTH);
  const shown = colour ? `\u001b[${COLOURS[status]}m${word}\u001b[0m` : word;
  const advice = fix === null ? [] : wrapText(`To mend it: ${fix}`, width, `${INDENT}  `);
  return [`${shown}  ${first.slice(INDENT.length)}`, ...rest, ...advice];
}

function summaryOf(results: readonly CheckResult[]): string {
  const count = (status: CheckStatus) => results.filter((one) => one.status === status).length;
  return `${plural(results.length, 'check')}: ${count('ok')} ok, ${plural(count('warning'), 'warning')}, ${count('failed')} failed, ${count('skipped')} skipped`;
}

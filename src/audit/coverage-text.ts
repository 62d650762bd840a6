import { describeDuration } from '../lib/duration.ts';
import { plural } from '../lib/text.ts';
import { addressNotice } from '../store/index.ts';
import type { CoverageStatement, InstanceCoverage } from './coverage-types.ts';
import { UNSEEN_AFTER_DAYS } from './unseen-categories.ts';

/** What Octopus itself writes into no audit log, so that no reading of it can find it (facts of Octopus's documentation). */
export const NOT_AUDITED: readonly string[] = ['reads', 'sign-outs', 'variables kept in Git'];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;
const MAX_GAPS_NAMED = 1000;

/** `1 Oct to 31 Oct 2026 (UTC)` where the period is whole days, else both instants. */
export function describePeriod(from: string, to: string): string {
  if (!isMidnight(from) || !isMidnight(to) || to <= from) return `${from} to ${to}`;
  const first = new Date(from);
  const last = new Date(Date.parse(to) - DAY_MS);
  const day = (date: Date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  const year = (date: Date) => date.getUTCFullYear();
  if (first.getTime() === last.getTime()) return `${day(first)} ${year(first)} (UTC)`;
  const begin = year(first) === year(last) ? day(first) : `${day(first)} ${year(first)}`;
  return `${begin} to ${day(last)} ${year(last)} (UTC)`;
}

/** One sentence about one instance, beginning with the share of the time: nothing in it is rounded in its own favour. */
export function coverageSentence(coverage: InstanceCoverage): string {
  if (coverage.share === null) return 'the period lies in the future';
  if (coverage.windows === 0) return 'nothing is known: no window of this time was read';
  const time = `${describeShare(coverage.share)} of the time covered`;
  const gaps =
    coverage.gaps.length === 0
      ? 'no gap'
      : `${plural(coverage.gaps.length, 'gap')}, ${describeLength(coverage.uncoveredMs)}`;
  const unseen = coverage.unseen
    .filter((one) => one.isExpected)
    .map((one) => `; no ${one.what} in ${UNSEEN_AFTER_DAYS} days`);
  return `${time}, ${gaps}; ${describeCounts(coverage)}${unseen.join('')}`;
}

function describeCounts({
  serverCounted,
  countedShare,
  eventsStored,
  setAside,
  noLongerStored,
}: InstanceCoverage): string {
  const parts = [`${number(eventsStored)} stored`];
  if (setAside > 0) parts.push(`${number(setAside)} set aside as unreadable`);
  if (noLongerStored > 0) parts.push(`at least ${number(noLongerStored)} that were read are no longer stored`);
  const stored = parts.join(', ');
  if (serverCounted === null) return `the server said no count of events, ${stored}`;
  const least = noLongerStored > 0 ? 'at least ' : '';
  // Where a part of the time was read without a count, the count of the rest says nothing of it.
  const of = countedShare < 1 ? ` (it said a count for ${describeShare(countedShare)} of the time read)` : '';
  return `the server counted ${least}${number(serverCounted)} events${of}, ${stored}`;
}

/** The whole statement as text: the sentence, then the gaps, periods of shrunken visibility and clocks of each instance. */
export function coverageText(statement: CoverageStatement): string {
  const lines = [statement.sentence, ''];
  for (const one of statement.instances) {
    lines.push(`Instance ${one.instance}`, `  ${capital(one.sentence)}.`);
    lines.push(`  ${plural(one.windows, 'window')} read, ${number(one.failedWindows)} failed.`);
    for (const gap of one.gaps.slice(0, MAX_GAPS_NAMED))
      lines.push(`  Gap ${gap.fromAt} to ${gap.toAt}: ${gap.reason}`);
    if (one.gaps.length > MAX_GAPS_NAMED) lines.push(`  and ${number(one.gaps.length - MAX_GAPS_NAMED)} gaps more`);
    for (const period of one.visibility) {
      const end = period.toAt === null ? 'until now' : `to ${period.toAt}`;
      const again = period.isReadAgain ? 'read again since' : 'not all of it was read again';
      lines.push(`  Less was visible from ${period.fromAt} ${end} (${again}): ${period.what}`);
    }
    for (const { text } of one.unseen) lines.push(`  ${capital(text)}.`);
    if (one.addressesUntrustedSince !== null) lines.push(`  ${addressNotice(one.addressesUntrustedSince)}.`);
    if (one.isListPlain)
      lines.push(
        '  The server gave only its plain list of events: events of other spaces and of the system may be missing.',
      );
    lines.push(
      one.largestClockSkewSeconds === null
        ? '  The difference between the clocks is not known.'
        : `  Largest difference between the clocks: ${one.largestClockSkewSeconds.toFixed(1)} s (server less monitor).`,
      '',
    );
  }
  lines.push(`Not audited by Octopus, so not here whatever was read: ${NOT_AUDITED.join(', ')}.`);
  return `${lines.join('\n')}\n`;
}

/** Rounded down: what is not whole never reads 100 %. */
function describeShare(share: number): string {
  const percent = Math.floor(Math.max(0, Math.min(1, share)) * 10_000) / 100;
  return `${percent} %`;
}

/** A gap of a fraction of a second is still one. */
function describeLength(ms: number): string {
  return ms < 1000 ? 'less than 1 s' : describeDuration(ms);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function isMidnight(instant: string): boolean {
  return instant.endsWith('T00:00:00.000Z');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import { plural } from '../lib/text.ts';
import type { DigestCoverage, DigestFinding, DigestReport } from '../model/digest.ts';
import type { Level } from '../model/finding.ts';
import { LEVELS } from '../model/finding.ts';
import { plain } from './digest-plain.ts';
import { createLocalTime, describePercent } from './digest-time.ts';

/** What the day comes to. */
export type Verdict = {
  /** `1 critical, 3 high, 5 keys need action`, or `all quiet, coverage 100 %`. */
  readonly line: string;
  /** Its first part, for the head of the mail, where notices say the rest. */
  readonly headline: string;
  /** Nothing needs action, everything was read and everybody was told. */
  readonly isQuiet: boolean;
  readonly counts: Readonly<Record<Level, number>>;
  readonly keys: number;
  readonly coverage: string;
  readonly isCovered: boolean;
  readonly undelivered: number;
};

/** What needs action apart from the API keys, which have a section of their own; critical ones are named in both. */
export function actionable(report: DigestReport): DigestFinding[] {
  const ofKeys = keyFindings(report);
  return report.needsAction.filter((finding) => finding.level === 'critical' || !ofKeys.has(finding.findingId));
}

/** Findings of a list that the section of the API keys does not name already. */
export function withoutKeys(findings: readonly DigestFinding[], report: DigestReport): DigestFinding[] {
  const ofKeys = keyFindings(report);
  return findings.filter((finding) => !ofKeys.has(finding.findingId));
}

export function judgeReport(report: DigestReport): Verdict {
  const counts: Record<Level, number> = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const finding of actionable(report)) counts[finding.level] += 1;
  const keys = report.keys.reduce((sum, owner) => sum + owner.keys.length, 0);
  const undelivered = report.undelivered.reduce((sum, { count }) => sum + count, 0);
  const isCovered = report.coverage.length > 0 && report.coverage.every(isComplete);
  const coverage = describeCoverage(report, isCovered);
  const setAside = report.coverage.reduce((sum, { setAside }) => sum + setAside, 0);

  const found = LEVELS.toReversed()
    .filter((level) => counts[level] > 0)
    .map((level) => `${counts[level]} ${level}`);
  if (keys > 0) found.push(plural(keys, 'key'));
  const needAction = found.length === 0 ? null : `${found.join(', ')} ${isOne(counts, keys) ? 'needs' : 'need'} action`;
  const also: string[] = [];
  if (undelivered > 0) also.push(`${plural(undelivered, 'message')} undelivered`);
  if (needAction !== null) {
    if (!isCovered) also.push(coverage);
    return verdict([needAction, ...also].join('; '), false);
  }
  if (setAside > 0) also.push(`${plural(setAside, 'element')} set aside`);
  if (!isCovered) return verdict(['nothing found', `but ${coverage}`, ...also].join(', '), false);
  // "Quiet" is said of what was judged; what else there is to know stands beside it.
  if (undelivered > 0) return verdict(['nothing needs action', coverage, ...also].join(', '), false);
  return verdict(['all quiet', coverage, ...also].join(', '), setAside === 0);

  function verdict(line: string, isQuiet: boolean): Verdict {
    return { line, headline: line.split(';')[0] ?? line, isQuiet, counts, keys, coverage, isCovered, undelivered };
  }
}

/** `Octopus audit to Sun 22 Nov 08:00 (Europe/London): 1 critical, 3 high, 5 keys need action`. */
export function subjectOf(report: DigestReport, verdict: Verdict): string {
  const time = createLocalTime(report.timeZone);
  return `Octopus audit to ${plain(time.short(report.toAt), 60)} (${plain(time.zone, 60)}): ${verdict.line}`;
}

/** Read without a gap or a failure to the end, and no fewer events than the server counted. */
export function isComplete(coverage: DigestCoverage): boolean {
  return (
    coverage.coveredToAt !== null && coverage.share >= 1 && coverage.gaps.length === 0 && missingEvents(coverage) === 0
  );
}

/** How many events the server counted that were neither stored nor set aside. */
export function missingEvents({ serverTotal, eventsStored, setAside }: DigestCoverage): number {
  return serverTotal === null ? 0 : Math.max(0, serverTotal - eventsStored - setAside);
}

/** The share of one instance in words, never `100 %` while something is missing. */
export function describeShare(coverage: DigestCoverage): string {
  return describePercent(isComplete(coverage) ? 1 : Math.min(coverage.share, 0.999));
}

function describeCoverage(report: DigestReport, isCovered: boolean): string {
  if (isCovered) return 'coverage 100 %';
  if (report.coverage.length === 0) return 'nothing was read';
  const worst = report.coverage.toSorted((a, b) => a.share - b.share).find((coverage) => !isComplete(coverage));
  if (!worst) return 'coverage unknown';
  const share = describeShare(worst);
  return `coverage only ${share}${report.coverage.length > 1 ? ` at ${plain(worst.instance, 40)}` : ''}`;
}

function isOne(counts: Readonly<Record<Level, number>>, keys: number): boolean {
  return LEVELS.reduce((sum, level) => sum + counts[level], keys) === 1;
}

function keyFindings(report: DigestReport): ReadonlySet<number> {
  return new Set(report.keys.flatMap(({ keys }) => keys.map(({ findingId }) => findingId)));
}

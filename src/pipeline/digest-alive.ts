import { formatEpochDay } from '../lib/local-date.ts';
import { plural } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';
import type { DigestCoverage, DigestReport } from '../model/digest.ts';
import { LEVELS } from '../model/finding.ts';

/**
 * The daily sign of life in one line: `Octowatch is alive: covered to 07:59 Europe/London, no gaps; open: 1 critical,
 * 3 high, 5 keys`. For whoever gets no digest; its absence says that the monitor is dead.
 */
export function describeAlive(report: DigestReport, zone: Zone): string {
  const undelivered = report.undelivered.reduce((sum, one) => sum + one.count, 0);
  return [
    `Octowatch is alive: ${coveredTo(report, zone)}, ${gapsIn(report)}`,
    `open: ${openOnes(report)}`,
    ...(undelivered > 0 ? [`${plural(undelivered, 'message')} undelivered`] : []),
    ...(report.isTimeZoneAssumed ? ['OCTOWATCH_TIMEZONE is not set'] : []),
  ].join('; ');
}

/** How many gaps there are; with several instances also on which. */
function gapsIn({ coverage, toAt }: DigestReport): string {
  const counts = coverage
    .map((one) => ({ instance: one.instance, gaps: gapsOf(one, toAt) }))
    .filter((one) => one.gaps > 0);
  const gaps = counts.reduce((sum, one) => sum + one.gaps, 0);
  if (gaps === 0) return 'no gaps';
  return `${plural(gaps, 'gap')}${coverage.length > 1 ? ` on ${counts.map((one) => one.instance).join(', ')}` : ''}`;
}

/** The last stretch up to the end is no gap but what `covered to` says. */
function gapsOf({ gaps, coveredToAt }: DigestCoverage, toAt: string): number {
  return gaps.filter((gap) => gap.toAt !== toAt || coveredToAt === null || gap.fromAt < coveredToAt).length;
}

function coveredTo(report: DigestReport, zone: Zone): string {
  if (report.coverage.length === 0) return 'nothing was read yet';
  const isAlone = report.coverage.length === 1;
  return report.coverage
    .map(({ instance, coveredToAt }) => {
      const where = isAlone ? '' : `${instance} `;
      return coveredToAt === null
        ? `${where}never read`
        : `${where}covered to ${timeIn(zone, coveredToAt, report.localDate)} ${zone.name}`;
    })
    .join(', ');
}

/** The time of day; with the date where it is another one than the digest's. */
function timeIn(zone: Zone, instant: string, today: string): string {
  const local = zone.localTime(Date.parse(instant));
  const time = `${String(local.hour).padStart(2, '0')}:${String(local.minute).padStart(2, '0')}`;
  const date = formatEpochDay(local.epochDay);
  return date === today ? time : `${date} ${time}`;
}

function openOnes(report: DigestReport): string {
  const keys = report.keys.flatMap((owner) => owner.keys);
  const ofKeys = new Set(keys.map((key) => key.findingId));
  const findings = [...report.needsAction, ...report.opened, ...report.stillOpen].filter(
    (one) => one.acknowledgedBy === null && (one.level === 'critical' || !ofKeys.has(one.findingId)),
  );
  const counts = LEVELS.toReversed().map((level) => ({
    level,
    count: findings.filter((one) => one.level === level).length,
  }));
  const parts = counts.filter((one) => one.count > 0).map((one) => `${one.count} ${one.level}`);
  if (keys.length > 0) parts.push(plural(keys.length, 'API key'));
  return parts.join(', ') || 'none';
}

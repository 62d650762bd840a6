import type Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import { printable } from '../lib/text.ts';
import { addressTrust } from '../store/index.ts';
import { gapsOf, shrunkenVisibility } from './coverage-gaps.ts';
import { lengthMs, type Stretch, union } from './coverage-stretches.ts';
import { coverageSentence, describePeriod, NOT_AUDITED } from './coverage-text.ts';
import type { CoverageStatement, InstanceCoverage } from './coverage-types.ts';
import { readWindows, type WindowFacts } from './coverage-windows.ts';
import { unseenCategories } from './unseen-categories.ts';

type InstanceRow = { instance_id: number; name: string; watermark_at: string | null; event_scope: string | null };

/**
 * States how much of `[from, to)` (instants) was read, from the ledger of polled windows, and what is not known of it. Time that
 * was read while permissions were missing counts as covered only once it was read again. `asOf` is when this is said; what
 * lies after it is no gap. `names` are the instances it is about, all that are stored unless given. Works on a live database, a snapshot and an audit pack alike, and writes nothing.
 */
export function coverageStatement(
  db: Database.Database,
  from: string,
  to: string,
  asOf: string = toInstant(Date.now()),
  names: readonly string[] | null = null,
): CoverageStatement {
  const judgedTo = asOf < to ? asOf : to;
  const instances = db
    .prepare<[], InstanceRow>('SELECT instance_id, name, watermark_at, event_scope FROM _instances ORDER BY name')
    .all()
    .filter((instance) => names?.includes(instance.name) ?? true)
    .map((instance) => coverageOf(db, instance, { from, to: judgedTo }));
  const period = describePeriod(from, to) + (judgedTo < to && judgedTo > from ? `, so far (until ${judgedTo})` : '');
  return {
    from,
    to,
    judgedTo,
    sentence: `${period}: ${instances.length === 0 ? 'no instance was ever read' : sentencesOf(instances)}; not audited by Octopus: ${NOT_AUDITED.join(', ')}`,
    notAudited: NOT_AUDITED,
    instances,
  };
}

function sentencesOf(instances: readonly InstanceCoverage[]): string {
  if (instances.length === 1) return instances[0]?.sentence ?? '';
  return instances.map((one) => `${printable(one.instance)}: ${one.sentence}`).join(' | ');
}

function coverageOf(db: Database.Database, instance: InstanceRow, span: Stretch): InstanceCoverage {
  const facts = readWindows(db, instance.instance_id, span);
  const visibility = shrunkenVisibility(db, instance.instance_id, span, facts);
  const { gaps, missing } = gapsOf(db, instance, span, facts, visibility);
  const uncoveredMs = lengthMs(gaps.map((gap) => ({ from: gap.fromAt, to: gap.toAt })));
  const spanMs = lengthMs([span]);
  const count = counter(db, instance.instance_id);
  const eventsStored = spanMs > 0 ? count(span) : 0;
  const setAside = facts.checkable.reduce((sum, one) => sum + one.setAside, 0);
  const noLongerStored = leastMissing(facts.checkable, count);
  const readMs = lengthMs(facts.read);
  const hasCount = facts.counted.length > 0 || facts.short.length > 0;
  const coverage = {
    instance: instance.name,
    share: spanMs > 0 ? Math.max(0, 1 - uncoveredMs / spanMs) : null,
    uncoveredMs,
    windows: facts.windows,
    failedWindows: facts.failedWindows,
    gaps,
    eventsStored,
    serverCounted: hasCount ? eventsStored + setAside + missing + noLongerStored : null,
    countedShare: readMs > 0 ? lengthMs(union(facts.counted)) / readMs : 0,
    setAside,
    noLongerStored,
    visibility,
    unseen: spanMs > 0 ? unseenCategories(db, instance.instance_id, span.to) : [],
    addressesUntrustedSince: spanMs > 0 ? addressTrust(db).untrustedSince(instance.instance_id, lastDayOf(span)) : null,
    isListPlain: instance.event_scope === 'plain',
    largestClockSkewSeconds: facts.largestClockSkewSeconds,
  };
  return { ...coverage, sentence: coverageSentence({ ...coverage, sentence: '' }) };
}

/** The last day of which any part lies in the span: its end is exclusive. */
function lastDayOf(span: Stretch): string {
  return toInstant(Date.parse(span.to) - 1).slice(0, 10);
}

function counter(db: Database.Database, instanceId: number): (span: Stretch) => number {
  const statement = db
    .prepare<[number, string, string], number>(
      'SELECT count(*) FROM _events INDEXED BY _events_time WHERE instance_id = ? AND occurred_at >= ? AND occurred_at < ?',
    )
    .pluck();
  return ({ from, to }) => statement.get(instanceId, from, to) ?? 0;
}

/**
 * Counts again what whole windows held when they were read. Every second window of a least cover overlaps with none of
 * the others, so either half gives a number that counts nothing twice.
 */
function leastMissing(windows: WindowFacts['checkable'], count: (span: Stretch) => number): number {
  const halves = [0, 0];
  for (const [index, one] of windows.entries()) {
    const lost = one.total - one.setAside - count(one);
    if (lost > 0) halves[index % 2] = (halves[index % 2] ?? 0) + lost;
  }
  return Math.max(...halves);
}

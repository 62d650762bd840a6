import type Database from 'better-sqlite3';
import { plural, printable, truncate } from '../lib/text.ts';
import { clip, complement, isWithin, overlaps, type Stretch, union } from './coverage-stretches.ts';
import type { Gap, ShrunkenVisibility } from './coverage-types.ts';
import type { WindowFacts } from './coverage-windows.ts';

type Reasoned = Stretch & { readonly reason: string };

/** The gaps of an instance within a span: pieces that touch are one gap with all their reasons. */
export function gapsOf(
  db: Database.Database,
  instance: { readonly instance_id: number; readonly watermark_at: string | null },
  span: Stretch,
  facts: WindowFacts,
  shrunken: readonly ShrunkenVisibility[],
): { readonly gaps: Gap[]; readonly missing: number } {
  const known = db
    .prepare<[number, string, string], { from: string; to: string; missing: number }>(
      `SELECT gap_from AS "from", gap_to AS "to", missing FROM _gaps
       WHERE instance_id = ? AND gap_from < ? AND gap_to > ? ORDER BY gap_from`,
    )
    .all(instance.instance_id, span.to, span.from);
  const waiting = db
    .prepare<[number, string, string], { from: string; to: string; reason: string }>(
      `SELECT cursor_at AS "from", range_to AS "to", reason FROM _backlog
       WHERE instance_id = ? AND reason <> 'reread' AND cursor_at < ? AND range_to > ?`,
    )
    .all(instance.instance_id, span.to, span.from);
  const short = facts.short.filter((one) => !known.some((gap) => overlaps(gap, one)));
  const historyFrom = db
    .prepare<[number], string | null>('SELECT min(window_from) FROM _coverage WHERE instance_id = ?')
    .pluck()
    .get(instance.instance_id);
  const reasonFor = (one: Stretch): string => {
    const failures = facts.failed.filter((each) => overlaps(each, one));
    const lacking = [...known, ...short].find((each) => overlaps(each, one));
    if (lacking) return shortOf(lacking.missing);
    if (failures.length > 0) return `reading ${printable(truncate(failures.at(-1)?.outcome ?? '', 160))}`;
    if (waiting.some((each) => overlaps(each, one))) return 'waiting to be read';
    if (historyFrom == null || one.to <= historyFrom) return 'before the time the monitor has read';
    if (instance.watermark_at === null || one.from >= instance.watermark_at) return 'not read yet';
    return 'nothing was asked for: the monitor did not run, or lost the row that says so';
  };
  const pieces: Reasoned[] = [
    ...complement(union(facts.read), span).map((one) => ({ ...one, reason: reasonFor(one) })),
    ...[...known, ...short].map((one) => ({ ...one, reason: shortOf(one.missing) })),
    ...waiting
      .filter((one) => one.reason === 'visibility')
      .map((one) => ({ ...one, reason: 'read without all permissions; waiting to be read again' })),
    ...shrunken
      .filter((one) => !one.isReadAgain)
      .map((one) => ({ from: one.fromAt, to: one.toAt ?? span.to, reason: `permissions were missing: ${one.what}` })),
  ];
  return {
    gaps: joined(pieces, span),
    missing: [...known, ...short].reduce((sum, one) => sum + one.missing, 0),
  };
}

function shortOf(missing: number): string {
  return `the server counted ${plural(missing, 'event')} more than came`;
}

function joined(pieces: readonly Reasoned[], span: Stretch): Gap[] {
  const within = pieces.flatMap((one) => {
    const part = clip(one, span);
    return part === null ? [] : [{ ...part, reason: one.reason }];
  });
  return union(within).map(({ from, to }) => {
    const reasons = within.filter((one) => isWithin(one, [{ from, to }])).map((one) => one.reason);
    return { fromAt: from, toAt: to, reason: [...new Set(reasons)].join('; ') };
  });
}

/**
 * When the monitor's account saw less, as its findings about itself say. What was lost may have been lost at any time
 * after it was last seen to be there, so the period begins then.
 */
export function shrunkenVisibility(
  db: Database.Database,
  instanceId: number,
  span: Stretch,
  facts: WindowFacts,
): ShrunkenVisibility[] {
  const rows = db
    .prepare<[number, string, string], { title: string; why: string | null; seen: string; ended: string | null }>(
      `SELECT title, report ->> '$.why' AS why, first_seen_at AS seen,
         CASE WHEN status = 'resolved' THEN resolved_at END AS ended
       FROM _findings WHERE instance_id = ? AND rule = 'monitor_visibility_shrunk' AND first_seen_at < ?
         AND (status <> 'resolved' OR resolved_at > ?) ORDER BY first_seen_at`,
    )
    .all(instanceId, span.to, span.from);
  return rows.flatMap(({ title, why, seen, ended }) => {
    const lastGood = /\bat (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/.exec(why ?? '')?.[1];
    const fromAt = lastGood !== undefined && lastGood < seen ? lastGood : seen;
    const period = clip({ from: fromAt, to: ended ?? span.to }, span);
    if (period === null) return [];
    const looks = union(facts.secondLooks.filter((one) => ended !== null && one.at >= ended));
    const isReadAgain = ended !== null && isWithin(period, looks);
    return [{ fromAt, toAt: ended, what: printable(truncate(title, 300)), isReadAgain }];
  });
}

import { unseenCategories } from '../audit/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { DigestCoverage } from '../model/digest.ts';
import { addressNotice, type DigestSpan, type DigestWindowRow, type Store } from '../store/index.ts';

const DAY_MS = 86_400_000;

type Stretch = { readonly from: string; readonly to: string };
type InstanceRow = NonNullable<ReturnType<Store['instances']['get']>>;

/**
 * How much of a digest's time was really watched on one instance. What counts as read is what lies in a window that came
 * whole; less the windows that a second reading found short, and less what was read without all permissions.
 */
export function coverageOf(store: Store, instance: InstanceRow, span: DigestSpan): DigestCoverage {
  const { digestFacts } = store;
  const id = instance.instance_id;
  const windows = digestFacts.windows(id, span, toInstant(Date.parse(span.from) - DAY_MS));
  const read = windows.filter((one) => one.outcome === 'read').map(stretchOf);
  const unread = digestFacts.unread(id);
  const short = store.gaps.all(id).filter((gap) => gap.gap_from < span.to && gap.gap_to > span.from);
  const gaps = union([
    ...complement(union(read), span),
    ...short.map((gap) => clip({ from: gap.gap_from, to: gap.gap_to }, span)),
    ...unread
      .filter((one) => one.reason === 'visibility' && one.cursor_at < span.to && one.range_to > span.from)
      .map((one) => clip({ from: one.cursor_at, to: one.range_to }, span)),
  ]);
  const missedMs = gaps.reduce((sum, gap) => sum + lengthMs(gap), 0);
  const from = Date.parse(span.from) + 1;
  const eventsStored = store.events.countInWindow(id, toInstant(from), toInstant(Date.parse(span.to) + 1));
  const setAside = digestFacts.setAside(id, span);
  const untrustedSince = store.addresses.untrustedSince(id, span.to.slice(0, 10));
  const missing = short.reduce((sum, gap) => sum + gap.missing, 0) + missingSince(windows, read, short.map(gapStretch));
  return {
    instance: instance.name,
    coveredToAt: coveredTo(instance, unread, span),
    share: lengthMs(span) <= 0 ? 1 : Math.max(0, 1 - missedMs / lengthMs(span)),
    windows: windows.filter((one) => !one.outcome.startsWith('failed')).length,
    failedWindows: windows.filter((one) => one.outcome.startsWith('failed')).length,
    gaps: gaps.map((gap) => ({ fromAt: gap.from, toAt: gap.to })),
    eventsStored,
    serverTotal: windows.some((one) => one.server_total !== null) ? eventsStored + setAside + missing : null,
    setAside,
    visibility: visibilityOf(store, instance),
    unseen: unseenCategories(store.db, id, span.to)
      .filter((one) => one.isExpected)
      .map((one) => one.text),
    addresses: untrustedSince === null ? null : addressNotice(untrustedSince),
  };
}

/** Up to where the past is read: the watermark, unless older time is still waiting to be read for the first time. */
function coveredTo(
  instance: InstanceRow,
  unread: readonly { reason: string; cursor_at: string }[],
  span: DigestSpan,
): string | null {
  if (instance.watermark_at === null) return null;
  const waiting = unread.filter((one) => one.reason !== 'visibility').map((one) => one.cursor_at);
  return [instance.watermark_at, span.to, ...waiting].sort()[0] ?? null;
}

/**
 * What the server counted beyond what came, in windows that no later one made good. The tail reads the youngest minutes
 * again and again, so of windows that overlap one speaks for all.
 */
function missingSince(
  windows: readonly DigestWindowRow[],
  read: readonly Stretch[],
  known: readonly Stretch[],
): number {
  const whole = union(read);
  const clusters: { to: string; missing: number }[] = [];
  for (const one of windows) {
    const stretch = stretchOf(one);
    const isMadeGood = whole.some((each) => each.from <= stretch.from && each.to >= stretch.to);
    if (one.outcome !== 'short' || isMadeGood || known.some((gap) => overlaps(gap, stretch))) continue;
    const missing = Math.max(0, (one.server_total ?? 0) - one.events_seen - one.set_aside);
    const last = clusters.at(-1);
    if (last === undefined || stretch.from >= last.to) clusters.push({ to: stretch.to, missing });
    else clusters[clusters.length - 1] = { to: stretch.to, missing: Math.max(last.missing, missing) };
  }
  return clusters.reduce((sum, one) => sum + one.missing, 0);
}

function visibilityOf(store: Store, instance: InstanceRow): string | null {
  const shrunk = store.findings
    .unresolvedState(instance.instance_id, 'monitor_visibility_shrunk')
    .map((one) => one.title);
  const narrow =
    instance.event_scope === 'plain'
      ? ['The server gave only its plain list of events: events of other spaces and of the system may be missing.']
      : [];
  return [...shrunk, ...narrow].join(' ') || null;
}

function stretchOf(window: DigestWindowRow): Stretch {
  return { from: window.window_from, to: window.window_to };
}

function gapStretch(gap: { gap_from: string; gap_to: string }): Stretch {
  return { from: gap.gap_from, to: gap.gap_to };
}

function overlaps(a: Stretch, b: Stretch): boolean {
  return a.from < b.to && b.from < a.to;
}

function clip(stretch: Stretch, span: Stretch): Stretch {
  return {
    from: stretch.from > span.from ? stretch.from : span.from,
    to: stretch.to < span.to ? stretch.to : span.to,
  };
}

/** Stretches joined where they touch or overlap, in the order of time. */
function union(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const one of stretches.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = joined.at(-1);
    if (last === undefined || one.from > last.to) joined.push(one);
    else if (one.to > last.to) joined[joined.length - 1] = { from: last.from, to: one.to };
  }
  return joined;
}

/** What of a span none of the joined stretches covers. */
function complement(joined: readonly Stretch[], span: Stretch): Stretch[] {
  const rest: Stretch[] = [];
  let at = span.from;
  for (const one of joined) {
    if (one.from > at) rest.push(clip({ from: at, to: one.from }, span));
    if (one.to > at) at = one.to;
  }
  if (at < span.to) rest.push({ from: at, to: span.to });
  return rest;
}

function lengthMs({ from, to }: Stretch): number {
  return Date.parse(to) - Date.parse(from);
}

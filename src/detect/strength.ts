import { toInstant } from '../lib/clock.ts';
import { truncate } from '../lib/text.ts';
import { compareLevels, type Level } from '../model/finding.ts';
import type { RuleStatus } from '../model/rule.ts';
import type { Limit } from './rule-limit.ts';

/** What one part of detection is like, by its kind, as far as one can be weaker than another. Plain data, kept as JSON. */
type Kinds = {
  rule: { readonly isOn: boolean; readonly isStable: boolean };
  /** `when`: the levels the rule gives instead, by search identifier. */
  level: { readonly level: Level; readonly when: Readonly<Record<string, Level>> };
  status: { readonly status: RuleStatus };
  threshold: { readonly limits: readonly Limit[] };
  /** The last local day, and the instant that ends it, which another zone moves; null: without end. */
  exception: { readonly expires: string | null; readonly untilMs: number | null };
  /** Business hours as minutes of the week, Monday 00:00 first; `[from, to)`, beyond 10080 on the next Monday. */
  hours: { readonly text: string; readonly week: readonly (readonly [number, number])[] };
  /** Local dates, YYYY-MM-DD. */
  holidays: { readonly dates: readonly string[] };
  freezes: { readonly spans: readonly { readonly fromMs: number; readonly toMs: number }[] };
  /** `patterns` null: names are judged by the default words. Of the environments that exist: which are production. */
  production: {
    readonly patterns: readonly string[] | null;
    readonly environments: readonly { readonly id: string; readonly name: string; readonly isProduction: boolean }[];
  };
  zone: { readonly name: string };
  /** Which calendar is responsible where, in the order they are asked. */
  places: { readonly text: string };
  /** A time in which deployments are allowed; `untilMs` null: without end. */
  window: { readonly text: string; readonly untilMs: number | null };
};

export type Strength = { [K in keyof Kinds]: { readonly kind: K } & Kinds[K] }[keyof Kinds];

/** The old and the new value in words. */
export type Weaker = { readonly before: string; readonly after: string; readonly level: Level };

const WEEK_MINUTES = 7 * 1440;
const MAX_LISTED_CHARACTERS = 200;

const COMPARISONS: {
  readonly [K in keyof Kinds]: (before: Kinds[K], after: Kinds[K], nowMs: number) => Omit<Weaker, 'level'> | null;
} = {
  rule: (before, after) => (before.isOn && !after.isOn ? { before: 'in force', after: 'switched off' } : null),
  level(before, after) {
    const cases = [...new Set([...Object.keys(before.when), ...Object.keys(after.when)])];
    const lowered = cases.find((one) => isLower(before.when[one] ?? before.level, after.when[one] ?? after.level));
    if (isLower(before.level, after.level)) return { before: before.level, after: after.level };
    if (lowered === undefined) return null;
    const said = ({ level, when }: Kinds['level']) => `${when[lowered] ?? level} when ${lowered}`;
    return { before: said(before), after: said(after) };
  },
  status: (before, after) =>
    before.status === 'stable' && after.status !== 'stable' ? { before: before.status, after: after.status } : null,
  threshold(before, after) {
    const isLess =
      compareBounds(lowest(after.limits), lowest(before.limits)) > 0 ||
      compareBounds(highest(after.limits), highest(before.limits)) < 0;
    return isLess ? { before: limitsText(before.limits), after: limitsText(after.limits) } : null;
  },
  exception(before, after, nowMs) {
    const isLonger = before.expires !== null && (after.expires === null || after.expires > before.expires);
    return isLonger && !isOver(after, nowMs) ? { before: until(before), after: until(after) } : null;
  },
  hours(before, after) {
    const known = minutesOf(before);
    const isWider = minutesOf(after).some((isInside, minute) => isInside && !known[minute]);
    return isWider ? { before: before.text, after: after.text } : null;
  },
  holidays(before, after, nowMs) {
    const today = toInstant(nowMs).slice(0, 10);
    return missing(before.dates.filter((date) => date >= today && !after.dates.includes(date)));
  },
  freezes(before, after, nowMs) {
    const lost = before.spans.filter(({ fromMs, toMs }) => {
      const begins = Math.max(fromMs, nowMs);
      return begins < toMs && !after.spans.some((one) => one.fromMs <= begins && one.toMs >= toMs);
    });
    return missing(lost.map(({ fromMs, toMs }) => `${toInstant(fromMs)} to ${toInstant(toMs)}`));
  },
  production(before, after) {
    const now = new Map(after.environments.map((one) => [one.id, one.isProduction]));
    const lost = before.environments.filter((one) => one.isProduction && now.get(one.id) === false);
    const arePatternsGone = after.patterns !== null && before.patterns?.some((one) => !after.patterns?.includes(one));
    if (lost.length === 0 && !arePatternsGone) return null;
    const names = lost.length === 0 ? '' : ` without ${listed(lost.map((one) => one.name))}`;
    return { before: patternsText(before), after: `${patternsText(after)}${names}` };
  },
  zone: (before, after) => (before.name === after.name ? null : { before: before.name, after: after.name }),
  places: (before, after) => (before.text === after.text ? null : { before: before.text, after: after.text }),
  window: (before, after, nowMs) =>
    before.text === after.text || isOver(after, nowMs) ? null : { before: before.text, after: after.text },
};

/**
 * In what `after` is weaker than `before`, null when in nothing; undefined stands for what is not there. What cannot be
 * compared, such as other hours of the same length, counts as weaker both ways.
 */
export function weakerThan(before: Strength | undefined, after: Strength | undefined, nowMs: number): Weaker | null {
  if (before === undefined) {
    const allowance = after === undefined ? null : allowanceOf(after, nowMs);
    return allowance === null ? null : { before: 'not there', after: allowance, level: 'medium' };
  }
  // A production that nobody watches, and a rule that alerted and is gone, are what an attacker would want most.
  const level = before.kind === 'production' || (before.kind === 'rule' && before.isStable) ? 'high' : 'medium';
  if (after === undefined && before.kind === 'places') return { before: before.text, after: 'gone', level };
  if (after === undefined)
    return before.kind === 'rule' && before.isOn ? { before: 'in force', after: 'gone', level } : null;
  if (after.kind !== before.kind) return null;
  const found = COMPARISONS[before.kind](before as never, after as never, nowMs);
  return found && { ...found, level };
}

/** What something that was not there before allows, in words; null when it allows nothing, or not any more. */
function allowanceOf(added: Strength, nowMs: number): string | null {
  if (added.kind === 'places') return added.text;
  if ((added.kind !== 'exception' && added.kind !== 'window') || isOver(added, nowMs)) return null;
  return added.kind === 'window' ? added.text : until(added);
}

function isLower(before: Level, after: Level): boolean {
  return compareLevels(after, before) < 0;
}

/** A limit that is observed from its value on, or only beyond it. */
type Bound = readonly [value: number, beyond: 0 | 1 | -1];

function lowest(limits: readonly Limit[]): Bound {
  const bounds = limits.flatMap(({ operator, value }): Bound[] =>
    operator === 'gt' ? [[value, 1]] : operator === 'gte' || operator === 'eq' ? [[value, 0]] : [],
  );
  return bounds.sort(compareBounds).at(-1) ?? [Number.NEGATIVE_INFINITY, 0];
}

function highest(limits: readonly Limit[]): Bound {
  const bounds = limits.flatMap(({ operator, value }): Bound[] =>
    operator === 'lt' ? [[value, -1]] : operator === 'lte' || operator === 'eq' ? [[value, 0]] : [],
  );
  return bounds.sort(compareBounds)[0] ?? [Number.POSITIVE_INFINITY, 0];
}

function compareBounds(a: Bound, b: Bound): number {
  return a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1;
}

const OPERATORS: Readonly<Record<string, string>> = {
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
  eq: 'exactly',
  neq: 'anything but',
};

function limitsText(limits: readonly Limit[]): string {
  return limits.map(({ operator, value }) => `${OPERATORS[operator] ?? operator} ${value}`).join(' and ') || 'no limit';
}

function isOver({ untilMs }: Pick<Kinds['exception'], 'untilMs'>, nowMs: number): boolean {
  return untilMs !== null && untilMs <= nowMs;
}

function until({ expires }: Kinds['exception']): string {
  return expires === null ? 'without end' : `until ${expires}`;
}

function minutesOf({ week }: Kinds['hours']): boolean[] {
  const minutes = Array.from({ length: WEEK_MINUTES }, () => false);
  for (const [from, to] of week) for (let at = from; at < to; at += 1) minutes[at % WEEK_MINUTES] = true;
  return minutes;
}

function patternsText({ patterns }: Kinds['production']): string {
  return patterns === null ? 'by the usual words' : listed(patterns);
}

function missing(items: readonly string[]): Omit<Weaker, 'level'> | null {
  return items.length === 0 ? null : { before: listed(items), after: 'not there' };
}

function listed(items: readonly string[]): string {
  return truncate(items.join(', '), MAX_LISTED_CHARACTERS);
}

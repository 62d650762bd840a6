import type { CompiledCorrelation, CompiledRule } from '../sigma/index.ts';
import { limitsOf } from './rule-limit.ts';
import type { PackRule, RulePack } from './rule-pack.ts';
import { type Strength, type Weaker, weakerThan } from './strength.ts';
import { nameOf } from './unproven.ts';

/** How strong detection is, part by part: `RULE`, `RULE: level`, `EXCEPTION: exception`, `business hours`, … */
export type Posture = ReadonlyMap<string, Strength>;

/** A business calendar, as far as detection rests on it. */
export type CalendarFacts = {
  readonly zone: string;
  /** Business hours in words. */
  readonly hours: string;
  /** Monday first; minutes after the day's midnight, `[from, to)`, beyond 1440 on the next day. */
  readonly weeklyHours: readonly (readonly { readonly fromMinute: number; readonly toMinute: number }[])[];
  /** Local dates, YYYY-MM-DD. */
  readonly holidays: readonly string[];
  readonly freezes: readonly { readonly fromMs: number; readonly toMs: number }[];
};

/** What detection rests on besides the rules. */
export type PostureFacts = CalendarFacts & {
  /** The calendars of certain places, in the order they are asked; `where` in words. */
  readonly calendars: readonly (CalendarFacts & { readonly name: string; readonly where: string })[];
  /** Times in which deployments are allowed, in words; `untilMs` null: without end. */
  readonly windows: readonly { readonly name: string; readonly text: string; readonly untilMs: number | null }[];
  readonly production: Omit<Extract<Strength, { kind: 'production' }>, 'kind'>;
};

/** A part of detection that is weaker than it was, with its old and its new value in words. */
export type Weakening = Weaker & { readonly subject: string };

const DAY_MINUTES = 1440;

/** The posture of a rule pack and a configuration, both as they are in force. */
export function postureOf(pack: RulePack, facts: PostureFacts): Posture {
  const { rules, correlations, filters } = pack.ruleSet;
  return new Map<string, Strength>([
    ...[...rules, ...correlations].flatMap((one) => {
      const rule = pack.rules.get(one.key);
      return rule ? strengthsOf(one, rule) : [];
    }),
    ...pack.switchedOff
      .filter((document) => document.kind !== 'filter')
      .map((document) => [nameOf(document), { kind: 'rule', isOn: false, isStable: false }] as const),
    ...filters.map(({ key, inForce }) => {
      const { expires = null } = pack.exceptions.get(key) ?? {};
      return [`${key}: exception`, { kind: 'exception', expires, untilMs: inForce?.untilMs ?? null }] as const;
    }),
    ...calendarStrengths('', facts),
    ...facts.calendars.flatMap((calendar) => calendarStrengths(`calendar ${calendar.name}: `, calendar)),
    ...(facts.calendars.length === 0
      ? []
      : [['calendars', { kind: 'places', text: placesText(facts) }] satisfies [string, Strength]]),
    ...facts.windows.map(
      ({ name, text, untilMs }) => [`change window ${name}`, { kind: 'window', text, untilMs }] as const,
    ),
    ['production', { kind: 'production', ...facts.production }],
  ]);
}

/**
 * Every part in which `after` is weaker than `before`, as of a time: holidays, freezes and exceptions that are over count
 * for nothing. What a rule looks for is not compared: of two texts nobody can say which finds more.
 */
export function weakenings(before: Posture, after: Posture, nowMs: number): Weakening[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((subject) => {
    const weaker = weakerThan(before.get(subject), after.get(subject), nowMs);
    return weaker ? [{ subject, ...weaker }] : [];
  });
}

function strengthsOf(one: CompiledRule | CompiledCorrelation, rule: PackRule): [string, Strength][] {
  const { name, level, status, attributes } = rule;
  const when = Object.fromEntries(attributes.levels.map((each) => [each.when, each.level]));
  const limits = limitsOf(one, attributes.threshold);
  // Without a named field several comparisons are about different things.
  const areComparable = 'condition' in one || attributes.threshold !== null || limits.length === 1;
  const own: [string, Strength][] = [
    [name, { kind: 'rule', isOn: true, isStable: status === 'stable' }],
    [`${name}: level`, { kind: 'level', level, when }],
    [`${name}: status`, { kind: 'status', status }],
  ];
  return [
    // What only counts for correlations is missed through them: with it they are gone, and without them it is nothing.
    ...(rule.yieldsFindings ? own : []),
    ...(areComparable && limits.length > 0
      ? [[`${name}: threshold`, { kind: 'threshold', limits }] satisfies [string, Strength]]
      : []),
  ];
}

function calendarStrengths(prefix: string, facts: CalendarFacts): [string, Strength][] {
  return [
    [`${prefix}time zone`, { kind: 'zone', name: facts.zone }],
    [`${prefix}business hours`, { kind: 'hours', text: facts.hours, week: weekOf(facts) }],
    [`${prefix}holidays`, { kind: 'holidays', dates: facts.holidays }],
    [`${prefix}freezes`, { kind: 'freezes', spans: facts.freezes.map(({ fromMs, toMs }) => ({ fromMs, toMs })) }],
  ];
}

function placesText({ calendars }: PostureFacts): string {
  return calendars.map(({ name, where }) => `${name} ${where}`).join('; then ');
}

function weekOf({ weeklyHours }: CalendarFacts): [number, number][] {
  return weeklyHours.flatMap((day, index) =>
    day.map(({ fromMinute, toMinute }): [number, number] => {
      const start = index * DAY_MINUTES;
      return [start + fromMinute, start + (toMinute > fromMinute ? toMinute : toMinute + DAY_MINUTES)];
    }),
  );
}

import { coverageStatement } from '../audit/index.ts';
import { createLeaveOut } from '../detect/index.ts';
import type { ProductionMatcher } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { parseLocalDate } from '../lib/local-date.ts';
import type { DigestException, DigestFinding, DigestReport } from '../model/digest.ts';
import { compareLevels, LEVELS } from '../model/finding.ts';
import type { PersonalFact } from '../model/personal.ts';
import { chainHead, type DigestFindingRow, type DigestSpan, type Store } from '../store/index.ts';
import { coverageOf } from './digest-coverage.ts';
import { isAboutKey, keyOwners, rotationsUnderWay } from './digest-keys.ts';

const DAY_MS = 86_400_000;
const TREND_DAYS = 7;
const EXCEPTION_NOTICE_DAYS = 14;
/** What is pending for less is on its way. */
const STALLED_AFTER_MS = 15 * 60_000;

/** An exception as it was loaded; how much it hid is counted here. `name` is what signals are `suppressed_by`. */
export type KnownException = Omit<DigestException, 'daysLeft' | 'hiddenSignals'>;

export type DigestQuestion = {
  /** The local date it closes on, YYYY-MM-DD. */
  readonly localDate: string;
  readonly fromAt: string;
  readonly toAt: string;
  /** Until when the digest before knew of things; `fromAt` when there was none. */
  readonly foundFromAt?: string;
  /** Until when this one knows of things: what happened before `toAt` may be found later. `toAt` unless given. */
  readonly foundToAt?: string;
  /** The moment whose state is told; `foundToAt` unless given. */
  readonly stateAt?: string;
  readonly timeZone: string;
  readonly isTimeZoneAssumed: boolean;
  /** The configured instances; all that were at the last start when null. */
  readonly instances: readonly string[] | null;
  readonly production: ProductionMatcher;
  readonly exceptions: readonly KnownException[];
  readonly monitorVersion: string;
  /** What of people the digest must not carry. */
  readonly leaveOut?: readonly PersonalFact[];
};

/**
 * Puts a digest together from the database alone. A finding is in the first digest that closes after its first event and
 * is made after it was found, so none falls between two digests. Findings about API keys stand under their owners;
 * critical ones need action by themselves, too. Taken in, historical and staged findings are not listed.
 */
export function buildDigest(store: Store, question: DigestQuestion): DigestReport {
  const { localDate, fromAt, toAt, timeZone, isTimeZoneAssumed, monitorVersion } = question;
  const span: DigestSpan = {
    from: fromAt,
    to: toAt,
    foundFrom: question.foundFromAt ?? fromAt,
    foundTo: question.foundToAt ?? toAt,
    stateTo: question.stateAt ?? question.foundToAt ?? toAt,
  };
  const known = store.instances.all();
  const configured = known.filter((one) => question.instances?.includes(one.name) ?? one.retired_at === null);
  const instances = configured.length > 0 ? configured : known;
  const names = instances.map((one) => one.name);
  const rows = findingsOf(store, known, span);
  const open = rows.open.toSorted((a, b) => compareLevels(b.level, a.level) || compareTimes(a, b));
  const isNew = (one: DigestFindingRow) =>
    one.first_seen_at > span.from || (one.created_at > span.foundFrom && one.created_at <= span.stateTo);
  const shown = (row: DigestFindingRow) => {
    const report = { findingId: row.finding_id, facts: [] };
    return asFinding(row, createLeaveOut(store, report, question.leaveOut ?? [])(row.title));
  };
  const needsAction = open.filter(needsActionByItself);
  const keys = open.filter((one) => isAboutKey(one) && one.acknowledged_by === null);
  const others = open.filter((one) => !needsAction.includes(one) && !keys.includes(one));
  const weekBefore = toInstant(Date.parse(fromAt) - TREND_DAYS * DAY_MS);
  const begun = store.digestFacts.opened(span, weekBefore);
  return {
    localDate,
    fromAt,
    toAt,
    timeZone,
    isTimeZoneAssumed,
    instances: names,
    needsAction: needsAction.map(shown),
    opened: others.filter(isNew).map(shown),
    stillOpen: others.filter((one) => !isNew(one)).map(shown),
    resolved: rows.resolved.map(shown),
    trend: trendOf(begun, span, historyDays(store, instances, span, weekBefore)),
    staged: stagedOf(begun),
    keys: keyOwners(store, keys),
    rotations: rotationsUnderWay(store, instances, span),
    exceptions: exceptionsOf(store, question, span),
    undelivered: store.digestFacts
      .undelivered(span, localDate, toInstant(Date.parse(span.stateTo) - STALLED_AFTER_MS))
      .map(({ channel, state, count, last_error }) => ({ channel, state, count, lastError: last_error })),
    coverage: instances.map((one) => coverageOf(store, one, span)),
    production: productionOf(store, instances, question.production),
    ...upgradesOf(store, span),
    monitorVersion,
    coverageStatement: coverageStatement(store.db, fromAt, toAt, span.stateTo, names).sentence,
    chainHead: chainHead(store, span.stateTo),
  };
}

type InstanceRow = ReturnType<Store['instances']['all']>[number];

/** The findings of rules that alert: those that were open when the digest was made, and those resolved since the last one. */
function findingsOf(store: Store, instances: readonly InstanceRow[], span: DigestSpan) {
  const unresolved = instances.flatMap((one) => store.digestFacts.unresolved(one.instance_id, span));
  // What belongs to the history before the monitor was never open.
  const ended = store.digestFacts.resolved(span).filter((one) => one.resolution !== 'history');
  const isStillToEnd = (one: DigestFindingRow) => (one.resolved_at ?? '') > span.stateTo;
  const isStable = (one: DigestFindingRow) => one.is_stable === 1;
  return {
    open: [...unresolved, ...ended.filter(isStillToEnd)].filter(isStable),
    resolved: ended
      .filter((one) => isStable(one) && one.resolution !== 'superseded' && !isStillToEnd(one))
      .sort((a, b) => compareLevels(b.level, a.level) || compareTimes(a, b)),
  };
}

function needsActionByItself(one: DigestFindingRow): boolean {
  const isGrave = compareLevels(one.level, isAboutKey(one) ? 'critical' : 'medium') >= 0;
  return isGrave && one.acknowledged_by === null;
}

function compareTimes(a: DigestFindingRow, b: DigestFindingRow): number {
  return a.first_seen_at < b.first_seen_at ? -1 : a.first_seen_at > b.first_seen_at ? 1 : a.finding_id - b.finding_id;
}

function asFinding(row: DigestFindingRow, title: string): DigestFinding {
  return {
    findingId: row.finding_id,
    instance: row.instance,
    rule: row.rule,
    ruleTitle: row.rule_title,
    level: row.level,
    title,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    eventCount: row.event_count,
    createdAt: row.created_at,
    acknowledgedBy: row.acknowledged_by,
    // What ended after the digest was made was open in it.
    resolution: row.resolution,
  };
}

type Begun = ReturnType<Store['digestFacts']['opened']>;

function trendOf(begun: Begun, span: DigestSpan, daysBefore: number): DigestReport['trend'] {
  const days = (Date.parse(span.to) - Date.parse(span.from)) / DAY_MS;
  return LEVELS.toReversed().map((level) => {
    const rows = begun.filter((one) => one.level === level && one.is_stable === 1);
    const sum = (of: 'within' | 'before') => rows.reduce((total, one) => total + one[of], 0);
    return { level, perDay: days > 0 ? sum('within') / days : 0, meanPerDay: sum('before') / daysBefore };
  });
}

/** Of how many of the days before the span anything is known: a mean over days nobody watched would be too low. */
function historyDays(store: Store, instances: readonly InstanceRow[], span: DigestSpan, weekBefore: string): number {
  const begins = instances.flatMap((one) => store.digestFacts.historyFrom(one.instance_id) ?? []);
  const from = begins.sort()[0] ?? weekBefore;
  const days = (Date.parse(span.from) - Date.parse(from)) / DAY_MS;
  return Math.min(TREND_DAYS, Math.max(1, days));
}

function stagedOf(begun: Begun): DigestReport['staged'] {
  const byRule = new Map<string, number>();
  for (const one of begun) {
    if (one.is_stable === 0 && one.within > 0) byRule.set(one.rule, (byRule.get(one.rule) ?? 0) + one.within);
  }
  return [...byRule].map(([rule, findings]) => ({ rule, findings }));
}

function exceptionsOf(store: Store, question: DigestQuestion, span: DigestSpan): DigestException[] {
  const today = parseLocalDate(question.localDate) ?? 0;
  return question.exceptions
    .map(({ name, owner, reason, ticket, expires }) => ({
      name,
      owner,
      reason,
      ticket,
      expires,
      daysLeft: (parseLocalDate(expires) ?? today) - today,
      hiddenSignals: store.digestFacts.hiddenBy(name, span),
    }))
    .filter((one) => one.hiddenSignals > 0 || (one.daysLeft >= 0 && one.daysLeft <= EXCEPTION_NOTICE_DAYS))
    .sort((a, b) => a.daysLeft - b.daysLeft || (a.name < b.name ? -1 : 1));
}

function upgradesOf(store: Store, span: DigestSpan): Pick<DigestReport, 'upgrades'> {
  const upgrades = store.upgrades.toldWithin(span.foundFrom, span.stateTo);
  return upgrades.length > 0 ? { upgrades } : {};
}

/** What counts as production, named with its space where there are several, and with its instance where there are several. */
function productionOf(
  store: Store,
  instances: readonly InstanceRow[],
  matcher: ProductionMatcher,
): DigestReport['production'] {
  const environments: string[] = [];
  const spacesWithout: string[] = [];
  for (const instance of instances) {
    const spaces = store.digestFacts.spaces(instance.instance_id);
    const production = store.digestFacts.environments(instance.instance_id).filter((one) => matcher.isProduction(one));
    const prefix = instances.length > 1 ? [instance.name] : [];
    for (const one of production) {
      const space = spaces.length > 1 ? spaces.filter((each) => each.id === one.space_id).map((each) => each.name) : [];
      environments.push([...prefix, ...space, one.name].join(' / '));
    }
    for (const space of spaces) {
      if (!production.some((one) => one.space_id === space.id)) spacesWithout.push([...prefix, space.name].join(' / '));
    }
  }
  return { environments, spacesWithout };
}

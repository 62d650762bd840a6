import {
  burstsIn,
  correlationReader,
  correlationWith,
  evidenceOf,
  observedMeets,
  type PackRule,
  type RuleLimit,
  stricterNumbers,
} from '../detect/index.ts';
import type { FlatRecord } from '../model/record.ts';
import type { CompiledCorrelation, CorrelationRow } from '../sigma/index.ts';
import type { Store } from '../store/index.ts';
import { countFindings, type Halving, halve, type SubjectSighting, unknown } from './halving.ts';

type Question = {
  readonly store: Store;
  readonly correlation: CompiledCorrelation;
  readonly rule: PackRule;
  readonly limit: RuleLimit;
  /** Findings that begin here or later count. */
  readonly fromMs: number;
  /** The record of a stored event as it was judged; null when the event is gone. */
  readonly recordOf: (instanceId: number, eventId: string) => FlatRecord | null;
};

/** The rows of one group of a correlation, in order. */
type Group = { readonly instanceId: number; readonly groupKey: string; readonly rows: readonly CorrelationRow[] };

/** A percentile's SQL tells whether it meets a limit, not what it is: each whole number is asked for. */
const MAX_PERCENTILES_ASKED = 200;
const PERCENTILES: readonly string[] = ['value_percentile', 'value_median'];

/** Halves a correlation by its own SQL over the stored events of its groups, bursts made into findings as live ones are. */
export function halveCorrelation(question: Question): Halving {
  const { correlation, limit, rule, fromMs } = question;
  // A burst of before may be of one finding with the first of the period, and begins a timespan before its hit.
  const readFromMs = fromMs - rule.attributes.windowMs - correlation.timespanMs;
  const groups = groupsOf(question, readFromMs);
  const subjects = subjectsOf(question, groups);
  if (subjects === null) return unknown('events of its hits are no longer stored, and they name what it finds');
  const spans = new Map<string, SubjectSighting>();
  if (!PERCENTILES.includes(correlation.type)) {
    const observed = groups.flatMap(({ rows }) =>
      rows.flatMap((row) => (row.holds === 1 && row.at_ms >= fromMs ? (row.observed ?? []) : [])),
    );
    return halve(stricterNumbers(observed, limit), limit, findingsWith);
  }
  const numbers = wholeNumbers(question);
  if (numbers.length > MAX_PERCENTILES_ASKED) return unknown('its values lie too far apart to try every number');
  return halve(numbers, limit, (value) => {
    const stricter = correlationWith(correlation, limit, value);
    return countIn(groupsOf({ ...question, correlation: stricter }, readFromMs), (row) => row.holds === 1);
  });

  function findingsWith(value: number): number {
    const stricter = correlationWith(correlation, limit, value);
    return countIn(groups, (row) => observedMeets(stricter, row.observed));
  }

  function countIn(some: readonly Group[], holds: (row: CorrelationRow) => boolean): number {
    const sightings = some.flatMap((group) =>
      burstsIn(group.rows, holds).map((burst) => sightingOf(group, burst.hit, burst.last)),
    );
    return countFindings(sightings, rule.attributes.windowMs, fromMs);
  }

  function sightingOf(group: Group, hit: CorrelationRow, last: CorrelationRow): SubjectSighting {
    const key = `${group.instanceId} ${group.groupKey} ${hit.at_ms} ${hit.ref} ${last.at_ms}`;
    const known = spans.get(key);
    if (known) return known;
    const beginMs = hit.at_ms - correlation.timespanMs;
    const subject = subjects?.get(`${group.instanceId} ${hit.ref}`) ?? `${group.instanceId} ${group.groupKey}`;
    const sighting = { subject, fromMs: evidenceFrom(group, beginMs, last), toMs: last.at_ms };
    spans.set(key, sighting);
    return sighting;
  }

  /** Where the evidence of a burst begins; a hit of another correlation brings the events of its own window. */
  function evidenceFrom({ instanceId, groupKey, rows }: Group, beginMs: number, last: CorrelationRow): number {
    if (!correlation.rules.some((member) => 'timespanMs' in member))
      return rows.find((row) => row.at_ms >= beginMs)?.at_ms ?? beginMs;
    const scope = String(instanceId);
    const evidence = evidenceOf(question.store, scope, correlation, groupKey, beginMs, last.at_ms);
    return evidence.reduce((least, { occurredAt }) => Math.min(least, Date.parse(occurredAt)), last.at_ms);
  }
}

/** The groups in which the condition holds anywhere since: with a stricter one it holds in no others. */
function groupsOf({ store, correlation }: Question, fromMs: number): Group[] {
  const rowsOf = correlationReader(store, correlation);
  return store.instances.all().flatMap(({ instance_id: instanceId }) =>
    store.ruleReportFacts
      .groupsSince(String(instanceId), correlation.key, fromMs)
      .map((groupKey) => ({ instanceId, groupKey, rows: rowsOf(instanceId, groupKey, fromMs) }))
      .filter(({ rows }) => rows.some((row) => row.holds === 1)),
  );
}

/** What hits are about where the rule names fields of its own, by instance and event; null when one cannot be known. */
function subjectsOf({ rule, recordOf }: Question, groups: readonly Group[]): Map<string, string> | null {
  const subjects = new Map<string, string>();
  const { subject } = rule.attributes;
  if (subject.length === 0) return subjects;
  for (const { instanceId, rows } of groups) {
    for (const row of rows) {
      if (row.holds === 0) continue;
      const record = recordOf(instanceId, row.ref);
      if (record === null) return null;
      subjects.set(`${instanceId} ${row.ref}`, JSON.stringify([instanceId, subject.map((field) => record[field])]));
    }
  }
  return subjects;
}

/** The whole numbers beyond the limit, up to the greatest (or least) value; no percentile lies beyond that. */
function wholeNumbers({ store, correlation, limit, fromMs }: Question): number[] {
  const ranges = store.instances.all().flatMap(({ instance_id: instanceId }) => {
    const range = store.ruleReportFacts.valuesSince(
      String(instanceId),
      correlation.key,
      fromMs - correlation.timespanMs,
    );
    return range?.least === null || range?.greatest === null || !range ? [] : [range.least, range.greatest];
  });
  if (ranges.length === 0 || limit.stricter === null) return [];
  const isUp = limit.stricter === 'up';
  const end = isUp ? Math.max(...ranges) : Math.min(...ranges);
  const isBeyond = (one: number) => {
    if (limit.operator === 'gte') return one > end;
    if (limit.operator === 'gt') return one >= end;
    return limit.operator === 'lte' ? one < end : one <= end;
  };
  const numbers: number[] = [];
  const first = isUp ? Math.floor(limit.value) + 1 : Math.ceil(limit.value) - 1;
  for (let one = first; !isBeyond(one) && numbers.length <= MAX_PERCENTILES_ASKED; one += isUp ? 1 : -1)
    numbers.push(one);
  return numbers;
}

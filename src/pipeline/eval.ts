import { loadRulePack, type RulePack } from '../detect/index.ts';
import { messageOf } from '../lib/errors.ts';
import type { Zone } from '../lib/zone.ts';
import {
  type CompiledCorrelation,
  type CorrelationRow,
  compileField,
  correlationInput,
  correlationSql,
  recordOfHit,
  type SigmaRecord,
} from '../sigma/index.ts';
import { CORRELATION_INPUTS, openStore, type Store } from '../store/index.ts';

/** A rule (its id, or its title if it has none) that matched the record in one line of the input, counted from 1. */
export type EvalMatch = { readonly rule: string; readonly line: number };

/** A line of the input that is no JSON, or whose record could not be placed in time. */
export type BadLine = { readonly line: number; readonly problem: string };

/** Where results go. A promise is waited for, so that a slow reader holds the work up instead of filling memory. */
export type EvalSink = {
  /** Takes matches in the order of the lines, many at a time. */
  onMatches(matches: readonly EvalMatch[]): Promise<void> | void;
  onBadLine(bad: BadLine): void;
};

const SCOPE = 'eval';
/** Matches handed on together. */
const BATCH = 1_000;
/** Events of one instant are taken in the order of `ref`, which is text: lines must compare as their numbers do. */
const REF_DIGITS = 12;

/**
 * Matches plain JSON records, one a line, against Sigma rules of any product. Records carry no log source, so every
 * rule is tried on every record. Correlations run as the same SQL as live detection, in a database in memory, over the
 * time in `timeField`; a correlation's line is the one that completed it. Without correlations matches are handed on as
 * they are found; with them, whose hits may lie anywhere, when all lines are read. Examples are not asked for. Filters with
 * dates act by the time of the record, on records without one always.
 */
export async function evaluateLines(
  pack: RulePack,
  lines: AsyncIterable<string>,
  timeField: string,
  sink: EvalSink,
): Promise<void> {
  const store = openStore(':memory:', { monitorVersion: 'eval' });
  // In memory nothing has to be committed; without a transaction each row would be one of its own.
  store.db.exec('BEGIN');
  try {
    const batchSize = pack.ruleSet.correlations.length === 0 ? BATCH : Number.POSITIVE_INFINITY;
    const correlations = new Correlations(store, pack);
    const readTime = compileField(timeField);
    const hasExceptions = pack.exceptions.size > 0;
    let matches: EvalMatch[] = [];
    let line = 0;
    for await (const text of lines) {
      line += 1;
      const record = parseRecord(text, line, sink);
      if (record === null) continue;
      let isTold = false;
      let atMs: number | null | undefined = hasExceptions ? timeOf(readTime(record)) : undefined;
      for (const { rule, rejectedBy } of pack.ruleSet.match(record, undefined, atMs ?? undefined)) {
        if (rejectedBy !== null) continue;
        if (rule.yieldsOnItsOwn) matches.push({ rule: shownAs(rule), line });
        if (!pack.correlationsByRule.has(rule.key)) continue;
        if (atMs === undefined) atMs = timeOf(readTime(record));
        if (atMs === null && !isTold) {
          isTold = true;
          const problem = `field ${timeField} holds no time, so correlations cannot count the record`;
          sink.onBadLine({ line, problem });
        }
        if (atMs !== null) correlations.enter(rule.key, record, line, atMs);
      }
      if (matches.length < batchSize) continue;
      await sink.onMatches(matches.sort(byLine));
      matches = [];
    }
    for (const hit of correlations.hits()) matches.push(hit);
    matches.sort(byLine);
    for (let at = 0; at < matches.length; at += BATCH) await sink.onMatches(matches.slice(at, at + BATCH));
  } finally {
    store.close();
  }
}

function byLine(a: EvalMatch, b: EvalMatch): number {
  return a.line - b.line || (a.rule < b.rule ? -1 : 1);
}

/**
 * Loads rules for `evaluateLines`: of the configuration only placeholders and the zone count, and neither examples nor terms
 * of exceptions are asked for.
 */
export function loadRulesForEval(
  paths: readonly string[],
  placeholders?: ReadonlyMap<string, readonly (string | number)[]>,
  zone?: Zone,
): RulePack {
  return loadRulePack(
    paths,
    {},
    { areExamplesRequired: false, ...(placeholders ? { placeholders } : {}), ...(zone ? { zone } : {}) },
  );
}

/** The correlations over the lines of one input. */
class Correlations {
  readonly #store: Store;
  readonly #pack: RulePack;
  /** Records of lines that a hit may be about which another correlation looks at; by line. */
  readonly #records = new Map<number, SigmaRecord>();
  readonly #isChained: ReadonlySet<string>;

  constructor(store: Store, pack: RulePack) {
    this.#store = store;
    this.#pack = pack;
    const chained = pack.ruleSet.correlations.filter((one) => pack.correlationsByRule.has(one.key));
    this.#isChained = new Set(chained.map((one) => one.key));
  }

  /** Enters the event of a rule, or the hit of a correlation, into the correlations that are about it. */
  enter(memberKey: string, record: SigmaRecord, line: number, atMs: number): void {
    for (const correlation of this.#pack.correlationsByRule.get(memberKey) ?? []) {
      if (this.#isChained.has(correlation.key)) this.#records.set(line, record);
      const { groupKey, value } = correlationInput(correlation, memberKey, record);
      this.#store.signals.addInput({
        ...{ scope: SCOPE, correlation: correlation.key, rule: memberKey, groupKey, value, atMs },
        seq: line,
        ref: String(line).padStart(REF_DIGITS, '0'),
      });
    }
  }

  /** Runs every correlation over every group; those that are about others come behind them. */
  hits(): EvalMatch[] {
    const groupsOf = this.#store.db
      .prepare<[string], string>(
        `SELECT DISTINCT group_key FROM ${CORRELATION_INPUTS} WHERE scope = '${SCOPE}' AND correlation = ?`,
      )
      .pluck();
    return this.#pack.ruleSet.correlations.flatMap((correlation) => {
      const sql = correlationSql(correlation, CORRELATION_INPUTS);
      const run = this.#store.db.prepare<unknown[], CorrelationRow>(
        `SELECT * FROM (${sql}) WHERE starts ORDER BY at_ms, ref`,
      );
      const found = groupsOf.all(correlation.key).flatMap((groupKey) => {
        const parameters = { scope: SCOPE, correlation: correlation.key, group_key: groupKey };
        const hits = run.all({ ...parameters, from_ms: Number.MIN_SAFE_INTEGER });
        for (const hit of hits) this.#enterHit(correlation, groupKey, hit);
        return hits.map((row) => ({ rule: shownAs(correlation), line: row.seq }));
      });
      return correlation.yieldsOnItsOwn ? found : [];
    });
  }

  #enterHit(correlation: CompiledCorrelation, groupKey: string, hit: CorrelationRow): void {
    if (!this.#isChained.has(correlation.key)) return;
    const record = recordOfHit(correlation, groupKey, this.#records.get(hit.seq) ?? {});
    this.#records.set(hit.seq, this.#records.get(hit.seq) ?? record);
    this.enter(correlation.key, record, hit.seq, hit.at_ms);
  }
}

function shownAs({ document }: { readonly document: { readonly id: string | null; readonly title: string } }): string {
  return document.id ?? document.title;
}

function parseRecord(text: string, line: number, { onBadLine }: EvalSink): Record<string, unknown> | null {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch (error) {
    onBadLine({ line, problem: `not JSON: ${messageOf(error)}` });
    return null;
  }
}

/** An instant as text with or without offset, or a number of seconds or milliseconds of the epoch. */
function timeOf(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value))
    return Math.round(Math.abs(value) < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string') return null;
  // A time without an offset is read as UTC: never as the machine's zone.
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value);
  const ms = Date.parse(hasOffset || !/\d\d:\d\d/.test(value) ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

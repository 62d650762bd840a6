import { loadRulePack, type RulePack } from '../detect/index.ts';
import { messageOf } from '../lib/errors.ts';
import { type CorrelationRow, correlationSql, groupKeyOf } from '../sigma/index.ts';
import { CORRELATION_INPUTS, openStore, type Store } from '../store/index.ts';

/** A rule (its id, or its title if it has none) that matched the record in one line of the input, counted from 1. */
export type EvalMatch = { readonly rule: string; readonly line: number };

/** A line of the input that is no JSON, or whose record could not be placed in time. */
export type BadLine = { readonly line: number; readonly problem: string };

const SCOPE = 'eval';
/** Events of one instant are taken in the order of `ref`, which is text: lines must compare as their numbers do. */
const REF_DIGITS = 12;

/**
 * Matches plain JSON records, one a line, against Sigma rules of any product. Records carry no log source, so every
 * rule is tried on every record. Correlations run as the same SQL as live detection, in a database in memory, over the
 * time in `timeField`. Returns the matches by line; a correlation's line is the one that completed it. Examples are not
 * asked for.
 */
export async function evaluateLines(
  pack: RulePack,
  lines: AsyncIterable<string>,
  timeField: string,
  onBadLine: (bad: BadLine) => void,
): Promise<EvalMatch[]> {
  const store = openStore(':memory:', { monitorVersion: 'eval' });
  try {
    const matches: EvalMatch[] = [];
    let line = 0;
    for await (const text of lines) {
      line += 1;
      const record = parseRecord(text, line, onBadLine);
      if (record === null) continue;
      let hasToldTime = false;
      for (const { rule, rejectedBy } of pack.ruleSet.match(record)) {
        if (rejectedBy !== null) continue;
        if (rule.yieldsOnItsOwn) matches.push({ rule: rule.document.id ?? rule.document.title, line });
        for (const correlation of pack.correlationsByRule.get(rule.key) ?? []) {
          const atMs = timeOf(record, timeField);
          if (atMs === null) {
            if (!hasToldTime)
              onBadLine({ line, problem: `field ${timeField} holds no time, so correlations cannot count the record` });
            hasToldTime = true;
            continue;
          }
          const groupKey = groupKeyOf(correlation, rule.key, record);
          store.signals.addInput({
            scope: SCOPE,
            correlation: correlation.key,
            groupKey,
            atMs,
            seq: line,
            rule: rule.key,
            ref: String(line).padStart(REF_DIGITS, '0'),
            value: null,
          });
        }
      }
    }
    matches.push(...correlationHits(store, pack));
    return matches.sort((a, b) => a.line - b.line || (a.rule < b.rule ? -1 : 1));
  } finally {
    store.close();
  }
}

/** Loads rules for `evaluateLines`: nothing but placeholders comes from the configuration, and no examples are asked for. */
export function loadRulesForEval(
  paths: readonly string[],
  placeholders?: ReadonlyMap<string, readonly (string | number)[]>,
): RulePack {
  return loadRulePack(paths, {}, { areExamplesRequired: false, ...(placeholders ? { placeholders } : {}) });
}

function correlationHits(store: Store, pack: RulePack): EvalMatch[] {
  const groupsOf = store.db
    .prepare<[string], string>(
      `SELECT DISTINCT group_key FROM ${CORRELATION_INPUTS} WHERE scope = '${SCOPE}' AND correlation = ?`,
    )
    .pluck();
  return pack.ruleSet.correlations.flatMap((correlation) => {
    const rule = correlation.document.id ?? correlation.document.title;
    const run = store.db.prepare<unknown[], CorrelationRow>(correlationSql(correlation, CORRELATION_INPUTS));
    return groupsOf.all(correlation.key).flatMap((groupKey) =>
      run
        .all({ scope: SCOPE, correlation: correlation.key, group_key: groupKey, from_ms: Number.MIN_SAFE_INTEGER })
        .filter((row) => row.starts)
        .map((row) => ({ rule, line: row.seq })),
    );
  });
}

function parseRecord(text: string, line: number, onBadLine: (bad: BadLine) => void): Record<string, unknown> | null {
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
function timeOf(record: Readonly<Record<string, unknown>>, field: string): number | null {
  const value = record[field];
  if (typeof value === 'number' && Number.isFinite(value)) return Math.abs(value) < 1e11 ? value * 1000 : value;
  if (typeof value !== 'string') return null;
  // A time without an offset is read as UTC: never as the machine's zone.
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value);
  const ms = Date.parse(hasOffset || !/\d\d:\d\d/.test(value) ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

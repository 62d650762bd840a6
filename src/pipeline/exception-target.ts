import { type DraftTest, type RulePack, testOfValue } from '../detect/index.ts';
import type { createEventJudge } from '../enrich/index.ts';
import { UsageError } from '../lib/errors.ts';
import type { FlatRecord } from '../model/record.ts';
import { type CompiledCorrelation, type CompiledRule, groupValues } from '../sigma/index.ts';
import type { FindingRow, Store } from '../store/index.ts';
import { createKeyRecall, type KeyKnowledge } from './key-records.ts';
import { recordAsJudged, replayKnowledge } from './stored-record.ts';

/** What an exception is to hide: matches of some rules of one log source, by tests of their records. */
export type ExceptionTarget = { readonly rules: readonly CompiledRule[]; readonly tests: readonly DraftTest[] };

/** The field of records that says on which instance something is. */
const INSTANCE = 'Instance';

type Judge = ReturnType<typeof createEventJudge>;

/** The detection rules a name stands for: itself, or, as filters cannot be of correlations, those a correlation counts. */
export function detectionsOf(rule: CompiledRule | CompiledCorrelation): CompiledRule[] {
  if ('matches' in rule) return [rule];
  return [...new Set(rule.rules.flatMap(detectionsOf))];
}

/** Rules of different log sources need filters of their own. */
export function bySource(rules: readonly CompiledRule[], tests: readonly DraftTest[]): ExceptionTarget[] {
  const groups = Map.groupBy(rules, ({ document: { logsource } }) => JSON.stringify(logsource));
  return [...groups.values()].map((of) => ({ rules: of, tests }));
}

/** Whose record values are taken from, and what of it: the fields of a finding's subject, unless others are named. */
export type FindingQuestion = {
  readonly store: Store;
  readonly pack: RulePack;
  readonly judge: Judge;
  readonly keys: KeyKnowledge;
  readonly finding: FindingRow;
  readonly nowMs: number;
};

/**
 * What hides a finding's like: the values of its subject in the rule that found it. For a correlation those of its group,
 * in the rules it counts, under the names of their fields. Throws UsageError where that cannot be said.
 */
export function targetsOfSubject(question: FindingQuestion): ExceptionTarget[] {
  return subjectTargets(question).map(({ rules, tests }) => ({ rules, tests: onlyThere(question, tests) }));
}

/**
 * The tests, and that it is on the finding's instance where there are several: on another server the same id or name is
 * somebody or something else. Whoever names the instance in a test of their own has decided that.
 */
export function onlyThere({ store, finding }: FindingQuestion, tests: readonly DraftTest[]): readonly DraftTest[] {
  const isDecided = tests.some((test) => test.key.split('|')[0] === INSTANCE);
  if (isDecided || store.instances.all().length < 2) return tests;
  return [...tests, testOfValue(INSTANCE, finding.instance)];
}

function subjectTargets(question: FindingQuestion): ExceptionTarget[] {
  const rule = ruleOf(question);
  const own = question.pack.rules.get(question.finding.rule)?.attributes.subject ?? [];
  if (own.length > 0) {
    const record = recordOfFinding(question);
    return bySource(
      detectionsOf(rule),
      own.map((field) => testOfValue(field, record[field])),
    );
  }
  if ('matches' in rule) {
    throw new UsageError(`findings of ${rule.key} are about single events: there is no subject to except`, {
      hint: 'Name the fields to go by: --where Actor.Name takes the value from the finding, --where Actor.Name=bob gives it.',
    });
  }
  const group = question.store.signals.groupOfFinding(question.finding.finding_id, rule.key);
  const values = group === null ? [] : groupValues(group);
  if (values.length === 0) {
    throw new UsageError(`${rule.key} groups its events by nothing: there is no subject to except`, {
      hint: 'Name the fields to go by: --where Field=value.',
    });
  }
  const byFields = Map.groupBy(membersOf(rule, rule.groupBy), ({ fields }) => JSON.stringify(fields));
  return [...byFields.values()].flatMap((members) => {
    const fields = members[0]?.fields ?? [];
    return bySource(
      members.map((member) => member.rule),
      fields.map((field, index) => testOfValue(field, values[index])),
    );
  });
}

/** The rules behind a finding, for tests that name their fields themselves. */
export function rulesOfFinding(question: FindingQuestion): CompiledRule[] {
  return detectionsOf(ruleOf(question));
}

function ruleOf({ pack, finding }: FindingQuestion): CompiledRule | CompiledCorrelation {
  const { rules, correlations } = pack.ruleSet;
  const rule = [...rules, ...correlations].find((one) => one.key === finding.rule);
  if (rule) return rule;
  const isOwn = finding.rule.startsWith('monitor_');
  throw new UsageError(
    isOwn
      ? `finding ${finding.finding_id} is about the monitor itself (${finding.rule}): that cannot be excepted`
      : `the rule ${finding.rule} of finding ${finding.finding_id} is not loaded`,
    { hint: isOwn ? 'Acknowledge it: octowatch ack.' : 'See octowatch rules check, or give its folder by --rules.' },
  );
}

/** The detection rules below a correlation, each with its own fields for what the correlation calls `names`. */
function membersOf(
  correlation: CompiledCorrelation,
  names: readonly string[],
): { rule: CompiledRule; fields: readonly string[] }[] {
  return correlation.rules.flatMap((member) => {
    const fields = names.map((name) => {
      const index = correlation.groupBy.indexOf(name);
      return index < 0 ? name : (correlation.groupFields.get(member.key)?.[index] ?? name);
    });
    return 'matches' in member ? [{ rule: member, fields }] : membersOf(member, fields);
  });
}

/** The record a finding was opened by, as rules saw it. */
export function recordOfFinding({ store, judge, keys, finding, nowMs }: FindingQuestion): FlatRecord {
  const { openedBy, objectId } = JSON.parse(finding.report) as { openedBy?: string; objectId?: string | null };
  if (objectId) return createKeyRecall(store, keys, nowMs)(finding.instance_id, objectId);
  const row = openedBy === undefined ? undefined : store.events.replayOne(finding.instance_id, openedBy);
  if (row) return recordAsJudged(store, row, judge, replayKnowledge(store, finding.instance_id));
  throw new UsageError(`the event finding ${finding.finding_id} was opened by is not stored any more`, {
    hint: 'Say what is to be excepted: --rule NAME --where Field=value.',
  });
}

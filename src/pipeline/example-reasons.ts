import type { RulePack } from '../detect/index.ts';
import { describeDuration } from '../lib/duration.ts';
import { suggestion } from '../lib/suggestion.ts';
import { plural, printable } from '../lib/text.ts';
import type { RuleExample } from '../model/rule.ts';
import {
  type CompiledCorrelation,
  type CompiledRule,
  correlationInput,
  explainMismatch,
  groupValues,
} from '../sigma/index.ts';

type ExampleRecord = RuleExample['records'][number];

/** A record that says nothing new is passed over; more than these would bury the rest. */
const MAX_REASONS = 12;

/**
 * Why an example does not do what it promises, one sentence a reason: for a rule that should have fired, the tests that
 * each record fails; for one that should not have, the records it matches.
 */
export function reasonsOf(
  pack: RulePack,
  rule: string,
  example: RuleExample,
  promise: 'fires' | 'quiet',
  fired: readonly string[],
): string[] {
  const expected = example.expect ?? (promise === 'fires' ? [rule] : []);
  const quiet = [...new Set([...(promise === 'fires' ? [rule] : []), ...expected])].filter(
    (one) => !fired.includes(one),
  );
  const tooMany = fired.filter((one) => (one === rule ? promise === 'quiet' : example.expect?.includes(one) === false));
  const reasons = [
    ...quiet.flatMap((one) => prefixed(one, rule, whyQuiet(pack, one, example.records))),
    ...tooMany.flatMap((one) => prefixed(one, rule, whyFired(pack, one, example.records))),
  ];
  const others = fired.filter((one) => one !== rule && !tooMany.includes(one));
  if (promise === 'fires' && !fired.includes(rule) && others.length > 0)
    reasons.unshift(`instead of it: ${others.slice(0, MAX_REASONS).join(', ')}`);
  if (reasons.length <= MAX_REASONS) return reasons;
  return [...reasons.slice(0, MAX_REASONS), `and ${reasons.length - MAX_REASONS} more`];
}

function prefixed(name: string, rule: string, reasons: readonly string[]): string[] {
  return name === rule ? [...reasons] : reasons.map((reason) => `${name}: ${reason}`);
}

function whyQuiet(pack: RulePack, name: string, records: RuleExample['records']): string[] {
  const rule = pack.ruleSet.rules.find((one) => one.key === name);
  if (rule) return records.flatMap((record, index) => whyUnmatched(pack, rule, record, index));
  const correlation = pack.ruleSet.correlations.find((one) => one.key === name);
  if (correlation) return whyNotReached(correlation, records);
  return [`there is no rule of that name${suggestion(name, pack.rules.keys())}`];
}

function whyUnmatched(pack: RulePack, rule: CompiledRule, record: ExampleRecord, index: number): string[] {
  const reasons = explainMismatch(rule.document.detection, record.fields);
  if (reasons.length > 0) return reasons.map((reason) => `${called(record, index)}: ${reason}`);
  const owner = pack.rules.get(rule.key);
  if (owner?.yieldsFindings === false) {
    return [`${called(record, index)} matches, but the rule is only counted by a correlation and finds nothing itself`];
  }
  const { product, service, category } = rule.document.logsource;
  const source = Object.entries({ product, service, category }).flatMap(([key, value]) =>
    value ? [`${key}: ${value}`] : [],
  );
  return [
    `${called(record, index)} matches, but the log source ${printable(source.join(', '))} is not one of Octowatch`,
  ];
}

function whyFired(pack: RulePack, name: string, records: RuleExample['records']): string[] {
  const rule = pack.ruleSet.rules.find((one) => one.key === name);
  if (rule) {
    return records.flatMap((record, index) =>
      rule.matches(record.fields) ? [`${called(record, index)} matches`] : [],
    );
  }
  const correlation = pack.ruleSet.correlations.find((one) => one.key === name);
  return correlation ? whatCounted(correlation, records) : [];
}

/** What a correlation had to count, and what it could not count. */
function whyNotReached(correlation: CompiledCorrelation, records: RuleExample['records']): string[] {
  const rules = detectionRulesOf(correlation);
  const unmatched = records.flatMap((record, index) => {
    if (rules.some((rule) => rule.matches(record.fields))) return [];
    return rules.flatMap((rule) =>
      explainMismatch(rule.document.detection, record.fields).map(
        (reason) => `${called(record, index)} is not counted by ${rule.key}: ${reason}`,
      ),
    );
  });
  return [...whatCounted(correlation, records), ...unmatched];
}

function whatCounted(correlation: CompiledCorrelation, records: RuleExample['records']): string[] {
  const span = describeDuration(correlation.timespanMs);
  const direct = correlation.rules.flatMap((rule) => ('matches' in rule ? [rule] : []));
  const groups = new Map<string, string[]>();
  for (const [index, record] of records.entries()) {
    for (const rule of direct.filter((one) => one.matches(record.fields))) {
      const { groupKey, value } = correlationInput(correlation, rule.key, record.fields);
      const observed = correlation.valueFields.get(rule.key)?.length ? `, value ${value ?? '(none)'}` : '';
      const known = groups.get(groupKey) ?? [];
      groups.set(groupKey, [...known, `${index + 1} (${clockOf(record)}, ${rule.key}${observed})`]);
    }
  }
  if (groups.size === 0 && direct.length > 0) return ['no record is counted'];
  return [...groups].map(([groupKey, members]) => {
    const group = groupNameOf(correlation, groupKey);
    return printable(`${group} counts ${plural(members.length, 'record')}, within ${span}: ${members.join(', ')}`);
  });
}

function groupNameOf({ groupBy }: CompiledCorrelation, groupKey: string): string {
  if (groupBy.length === 0) return 'the only group';
  const values = groupValues(groupKey);
  return `the group ${groupBy.map((name, index) => `${name} ${shown(values[index])}`).join(', ')}`;
}

function shown(value: unknown): string {
  return value === undefined || value === null ? '(missing)' : JSON.stringify(value);
}

function detectionRulesOf(correlation: CompiledCorrelation): CompiledRule[] {
  return correlation.rules.flatMap((rule) => ('matches' in rule ? [rule] : detectionRulesOf(rule)));
}

function called(record: ExampleRecord, index: number): string {
  return `record ${index + 1} (${clockOf(record)})`;
}

function clockOf({ atMs }: ExampleRecord): string {
  const seconds = Math.round(atMs / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((one) =>
    String(one).padStart(2, '0'),
  );
  return `+${(parts[2] === '00' ? parts.slice(0, 2) : parts).join(':')}`;
}

import type { RuleChanges, Tally } from '../model/upgrade.ts';
import { compileRules, parseSigmaFile } from '../sigma/index.ts';
import type { KnownRule } from '../store/index.ts';
import { selectionsInAttributes } from './attributes.ts';
import type { RulePack } from './rule-pack.ts';

/** The rules of a start, with the thresholds its configuration set, by rule. */
export type RulesOfStart = {
  readonly rules: readonly KnownRule[];
  readonly thresholds: ReadonlyMap<string, number>;
};

/** The thresholds that a described configuration (JSON, as `Config.description`) sets; what is none there is left out. */
export function thresholdsIn(description: string | null): ReadonlyMap<string, number> {
  const { rules } = (description === null ? {} : JSON.parse(description)) as {
    rules?: Readonly<Record<string, { readonly threshold?: unknown }>> | null;
  };
  return new Map(
    Object.entries(rules ?? {}).flatMap(([name, { threshold }]) =>
      typeof threshold === 'number' ? [[name, threshold] as const] : [],
    ),
  );
}

/**
 * In what the rules in force differ from those of the start before. Named are those that yield findings; one that only
 * counts for correlations changes these. What a correlation runs as does not matter: another engine may compile the same
 * text otherwise. `beforeOf` says what a changed rule found as it was.
 */
export function ruleChanges(
  pack: RulePack,
  before: RulesOfStart,
  now: RulesOfStart,
  beforeOf: (rule: string) => number,
): RuleChanges {
  const detecting = ({ kind }: KnownRule) => kind === 'rule' || kind === 'correlation';
  const known = new Map(before.rules.filter(detecting).map((one) => [one.rule, one]));
  const current = new Map(now.rules.filter(detecting).map((one) => [one.rule, one]));
  const identity = (one: KnownRule, of: RulesOfStart) =>
    JSON.stringify([one.sha256, one.level, one.isEnabled, of.thresholds.get(one.rule) ?? null]);
  const isOther = (one: KnownRule): boolean => {
    const old = known.get(one.rule);
    return old === undefined ? one.isEnabled : identity(old, before) !== identity(one, now);
  };
  const touched = withThoseAbout(pack, new Set([...current.values()].filter(isOther).map((one) => one.rule)));
  const named = [...touched].filter((rule) => pack.rules.get(rule)?.yieldsFindings ?? known.get(rule)?.isEnabled);
  const helpers = helpersAmong(before.rules);
  return {
    added: named.filter((rule) => !known.has(rule)).sort(),
    changed: named
      .filter((rule) => known.has(rule))
      .sort()
      .map((rule) => ({
        rule,
        isOn: pack.rules.has(rule),
        before: known.get(rule)?.isEnabled ? beforeOf(rule) : null,
      })),
    removed: [...known.values()]
      .filter((one) => one.isEnabled && !current.has(one.rule) && !helpers.has(one.rule))
      .map((one) => one.rule)
      .sort(),
    exceptions: tallyOf(before.rules, now.rules),
  };
}

/** Whether there is anything to tell of a start beside its version. */
export function areRulesChanged({ added, changed, removed }: RuleChanges): boolean {
  return added.length + changed.length + removed.length > 0;
}

/** These rules, and the correlations that are about one of them. */
function withThoseAbout(pack: RulePack, rules: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(rules);
  for (const rule of all) for (const { key } of pack.correlationsByRule.get(rule) ?? []) all.add(key);
  return all;
}

/** Which of the rules of a start only counted for its correlations. One that cannot be read any more is none. */
function helpersAmong(rules: readonly KnownRule[]): ReadonlySet<string> {
  const sources = rules.filter((one) => one.isEnabled && (one.kind === 'rule' || one.kind === 'correlation'));
  const documents = sources.flatMap(
    ({ source, rule }) => parseSigmaFile(source, rule, { usedElsewhere: selectionsInAttributes }).documents,
  );
  const { ruleSet } = compileRules(documents);
  return new Set(
    [...ruleSet.rules, ...ruleSet.correlations].filter((one) => !one.yieldsOnItsOwn).map(({ key }) => key),
  );
}

function tallyOf(before: readonly KnownRule[], now: readonly KnownRule[]): Tally {
  const inForce = (rules: readonly KnownRule[]) =>
    new Map(rules.flatMap((one) => (one.kind === 'filter' && one.isEnabled ? [[one.rule, one.sha256] as const] : [])));
  const [known, current] = [inForce(before), inForce(now)];
  const names = [...current.keys()];
  return {
    added: names.filter((name) => !known.has(name)).length,
    changed: names.filter((name) => known.has(name) && known.get(name) !== current.get(name)).length,
    removed: [...known.keys()].filter((name) => !current.has(name)).length,
  };
}

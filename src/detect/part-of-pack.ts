import { RuleSet } from '../sigma/index.ts';
import type { RulePack } from './rule-pack.ts';

/**
 * The part of a pack that decides what these rules find: they themselves, what their correlations are about, and the rules
 * that take findings of theirs in.
 */
export function partOfPack(pack: RulePack, names: Iterable<string>): RulePack {
  const wanted = new Set(names);
  for (const name of wanted) for (const rule of neededBy(pack, name)) wanted.add(rule);
  const isWanted = ({ key }: { readonly key: string }) => wanted.has(key);
  const { rules, correlations, filters } = pack.ruleSet;
  return {
    ...pack,
    ruleSet: new RuleSet(rules.filter(isWanted), correlations.filter(isWanted), filters),
    rules: new Map([...pack.rules].filter(([name]) => wanted.has(name))),
    correlationsByRule: new Map(
      [...pack.correlationsByRule].map(([name, about]) => [name, about.filter(isWanted)] as const),
    ),
  };
}

function neededBy({ ruleSet, rules }: RulePack, name: string): string[] {
  const members = ruleSet.correlations.find((one) => one.key === name)?.rules.map(({ key }) => key) ?? [];
  const takers = [...rules.values()].filter(({ attributes }) => attributes.supersedes.includes(name));
  return [...members, ...takers.map((rule) => rule.name)];
}

import { correlationSql } from '../sigma/index.ts';
import { CORRELATION_INPUTS, type RuleInForce } from '../store/index.ts';
import { conditionsInForce } from './monitor-conditions.ts';
import type { RulePack } from './rule-pack.ts';
import { nameOf } from './unproven.ts';

/** Everything that decides what is found and hidden: rules, correlations, filters, what is switched off, and what is built in. */
export function rulesInForce(pack: RulePack): RuleInForce[] {
  const { rules, correlations, filters } = pack.ruleSet;
  const base = { isEnabled: true, correlationSql: null };
  return [
    ...rules.map(({ key, document }) => ({ ...base, ...textOf(document), rule: key, level: levelOf(pack, key) })),
    ...correlations.map((correlation) => ({
      ...base,
      ...textOf(correlation.document),
      rule: correlation.key,
      level: levelOf(pack, correlation.key),
      correlationSql: correlationSql(correlation, CORRELATION_INPUTS),
    })),
    ...filters.map(({ key, document }) => ({ ...base, ...textOf(document), rule: key, level: null })),
    ...pack.switchedOff.map((document) => ({
      ...base,
      ...textOf(document),
      rule: nameOf(document),
      level: document.kind === 'filter' ? null : (document.level ?? 'medium'),
      isEnabled: false,
    })),
    ...conditionsInForce(),
  ];
}

function textOf({ kind, sha256, source }: RulePack['switchedOff'][number]) {
  return { kind, sha256, source };
}

function levelOf(pack: RulePack, key: string): RuleInForce['level'] {
  return pack.rules.get(key)?.level ?? null;
}

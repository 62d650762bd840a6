import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadRulePack, type RuleLimit, ruleLimit, ruleWith, stricterNumbers } from '../../src/detect/index.ts';

const pack = loadRulePack([fileURLToPath(new URL('../../rules', import.meta.url))]);

function limit(operator: string, value: number): RuleLimit {
  const stricter = operator.startsWith('g') ? 'up' : operator.startsWith('l') ? 'down' : null;
  return { operator, value, stricter, isSettable: true };
}

describe('numbers stricter than a limit', () => {
  it.each([
    ['gte', 5, [5, 5, 7, 9], [6, 8]],
    ['gt', 4, [5, 5, 7, 9], [5, 7]],
    ['lte', 5, [5, 3, 1], [4, 2]],
    ['lt', 6, [5, 3, 1], [5, 3]],
    ['gte', 2.5, [2.5, 2.75, 4.25], [3]],
    ['gte', 5, [5], []],
    ['gte', 5, [], []],
    ['lte', 0, [0, -3], [-1]],
    ['eq', 5, [5, 6, 7], []],
  ])('of %s %d over %j are %j', (operator, value, values, expected) => {
    expect(stricterNumbers(values, limit(operator, value))).toEqual(expected);
  });
});

describe('the limit of a rule', () => {
  const limitOf = (name: string) => {
    const one = [...pack.ruleSet.rules, ...pack.ruleSet.correlations].find(({ key }) => key === name);
    const rule = pack.rules.get(name);
    return one && rule ? ruleLimit(one, rule.attributes.threshold) : undefined;
  };

  it('is the number of a condition, or of the field that the rule names', () => {
    expect(limitOf('repeated_auth_failures')).toEqual({ operator: 'gte', value: 5, stricter: 'up', isSettable: true });
    expect(limitOf('unused_api_key')).toEqual({ operator: 'gte', value: 90, stricter: 'up', isSettable: true });
  });

  it('is not there where an order of events or no number decides', () => {
    expect(limitOf('sign_in_after_failures')).toBeNull();
    expect(limitOf('off_hours_production_deploy')).toBeNull();
  });

  it('can be another one, and then decides what matches', () => {
    const rule = pack.ruleSet.rules.find(({ key }) => key === 'unused_api_key');
    const record = { UseState: 'unused', IdleDays: 100, UserIsActive: true };

    const judged = [100, 101].map((days) => rule && ruleWith(rule, 'IdleDays', days).matches(record));

    expect(judged).toEqual([true, false]);
  });
});

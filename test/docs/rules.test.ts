import { describe, expect, test } from 'vitest';
import { FINDING_RULES } from '../rules/shipped.ts';
import { renderRules } from './rules-page.ts';

describe('docs/rules.md', () => {
  test('is what the rule files say', async () => {
    await expect(renderRules()).toMatchFileSnapshot('../../docs/rules.md');
  });

  test('leaves no rule out', () => {
    const page = renderRules();

    const missing = FINDING_RULES.map(({ rule }) => rule.name).filter((name) => !page.includes(`### \`${name}\``));
    expect(missing).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { RuleChanges } from '../../src/model/upgrade.ts';
import { describeUpgrade, type RuleCount } from '../../src/pipeline/upgrade-line.ts';

const NOTHING: RuleChanges = {
  added: [],
  changed: [],
  removed: [],
  exceptions: { added: 0, changed: 0, removed: 0 },
};

function said(changes: Partial<RuleChanges> | null, counts: Readonly<Record<string, RuleCount>> = {}): string {
  return describeUpgrade({
    version: '0.2.0',
    versionBefore: '0.1.0',
    changes: changes === null ? null : { ...NOTHING, ...changes },
    counts: new Map(Object.entries(counts)),
  });
}

describe('the line about an upgrade', () => {
  it.each<[string, Partial<RuleChanges> | null, Record<string, RuleCount>, string]>([
    ['nothing but the version', {}, {}, 'the rules are the same.'],
    ['what is not known', null, {}, 'which rules were in force before is not known.'],
    ['only removed rules', { removed: ['a', 'b'] }, {}, '2 rules removed (a, b).'],
    [
      'several kinds, the noun once',
      { added: ['a'], removed: ['b'] },
      { a: { kind: 'keys', count: 1 } },
      '1 rule added (a: 1 key), 1 removed (b). Nothing stored before this start alerts.',
    ],
    [
      'a rule about keys while none was read',
      { added: ['a'] },
      { a: { kind: 'keys', count: null } },
      '1 rule added (a: no key was read yet). Nothing stored before this start alerts.',
    ],
    [
      'a rule that a later start has no more',
      { added: ['a'] },
      {},
      '1 rule added (a: not in force any more). Nothing stored before this start alerts.',
    ],
    [
      'exceptions by number',
      { exceptions: { added: 2, changed: 0, removed: 1 } },
      {},
      'the rules are the same, 2 exceptions added, 1 removed.',
    ],
    ['a name that would forge a line', { removed: ['a\nb\u202e'] }, {}, '1 rule removed (a b\\u{202e}).'],
  ])('says %s', (_what, changes, counts, expected) => {
    expect(said(changes, counts)).toBe(`Octowatch 0.2.0 (was 0.1.0): ${expected}`);
  });

  it('has at most 900 characters, names those that would have found most, and where the rest can be read', () => {
    const names = Array.from({ length: 60 }, (_, index) => `a_rule_with_a_rather_long_name_${index}`);
    const counts = Object.fromEntries(names.map((name, index) => [name, { kind: 'findings', count: index } as const]));

    const line = said({ added: names, removed: names }, counts);

    expect(line.length).toBeLessThanOrEqual(900);
    expect(line).toContain('60 rules added (a_rule_with_a_rather_long_name_59: 59 findings in the last 30 days,');
    expect(line).toMatch(/and \d+ more: octowatch rules list\), 60 removed \(/);
    expect(line).toMatch(/and \d+ more: octowatch query "SELECT \* FROM rule_versions/);
    expect(line).toMatch(/ Nothing stored before this start alerts\.$/);
  });

  it('stays within its bounds also with names of any length', () => {
    const names = ['x'.repeat(5000), 'y'.repeat(5000)];

    expect(said({ added: names, removed: names }).length).toBeLessThanOrEqual(900);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { ruleText } from './build.ts';
import { interpreterOf } from './interpreter.ts';
import { entry } from './random-items.ts';
import { PLACEHOLDERS, record } from './random-records.ts';
import { NAMES, ruleFile } from './random-rules.ts';

describe('matching', () => {
  it('decides as the slow interpreter does about any single field with any modifiers', () => {
    fc.assert(
      fc.property(entry, fc.array(record, { minLength: 8, maxLength: 16 }), (one, records) => {
        const text = ruleText(`s: ${JSON.stringify(one)}\ncondition: s`, 'title: Single\nname: single');
        const { documents, mistakes } = parseSigmaFile(text, 'random.yml', { placeholders: PLACEHOLDERS });
        const { ruleSet } = compileRules(documents);
        const interpret = interpreterOf(text, PLACEHOLDERS);

        expect(mistakes).toEqual([]);
        for (const each of records) {
          expect(ruleSet.match(each).map((match) => [match.rule.key, match.rejectedBy])).toEqual(interpret(each));
        }
      }),
      { numRuns: 600 },
    );
  });

  it('decides as the slow interpreter does, for any rules, filters and records, alone and out of an indexed set', () => {
    let found = 0;
    let rejected = 0;
    let asked = 0;

    fc.assert(
      fc.property(ruleFile, fc.array(record, { minLength: 1, maxLength: 8 }), (text, records) => {
        const parsed = parseSigmaFile(text, 'random.yml', { usedElsewhere: () => NAMES, placeholders: PLACEHOLDERS });
        const { ruleSet, mistakes } = compileRules(parsed.documents);
        const interpret = interpreterOf(text, PLACEHOLDERS);

        expect([...parsed.mistakes, ...mistakes]).toEqual([]);
        for (const one of records) {
          const expected = interpret(one);
          const matches = ruleSet.match(one).map((match) => [match.rule.key, match.rejectedBy]);
          expect(matches).toEqual(expected);
          expect(ruleSet.rules.filter((rule) => rule.matches(one)).map((rule) => rule.key)).toEqual(
            expected.map(([name]) => name),
          );
          const bySource = ruleSet.match(one, { product: 'Probe', service: 'audit' });
          expect(bySource.map((match) => match.rule.key)).toEqual(expected.map(([name]) => name));
          expect(ruleSet.match(one, { product: 'other' })).toEqual([]);
          found += expected.length;
          rejected += expected.filter(([, by]) => by !== null).length;
          asked += ruleSet.rules.length;
        }
      }),
      { numRuns: 200 },
    );

    // Rules that always or never matched would prove nothing.
    expect(found / asked).toBeGreaterThan(0.1);
    expect(found / asked).toBeLessThan(0.9);
    expect(rejected / found).toBeGreaterThan(0.05);
  });
});

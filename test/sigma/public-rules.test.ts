import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile, type SigmaDocument } from '../../src/sigma/index.ts';

const FOLDER = new URL('public-rules/', import.meta.url);
const placeholders = new Map([['offices', ['London', 'Brisbane']]]);

type Rule = SigmaDocument & { readonly kind: 'rule' };
type LogRecord = Record<string, unknown>;

const files = readdirSync(FOLDER).map((name) => ({
  name,
  ...parseSigmaFile(readFileSync(new URL(name, FOLDER), 'utf8'), name, { placeholders }),
}));
const rules = files.flatMap(({ documents }) =>
  documents.filter((document): document is Rule => document.kind === 'rule'),
);

function recordOf(rule: Rule, which: 'found' | 'quiet'): LogRecord {
  const { probe } = rule.custom as { probe?: { found?: LogRecord; quiet?: LogRecord } };
  const record = probe?.[which];
  if (!record) throw new Error(`the rule "${rule.title}" has no record under probe.${which}`);
  return record;
}

describe('rules as the public collection has them', () => {
  it('load without mistakes', () => {
    const mistakes = [...files.flatMap((file) => file.mistakes), ...compileRules(rules).mistakes];

    expect(mistakes).toEqual([]);
    expect(rules.length).toBeGreaterThanOrEqual(40);
  });

  it.each(rules.map((rule) => [rule.title, rule] as const))('find what they are about: %s', (_title, rule) => {
    const { ruleSet } = compileRules([rule]);

    expect(ruleSet.match(recordOf(rule, 'found'), rule.logsource)).toHaveLength(1);
    expect(ruleSet.match(recordOf(rule, 'quiet'), rule.logsource)).toEqual([]);
  });

  it('leave the records of one another alone, log sources apart', () => {
    const { ruleSet } = compileRules(rules);

    const crossed = rules.flatMap((rule) =>
      ruleSet
        .match(recordOf(rule, 'found'))
        .map((match) => match.rule.document.title)
        .filter((title) => title !== rule.title),
    );

    expect(crossed).toEqual([]);
  });
});

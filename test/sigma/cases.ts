import { expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { ruleText } from './build.ts';

type Row = Readonly<Record<string, unknown>>;
/**
 * One reading of the specification: its section and what is shown, a detection section, records that match it and
 * records that do not. Each record is a case.
 */
export type CaseGroup = readonly [
  reading: string,
  detection: string,
  matching: readonly Row[],
  notMatching: readonly Row[],
];

/** A detection of one selection. */
export function only(selection: string): string {
  return `s: ${selection}\ncondition: s`;
}

/** One test per record. Every group must hold a section's name and at least one record. */
export function itMatchesAsSpecified(
  groups: readonly CaseGroup[],
  placeholders: ReadonlyMap<string, readonly (string | number)[]> = new Map(),
): void {
  for (const [reading, detection, matching, notMatching] of groups) {
    it.each([
      ...matching.map((record) => ({ record, verb: 'matches', doesMatch: true })),
      ...notMatching.map((record) => ({ record, verb: 'passes over', doesMatch: false })),
    ])(`${reading.replaceAll('%', '%%')}: $verb $record`, ({ record, doesMatch }) => {
      const parsed = parseSigmaFile(ruleText(detection), 'case.yml', { placeholders });
      const { ruleSet, mistakes } = compileRules(parsed.documents);

      expect([...parsed.mistakes, ...mistakes]).toEqual([]);
      expect(ruleSet.match(record)).toHaveLength(doesMatch ? 1 : 0);
      expect(ruleSet.rules[0]?.matches(record)).toBe(doesMatch);
    });
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRulePack, type RulePack } from '../../src/detect/index.ts';
import { openExampleStore, runExamples } from '../../src/pipeline/examples.ts';
import type { CompiledCorrelation, CompiledRule } from '../../src/sigma/index.ts';
import type { Store } from '../../src/store/index.ts';
import { CHECKOUT, readText } from '../support/checkout.ts';
import { mutationsOf } from './mutate.ts';
import { folderOf, membersOf, SHIPPED_RULES } from './shipped.ts';

/**
 * Declares a test per file of some folders of `rules/`: whatever small mistake is made in it, an example comes out otherwise.
 * Test files of their own call it, so that they run side by side.
 */
export function describeMutations(folders: readonly string[]): void {
  const temporary = mkdtempSync(path.join(tmpdir(), 'octowatch-mutations-'));
  const store = openExampleStore();
  afterAll(() => {
    store.close();
    rmSync(temporary, { recursive: true, force: true });
  });
  const place = path.join(temporary, 'mutated.yml');
  const files = new Set(SHIPPED_RULES.filter((one) => folders.includes(folderOf(one))).map(({ rule }) => rule.file));

  describe(`a small mistake in a rule of ${folders.join(', ')} is noticed by an example`, () => {
    test.each([...files].map((file) => [path.basename(file), file] as const))('of %s', (_name, file) => {
      const text = readText(path.relative(CHECKOUT, file));
      const others = filesJoinedWith(file).filter((one) => one !== file);
      const sound = loadWith(place, others, text);
      // Those of the file itself come first: they notice most.
      const rules = [...sound.rules.values()].filter((rule) => rule.yieldsFindings).map((rule) => rule.name);
      const soundOutcomes = new Map<string, Outcomes>();
      const soundOf = (name: string) => {
        const known = soundOutcomes.get(name) ?? outcomesOf(store, sound, name);
        soundOutcomes.set(name, known);
        return known;
      };

      const unnoticed = mutationsOf(text).filter((mutation) => {
        const mutated = loadWith(place, others, mutation.text);
        return rules.every((name) => {
          const { found, told } = outcomesOf(store, mutated, name);
          return mutation.isOfLevel ? told === soundOf(name).told : found === soundOf(name).found;
        });
      });

      expect(unnoticed.map(({ what }) => what)).toEqual([]);
    });
  });
}

/** The pack of a changed file and others. A rule that is refused would fire nothing, and so prove nothing. */
function loadWith(place: string, others: readonly string[], text: string): RulePack {
  writeFileSync(place, text);
  const pack = loadRulePack([place, ...others]);
  expect(pack.mistakes).toEqual([]);
  return pack;
}

/** What becomes of the examples of one rule: which rules fire, at which level; and in which words. */
type Outcomes = { readonly found: string; readonly told: string };

function outcomesOf(store: Store, pack: RulePack, name: string): Outcomes {
  const { outcomes } = runExamples(pack, { rule: name, store });
  const found = outcomes.map(({ example, findings }) => [
    example,
    findings.map(({ rule, level }) => `${rule} ${level}`).sort(),
  ]);
  return { found: JSON.stringify(found), told: JSON.stringify(outcomes.map(({ findings }) => findings)) };
}

/** The files of all that a file's rules are counted by, and of all that those count. */
function filesJoinedWith(file: string): string[] {
  const joined = new Set<string>();
  const enter = (compiled: CompiledRule | CompiledCorrelation) => {
    if (joined.has(compiled.key)) return;
    joined.add(compiled.key);
    for (const member of membersOf(compiled)) enter(member);
    for (const above of SHIPPED_RULES.map((one) => one.compiled)) {
      if (membersOf(above).includes(compiled)) enter(above);
    }
  };
  for (const { compiled, rule } of SHIPPED_RULES) if (rule.file === file) enter(compiled);
  return [...new Set(SHIPPED_RULES.filter(({ rule }) => joined.has(rule.name)).map(({ rule }) => rule.file))];
}

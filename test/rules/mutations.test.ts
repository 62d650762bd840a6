import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRulePack, type RulePack } from '../../src/detect/index.ts';
import { runExamples } from '../../src/pipeline/examples.ts';
import type { CompiledCorrelation, CompiledRule } from '../../src/sigma/index.ts';
import { CHECKOUT, readText } from '../support/checkout.ts';
import { mutationsOf } from './mutate.ts';
import { membersOf, SHIPPED_RULES } from './shipped.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-mutations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = [...new Set(SHIPPED_RULES.map(({ rule }) => rule.file))];

describe('a small mistake in a rule is noticed by an example', () => {
  test.each(files.map((file) => [path.basename(file), file] as const))('of %s', (_name, file) => {
    const text = readText(path.relative(CHECKOUT, file));
    const others = filesJoinedWith(file).filter((one) => one !== file);
    const sound = loadWith(others, text);
    // Those of the file itself come first: they notice most.
    const rules = [...sound.rules.values()].filter((rule) => rule.yieldsFindings).map((rule) => rule.name);
    const outcomes = new Map(rules.map((name) => [name, outcomesOf(sound, name)]));

    const unnoticed = mutationsOf(text).filter((mutation) => {
      const mutated = loadWith(others, mutation.text);
      return rules.every((name) => outcomesOf(mutated, name) === outcomes.get(name));
    });

    expect(unnoticed.map(({ what }) => what)).toEqual([]);
  });
});

/** The pack of a changed file and others. A rule that is refused would fire nothing, and so prove nothing. */
function loadWith(others: readonly string[], text: string): RulePack {
  const place = path.join(folder, 'mutated.yml');
  writeFileSync(place, text);
  const pack = loadRulePack([place, ...others]);
  expect(pack.mistakes).toEqual([]);
  return pack;
}

/** What becomes of the examples of one rule: which rules fire, at which level. */
function outcomesOf(pack: RulePack, rule: string): string {
  return JSON.stringify(
    runExamples(pack, { rule }).outcomes.map(({ example, levels }) => [example, [...levels].sort()]),
  );
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

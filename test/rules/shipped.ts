import path from 'node:path';
import { loadRulePack, type PackRule } from '../../src/detect/index.ts';
import type { CompiledCorrelation, CompiledRule } from '../../src/sigma/index.ts';
import { CHECKOUT } from '../support/checkout.ts';

/** A shipped rule or correlation: what the engine made of it, and what the detect stage uses. */
export type ShippedRule = { readonly compiled: CompiledRule | CompiledCorrelation; readonly rule: PackRule };

export const RULES_FOLDER = path.join(CHECKOUT, 'rules');
export const shippedPack = loadRulePack([RULES_FOLDER]);

/** Every shipped document that is a rule or a correlation, by folder, file and place in the file. */
export const SHIPPED_RULES: readonly ShippedRule[] = [...shippedPack.ruleSet.rules, ...shippedPack.ruleSet.correlations]
  .flatMap((compiled) => {
    const rule = shippedPack.rules.get(compiled.key);
    return rule ? [{ compiled, rule }] : [];
  })
  .sort(
    (a, b) => a.rule.file.localeCompare(b.rule.file) || a.compiled.document.place.line - b.compiled.document.place.line,
  );

/** Those that find something of their own. */
export const FINDING_RULES = SHIPPED_RULES.filter(({ rule }) => rule.yieldsFindings);

/** The folder of `rules/` a rule is in. */
export function folderOf({ rule }: ShippedRule): string {
  return path.relative(RULES_FOLDER, path.dirname(rule.file));
}

/** What a correlation is about; nothing for a rule. */
export function membersOf(
  compiled: CompiledRule | CompiledCorrelation,
): readonly (CompiledRule | CompiledCorrelation)[] {
  return 'timespanMs' in compiled ? compiled.rules : [];
}

/** The detection rules below a correlation; a rule is its own. */
export function detectionRulesOf(compiled: CompiledRule | CompiledCorrelation): readonly CompiledRule[] {
  return 'timespanMs' in compiled ? compiled.rules.flatMap(detectionRulesOf) : [compiled];
}

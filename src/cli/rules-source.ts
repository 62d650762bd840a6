import path from 'node:path';
import { type Config, loadConfig } from '../config.ts';
import { loadRulePack, type RulePack } from '../detect/index.ts';
import { UsageError } from '../lib/errors.ts';
import { suggestion } from '../lib/suggestion.ts';
import { plural, printable } from '../lib/text.ts';
import { createZone } from '../lib/zone.ts';
import type { CompiledCorrelation, CompiledFilter, CompiledRule, Mistake } from '../sigma/index.ts';

/** `--rules`, which every command about rules takes. */
export const RULES_OPTION = [
  '--rules <paths>',
  'folders or files, separated by commas (default: OCTOWATCH_RULES, ./rules, or the shipped ones)',
] as const;

/** Anything a rule file can hold, compiled. */
export type AnyRule = CompiledRule | CompiledCorrelation | CompiledFilter;

/** The configuration of a command about rules. Throws UsageError with every mistake in it. */
export function configFor(rules: string | undefined): Config {
  return loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules', flags: { rules } });
}

/** The rules as live detection loads them. Throws UsageError when a path cannot be read. */
export function loadRules(config: Config, areExamplesRequired = true): RulePack {
  const { placeholders, timeZone } = config;
  const zone = createZone(timeZone);
  return loadRulePack(config.rulesPaths, config.ruleAdjustments, { areExamplesRequired, placeholders, zone });
}

/** The rules as their files say, for their examples: what octowatch.yaml adjusts or switches off makes no example wrong. */
export function loadRulesAsWritten(config: Config, inForce: RulePack): RulePack {
  if (Object.keys(config.ruleAdjustments).length === 0) return inForce;
  return loadRules({ ...config, ruleAdjustments: {} });
}

/** The name of a file as a person would type it here; safe to print. */
export function nearPath(file: string): string {
  return printable(path.relative(process.cwd(), file) || file);
}

/** Prints every mistake on stderr, `file:line:column: message`. What rule files say cannot forge a line. */
export function tellMistakes(mistakes: readonly Mistake[]): void {
  for (const { file, line, column, message } of mistakes) {
    process.stderr.write(`${nearPath(file)}:${line}:${column}: ${printable(message)}\n`);
  }
}

/** One line on stderr that rules were refused, for commands that are about something else. */
export function mentionMistakes(mistakes: readonly Mistake[]): void {
  if (mistakes.length === 0) return;
  process.stderr.write(`${plural(mistakes.length, 'mistake')} in the rules: see octowatch rules check\n`);
}

/**
 * The rule, correlation or filter of a name, id or title, whatever the case. Throws UsageError when there is none, with
 * the nearest name, or when several have that title. What was refused is then named first: the rule may be among it.
 */
export function findRule<Rule extends AnyRule>(
  rules: readonly Rule[],
  wanted: string,
  pack: RulePack,
  config: Config,
): Rule {
  const isWanted = (text: string | null) => text?.toLowerCase() === wanted.toLowerCase();
  const named = rules.find((one) => one.key === wanted || isWanted(one.document.name) || isWanted(one.document.id));
  const titled = rules.filter((one) => isWanted(one.document.title));
  const found = named ?? (titled.length === 1 ? titled[0] : undefined);
  if (found) return found;
  if (titled.length > 1) {
    const places = titled.map((one) => `${nearPath(one.document.file)}:${one.document.place.line}`).join(', ');
    throw new UsageError(`${titled.length} rules have the title ${wanted}: ${places}`, {
      hint: 'Give the rule a name or an id and ask by that.',
    });
  }
  if (config.ruleAdjustments[wanted]?.enabled === false) {
    throw new UsageError(`the rule ${wanted} is switched off in octowatch.yaml (rules.${wanted}.enabled)`);
  }
  tellMistakes(pack.mistakes);
  const names = rules.flatMap((one) => [one.key, one.document.title]);
  const hint = pack.mistakes.length > 0 ? 'Some rules were refused, see above. ' : '';
  throw new UsageError(`there is no rule ${wanted}${suggestion(wanted, names)}`, {
    hint: `${hint}octowatch rules list names those there are.`,
  });
}

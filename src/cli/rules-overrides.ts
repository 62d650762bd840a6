import { parse } from 'yaml';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import { configFile } from '../config-file.ts';
import type { RuleAdjustment, RulePack } from '../detect/index.ts';
import { UsageError } from '../lib/errors.ts';
import { suggestion } from '../lib/suggestion.ts';
import { plural, printable, quoted, truncate } from '../lib/text.ts';
import { loadRules, tellMistakes } from './rules-source.ts';

/** Rules as configured, and as they would be with other adjustments. */
export type Overridden = {
  readonly pack: RulePack;
  /** The rules that were named. */
  readonly named: ReadonlySet<string>;
};

const shown = (name: string) => printable(truncate(name, 80));

/** Name and attribute of one `rules.NAME.ATTRIBUTE=VALUE`; names may hold dots. */
const ASSIGNMENT = /^rules\.(.+)\.([^.=]+)=(.*)$/s;
const HINT = 'Write rules.NAME.threshold=8, rules.NAME.level=low or rules.NAME.enabled=false.';

/**
 * Loads the rules as if octowatch.yaml said what `--set` says, beside what it says. Throws UsageError with every mistake:
 * what is no assignment, rules nobody has, values that the file could not hold either, thresholds a rule cannot take.
 */
export function overrideRules(texts: readonly string[], config: Config, inForce: RulePack): Overridden {
  const mistakes: string[] = [];
  const given = readAssignments(texts, mistakes);
  const read = configFile.shape.rules.safeParse(given);
  if (!read.success) mistakes.push(...read.error.issues.map(describeIssue));
  const known = knownRules(inForce);
  const strange = Object.keys(given).filter((name) => !known.has(name));
  mistakes.push(
    ...strange.map((name) => `--set rules.${shown(name)}: there is no such rule${suggestion(name, known)}`),
  );
  // What is right by itself is tried, so that a threshold its rule cannot take is told together with the rest.
  const sound = Object.fromEntries(
    Object.entries(given).flatMap(([name, own]) => {
      const one = configFile.shape.rules.safeParse({ [name]: own });
      return known.has(name) && one.success ? Object.entries(one.data ?? {}) : [];
    }),
  );
  const adjusted = { ...config, ruleAdjustments: merged(config.ruleAdjustments, sound) };
  const pack = loadRules(adjusted);
  mistakes.push(...refusedThresholds(sound, inForce, pack));
  if (mistakes.length > 0) {
    const head = mistakes.length === 1 ? '--set has a mistake' : `--set has ${plural(mistakes.length, 'mistake')}`;
    throw new UsageError(`${head}:\n${mistakes.map((one) => `  ${one}`).join('\n')}`, { hint: HINT });
  }
  // A correlation over a rule that is switched off is refused, as it would be live.
  const before = new Set(inForce.mistakes.map((one) => JSON.stringify(one)));
  tellMistakes(pack.mistakes.filter((one) => !before.has(JSON.stringify(one))));
  return { pack, named: new Set(Object.keys(sound)) };
}

function readAssignments(texts: readonly string[], mistakes: string[]): Record<string, Record<string, unknown>> {
  const given: Record<string, Record<string, unknown>> = {};
  for (const text of texts) {
    const [, name, attribute, value] = ASSIGNMENT.exec(text) ?? [];
    if (name === undefined || attribute === undefined || value === undefined) {
      mistakes.push(`--set ${quoted(text)}: is not of the form rules.NAME.ATTRIBUTE=VALUE`);
      continue;
    }
    const own = Object.hasOwn(given, name) ? (given[name] ?? {}) : {};
    if (Object.hasOwn(own, attribute)) mistakes.push(`--set rules.${shown(name)}.${attribute}: is there twice`);
    Object.defineProperty(given, name, {
      value: { ...own, [attribute]: scalar(value) },
      enumerable: true,
      configurable: true,
    });
  }
  return given;
}

/** A value as octowatch.yaml would read it; what is no YAML stays the text it is, and is refused for that. */
function scalar(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const [name, ...rest] = issue.path.map(String);
  const place = name === undefined ? 'rules' : ['rules', shown(name), ...rest].join('.');
  return `--set ${place}: ${issue.message}`;
}

function knownRules(pack: RulePack): Set<string> {
  const off = pack.switchedOff.flatMap((document) => (document.name === null ? [] : [document.name]));
  return new Set([...pack.rules.keys(), ...off]);
}

function merged(
  configured: Config['ruleAdjustments'],
  given: Readonly<Record<string, RuleAdjustment>>,
): Config['ruleAdjustments'] {
  const changed = Object.entries(given).map(([name, own]) => [name, { ...configured[name], ...own }] as const);
  return { ...configured, ...Object.fromEntries(changed) };
}

/** A rule that the loader refuses with its new threshold and takes without it. */
function refusedThresholds(
  given: Readonly<Record<string, RuleAdjustment>>,
  before: RulePack,
  after: RulePack,
): string[] {
  return Object.entries(given).flatMap(([name, { threshold, enabled }]) => {
    const rule = before.rules.get(name);
    if (threshold === undefined || enabled === false || !rule || after.rules.has(name)) return [];
    const reasons = after.mistakes.filter((one) => one.message.includes('threshold') && one.file === rule.file);
    return [`--set rules.${shown(name)}.threshold: ${reasons[0]?.message ?? 'the rule is refused with it'}`];
  });
}

import { createZone, type Zone } from '../lib/zone.ts';
import type { Level } from '../model/finding.ts';
import type { OctowatchAttributes, RuleStatus } from '../model/rule.ts';
import {
  type CompiledCorrelation,
  type CompiledRule,
  compileRules,
  type LogSource,
  type Mistake,
  type RuleSet,
  type SigmaDocument,
  type SigmaFilter,
} from '../sigma/index.ts';
import { readAttributes } from './attributes.ts';
import { type ExceptionTerms, isAboutOctopus, type RuleException, readTerms, toException } from './exceptions.ts';
import { listRuleFiles, type PlaceholderValues, readRuleFile } from './rule-file.ts';
import { limitOf } from './rule-limit.ts';
import { nameOf, withoutUnproven } from './unproven.ts';

/** How the configuration adjusts one rule. */
export type RuleAdjustment = {
  readonly enabled?: boolean | undefined;
  readonly level?: Level | undefined;
  readonly threshold?: number | undefined;
};

/** A rule or correlation as the detect stage uses it. */
export type PackRule = {
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  readonly status: RuleStatus;
  readonly sha256: string;
  readonly file: string;
  readonly description: string | null;
  readonly falsePositives: readonly string[];
  readonly attributes: OctowatchAttributes;
  /** `event`: judged per audit event; `api_key`: judged per reading of a key; `correlation`: over signals of others. */
  readonly kind: 'event' | 'api_key' | 'correlation';
  /** False for a rule or correlation that only feeds correlations. */
  readonly yieldsFindings: boolean;
  /** The limit the rule compares with, when it has one that can be set. */
  readonly threshold: number | null;
  /** The limit the configuration set in place of the rule's own; null when it set none. */
  readonly setThreshold: number | null;
};

export type RulePack = {
  readonly ruleSet: RuleSet;
  /** By name; the compiled rules and correlations carry the same names. */
  readonly rules: ReadonlyMap<string, PackRule>;
  /** The correlations that are about a rule or another correlation, by the name of that. */
  readonly correlationsByRule: ReadonlyMap<string, readonly CompiledCorrelation[]>;
  /** The filters that have terms, by name, whether they act now or not: events are judged by their own time. */
  readonly exceptions: ReadonlyMap<string, RuleException>;
  /** What the configuration switched off. */
  readonly switchedOff: readonly SigmaDocument[];
  readonly mistakes: readonly Mistake[];
};

export const AUDIT_SOURCE: LogSource = { product: 'octopus', service: 'audit' };
export const API_KEY_SOURCE: LogSource = { product: 'octopus', category: 'api_key' };

type LoadOptions = {
  /** Whether rules about Octopus are refused without examples; they are unless told otherwise. */
  readonly areExamplesRequired?: boolean;
  /** Whether filters of such rules are refused without terms; as examples unless told otherwise. */
  readonly areTermsRequired?: boolean;
  /** The business zone, in whose days exceptions begin and end; UTC unless given. */
  readonly zone?: Zone;
  /** What the placeholders of `expand` stand for, by name without the percent signs. */
  readonly placeholders?: PlaceholderValues;
};

/**
 * Loads every `.yml` file of the given folders and files, in the order given. What has a mistake is left out and named;
 * the rest is used. Throws UsageError when a path cannot be read.
 */
export function loadRulePack(
  paths: readonly string[],
  adjustments: Readonly<Record<string, RuleAdjustment>> = {},
  options: LoadOptions = {},
): RulePack {
  const { areExamplesRequired = true, areTermsRequired = areExamplesRequired, placeholders = new Map() } = options;
  const zone = options.zone ?? createZone('UTC');
  const mistakes: Mistake[] = [];
  const documents: SigmaDocument[] = [];
  const switchedOff = new Set<SigmaDocument>();
  const attributes = new Map<SigmaDocument, OctowatchAttributes>();
  const terms = new Map<SigmaDocument, ExceptionTerms>();
  for (const file of paths.flatMap(listRuleFiles)) {
    const parsed = readRuleFile(file, placeholders);
    mistakes.push(...parsed.mistakes);
    for (const document of parsed.documents) {
      if (adjustments[nameOf(document)]?.enabled === false) switchedOff.add(document);
      if (switchedOff.has(document)) continue;
      const isSound = document.kind === 'filter' ? takeTerms(document) : takeAttributes(document);
      if (isSound) documents.push(document);
    }
  }
  const proven = areExamplesRequired ? withoutUnproven(documents, attributes, mistakes) : documents;
  const thresholds = thresholdsOf(proven, attributes, adjustments);
  const inForce = new Map([...terms].map(([document, own]) => [document, own.inForce]));
  const compiled = compileRules([...switchedOff, ...proven], { thresholds, switchedOff, inForce });
  mistakes.push(...compiled.mistakes);
  const { ruleSet } = compiled;
  const rules = new Map<string, PackRule>();
  for (const one of [...ruleSet.rules, ...ruleSet.correlations]) {
    const own = attributes.get(one.document) ?? attributesBySource(attributes, one.document);
    checkLevels(one, own, mistakes);
    rules.set(one.key, describe(one, own, adjustments[one.key]));
  }
  for (const one of [...ruleSet.rules, ...ruleSet.correlations]) refuseTakenInStates(one, rules, mistakes);
  const exceptions = ruleSet.filters.flatMap((filter) => {
    const own = terms.get(filter.document);
    return own ? [[filter.key, toException(filter, own)] as const] : [];
  });
  return {
    ruleSet,
    rules,
    correlationsByRule: correlationsByRule(ruleSet),
    exceptions: new Map(exceptions),
    switchedOff: [...switchedOff],
    mistakes,
  };

  function takeAttributes(document: SigmaDocument): boolean {
    const read = readAttributes(document.custom);
    report(document, read.mistakes);
    if (read.attributes !== null) attributes.set(document, read.attributes);
    return read.attributes !== null;
  }

  function takeTerms(document: SigmaFilter): boolean {
    const areNeeded = areTermsRequired && isAboutOctopus(document, [AUDIT_SOURCE, API_KEY_SOURCE]);
    const read = readTerms(document, zone, areNeeded);
    report(document, read.mistakes);
    if (read.terms !== null) terms.set(document, read.terms);
    return read.mistakes.length === 0;
  }

  function report(document: SigmaDocument, found: readonly { path: readonly (string | number)[]; message: string }[]) {
    for (const { path: place, message } of found) {
      mistakes.push({ file: document.file, ...document.placeOf(place), message });
    }
  }
}

/** A threshold from the configuration makes the engine copy a document; its text still tells which one it was. */
function attributesBySource(
  attributes: ReadonlyMap<SigmaDocument, OctowatchAttributes>,
  document: SigmaDocument,
): OctowatchAttributes {
  for (const [original, own] of attributes) {
    if (original.sha256 === document.sha256 && nameOf(original) === nameOf(document)) return own;
  }
  throw new Error(`the rule ${nameOf(document)} was not among those read`);
}

function thresholdsOf(
  documents: readonly SigmaDocument[],
  attributes: ReadonlyMap<SigmaDocument, OctowatchAttributes>,
  adjustments: Readonly<Record<string, RuleAdjustment>>,
): Map<string, { field: string | null; value: number }> {
  const thresholds = new Map<string, { field: string | null; value: number }>();
  for (const document of documents) {
    const value = adjustments[nameOf(document)]?.threshold;
    if (value === undefined || document.name === null) continue;
    thresholds.set(document.name, { field: attributes.get(document)?.threshold ?? null, value });
  }
  return thresholds;
}

/** A state is judged at every reading: a finding of it that was taken in would open anew each time, so none is. */
function refuseTakenInStates(
  one: CompiledRule | CompiledCorrelation,
  rules: Map<string, PackRule>,
  mistakes: Mistake[],
) {
  const rule = rules.get(one.key);
  const isState = (name: string) => rules.get(name)?.kind === 'api_key';
  if (!rule?.attributes.supersedes.some(isState)) return;
  for (const [index, name] of rule.attributes.supersedes.entries()) {
    if (!isState(name)) continue;
    const place = one.document.placeOf(['octowatch', 'supersedes', index]);
    const message = `\`supersedes\` names \`${name}\`, but findings of rules about API keys cannot be taken in; leave the case out of its condition`;
    mistakes.push({ file: one.document.file, ...place, message });
  }
  const supersedes = rule.attributes.supersedes.filter((name) => !isState(name));
  rules.set(one.key, { ...rule, attributes: { ...rule.attributes, supersedes } });
}

function checkLevels(one: CompiledRule | CompiledCorrelation, own: OctowatchAttributes, mistakes: Mistake[]): void {
  const known = 'selectionNames' in one ? one.selectionNames : [];
  for (const [index, { when }] of own.levels.entries()) {
    if (known.includes(when)) continue;
    const place = one.document.placeOf(['octowatch', 'levels', index, 'when']);
    const message = `\`levels\` names \`${when}\`, which is no search identifier of this rule`;
    mistakes.push({ file: one.document.file, ...place, message });
  }
}

function describe(
  one: CompiledRule | CompiledCorrelation,
  attributes: OctowatchAttributes,
  adjustment: RuleAdjustment | undefined,
): PackRule {
  const { document } = one;
  const isCorrelation = document.kind === 'correlation';
  const isKeyRule = document.kind === 'rule' && document.logsource.category?.toLowerCase() === 'api_key';
  return {
    name: one.key,
    title: document.title,
    level: adjustment?.level ?? document.level ?? 'medium',
    // Sigma leaves the status optional; what nobody called stable must not alert.
    status: document.status ?? 'experimental',
    sha256: document.sha256,
    file: document.file,
    description: document.description,
    falsePositives: document.falsepositives,
    attributes: {
      ...attributes,
      // A level set in the configuration is meant for the whole rule.
      levels: adjustment?.level
        ? attributes.levels.map((each) => ({ ...each, level: adjustment.level as Level }))
        : attributes.levels,
    },
    kind: isCorrelation ? 'correlation' : isKeyRule ? 'api_key' : 'event',
    yieldsFindings: one.yieldsOnItsOwn,
    threshold: adjustment?.threshold ?? limitOf(one, attributes.threshold),
    setThreshold: adjustment?.threshold ?? null,
  };
}

function correlationsByRule(ruleSet: RuleSet): Map<string, CompiledCorrelation[]> {
  const byRule = new Map<string, CompiledCorrelation[]>();
  for (const correlation of ruleSet.correlations) {
    for (const rule of correlation.rules) byRule.set(rule.key, [...(byRule.get(rule.key) ?? []), correlation]);
  }
  return byRule;
}

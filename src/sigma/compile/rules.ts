import type { CompiledCorrelation, CompiledRule, CorrelationMember, TimeSpan } from '../compiled.ts';
import type { SigmaCorrelation, SigmaDocument, SigmaRule } from '../document.ts';
import { compileDetection } from '../match/predicates.ts';
import { fieldsOf } from '../match/required-equality.ts';
import { RuleSet } from '../match/rule-set.ts';
import type { Mistake } from '../mistakes.ts';
import { compileCorrelation } from './correlation.ts';
import { Directory } from './directory.ts';
import { compileFilters } from './filters.ts';
import { type Threshold, withThreshold } from './threshold.ts';

export type CompileOptions = {
  /** By name of a rule or correlation, the number that replaces the one in its file. Names nobody has are passed over. */
  readonly thresholds?: ReadonlyMap<string, Threshold>;
  /** Documents that others may refer to and that are not to be used: a filter may name one, a correlation is refused. */
  readonly switchedOff?: ReadonlySet<SigmaDocument>;
  /** When filters apply, by the time of a record; those that are not named here always do. */
  readonly inForce?: ReadonlyMap<SigmaDocument, TimeSpan>;
};

/**
 * Makes documents, of however many files, into a rule set. What has a mistake is left out of it and named; the rest
 * works. A correlation is left out when a rule it refers to is.
 */
export function compileRules(
  documents: readonly SigmaDocument[],
  options: CompileOptions = {},
): { ruleSet: RuleSet; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const refuse = (document: SigmaDocument, message: string): void => {
    mistakes.push({ file: document.file, ...document.placeOf([]), message });
  };
  const directory = new Directory();
  const switchedOff = options.switchedOff ?? new Set();
  const entered = documents.filter((document) => {
    const problems = directory.enter(document);
    mistakes.push(...problems);
    return problems.length === 0 && !switchedOff.has(document);
  });
  const ruled = rulesReferredTo(entered, directory);
  const rules = new Map<SigmaDocument, CompiledRule>();
  for (const document of entered) {
    if (document.kind !== 'rule') continue;
    const threshold = document.name === null ? undefined : options.thresholds?.get(document.name);
    const detection = threshold ? withThreshold(document.detection, threshold) : document.detection;
    if (typeof detection === 'string') refuse(document, detection);
    else rules.set(document, compileRule({ ...document, detection }, ruled.get(document) ?? true));
  }
  const correlations = compileCorrelations(entered, directory, rules, ruled, options, mistakes);
  const filters = compileFilters(
    entered.filter((document) => document.kind === 'filter'),
    { directory, rules, switchedOff, inForce: options.inForce ?? new Map() },
    mistakes,
  );
  return { ruleSet: new RuleSet([...rules.values()], correlations, filters), mistakes };
}

/** The rules that correlations refer to, and whether one of these lets them yield on their own. */
function rulesReferredTo(documents: readonly SigmaDocument[], directory: Directory): Map<SigmaDocument, boolean> {
  const yields = new Map<SigmaDocument, boolean>();
  for (const document of documents) {
    if (document.kind !== 'correlation') continue;
    for (const { reference } of document.correlation.rules) {
      const target = directory.find(reference);
      if (target) yields.set(target, (yields.get(target) ?? false) || document.correlation.generate);
    }
  }
  return yields;
}

/** Compiles correlations so that each stands behind those it refers to. */
function compileCorrelations(
  documents: readonly SigmaDocument[],
  directory: Directory,
  rules: ReadonlyMap<SigmaDocument, CompiledRule>,
  ruled: ReadonlyMap<SigmaDocument, boolean>,
  options: CompileOptions,
  mistakes: Mistake[],
): CompiledCorrelation[] {
  const compiled = new Map<SigmaDocument, CorrelationMember>(rules);
  const correlations: CompiledCorrelation[] = [];
  const sound = documents
    .filter((document) => document.kind === 'correlation')
    .filter((document) => {
      const problems = directory.problemsOf(document);
      mistakes.push(...problems);
      return problems.length === 0;
    });
  for (const document of inChainOrder(sound, directory)) {
    const outcome = compileCorrelation(document, {
      switchedOff: options.switchedOff ?? new Set(),
      directory,
      compiled,
      threshold: options.thresholds?.get(document.name ?? '') ?? null,
      yieldsOnItsOwn: ruled.get(document) ?? true,
    });
    if (Array.isArray(outcome)) mistakes.push(...outcome);
    else {
      compiled.set(document, outcome);
      correlations.push(outcome);
    }
  }
  return correlations;
}

/** Takes, again and again, those whose references have been taken: there are no circles among sound ones. */
function inChainOrder(documents: readonly SigmaCorrelation[], directory: Directory): SigmaCorrelation[] {
  const waiting = new Map<SigmaDocument, number>();
  const usedBy = new Map<SigmaDocument, SigmaCorrelation[]>();
  const known = new Set<SigmaDocument>(documents);
  for (const document of documents) {
    const targets = document.correlation.rules.map(({ reference }) => directory.find(reference));
    const others = targets.flatMap((target) => (target && known.has(target) ? [target] : []));
    waiting.set(document, others.length);
    for (const other of others) {
      const users = usedBy.get(other);
      if (users) users.push(document);
      else usedBy.set(other, [document]);
    }
  }
  const ordered = documents.filter((document) => waiting.get(document) === 0);
  // The list grows while it is walked.
  for (const document of ordered) {
    for (const user of usedBy.get(document) ?? []) {
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ordered.push(user);
    }
  }
  return ordered;
}

function compileRule(document: SigmaRule, yieldsOnItsOwn: boolean): CompiledRule {
  const key = document.name ?? document.id ?? document.title;
  const { matches, selections } = compileDetection(document.detection);
  return {
    key,
    document,
    fields: fieldsOf(document.detection),
    yieldsOnItsOwn,
    matches,
    selectionNames: [...selections.keys()],
    selection: (name) => {
      const selection = selections.get(name);
      if (!selection) throw new Error(`the rule ${key} has no search identifier ${name}`);
      return selection;
    },
  };
}

import type { CompiledFilter, CompiledRule, TimeSpan } from '../compiled.ts';
import type { LogSource, SigmaDocument, SigmaFilter } from '../document.ts';
import { compileDetection } from '../match/predicates.ts';
import { type Mistake, quoted } from '../mistakes.ts';
import type { Directory } from './directory.ts';

/** What stands ready when filters are compiled. */
type FilterSurroundings = {
  readonly directory: Directory;
  readonly rules: ReadonlyMap<SigmaDocument, CompiledRule>;
  readonly switchedOff: ReadonlySet<SigmaDocument>;
  readonly inForce: ReadonlyMap<SigmaDocument, TimeSpan>;
};

/**
 * Compiles the filters and finds the rules each is for. A filter that names a rule nobody has, or one it cannot apply to,
 * is reported at that name and still applies to the others it names.
 */
export function compileFilters(
  documents: readonly SigmaFilter[],
  surroundings: FilterSurroundings,
  mistakes: Mistake[],
): CompiledFilter[] {
  const { rules } = surroundings;
  return documents.map((document) => {
    const applicable = [...rules].filter(
      ([rule]) => rule.kind === 'rule' && covers(document.logsource, rule.logsource),
    );
    const named = document.filter.rules === 'any' ? null : namedRules(document, surroundings, mistakes);
    return {
      key: document.name ?? document.id ?? document.title,
      document,
      admits: compileDetection(document.filter.detection).matches,
      inForce: surroundings.inForce.get(document) ?? null,
      rules: applicable.filter(([rule]) => named === null || named.has(rule)).map(([, compiled]) => compiled.key),
    };
  });
}

function namedRules(
  document: SigmaFilter,
  { directory, rules, switchedOff }: FilterSurroundings,
  mistakes: Mistake[],
): Set<SigmaDocument> {
  const named = new Set<SigmaDocument>();
  const references = document.filter.rules === 'any' ? [] : document.filter.rules;
  for (const { reference, place } of references) {
    const refuse = (message: string): void => {
      mistakes.push({ file: document.file, ...place, message });
    };
    const target = directory.find(reference);
    if (target && switchedOff.has(target)) continue;
    if (!target) refuse(directory.unknown(reference));
    else if (target.kind !== 'rule') refuse(`${quoted(reference)} is a ${target.kind}: filters are for rules only`);
    else if (!rules.has(target)) refuse(`the rule ${quoted(reference)} was refused`);
    else if (!covers(document.logsource, target.logsource)) {
      refuse(
        `the rule ${quoted(reference)} has another log source than this filter, which therefore says nothing of it`,
      );
    } else named.add(target);
  }
  return named;
}

/** As in pySigma: whatever the filter says of the log source, the rule must say too. */
function covers(filter: LogSource, rule: LogSource): boolean {
  return (['product', 'service', 'category'] as const).every(
    (part) => filter[part] === undefined || filter[part].toLowerCase() === rule[part]?.toLowerCase(),
  );
}

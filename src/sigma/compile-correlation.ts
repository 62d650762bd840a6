import type { CompiledCorrelation, CompiledRule } from './compiled.ts';
import type { SigmaCorrelation, SigmaDocument } from './document.ts';
import { type Mistake, quoted, suggestion } from './mistakes.ts';
import type { Directory } from './references.ts';
import { type Threshold, withCountThreshold } from './threshold.ts';

/** Resolves the references and aliases of a correlation, or says what is wrong with them. */
export function compileCorrelation(
  document: SigmaCorrelation,
  directory: Directory,
  compiled: ReadonlyMap<SigmaDocument, CompiledRule>,
  threshold: Threshold | null,
): CompiledCorrelation | Mistake[] {
  const section = document.correlation;
  const mistakes: Mistake[] = [];
  const rules = section.rules.flatMap(({ reference, place }) => {
    const target = directory.find(reference);
    const rule = target && compiled.get(target);
    if (rule) return [rule];
    mistakes.push({ file: document.file, ...place, message: `the rule ${quoted(reference)} was refused` });
    return [];
  });
  const conditions = threshold ? withCountThreshold(section.conditions, threshold.value) : section.conditions;
  if (typeof conditions === 'string') {
    mistakes.push({ file: document.file, ...document.placeOf(['correlation', 'condition']), message: conditions });
  }
  const groupFields = resolveGroups(document, rules, directory, compiled, mistakes);
  if (mistakes.length > 0 || typeof conditions === 'string') return mistakes;
  const key = document.name ?? document.id ?? document.title;
  return { key, document, rules, groupBy: section.groupBy, groupFields, timespanMs: section.timespanMs, conditions };
}

function resolveGroups(
  document: SigmaCorrelation,
  rules: readonly CompiledRule[],
  directory: Directory,
  compiled: ReadonlyMap<SigmaDocument, CompiledRule>,
  mistakes: Mistake[],
): CompiledCorrelation['groupFields'] {
  const { aliases, groupBy } = document.correlation;
  const keyOf = (reference: string): string | null => {
    const target = directory.find(reference);
    return rules.find((rule) => target !== null && rule === compiled.get(target))?.key ?? null;
  };
  const fieldsByAlias = new Map<string, Map<string, string>>();
  for (const [alias, byReference] of aliases) {
    const byKey = new Map<string, string>();
    for (const [reference, { field, place }] of byReference) {
      const key = keyOf(reference);
      if (key !== null) byKey.set(key, field);
      else {
        const hint = suggestion(
          reference,
          rules.map((rule) => rule.key),
        );
        mistakes.push({
          file: document.file,
          ...place,
          message: `the alias ${quoted(alias)} names ${quoted(reference)}, which is not among the correlation's rules${hint}`,
        });
      }
    }
    fieldsByAlias.set(alias, byKey);
  }
  return new Map(
    rules.map((rule) => [
      rule.key,
      groupBy.map((name) => {
        const byKey = fieldsByAlias.get(name);
        const field = byKey ? byKey.get(rule.key) : name;
        if (field !== undefined) return field;
        const place = document.placeOf(['correlation', 'aliases', name]);
        mistakes.push({
          file: document.file,
          ...place,
          message: `the alias ${quoted(name)} says no field for the rule ${quoted(rule.key)}`,
        });
        return name;
      }),
    ]),
  );
}

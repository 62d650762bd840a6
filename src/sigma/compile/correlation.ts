import type { CompiledCorrelation, CorrelationMember } from '../compiled.ts';
import type { SigmaCorrelation, SigmaDocument, WindowCondition } from '../document.ts';
import { type Mistake, quoted, suggestion } from '../mistakes.ts';
import type { Condition } from '../read/condition.ts';
import type { Directory } from './directory.ts';
import { type Threshold, withLimit } from './threshold.ts';

/** What stands ready when a correlation is compiled. */
export type CorrelationSurroundings = {
  readonly directory: Directory;
  /** The rules and correlations that have been compiled so far: all that it can refer to. */
  readonly compiled: ReadonlyMap<SigmaDocument, CorrelationMember>;
  readonly switchedOff: ReadonlySet<SigmaDocument>;
  readonly threshold: Threshold | null;
  readonly yieldsOnItsOwn: boolean;
};

/** Resolves the references and aliases of a correlation, or says what is wrong with them. */
export function compileCorrelation(
  document: SigmaCorrelation,
  surroundings: CorrelationSurroundings,
): CompiledCorrelation | Mistake[] {
  const { directory, compiled, switchedOff, threshold, yieldsOnItsOwn } = surroundings;
  const section = document.correlation;
  const mistakes: Mistake[] = [];
  const memberOf = (reference: string): CorrelationMember | undefined => {
    const target = directory.find(reference);
    return target ? compiled.get(target) : undefined;
  };
  const rules: CorrelationMember[] = [];
  for (const { reference, place } of section.rules) {
    const member = memberOf(reference);
    const isOff = switchedOff.has(directory.find(reference) ?? document);
    const absence = isOff ? 'is switched off' : 'was refused';
    const problem = member ? 'stands in `rules` twice, by its name and by its id' : absence;
    if (member && !rules.includes(member)) rules.push(member);
    else mistakes.push({ file: document.file, ...place, message: `the rule ${quoted(reference)} ${problem}` });
  }
  const condition = threshold ? withLimit(section, threshold.value) : section.condition;
  if (typeof condition === 'string') {
    mistakes.push({ file: document.file, ...document.placeOf(['correlation', 'condition']), message: condition });
  }
  const fieldOf = resolveAliases(document, rules, memberOf, mistakes);
  const fieldsOf = (names: readonly string[]): CompiledCorrelation['groupFields'] =>
    new Map(rules.map(({ key }) => [key, names.map((name) => fieldOf(name, key))]));
  const groupFields = fieldsOf(section.groupBy);
  const valueFields = fieldsOf(section.valueFields);
  if (mistakes.length > 0 || typeof condition === 'string') return mistakes;
  const { type, groupBy, timespanMs, percentile } = section;
  return {
    key: document.name ?? document.id ?? document.title,
    ...{ document, rules, type, groupBy, groupFields, valueFields, timespanMs, percentile, yieldsOnItsOwn },
    condition: resolved(condition, memberOf),
  };
}

/** The field that a name of `group-by` or `field` stands for in the events of a member. */
type FieldOf = (name: string, memberKey: string) => string;

function resolveAliases(
  document: SigmaCorrelation,
  rules: readonly CorrelationMember[],
  memberOf: (reference: string) => CorrelationMember | undefined,
  mistakes: Mistake[],
): FieldOf {
  const keys = rules.map((rule) => rule.key);
  const fieldsByAlias = new Map<string, Map<string, string>>();
  for (const [alias, byReference] of document.correlation.aliases) {
    const byKey = new Map<string, string>();
    for (const [reference, { field, place }] of byReference) {
      const member = memberOf(reference);
      if (member && rules.includes(member)) byKey.set(member.key, field);
      else {
        const message = `the alias ${quoted(alias)} names ${quoted(reference)}, which is not among the correlation's rules${suggestion(reference, keys)}`;
        mistakes.push({ file: document.file, ...place, message });
      }
    }
    fieldsByAlias.set(alias, byKey);
  }
  return (name, memberKey) => {
    const byKey = fieldsByAlias.get(name);
    const field = byKey ? byKey.get(memberKey) : name;
    if (field !== undefined) return field;
    const place = document.placeOf(['correlation', 'aliases', name]);
    const message = `the alias ${quoted(name)} says no field for the rule ${quoted(memberKey)}`;
    mistakes.push({ file: document.file, ...place, message });
    return name;
  };
}

function resolved(
  condition: WindowCondition,
  memberOf: (reference: string) => CorrelationMember | undefined,
): WindowCondition {
  if (condition.kind === 'observed') return condition;
  const withKeys = (expression: Condition): Condition => {
    if (expression.kind === 'selection')
      return { kind: 'selection', name: memberOf(expression.name)?.key ?? expression.name };
    if (expression.kind === 'not') return { kind: 'not', of: withKeys(expression.of) };
    return { kind: expression.kind, of: expression.of.map(withKeys) };
  };
  return { kind: 'present', expression: withKeys(condition.expression) };
}

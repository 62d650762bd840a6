import fc from 'fast-check';
import { entry } from './random-items.ts';
import { text } from './random-records.ts';

export const NAMES = ['sel', 'sel_1', 'order', 'not_x.y', '_hidden', 'x|y'] as const;

const map = fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries): object => Object.assign({}, ...entries));
const selection = fc.oneof(
  { weight: 4, arbitrary: map },
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof({ weight: 4, arbitrary: map }, { weight: 1, arbitrary: text }), {
      minLength: 1,
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.array(fc.oneof(text, fc.constantFrom(1, 12)), { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: text },
);

type ConditionNode =
  | { readonly name: string }
  | { readonly not: ConditionNode; readonly word: string }
  | { readonly and: readonly ConditionNode[]; readonly word: string }
  | { readonly or: readonly ConditionNode[]; readonly word: string }
  | { readonly quantifier: string; readonly pattern: string };
const { condition } = fc.letrec<{ condition: ConditionNode }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name) => ({ name })),
    fc.record({
      quantifier: fc.constantFrom('1', 'any', 'all', 'ALL'),
      pattern: fc.constantFrom('them', 'sel*', '*1', 'o*r', '*', '_*', 'sel', '*x*'),
    }),
    fc.record({ not: tie('condition'), word: fc.constantFrom('not', 'NOT') }),
    fc.record({ and: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }), word: fc.constantFrom('and', 'And') }),
    fc.record({ or: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }), word: fc.constantFrom('or', 'OR') }),
  ),
}));

/** Writes a condition with only the brackets its precedence needs. */
function write(node: ConditionNode, binding = 0): string {
  if ('name' in node) return node.name;
  if ('quantifier' in node) return `${node.quantifier} of ${node.pattern}`;
  if ('not' in node) return `${node.word} ${write(node.not, 2)}`;
  const [parts, own] = 'and' in node ? [node.and, 1] : [node.or, 0];
  const written = parts.map((part) => write(part, own)).join(` ${node.word} `);
  return own < binding ? `(${written})` : written;
}

const conditions = fc.oneof(
  { weight: 4, arbitrary: condition.map((node) => write(node)) },
  {
    weight: 1,
    arbitrary: fc.array(
      condition.map((node) => write(node)),
      { minLength: 1, maxLength: 2 },
    ),
  },
);
const rule = fc.record({
  logsource: fc.constantFrom({ product: 'probe' }, { product: 'probe', service: 'audit' }),
  detection: fc.tuple(fc.tuple(...NAMES.map(() => selection)), conditions).map(([selections, written]) => ({
    ...Object.fromEntries(NAMES.map((name, index) => [name, selections[index]])),
    condition: written,
  })),
});
const filter = fc.record({
  logsource: fc.constantFrom({ product: 'probe' }, { service: 'audit' }, { product: 'other' }),
  rules: fc.constantFrom('any', ['r0']),
  selection,
  condition: fc.constantFrom('not selection', 'selection', 'not 1 of sel*'),
});

/** The text of a file of rules and filters; the rules are called r0, r1 and so on. */
export const ruleFile = fc
  .tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.array(filter, { maxLength: 2 }))
  .map(([rules, filters]) =>
    [
      ...rules.map((one, index) => ({ title: `R${index}`, name: `r${index}`, ...one })),
      ...filters.map(({ logsource, rules: named, ...section }, index) => ({
        title: `F${index}`,
        name: `f${index}`,
        // A filter that names a rule of another log source is refused.
        logsource: named === 'any' ? logsource : { product: 'probe' },
        filter: { rules: named, ...section },
      })),
    ]
      .map((document) => JSON.stringify(document))
      .join('\n---\n'),
  );

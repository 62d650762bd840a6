import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { interpret, type PlainCondition, type PlainDetection, type PlainMap } from './interpreter.ts';

// Few letters, few fields and few values, so that random rules meet random records often.
const text = fc.oneof(
  fc.constantFrom('a', 'A', 'ab', 'aB', '', 'σ', 'ς', 'Σa', '1', 'true', 'ß', '😀', 'a\nb', '\\', 'a\\'),
  fc
    .array(fc.constantFrom('a', 'B', 'σ', 'Σ', '😀', '*', '?', '\\', '1', '.'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
const scalar = fc.oneof(text, fc.constantFrom(0, 1, 12, -1, 1.5), fc.boolean());
const field = fc.constantFrom('F', 'G', 'G.H', 'toString');
const recordValue = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }),
);
const record = fc.dictionary(field, fc.oneof(recordValue, fc.record({ H: recordValue })), { maxKeys: 4 });

const textModifiers = fc.constantFrom(
  '',
  '|contains',
  '|startswith',
  '|endswith',
  '|cased',
  '|contains|cased',
  '|neq',
  '|contains|neq',
);
const entry = fc.oneof(
  fc.tuple(field, textModifiers, text).map(([name, modifiers, value]) => ({ [name + modifiers]: value })),
  fc
    .tuple(field, fc.constantFrom('', '|neq'), fc.array(scalar, { minLength: 1, maxLength: 3 }))
    .map(([name, modifiers, value]) => ({ [name + modifiers]: value })),
  fc
    .tuple(field, fc.constantFrom('|all', '|contains|all'), fc.array(text, { minLength: 2, maxLength: 3 }))
    .map(([name, modifiers, value]) => ({ [name + modifiers]: value })),
  fc.tuple(field, fc.oneof(scalar, fc.constant(null))).map(([name, value]) => ({ [name]: value })),
  fc.tuple(field, fc.boolean()).map(([name, value]) => ({ [`${name}|exists`]: value })),
  fc
    .tuple(field, fc.constantFrom('lt', 'lte', 'gt', 'gte'), fc.constantFrom(-1, 0, 1, 1.5))
    .map(([name, operator, value]) => ({ [`${name}|${operator}`]: value })),
);
const map: fc.Arbitrary<PlainMap> = fc
  .array(entry, { minLength: 1, maxLength: 3 })
  .map((entries) => Object.assign({}, ...entries));
const selection = fc.oneof(
  { weight: 4, arbitrary: map },
  { weight: 2, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(text, { minLength: 1, maxLength: 2 }) },
);
const NAMES = ['sel', 'sel_1', 'order', 'not_x.y'] as const;
const detection: fc.Arbitrary<PlainDetection> = fc.record({
  sel: selection,
  sel_1: selection,
  order: selection,
  'not_x.y': selection,
});
const { condition } = fc.letrec<{ condition: PlainCondition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name) => ({ name })),
    fc.record({
      quantifier: fc.constantFrom('1', 'any', 'all'),
      pattern: fc.constantFrom('them', 'sel*', '*1', 'o*r', '*'),
    }),
    tie('condition').map((not) => ({ not })),
    fc.array(tie('condition'), { minLength: 2, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('condition'), { minLength: 2, maxLength: 3 }).map((or) => ({ or })),
  ),
}));

/** Writes a condition with only the brackets its precedence needs. */
function write(node: PlainCondition, binding = 0): string {
  if ('name' in node) return node.name;
  if ('quantifier' in node) return `${node.quantifier} of ${node.pattern}`;
  if ('not' in node) return `not ${write(node.not, 2)}`;
  const [parts, word, own] = 'and' in node ? [node.and, ' and ', 1] : [node.or, ' or ', 0];
  const text = parts.map((part) => write(part, own)).join(word);
  return own < binding ? `(${text})` : text;
}

function ruleOf(plain: PlainDetection, node: PlainCondition, name: string): string {
  const whole = { title: name, name, logsource: { product: 'probe' }, detection: { ...plain, condition: write(node) } };
  return JSON.stringify(whole);
}

const rule = fc.tuple(detection, condition);

describe('matching', () => {
  it('decides as the slow interpreter does, for any rules and records, alone and out of an indexed set', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.array(record, { minLength: 1, maxLength: 8 }),
        (rules, records) => {
          const text = rules.map(([plain, node], index) => ruleOf(plain, node, `r${index}`)).join('\n---\n');

          const parsed = parseSigmaFile(text, 'random.yml', { usedElsewhere: () => NAMES });
          const { ruleSet, mistakes } = compileRules(parsed.documents);

          expect([...parsed.mistakes, ...mistakes]).toEqual([]);
          for (const one of records) {
            const expected = rules.flatMap(([plain, node], index) =>
              interpret(node, plain, one) ? [`r${index}`] : [],
            );
            const alone = ruleSet.rules.filter((compiled) => compiled.matches(one)).map((compiled) => compiled.key);
            expect(alone).toEqual(expected);
            expect(ruleSet.match(one).map((match) => match.rule.key)).toEqual(expected);
            expect(ruleSet.match(one, { product: 'probe' }).map((match) => match.rule.key)).toEqual(expected);
            expect(ruleSet.match(one, { product: 'other' })).toEqual([]);
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

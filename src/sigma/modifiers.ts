import { type Place, quoted, type Report, suggestion } from './mistakes.ts';

export type CompareOperator = 'lt' | 'lte' | 'gt' | 'gte';
export type TextPosition = 'equals' | 'contains' | 'startswith' | 'endswith';

/** What a chain of modifiers comes to: one way to look at the values, and what is turned around it. */
export type ModifierPlan = {
  readonly how: 'plain' | 'exists' | 're' | 'cidr' | 'fieldref' | CompareOperator;
  readonly position: TextPosition;
  readonly isCased: boolean;
  readonly isAll: boolean;
  readonly isNegated: boolean;
  readonly regexFlags: { readonly i: boolean; readonly m: boolean; readonly s: boolean };
};

const POSITIONS = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const;
const KINDS = ['exists', 're', 'cidr', 'fieldref', ...COMPARISONS] as const;
const REGEX_FLAGS = ['i', 'm', 's'] as const;
const SUPPORTED: readonly string[] = [...POSITIONS, ...KINDS, ...REGEX_FLAGS, 'all', 'cased', 'neq'];
/** Modifiers of specification 2.1 that this engine knows but cannot do yet. */
const NOT_YET: readonly string[] = [
  ...['base64', 'base64offset', 'utf16le', 'utf16be', 'utf16', 'wide', 'windash', 'expand'],
  ...['minute', 'hour', 'day', 'week', 'month', 'year'],
];

/** Reads the modifiers of one field; null when there is a mistake among them. All mistakes are reported. */
export function planModifiers(modifiers: readonly string[], place: Place, report: Report): ModifierPlan | null {
  const problems = [...unknownOnes(modifiers), ...wrongTogether(modifiers)];
  for (const problem of problems) report(place, problem);
  if (problems.length > 0) return null;
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  return {
    how: KINDS.find(has) ?? 'plain',
    position: POSITIONS.find(has) ?? 'equals',
    isCased: has('cased'),
    isAll: has('all'),
    isNegated: has('neq'),
    regexFlags: { i: has('i'), m: has('m'), s: has('s') },
  };
}

function unknownOnes(modifiers: readonly string[]): string[] {
  return modifiers.flatMap((modifier, index) => {
    if (NOT_YET.includes(modifier)) return [`the modifier \`${modifier}\` is not supported yet`];
    if (!SUPPORTED.includes(modifier)) {
      return [`unknown modifier ${quoted(modifier)}${suggestion(modifier, [...SUPPORTED, ...NOT_YET])}`];
    }
    return modifiers.indexOf(modifier) < index ? [`the modifier \`${modifier}\` stands twice`] : [];
  });
}

function wrongTogether(modifiers: readonly string[]): string[] {
  const problems: string[] = [];
  const positions = modifiers.filter((modifier) => isOneOf(POSITIONS, modifier));
  const kinds = modifiers.filter((modifier) => isOneOf(KINDS, modifier));
  if (new Set(positions).size > 1) problems.push(`${listed(positions)} cannot stand together: choose one`);
  if (new Set(kinds).size > 1) problems.push(`${listed(kinds)} cannot stand together: choose one`);
  const [kind] = kinds;
  if (kind && kind !== 'fieldref') {
    const [position] = positions;
    if (kind === 're' && position)
      problems.push(`\`re\` already searches anywhere in the value: leave \`${position}\` out and anchor with ^ or $`);
    else if (position) problems.push(`\`${position}\` cannot stand with \`${kind}\``);
    if (modifiers.includes('cased'))
      problems.push(
        `\`cased\` cannot stand with \`${kind}\`${kind === 're' ? ', which minds case unless `i` follows it' : ''}`,
      );
  }
  if (kind === 'exists') {
    for (const other of ['all', 'neq'])
      if (modifiers.includes(other)) problems.push(`\`${other}\` cannot stand with \`exists\``);
  }
  for (const flag of REGEX_FLAGS) {
    const at = modifiers.indexOf(flag);
    if (at >= 0 && !modifiers.slice(0, at).includes('re')) problems.push(`\`${flag}\` must follow \`re\``);
  }
  return problems;
}

function isOneOf(list: readonly string[], word: string): boolean {
  return list.includes(word);
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].map((word) => `\`${word}\``).join(' and ');
}

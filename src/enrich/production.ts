import { createGlob } from '../lib/glob.ts';
import { printable, truncate } from '../lib/text.ts';
import type { Environment } from '../model/inventory.ts';

/** What is known of an environment; `slug` and `tags` are empty for one that the inventory does not hold. */
export type ProductionCandidate = Pick<Environment, 'id' | 'name' | 'slug' | 'tags'>;

export type ProductionMatcher = {
  /** True when the set comes from the configuration, false when names are judged by the default words. */
  readonly isConfigured: boolean;
  /** The configured set; null when there is none. */
  readonly patterns: readonly string[] | null;
  isProduction(environment: ProductionCandidate): boolean;
  /** Why an environment counts as production or does not, as the end of a sentence. */
  explain(environment: ProductionCandidate): string;
};

type Verdict = { readonly isProduction: boolean; readonly reason: string };

const MOST_VERDICTS = 1000;
const PRODUCTION_WORDS: ReadonlySet<string> = new Set(['prod', 'production', 'prd', 'live']);
const OPPOSING_WORDS: ReadonlySet<string> = new Set(['pre', 'non', 'test', 'demo', 'support']);

/**
 * Decides which environments are production; Octopus itself has no such mark (octopus-api.md 5.1).
 *
 * Without patterns the name decides: it holds `prod`, `production`, `prd` or `live` as a word (words end at separators,
 * numbers and capitals), and neither `pre`, `non`, `test`, `demo` nor `support` stands beside it.
 *
 * With patterns an environment is production when one of them equals its name, slug, id or one of its tags
 * (`TagSet/Tag`), whatever the case; `*` stands for any text. An empty list means that nothing is production.
 */
export function createProductionMatcher(patterns?: readonly string[]): ProductionMatcher {
  const globs = patterns?.map((pattern) => ({ pattern, matches: createGlob(pattern.trim()) }));

  // A server has few environments and very many deployments; the bound is for servers that make one per branch.
  const verdicts = new Map<string, Verdict>();

  function judge(environment: ProductionCandidate): Verdict {
    if (!globs) {
      const known = verdicts.get(environment.name);
      if (known) return known;
      const verdict = judgeName(environment.name);
      if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
      verdicts.set(environment.name, verdict);
      return verdict;
    }
    for (const { pattern, matches } of globs) {
      const found = namesOf(environment).find(([, value]) => matches(value));
      if (found) return { isProduction: true, reason: `its ${found[0]} matches "${shown(pattern)}"` };
    }
    return { isProduction: false, reason: 'no configured name, slug, id or tag matches it' };
  }

  return {
    isConfigured: globs !== undefined,
    patterns: patterns ?? null,
    isProduction: (environment) => judge(environment).isProduction,
    explain: (environment) => judge(environment).reason,
  };
}

function namesOf(environment: ProductionCandidate): (readonly [kind: string, value: string])[] {
  const names: (readonly [string, string])[] = [
    ['name', environment.name],
    ['id', environment.id],
  ];
  if (environment.slug !== null) names.push(['slug', environment.slug]);
  for (const tag of environment.tags) names.push(['tag', tag]);
  return names;
}

function judgeName(name: string): Verdict {
  const words = wordsOf(name);
  let reason = 'no word of its name says production';
  let index = 0;
  while (index < words.length) {
    if (!isProductionWord(words[index])) {
      index += 1;
      continue;
    }
    // Production words in a row are one: in "Prod Live Test" the test stands beside both.
    const start = index;
    while (isProductionWord(words[index])) index += 1;
    const run = words.slice(start, index).join(' ');
    const opposing = [words[start - 1], words[index]].find((word) => OPPOSING_WORDS.has(word?.toLowerCase() ?? ''));
    if (opposing === undefined) return { isProduction: true, reason: `its name holds "${run}" as a word` };
    reason = `"${opposing}" stands beside "${run}" in its name`;
  }
  return { isProduction: false, reason };
}

function isProductionWord(word: string | undefined): boolean {
  return word !== undefined && PRODUCTION_WORDS.has(word.toLowerCase());
}

/**
 * The words of a name, without numbers: `01-ProdEU` is Prod, EU. Characters that cannot be seen are dropped first, and
 * compatibility forms (full-width letters) become plain ones, so that what reads as "Prod" is the word Prod.
 */
function wordsOf(name: string): string[] {
  const plain = name
    .slice(0, 400)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
  return plain.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}[\p{Ll}\p{M}]*|\p{Lu}|\p{Lo}+/gu) ?? [];
}

function shown(pattern: string): string {
  return truncate(printable(pattern), 80);
}

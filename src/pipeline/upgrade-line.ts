import { plural, printable, truncate } from '../lib/text.ts';
import type { ChangedRule, RuleChanges, Tally } from '../model/upgrade.ts';

/** A message of a channel holds more, but nobody reads it. */
const MOST_CHARACTERS = 900;
const MOST_NAME = 80;

/**
 * What a rule would have found: findings of the last 30 days, or API keys that meet it now; null where no event of those
 * days is stored, or no key was ever read.
 */
export type RuleCount = { readonly kind: 'findings' | 'keys'; readonly count: number | null };

/** What is told of a start: `counts` by rule; what has none is not in force any more. */
export type UpgradeFacts = {
  readonly version: string;
  readonly versionBefore: string | null;
  /** Null: which rules were in force before is not known. */
  readonly changes: RuleChanges | null;
  readonly counts: ReadonlyMap<string, RuleCount>;
};

/**
 * One line of at most 900 characters: `Octowatch 0.2.0 (was 0.1.0): 2 rules added (new_rule: 3 findings in the last 30 days,
 * other_rule: none), 1 changed (unused_api_key: 5 keys, before 4), 1 removed (old_rule). Nothing stored before this start
 * alerts.` Of each kind those that would have found most come first; what has no room is counted.
 */
export function describeUpgrade(facts: UpgradeFacts): string {
  const { version, versionBefore, changes } = facts;
  const was = versionBefore === null || versionBefore === version ? '' : ` (was ${printable(versionBefore)})`;
  const head = `Octowatch ${printable(version)}${was}:`;
  if (changes === null) return `${head} which rules were in force before is not known.`;
  const most = Math.max(changes.added.length, changes.changed.length, changes.removed.length);
  for (let room = most; ; room -= 1) {
    const line = `${head} ${partsOf(changes, facts.counts, room).join(', ')}.${endOf(changes)}`;
    if (line.length <= MOST_CHARACTERS || room === 0) return line;
  }
}

function partsOf(changes: RuleChanges, counts: UpgradeFacts['counts'], room: number): string[] {
  const speak = speaker(counts);
  const countOf = (rule: string) => counts.get(rule)?.count ?? -1;
  const added = changes.added.toSorted((a, b) => countOf(b) - countOf(a));
  const changed = changes.changed.toSorted((a, b) => countOf(b.rule) - countOf(a.rule));
  const parts = [
    ['added', added.slice(0, room).map(speak.added), added.length],
    ['changed', changed.slice(0, room).map(speak.changed), changed.length],
    ['removed', changes.removed.slice(0, room).map(shown), changes.removed.length],
  ] as const;
  const rules = parts
    .filter(([, , total]) => total > 0)
    .map(([what, named, total], index) => {
      const noun = index === 0 ? plural(total, 'rule') : String(total);
      return `${noun} ${what} (${withRest(named, total, what)})`;
    });
  const exceptions = tallied(changes.exceptions);
  return [...(rules.length > 0 ? rules : ['the rules are the same']), ...(exceptions === '' ? [] : [exceptions])];
}

/** Where the rest can be read: rules in force by the command, removed ones in the view only. */
function withRest(named: readonly string[], total: number, what: 'added' | 'changed' | 'removed'): string {
  const more = total - named.length;
  if (more === 0) return named.join(', ');
  const where =
    what === 'removed'
      ? 'octowatch query "SELECT * FROM rule_versions ORDER BY loaded_until DESC"'
      : 'octowatch rules list';
  return [...named, `${named.length > 0 ? 'and ' : ''}${more} more: ${where}`].join(', ');
}

/** Says what one rule found; what is counted is named where it is said first. */
function speaker(counts: UpgradeFacts['counts']) {
  let isSpanSaid = false;

  function found(rule: string): string {
    const of = counts.get(rule);
    if (!of) return 'not in force any more';
    if (of.count === null) return of.kind === 'keys' ? 'no key was read yet' : 'no stored history to count in';
    if (of.count === 0) return 'none';
    if (of.kind === 'keys') return plural(of.count, 'key');
    if (isSpanSaid) return String(of.count);
    isSpanSaid = true;
    return `${plural(of.count, 'finding')} in the last 30 days`;
  }

  return {
    added: (rule: string) => `${shown(rule)}: ${found(rule)}`,
    changed({ rule, isOn, before }: ChangedRule) {
      if (!isOn) return `${shown(rule)}: switched off`;
      return `${shown(rule)}: ${found(rule)}, ${before === null ? 'was switched off' : `before ${before}`}`;
    },
  };
}

function shown(rule: string): string {
  return printable(truncate(rule, MOST_NAME));
}

function tallied({ added, changed, removed }: Tally): string {
  const counts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const;
  const [first, ...others] = counts.filter(([count]) => count > 0);
  if (!first) return '';
  const rest = others.map(([count, what]) => `, ${count} ${what}`).join('');
  return `${plural(first[0], 'exception')} ${first[1]}${rest}`;
}

/** What was there before matters only where a rule could find it. */
function endOf({ added, changed }: RuleChanges): string {
  return added.length > 0 || changed.some((one) => one.isOn) ? ' Nothing stored before this start alerts.' : '';
}

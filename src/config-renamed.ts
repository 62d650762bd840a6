import { suggestion } from './lib/suggestion.ts';

/** A setting that has another name since a version: a path of octowatch.yaml (`calendar.hours`, `rules.my_rule`), or a variable. */
export type Renamed = { readonly from: string; readonly to: string; readonly since: string };

/**
 * What was renamed, for exact advice. A key of octowatch.yaml is its path, with `*` for what users name and for places in
 * lists. Old names are refused, not read: what stands in a file is what holds.
 */
export const RENAMED: readonly Renamed[] = [];

/** What to do about a setting of that name, which nothing reads: ` is now …`, or what was probably meant; else empty. */
export function adviceFor(
  name: string,
  path: readonly PropertyKey[],
  known: Iterable<string>,
  renamed = RENAMED,
): string {
  const steps = [...path.map(String), name];
  const old = renamed.find(({ from }) => isPath(from.split('.'), steps));
  if (old) return `: \`${old.from}\` is now \`${old.to}\` (since ${old.since}): rename it`;
  return suggestion(name, known);
}

function isPath(pattern: readonly string[], steps: readonly string[]): boolean {
  return pattern.length === steps.length && pattern.every((one, index) => one === '*' || one === steps[index]);
}

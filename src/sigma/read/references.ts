import type { RuleReference } from '../document.ts';
import { quoted, type Report } from '../mistakes.ts';
import type { Tree } from './source-tree.ts';

const MAX_REFERENCES = 1_000;

/** Ids or names of rules, one or a list; those that are none or stand twice are reported. */
export function readReferences(value: Tree, key: string, report: Report): RuleReference[] {
  const items = value.kind === 'list' ? value.items : [value];
  if (items.length > MAX_REFERENCES) {
    report(value.place, `\`${key}\` names more than ${MAX_REFERENCES} rules`);
    return [];
  }
  const references = items.flatMap((item) => {
    if (item.kind === 'scalar' && item.value !== null) return [{ reference: String(item.value), place: item.place }];
    report(item.place, `\`${key}\` takes the ids or names of rules`);
    return [];
  });
  const seen = new Set<string>();
  for (const { reference, place } of references) {
    const folded = reference.toLowerCase();
    if (seen.has(folded)) report(place, `${quoted(reference)} stands in \`${key}\` twice`);
    seen.add(folded);
  }
  return references;
}

import { RELATIONS, type RelatedRule } from '../document.ts';
import { quoted, type Report, suggestion } from '../mistakes.ts';
import { entryOf, type Tree } from './source-tree.ts';

/** The rules under `related`, each with its id and its kind of relation; what is neither is reported. */
export function readRelated(document: Tree, report: Report): RelatedRule[] {
  const value = entryOf(document, 'related')?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return [];
  if (value.kind !== 'list') {
    report(value.place, '`related` takes a list of rules, each with `id` and `type`');
    return [];
  }
  return value.items.flatMap((item) => {
    const id = textUnder(item, 'id');
    const type = textUnder(item, 'type');
    if (id === null || type === null) {
      report(item.place, 'a related rule has an `id` and a `type`');
      return [];
    }
    const relation = RELATIONS.find((known) => known === type);
    if (relation) return [{ id, type: relation }];
    const hint = suggestion(type, RELATIONS) || `: it is one of ${RELATIONS.join(', ')}`;
    report(entryOf(item, 'type')?.value.place ?? item.place, `unknown relation ${quoted(type)}${hint}`);
    return [];
  });
}

function textUnder(tree: Tree, key: string): string | null {
  const value = entryOf(tree, key)?.value;
  return value?.kind === 'scalar' && value.value !== null ? String(value.value) : null;
}

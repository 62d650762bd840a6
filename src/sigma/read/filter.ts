import type { FilterSection } from '../document.ts';
import { type Report, suggestion } from '../mistakes.ts';
import { readDetection } from './detection-section.ts';
import { readReferences } from './references.ts';
import { entryOf, type Tree } from './source-tree.ts';
import type { ValueReading } from './value-test.ts';

/** Reads the `filter` section of a document; null after a mistake. All mistakes are reported. */
export function readFilter(document: Tree, values: ValueReading, report: Report): FilterSection | null {
  const section = entryOf(document, 'filter')?.value;
  if (section?.kind !== 'map') {
    report(section?.place ?? document.place, '`filter` takes a map of `rules`, search identifiers and a `condition`');
    return null;
  }
  const rules = readRules(section, report);
  const reading = { section: 'filter', otherKeys: ['rules'], usedElsewhere: new Set<string>(), values };
  const detection = readDetection(section, reading, report);
  return rules && detection && { rules, detection };
}

function readRules(section: Tree & { kind: 'map' }, report: Report): FilterSection['rules'] | null {
  const entry = entryOf(section, 'rules');
  if (!entry || (entry.value.kind === 'list' && entry.value.items.length === 0)) {
    const stray = section.entries.find(({ key }) => key !== 'rules' && suggestion(key, ['rules']) !== '');
    const hint =
      !entry && stray ? `; \`${stray.key}\` stands in line ${stray.keyPlace.line}, did you mean \`rules\`?` : '';
    const message = `a filter needs \`rules\`: a list of ids or names, or \`any\` for all of its log source${hint}`;
    report(entry?.value.place ?? section.place, message);
    return null;
  }
  const { value } = entry;
  // pySigma also takes `all` for the same.
  if (value.kind === 'scalar' && /^(?:any|all)$/i.test(String(value.value))) return 'any';
  return readReferences(value, 'rules', report);
}

import type { Detection, Selection } from '../detection.ts';
import { type Place, quoted, type Report } from '../mistakes.ts';
import { type Condition, parseCondition, selectionsOf } from './condition.ts';
import { readSelection } from './selection.ts';
import { entryOf, type Tree } from './source-tree.ts';
import type { ValueReading } from './value-test.ts';

/** How a section with search identifiers and a condition is to be read. */
export type DetectionReading = {
  /** What the section is called in messages: `detection` or `filter`. */
  readonly section: string;
  /** Keys of the section that are no search identifiers. */
  readonly otherKeys: readonly string[];
  /** Identifiers that may be absent from the condition. */
  readonly usedElsewhere: ReadonlySet<string>;
  readonly values: ValueReading;
};

/** Reads a section of search identifiers with its condition; null after a mistake. All mistakes are reported. */
export function readDetection(tree: Tree, reading: DetectionReading, report: Report): Detection | null {
  const { section, usedElsewhere } = reading;
  if (tree.kind !== 'map') {
    report(tree.place, `\`${section}\` takes a map of search identifiers and a \`condition\``);
    return null;
  }
  const selections = new Map<string, Selection>();
  const identifiers = tree.entries.filter(({ key }) => key !== 'condition' && !reading.otherKeys.includes(key));
  for (const { key, value } of identifiers) {
    const selection = readSelection(value, reading.values, report);
    if (selection) selections.set(key, selection);
  }
  const names = new Set(identifiers.map((entry) => entry.key));
  if (names.size === 0) report(tree.place, `\`${section}\` has no search identifier`);
  const condition = readConditions(tree, names, section, report);
  if (!condition) return null;
  const used = new Set(selectionsOf(condition));
  for (const { key, keyPlace } of identifiers) {
    if (used.has(key) || usedElsewhere.has(key)) continue;
    report(keyPlace, `the identifier ${quoted(key)} is never used in the condition`);
  }
  return { selections, condition };
}

function readConditions(
  detection: Tree & { kind: 'map' },
  names: ReadonlySet<string>,
  section: string,
  report: Report,
): Condition | null {
  const entry = entryOf(detection, 'condition');
  if (!entry) {
    report(detection.place, `\`${section}\` has no \`condition\``);
    return null;
  }
  if (section === 'filter' && entry.value.kind === 'list') {
    report(entry.value.place, 'a filter has one condition, not a list');
    return null;
  }
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  if (items.length === 0) report(entry.value.place, 'the condition is an empty list');
  const conditions = items.map((item) => {
    if (item.kind !== 'scalar' || item.value === null) {
      report(item.place, 'a condition is text, such as `selection and not filter`');
      return null;
    }
    return parseCondition(String(item.value), names, (offset) => placeWithinText(item, offset), report);
  });
  const read = conditions.filter((condition) => condition !== null);
  if (read.length < conditions.length || read.length === 0) return null;
  const [only] = read;
  return read.length === 1 && only ? only : { kind: 'or', of: read };
}

/** The place of a character of a scalar: exact where the text stands there literally, else where the scalar begins. */
export function placeWithinText(item: Tree & { kind: 'scalar' }, offset: number): Place {
  if (!item.textPlace) return item.place;
  return { line: item.textPlace.line, column: item.textPlace.column + [...String(item.value).slice(0, offset)].length };
}

import { createHash } from 'node:crypto';
import { type DocumentHead, type LogSource, RULE_LEVELS, RULE_STATUSES, type SigmaDocument } from '../document.ts';
import { type Mistake, quoted, type Report, suggestion } from '../mistakes.ts';
import { readCorrelation } from './correlation.ts';
import { readDetection } from './detection-section.ts';
import { readFilter } from './filter.ts';
import type { Placeholders } from './placeholders.ts';
import { readRelated } from './related.ts';
import { entryOf, placeWithin, readSourceTree, type SourceDocument, type Tree, toPlain } from './source-tree.ts';
import { MAX_FORMS, type ValueReading } from './value-test.ts';
import { readLabel, readText, readTexts, readWord } from './values.ts';

export type ParseOptions = {
  /**
   * Names of search identifiers that custom attributes use, given those attributes: they may be absent from the
   * condition. Names that are not defined are none of the parser's business.
   */
  readonly usedElsewhere?: (custom: Readonly<Record<string, unknown>>) => readonly string[];
  /** What the placeholders of `expand` stand for, by name without the percent signs. */
  readonly placeholders?: Placeholders;
};

const STANDARD_KEYS: readonly string[] = [
  ...['title', 'id', 'related', 'name', 'taxonomy', 'status', 'description', 'license', 'author', 'references', 'date'],
  ...['modified', 'logsource', 'detection', 'fields', 'falsepositives', 'level', 'tags', 'scope'],
  ...['correlation', 'filter', 'generate'],
];
const LOGSOURCE_KEYS = ['product', 'service', 'category', 'definition'];
const MAX_MISTAKES = 1_000;
const KINDS = ['detection', 'correlation', 'filter'] as const;

/**
 * Reads a rule file of one or several YAML documents. `documents` holds those without mistakes; `mistakes` everything
 * wrong with the others, in the order of the file. `file` is only named in the mistakes, nothing is read from disk.
 */
export function parseSigmaFile(
  text: string,
  file: string,
  options: ParseOptions = {},
): { documents: SigmaDocument[]; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const { syntax, meaning } = reporters(file, mistakes);
  const documents: SigmaDocument[] = [];
  // A lone carriage return ends a line in YAML; the library would read on.
  const sources = readSourceTree(text.replace(/^\uFEFF/, '').replace(/\r(?!\n)/g, '\n'), syntax);
  const values: ValueReading = { placeholders: options.placeholders ?? new Map(), formsLeft: MAX_FORMS };
  for (const source of sources) {
    if (!source.tree) continue;
    const before = mistakes.length;
    const document = readDocument(source, source.tree, { file, options, values }, meaning);
    if (document && source.isSound && mistakes.length === before) documents.push(document);
  }
  if (sources.every((source) => source.tree === null) && mistakes.length === 0) {
    meaning({ line: 1, column: 1 }, 'the file holds no rule');
  }
  mistakes.sort((a, b) => a.line - b.line || a.column - b.column);
  return { documents, mistakes };
}

/**
 * Two collectors of mistakes. `syntax` takes one for each place, and at that place `meaning` takes none: it would be about
 * what was put in place of the unreadable. What an alias repeats is said once, and no more than a person would read.
 */
function reporters(file: string, mistakes: Mistake[]): { syntax: Report; meaning: Report } {
  const broken = new Set<string>();
  const said = new Set<string>();
  const add: Report = (place, message) => {
    if (mistakes.length > MAX_MISTAKES) return;
    const isLast = mistakes.length === MAX_MISTAKES;
    mistakes.push({ file, ...place, message: isLast ? 'there are more mistakes, which are not listed' : message });
  };
  return {
    syntax: (place, message) => {
      const at = `${place.line}:${place.column}`;
      if (!broken.has(at)) add(place, message);
      broken.add(at);
    },
    meaning: (place, message) => {
      const at = `${place.line}:${place.column}`;
      if (!broken.has(at) && !said.has(`${at} ${message}`)) add(place, message);
      said.add(`${at} ${message}`);
    },
  };
}

/** What all documents of a file are read with. */
type FileReading = { readonly file: string; readonly options: ParseOptions; readonly values: ValueReading };

function readDocument(
  source: SourceDocument,
  tree: Tree,
  { file, options, values }: FileReading,
  report: Report,
): SigmaDocument | null {
  if (tree.kind !== 'map') {
    report(tree.place, 'a rule is a map of attributes, beginning with `title`');
    return null;
  }
  const action = entryOf(tree, 'action');
  if (action && ['global', 'reset', 'repeat'].includes(String(toPlain(action.value)))) {
    report(action.keyPlace, 'rule collections (`action`) are no longer part of Sigma: write whole documents');
    return null;
  }
  const head = readHead(source, tree, file, report);
  const kinds = KINDS.filter((kind) => entryOf(tree, kind));
  const [kind, second] = kinds;
  if (second)
    report(entryOf(tree, second)?.keyPlace ?? tree.place, `a document has either \`${kind}\` or \`${second}\``);
  if (kind === 'correlation') {
    const correlation = readCorrelation(tree, report);
    return correlation && { ...head, kind, correlation };
  }
  const logsource = readLogSource(tree, report);
  if (kind === 'filter') {
    const filter = readFilter(tree, values, report);
    return logsource && filter && { ...head, kind, logsource, filter };
  }
  if (kind === undefined) {
    report(tree.place, `there is no \`detection\` (nor \`correlation\`, nor \`filter\`)${nearMiss(tree, 'detection')}`);
    return null;
  }
  const usedElsewhere = new Set(options.usedElsewhere?.(head.custom) ?? []);
  // `timeframe` belongs to the old aggregations, which are refused by their pipe; on its own it says nothing.
  const reading = { section: 'detection', otherKeys: ['timeframe'], usedElsewhere, values };
  const detection = readDetection(entryOf(tree, 'detection')?.value ?? tree, reading, report);
  return logsource && detection && { ...head, kind: 'rule', logsource, detection };
}

/** Points at the key that was meant, where a required one is missing: any other unknown key is a custom attribute. */
function nearMiss(tree: Tree, wanted: string): string {
  if (tree.kind !== 'map') return '';
  const stray = tree.entries.find(
    (entry) => !STANDARD_KEYS.includes(entry.key) && suggestion(entry.key, [wanted]) !== '',
  );
  return stray ? `; ${quoted(stray.key)} stands in line ${stray.keyPlace.line}${suggestion(stray.key, [wanted])}` : '';
}

function readHead(source: SourceDocument, tree: Tree & { kind: 'map' }, file: string, report: Report): DocumentHead {
  const title = readTitle(tree, report);
  const custom = tree.entries.filter((entry) => !STANDARD_KEYS.includes(entry.key));
  return {
    file,
    place: tree.place,
    title,
    id: readLabel(tree, 'id', report),
    name: readLabel(tree, 'name', report),
    status: readWord(tree, 'status', RULE_STATUSES, report),
    level: readWord(tree, 'level', RULE_LEVELS, report),
    description: readText(tree, 'description', report),
    author: readText(tree, 'author', report),
    date: readDate(tree, 'date', report),
    modified: readDate(tree, 'modified', report),
    references: readTexts(tree, 'references', report, false),
    tags: readTexts(tree, 'tags', report, false),
    falsepositives: readTexts(tree, 'falsepositives', report, true),
    related: readRelated(tree, report),
    taxonomy: readLabel(tree, 'taxonomy', report),
    license: readLabel(tree, 'license', report),
    scope: readTexts(tree, 'scope', report, true),
    fields: readTexts(tree, 'fields', report, true),
    custom: Object.fromEntries(custom.map((entry) => [entry.key, toPlain(entry.value)])),
    placeOf: (path) => placeWithin(tree, path),
    source: source.source,
    sha256: createHash('sha256').update(source.source).digest('hex'),
  };
}

function readTitle(tree: Tree, report: Report): string {
  const value = entryOf(tree, 'title')?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) {
    report(tree.place, `there is no \`title\`${nearMiss(tree, 'title')}`);
  }
  const title = readLabel(tree, 'title', report) ?? '';
  if (title.length > 256) report(value?.place ?? tree.place, 'the title is longer than 256 characters');
  return title;
}

function readDate(tree: Tree, key: string, report: Report): string | null {
  const date = readText(tree, key, report);
  if (date === null) return null;
  // Sigma 1 wrote dates with slashes, and rules of that time are still about.
  const match = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/.exec(date);
  const [year, month, day] = [Number(match?.[1]), Number(match?.[3]), Number(match?.[4])];
  const isThere =
    match && month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (isThere) return date;
  const problem = match
    ? `${quoted(date)} is no day of the calendar`
    : `takes a date as YYYY-MM-DD, not ${quoted(date)}`;
  report(entryOf(tree, key)?.value.place ?? tree.place, `\`${key}\`${match ? ':' : ''} ${problem}`);
  return null;
}

function readLogSource(tree: Tree, report: Report): LogSource | null {
  const entry = entryOf(tree, 'logsource');
  if (entry?.value.kind !== 'map') {
    const message = entry
      ? '`logsource` takes a map of product, service and category'
      : `there is no \`logsource\`${nearMiss(tree, 'logsource')}`;
    report(entry?.value.place ?? tree.place, message);
    return null;
  }
  let isSound = true;
  const note: Report = (place, message) => {
    isSound = false;
    report(place, message);
  };
  const read = (key: string): string | undefined => readLabel(entry.value, key, note) ?? undefined;
  const logsource = { product: read('product'), service: read('service'), category: read('category') };
  for (const { key, keyPlace } of entry.value.entries) {
    const hint = LOGSOURCE_KEYS.includes(key) ? '' : suggestion(key, LOGSOURCE_KEYS);
    if (hint !== '') note(keyPlace, `a log source has no ${quoted(key)}${hint}`);
  }
  if (isSound && Object.values(logsource).every((value) => value === undefined)) {
    note(entry.keyPlace, '`logsource` needs at least one of product, service and category');
  }
  return isSound ? logsource : null;
}

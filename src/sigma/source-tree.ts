import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { messageOf } from '../lib/errors.ts';
import { printable, truncate } from '../lib/text.ts';
import { type Place, quoted, type Report } from './mistakes.ts';

/** YAML with aliases and merge keys resolved, every part knowing its place. The rest of the engine sees only this. */
export type Tree =
  | { readonly kind: 'map'; readonly place: Place; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly place: Place; readonly items: readonly Tree[] }
  | { readonly kind: 'scalar'; readonly place: Place; readonly value: Scalar; readonly textPlace: Place | null };
/** `textPlace` is where the scalar's own characters begin when they stand there literally on one line, else null. */
export type Entry = { readonly key: string; readonly keyPlace: Place; readonly value: Tree };
export type Scalar = string | number | boolean | null;

/** One YAML document: its tree (null when it is empty or did not parse), whether all of it is as YAML wants it, its text. */
export type SourceDocument = { readonly tree: Tree | null; readonly isSound: boolean; readonly source: string };

/** A file larger than this is not read as rules at all. */
const MAX_FILE_CHARACTERS = 2_000_000;
/** Parts of one document after its aliases are followed: what stops an alias bomb, or an anchor that holds itself. */
const MAX_PARTS = 100_000;
/** What stops a file of brackets from exhausting the stack. */
const MAX_DEPTH = 200;
const TOO_MANY_PARTS = `the document has more than ${MAX_PARTS} parts once its aliases are followed`;

/** Reads every YAML document of a file. Mistakes go to `report`; a document with a mistake of syntax has no tree. */
export function readSourceTree(text: string, report: Report): SourceDocument[] {
  if (text.length > MAX_FILE_CHARACTERS) {
    report({ line: 1, column: 1 }, `the file is longer than ${MAX_FILE_CHARACTERS} characters`);
    return [];
  }
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let documents: readonly Document.Parsed[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: '1.2',
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    const isStackSpent = error instanceof RangeError;
    report({ line: 1, column: 1 }, isStackSpent ? 'the file is nested too deeply' : `not YAML: ${messageOf(error)}`);
    return [];
  }
  return documents.map((document) => readDocument(document, text, placeAt, report));
}

function readDocument(
  document: Document.Parsed,
  text: string,
  placeAt: (offset: number) => Place,
  report: Report,
): SourceDocument {
  const [start, , end] = document.range;
  const contents: Node | null = document.contents;
  // Without its separator, so that a document is the same text wherever it stands in a file.
  const source = text
    .slice(start, end)
    .trim()
    .replace(/^---[ \t]*(?:\r?\n|$)/, '')
    .trimStart();
  for (const error of [...document.errors, ...document.warnings]) {
    const isDuplicate = error.code === 'DUPLICATE_KEY';
    report(
      placeAt(error.pos[0]),
      isDuplicate ? 'this key stands in the same map twice' : `not YAML: ${printable(truncate(messageOf(error), 200))}`,
    );
  }
  const isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const isSound = document.errors.length + document.warnings.length === 0;
  if (isBroken || contents === null) return { tree: null, isSound, source };
  const reader = new TreeReader(text, placeAt);
  try {
    return { tree: reader.read(contents, 0), isSound, source };
  } catch (error) {
    if (!(error instanceof UnreadableTree)) throw error;
    report(error.place, error.message);
    return { tree: null, isSound: false, source };
  }
}

class UnreadableTree extends Error {
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

class TreeReader {
  readonly #text: string;
  readonly #placeAt: (offset: number) => Place;
  /** Kept here because the library looks through the whole document for each alias. The latest anchor of a name counts. */
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #parts = 0;

  constructor(text: string, placeAt: (offset: number) => Place) {
    this.#text = text;
    this.#placeAt = placeAt;
  }

  read(node: Node, depth: number): Tree {
    const offset = node.range?.[0] ?? 0;
    const place = this.#placeAt(offset);
    this.#parts += 1;
    if (this.#parts > MAX_PARTS) throw new UnreadableTree(place, TOO_MANY_PARTS);
    if (depth > MAX_DEPTH) throw new UnreadableTree(place, 'the document is nested too deeply');
    if (isAlias(node)) return this.#follow(node, place, depth);
    if (node.anchor !== undefined && this.#open.size === 0) this.#anchors.set(node.anchor, node);
    if (isMap<Node, Node | null>(node)) {
      return { kind: 'map', place, entries: this.#entries(node.items, place, depth) };
    }
    if (isSeq<Node>(node)) return { kind: 'list', place, items: node.items.map((item) => this.read(item, depth + 1)) };
    if (!isScalar(node)) throw new UnreadableTree(place, 'this kind of YAML is not used in rules');
    const { value } = node;
    const isKnown =
      value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
    if (!isKnown) throw new UnreadableTree(place, `a value of this kind (${typeof value}) is not used in rules`);
    return { kind: 'scalar', place, value, textPlace: this.#textPlace(offset, value) };
  }

  #follow(alias: Alias, place: Place, depth: number): Tree {
    const target = this.#anchors.get(alias.source);
    if (!target) throw new UnreadableTree(place, `there is no anchor ${quoted(`&${alias.source}`)} before this alias`);
    if (this.#open.has(target))
      throw new UnreadableTree(place, `the anchor ${quoted(`&${alias.source}`)} contains itself`);
    this.#open.add(target);
    const tree = this.read(target, depth + 1);
    this.#open.delete(target);
    return tree;
  }

  #entries(items: readonly { key: Node; value: Node | null }[], place: Place, depth: number): Entry[] {
    const entries: Entry[] = [];
    const merged: Entry[] = [];
    for (const { key, value } of items) {
      const keyTree = this.read(key, depth + 1);
      if (keyTree.kind !== 'scalar') throw new UnreadableTree(keyTree.place, 'a key must be plain text');
      const valueTree: Tree = value
        ? this.read(value, depth + 1)
        : { kind: 'scalar', place: keyTree.place, value: null, textPlace: null };
      if (keyTree.value === '<<') merged.push(...mergedEntries(valueTree));
      else entries.push({ key: String(keyTree.value ?? ''), keyPlace: keyTree.place, value: valueTree });
    }
    this.#parts += merged.length;
    if (this.#parts > MAX_PARTS) throw new UnreadableTree(place, TOO_MANY_PARTS);
    const own = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  #textPlace(offset: number, value: Scalar): Place | null {
    if (typeof value !== 'string' || value.includes('\n')) return null;
    for (const skipped of [0, 1]) {
      if (this.#text.startsWith(value, offset + skipped)) return this.#placeAt(offset + skipped);
    }
    return null;
  }
}

function mergedEntries(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries;
  if (tree.kind === 'list') return tree.items.flatMap((item) => (item.kind === 'map' ? item.entries : []));
  throw new UnreadableTree(tree.place, 'a merge key (`<<`) takes a map');
}

export function entryOf(tree: Tree, key: string): Entry | null {
  if (tree.kind !== 'map') return null;
  return tree.entries.find((entry) => entry.key === key) ?? null;
}

/** The tree as plain values. Keys such as `__proto__` become ordinary own properties. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  return Object.fromEntries(tree.entries.map((entry) => [entry.key, toPlain(entry.value)]));
}

/** The place of what stands at `path`; when the path leaves the tree, that of the last part that is there. */
export function placeWithin(tree: Tree, path: readonly (string | number)[]): Place {
  let current = tree;
  let place = tree.place;
  for (const step of path) {
    if (current.kind === 'map') {
      const entry = entryOf(current, String(step));
      if (!entry) return place;
      place = entry.keyPlace;
      current = entry.value;
    } else if (current.kind === 'list') {
      const item = current.items[Number(step)];
      if (!item) return place;
      place = item.place;
      current = item;
    } else return place;
  }
  return place;
}

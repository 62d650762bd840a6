import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Place, quoted, type Report } from '../mistakes.ts';
import { describeYamlError } from './yaml-mistakes.ts';
import { readYamlStream } from './yaml-stream.ts';

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

/** Parts of one document after its aliases are followed: what stops an alias bomb, or an anchor that holds itself. */
const MAX_PARTS = 100_000;
const MAX_DEPTH = 200;
const TOO_MANY_PARTS = `the document has more than ${MAX_PARTS} parts once its aliases are followed`;
/** What YAML allows nowhere. The library takes it; a file that has it is none of text, or not one in UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/;

/** Reads every YAML document of a file. Mistakes go to `report`; a document with a mistake of syntax has no tree. */
export function readSourceTree(text: string, report: Report): SourceDocument[] {
  const stream = readYamlStream(text);
  if ('refusal' in stream) {
    report(stream.place, stream.refusal);
    return [];
  }
  return stream.documents.map((document) => readDocument(document, text, stream.placeAt, report));
}

function readDocument(
  document: Document.Parsed,
  text: string,
  placeAt: (offset: number) => Place,
  report: Report,
): SourceDocument {
  const [start, , end] = document.range;
  const contents: Node | null = document.contents;
  const whole = text.slice(start, end);
  // Without its separator, so that a document is the same text wherever it stands in a file.
  const source = whole
    .trim()
    .replace(/^---[ \t]*(?:\r?\n|$)/, '')
    .trimStart();
  const notText = NOT_TEXT.exec(whole);
  if (notText) {
    const code = (notText[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    report(placeAt(start + notText.index), `a control character (U+${code}): a rule file is plain text in UTF-8`);
    return { tree: null, isSound: false, source };
  }
  for (const error of [...document.errors, ...document.warnings]) {
    const { offset, message } = describeYamlError(error, document, text);
    report(placeAt(offset), message);
  }
  const isSound = document.errors.length + document.warnings.length === 0;
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null && !contents.source);
  if (document.errors.length > 0 || isEmpty) return { tree: null, isSound, source };
  const reader = new TreeReader(text, placeAt, report);
  try {
    const tree = reader.read(contents, 0);
    return { tree, isSound: isSound && reader.isSound, source };
  } catch (error) {
    if (!(error instanceof UnreadableTree)) throw error;
    report(error.place, error.message);
    return { tree: null, isSound: false, source };
  }
}

/** What makes it pointless to read on, unlike a mistake at one place. */
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
  /** Kept because aliases of one long text would compare it with the source again and again. */
  readonly #scalars = new Map<Node, Tree>();
  readonly #report: Report;
  #parts = 0;
  isSound = true;

  constructor(text: string, placeAt: (offset: number) => Place, report: Report) {
    this.#text = text;
    this.#placeAt = placeAt;
    this.#report = report;
  }

  /** Reports a mistake and gives something in place of what cannot be read, so that the rest of it is. */
  #mistake(place: Place, message: string): Tree {
    this.isSound = false;
    this.#report(place, message);
    return { kind: 'scalar', place, value: '', textPlace: null };
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
    const value = isScalar(node) ? node.value : undefined;
    const isKnown =
      value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
    if (!isKnown) return this.#mistake(place, 'a value of this kind is not used in rules');
    const scalar = this.#scalars.get(node) ?? {
      kind: 'scalar' as const,
      place,
      value,
      textPlace: this.#textPlace(offset, value),
    };
    this.#scalars.set(node, scalar);
    return scalar;
  }

  #follow(alias: Alias, place: Place, depth: number): Tree {
    const target = this.#anchors.get(alias.source);
    if (!target) {
      const meant = 'put a text that begins with `*` in quotation marks';
      return this.#mistake(place, `there is no anchor ${quoted(`&${alias.source}`)} before this alias; ${meant}`);
    }
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
    const keys = new Set<string>();
    for (const { key, value } of items) {
      const keyTree = this.read(key, depth + 1);
      const valueTree: Tree = value
        ? this.read(value, depth + 1)
        : { kind: 'scalar', place: keyTree.place, value: null, textPlace: null };
      const isText = keyTree.kind === 'scalar';
      if (!isText) this.#mistake(keyTree.place, 'a key must be plain text');
      const name = isText ? String(keyTree.value ?? '') : '?';
      if (isText && keys.has(name)) this.#mistake(keyTree.place, 'this key stands in the same map twice');
      keys.add(name);
      if (name === '<<') merged.push(...this.#mergedEntries(valueTree));
      else entries.push({ key: name, keyPlace: keyTree.place, value: valueTree });
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

  #mergedEntries(tree: Tree): readonly Entry[] {
    const maps = tree.kind === 'list' ? tree.items : [tree];
    return maps.flatMap((map) => {
      if (map.kind === 'map') return map.entries;
      const value = this.#mistake(map.place, 'a merge key (`<<`) takes a map or a list of maps');
      return [{ key: '?', keyPlace: map.place, value }];
    });
  }

  #textPlace(offset: number, value: Scalar): Place | null {
    if (typeof value !== 'string' || value.includes('\n')) return null;
    for (const skipped of [0, 1]) {
      if (this.#text.startsWith(value, offset + skipped)) return this.#placeAt(offset + skipped);
    }
    return null;
  }
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

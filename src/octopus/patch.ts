import { isJsonObject } from './json.ts';

/** One operation of a JSON Patch (RFC 6902), its pointers taken apart. `segments` is null when it cannot be read. */
export type PatchOperation = {
  readonly op: string;
  readonly segments: readonly string[];
  readonly from: readonly string[] | null;
  readonly value: unknown;
};

/** More operations than any person's edit makes; guards the quadratic parts of resolving them. */
const MAX_OPERATIONS = 20_000;

/** Reads `Differences` (FACT octopus-api 3.1: an array of `{path, op, value}`); null when any part cannot be read. */
export function parseOperations(differences: unknown): readonly PatchOperation[] | null {
  if (!Array.isArray(differences) || differences.length > MAX_OPERATIONS) return null;
  const operations: PatchOperation[] = [];
  for (const element of differences as readonly unknown[]) {
    if (!isJsonObject(element)) return null;
    const { op, path, from } = element;
    if (typeof op !== 'string' || typeof path !== 'string') return null;
    const segments = parsePointer(path);
    const fromSegments = typeof from === 'string' ? parsePointer(from) : null;
    if (segments === null) return null;
    operations.push({ op: op.toLowerCase(), segments, from: fromSegments, value: element['value'] });
  }
  return operations;
}

function parsePointer(pointer: string): readonly string[] | null {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || pointer.length > 2000) return null;
  const segments = pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  return segments.some((segment) => segment === '__proto__') ? null : segments;
}

/** The value at `segments` below `root`; undefined when there is none. */
export function valueAt(root: unknown, segments: readonly string[]): unknown {
  let value = root;
  for (const segment of segments) {
    if (Array.isArray(value)) value = value[indexOf(segment, value.length)];
    else if (isJsonObject(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
  }
  return value;
}

/**
 * Applies an add, replace or remove inside `root`, changing it. False when there is no such place or the operation is
 * of another kind.
 */
export function applyInside(root: unknown, segments: readonly string[], op: string, value: unknown): boolean {
  const key = segments.at(-1);
  const parent = valueAt(root, segments.slice(0, -1));
  if (key === undefined || (op !== 'add' && op !== 'replace' && op !== 'remove')) return false;
  if (Array.isArray(parent)) {
    const index = op === 'add' && key === '-' ? parent.length : indexOf(key, parent.length);
    if (index < 0) return false;
    if (op === 'add') parent.splice(index, 0, value);
    else if (index >= parent.length) return false;
    else if (op === 'replace') parent[index] = value;
    else parent.splice(index, 1);
    return true;
  }
  if (typeof parent !== 'object' || parent === null) return false;
  if (op === 'remove') return Reflect.deleteProperty(parent, key);
  return Reflect.set(parent, key, value);
}

/** A segment as an array index up to and including `length`; -1 when it is none. */
export function indexOf(segment: string, length: number): number {
  if (!/^\d{1,6}$/.test(segment)) return -1;
  const index = Number(segment);
  return index <= length ? index : -1;
}

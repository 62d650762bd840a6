import { MAX_RECORD_DEPTH, recordKeyOf } from './compile.ts';
import { compileField, type FieldReader, type SigmaRecord } from './fields.ts';
import type { RequiredEqualities } from './required-equality.ts';

/** Something with a condition that can be looked up by the values it cannot do without. */
export type Dispatchable = { readonly required: RequiredEqualities };

/** Remembers which candidates a raw value leads to, so that folding it costs nothing the next time. */
const MAX_REMEMBERED = 4_096;

/**
 * Finds the candidates a record may match without asking each: those that need one of some values of a field are filed
 * under these values, the rest are always candidates. Nothing is allocated for a value seen before.
 */
export class Dispatch<T extends Dispatchable> {
  readonly #always: readonly T[];
  readonly #files: readonly ValueFile<T>[];

  constructor(candidates: readonly T[]) {
    const fields = choosesField(candidates);
    this.#always = candidates.filter((candidate) => !fields.has(candidate));
    const names = [...new Set(fields.values())];
    this.#files = names.map(
      (name) =>
        new ValueFile(
          name,
          candidates.filter((one) => fields.get(one) === name),
        ),
    );
  }

  /** Calls `visit` for every candidate the record may match, each once unless an array holds several of its values. */
  visit(record: SigmaRecord, visit: (candidate: T) => void): void {
    for (const candidate of this.#always) visit(candidate);
    for (const file of this.#files) file.visit(record, visit);
  }
}

/** Each candidate goes by the field most candidates have in common, so that few lookups serve all. */
function choosesField<T extends Dispatchable>(candidates: readonly T[]): Map<T, string> {
  const counts = new Map<string, number>();
  for (const { required } of candidates) {
    for (const field of required.keys()) counts.set(field, (counts.get(field) ?? 0) + 1);
  }
  const chosen = new Map<T, string>();
  for (const candidate of candidates) {
    let best: string | null = null;
    for (const field of candidate.required.keys()) {
      if (best === null || (counts.get(field) ?? 0) > (counts.get(best) ?? 0)) best = field;
    }
    if (best !== null) chosen.set(candidate, best);
  }
  return chosen;
}

class ValueFile<T extends Dispatchable> {
  readonly #read: FieldReader;
  readonly #byKey = new Map<string, T[]>();
  readonly #byRawValue = new Map<unknown, readonly T[]>();

  constructor(field: string, candidates: readonly T[]) {
    this.#read = compileField(field);
    for (const candidate of candidates) {
      for (const key of candidate.required.get(field) ?? []) {
        const filed = this.#byKey.get(key);
        if (filed) filed.push(candidate);
        else this.#byKey.set(key, [candidate]);
      }
    }
  }

  visit(record: SigmaRecord, visit: (candidate: T) => void): void {
    this.#visitValue(this.#read(record), visit, 0);
  }

  #visitValue(value: unknown, visit: (candidate: T) => void, depth: number): void {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) {
      if (depth > MAX_RECORD_DEPTH) return;
      for (const element of value) this.#visitValue(element, visit, depth + 1);
      return;
    }
    for (const candidate of this.#byRawValue.get(value) ?? this.#lookUp(value)) visit(candidate);
  }

  #lookUp(value: unknown): readonly T[] {
    const key = recordKeyOf(value);
    if (key === null) return [];
    const found = this.#byKey.get(key) ?? [];
    if (this.#byRawValue.size >= MAX_REMEMBERED) this.#byRawValue.clear();
    if (key.length <= 200) this.#byRawValue.set(value, found);
    return found;
  }
}

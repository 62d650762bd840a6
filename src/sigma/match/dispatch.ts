import { compileFieldTest, type SigmaRecord } from './fields.ts';
import type { RequiredEqualities } from './required-equality.ts';
import { ValueTable } from './value-table.ts';

/** Something with a condition that can be looked up by the values it cannot do without. */
export type Dispatchable = { readonly required: RequiredEqualities };

/**
 * Finds the candidates a record may match without asking each: those that need one of some values of a field are filed
 * under these values, the rest are always candidates. Nothing is allocated for a record, whatever values it has.
 */
export class Dispatch<T extends Dispatchable> {
  readonly #always: readonly T[];
  readonly #files: readonly ((record: SigmaRecord) => boolean)[];
  #visit: (candidate: T) => void = () => {};

  constructor(candidates: readonly T[]) {
    const fields = chooseFields(candidates);
    this.#always = candidates.filter((candidate) => !fields.has(candidate));
    this.#files = [...new Set(fields.values())].map((field) =>
      this.#fileOf(
        field,
        candidates.filter((one) => fields.get(one) === field),
      ),
    );
  }

  /** Calls `visit` for every candidate the record may match, each once unless an array holds several of its values. */
  visit(record: SigmaRecord, visit: (candidate: T) => void): void {
    this.#visit = visit;
    for (const candidate of this.#always) visit(candidate);
    for (const look of this.#files) look(record);
  }

  /** Looks every value of a field up. It is a test that never holds, so that it goes on to the last value. */
  #fileOf(field: string, candidates: readonly T[]): (record: SigmaRecord) => boolean {
    const byKey = new Map<string, T[]>();
    for (const candidate of candidates) {
      for (const key of candidate.required.get(field) ?? []) {
        const filed = byKey.get(key);
        if (filed) filed.push(candidate);
        else byKey.set(key, [candidate]);
      }
    }
    const table = new ValueTable(byKey);
    return compileFieldTest(field, (value) => {
      for (const candidate of table.find(value)) this.#visit(candidate);
      return false;
    });
  }
}

/** Each candidate goes by the field most candidates have in common, so that few lookups serve all. */
function chooseFields<T extends Dispatchable>(candidates: readonly T[]): Map<T, string> {
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

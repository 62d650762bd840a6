import { OctopusError } from './errors.ts';
import type { ListRead } from './list.ts';

export type Outcome<T> = {
  readonly found: readonly T[];
  readonly isWhole: boolean;
  /** Why the list could not be read at all; null when it was. */
  readonly error: OctopusError | null;
};

/** Reads a list leniently: bad elements and failures become problems; only a refused key is thrown. */
export function createListReader(problems: string[]) {
  return async function list<T>(
    what: string,
    read: () => Promise<ListRead>,
    parse: (element: unknown) => T | null,
    isExpected: (error: OctopusError) => boolean = () => false,
  ): Promise<Outcome<T>> {
    try {
      const { elements, isWhole } = await read();
      const parsed = elements.map(parse);
      const found = parsed.filter((element): element is Awaited<T> & NonNullable<T> => element !== null);
      const badCount = parsed.length - found.length;
      if (badCount > 0) problems.push(`${what}: ${badCount} of ${parsed.length} could not be read and were left out`);
      if (!isWhole) problems.push(`${what}: the server counted more than it gave`);
      return { found, isWhole: isWhole && badCount === 0, error: null };
    } catch (error) {
      if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
      if (!isExpected(error)) problems.push(`${what}: ${error.message}`);
      return { found: [], isWhole: false, error };
    }
  };
}

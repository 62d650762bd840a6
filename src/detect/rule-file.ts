import { readFileSync } from 'node:fs';
import { parseSigmaFile } from '../sigma/index.ts';
import { selectionsInAttributes } from './attributes.ts';

type Parsed = ReturnType<typeof parseSigmaFile>;
export type PlaceholderValues = ReadonlyMap<string, readonly (string | number)[]>;

/**
 * What each file held when it was read last. Parsing is most of the work of loading rules (some milliseconds a file), and
 * who loads them again, as tests do many hundred times, nearly always finds the same text. What was read is never changed.
 */
const lastRead = new Map<string, { readonly rests: string; readonly parsed: Parsed }>();

/** Reads and parses a rule file; throws the error of the file system when it cannot be read. */
export function readRuleFile(file: string, placeholders: PlaceholderValues): Parsed {
  const text = readFileSync(file, 'utf8');
  const rests = JSON.stringify([text, [...placeholders]]);
  const known = lastRead.get(file);
  if (known?.rests === rests) return known.parsed;
  const parsed = parseSigmaFile(text, file, { usedElsewhere: selectionsInAttributes, placeholders });
  lastRead.set(file, { rests, parsed });
  return parsed;
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, UsageError } from '../lib/errors.ts';
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

/** The rule files of a folder, its own folders included, or the one file. Throws UsageError when it cannot be read. */
export function listRuleFiles(place: string): string[] {
  try {
    if (statSync(place).isFile()) return [place];
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ya?ml$/.test(file))
      .sort()
      .map((file) => path.join(place, file));
  } catch (error) {
    throw new UsageError(`cannot read the rules in ${place}: ${messageOf(error)}`, {
      hint: 'OCTOWATCH_RULES or --rules takes folders or files, separated by commas.',
    });
  }
}

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { KEYS_FIELDS, keysFile } from './config-keys-file.ts';
import { configPath, type Environment } from './config-sources.ts';
import { type Place, type PlacedYaml, readPlacedYaml, type YamlPath } from './config-yaml.ts';
import { parseWeeklyHours } from './enrich/index.ts';
import { messageOf } from './lib/errors.ts';
import { suggestion } from './lib/suggestion.ts';
import { quoted } from './lib/text.ts';
import type { KeyRegister, RegisterEntry } from './model/register.ts';

/** The owner of an entry that nobody answers for yet, as `keys --init` writes it. */
export const UNASSIGNED = 'unassigned';

const DEFAULT_NAME = 'keys.yml';
/** INF: keys are `API-` and more than 20 capitals and digits; their hints show far fewer. */
const LIKE_A_KEY = /\bAPI-[A-Z0-9]{16,}/gi;

/**
 * The absolute path of the key register, whether it exists or not: `OCTOWATCH_KEYS`, else `keysFile` of octowatch.yaml,
 * else `keys.yml` beside it. `namedBy` is the setting that asks for that file; null for none.
 */
export function keysPath(
  env: Environment,
  cwd: string,
  keysFile: string | undefined,
): { readonly file: string; readonly namedBy: 'OCTOWATCH_KEYS' | 'keysFile' | null } {
  const named = env['OCTOWATCH_KEYS'];
  if (named) return { file: path.resolve(cwd, named), namedBy: 'OCTOWATCH_KEYS' };
  const folder = path.dirname(configPath(env, cwd));
  return { file: path.resolve(folder, keysFile ?? DEFAULT_NAME), namedBy: keysFile === undefined ? null : 'keysFile' };
}

type Report = (place: Place, message: string) => void;

/**
 * Reads and checks the key register; null when the file does not exist. Every mistake goes to `mistakes`, in the order of
 * the file, as `file:line:column: what is wrong`; none quotes what may be a secret.
 */
export function readKeyRegister(file: string, mistakes: string[]): KeyRegister | null {
  if (!existsSync(file)) return null;
  const found: (Place & { readonly message: string })[] = [];
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    mistakes.push(`${file}: cannot be read: ${messageOf(error)}`);
    return null;
  }
  const register = parseRegister(source, path.basename(file), (place, message) => found.push({ ...place, message }));
  found.sort((a, b) => a.line - b.line || a.column - b.column);
  mistakes.push(...found.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`));
  return found.length > 0 ? null : register;
}

function parseRegister(source: string, name: string, report: Report): KeyRegister | null {
  // Masked before anything reads it: no other mistake may quote a secret.
  const masked = maskSecrets(source, (offset) => {
    const before = source.slice(0, offset).split('\n');
    report(
      { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
      'looks like an API key: the register names keys by account, purpose, id or hint and never holds one',
    );
  });
  const yaml = readPlacedYaml(masked, report);
  if (yaml === null) return null;
  const read = keysFile.safeParse(yaml.data ?? {});
  for (const issue of read.error?.issues ?? []) {
    const at = issue.path as YamlPath;
    if (issue.code === 'unrecognized_keys') {
      for (const field of issue.keys)
        report(yaml.placeOfField([...at, field]), `unknown field ${quoted(field)}${suggestion(field, fieldsAt(at))}`);
    } else report(yaml.placeOf(at), `${nameOf(at)}${issue.message}`);
  }
  // Read also where other fields are wrong, so that all mistakes are told at once.
  const hours = hoursOf(yaml, report);
  if (!read.success) return null;
  const entries = read.data.keys.map(({ rotate, owner, match, ...said }, index): RegisterEntry => {
    const { system = null, purpose = null, stored = null, breaks = null } = said;
    const { may = null, networks = null, environments = null } = said;
    return {
      place: `${name}:${yaml.placeOf(['keys', index]).line}`,
      match,
      owner: owner === UNASSIGNED ? null : owner,
      ...{ system, purpose, stored, breaks, may, networks, environments },
      hours: hours[index] ?? null,
      rotateDays: rotate ?? null,
    };
  });
  return { sha256: createHash('sha256').update(source).digest('hex'), entries };
}

/** The hours of each entry, whatever else is wrong with it. */
function hoursOf(yaml: PlacedYaml, report: Report): RegisterEntry['hours'][] {
  const keys = (yaml.data as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) return [];
  return keys.map((entry: unknown, index) => {
    const hours = (entry as { hours?: unknown } | null)?.hours;
    if (hours === undefined) return null;
    if (hours === 'business') return 'business';
    const parsed = parseWeeklyHours(hours, 'hours');
    if (parsed.ok) return parsed.value;
    for (const { path: place, message } of parsed.mistakes) {
      const day = place.slice('hours.'.length);
      const isWhole = day === '';
      const advice = isWhole ? ', or be `business`' : '';
      const at = ['keys', index, 'hours'];
      report(
        isWhole ? yaml.placeOf(at) : yaml.placeOfField([...at, day]),
        `\`hours\` ${isWhole ? '' : `${quoted(day)} `}${message}${advice}`,
      );
    }
    return null;
  });
}

/**
 * A text with what looks like an API key behind its first four characters replaced by as many stars; `onFound` gets the
 * offset of each. A long word in small letters, as in `rest-api-authentication`, is none.
 */
export function maskSecrets(text: string, onFound?: (offset: number) => void): string {
  return text.replace(LIKE_A_KEY, (found, offset: number) => {
    if (/[a-z]/.test(found) && !/\d/.test(found)) return found;
    onFound?.(offset);
    return `API-${'*'.repeat(found.length - 4)}`;
  });
}

function fieldsAt(at: YamlPath): readonly string[] {
  if (at.length === 0) return KEYS_FIELDS.top;
  return at.at(-1) === 'match' ? KEYS_FIELDS.match : KEYS_FIELDS.entry;
}

/** The field a mistake is about, before what is wrong with it. */
function nameOf(at: YamlPath): string {
  const field = at.findLast((step) => typeof step === 'string');
  return field === undefined || (at.length === 2 && at[0] === 'keys') ? '' : `\`${field}\` `;
}

import { createHash } from 'node:crypto';
import type { ConfigFile } from './config-file.ts';
import { TAXONOMY_VERSION } from './enrich/index.ts';

/** What derived columns and findings rest on, as JSON, and its SHA-256; no secret is in it. */
export type ConfigDescription = {
  readonly sha256: string;
  readonly description: string;
  /** SHA-256 of what was configured alone: another version of the program does not change it. */
  readonly settingsSha256: string;
};

/** What of a description decides about the derived columns of events, by the words people know it by. */
const JUDGING = {
  zone: 'time zone',
  calendar: 'calendar',
  calendars: 'calendars',
  holidayFiles: 'files of holidays',
  changeWindows: 'change windows',
  production: 'production',
} as const;

/**
 * Describes a configuration. What is not there is left out or null, so that a configuration without it keeps the hash
 * it had before there was such a thing.
 */
export function describeConfig(parts: {
  readonly zoneName: string;
  readonly file: ConfigFile;
  /** SHA-256 of each file of holidays, by its name. */
  readonly holidayFiles: Readonly<Record<string, string>>;
  readonly registerSha256: string | null;
}): ConfigDescription {
  const { file, holidayFiles, registerSha256, zoneName } = parts;
  const settings = {
    zone: zoneName,
    calendar: file.calendar ?? null,
    production: file.production ?? null,
    rules: file.rules ?? null,
    ...(file.calendars?.length ? { calendars: file.calendars } : {}),
    ...(file.changeWindows?.length ? { changeWindows: file.changeWindows } : {}),
    ...(Object.keys(holidayFiles).length > 0 ? { holidayFiles } : {}),
    ...(file.placeholders ? { placeholders: file.placeholders } : {}),
    ...(registerSha256 === null ? {} : { keys: registerSha256 }),
  };
  const description = JSON.stringify({ taxonomy: TAXONOMY_VERSION, ...settings });
  return { description, sha256: sha256(description), settingsSha256: sha256(JSON.stringify(settings)) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * In what two descriptions judge events otherwise, in words (`time zone`, `production`, …); empty when they judge alike.
 */
export function judgingDifferences(before: string, after: string): string[] {
  const old = parse(before);
  const current = parse(after);
  return Object.entries(JUDGING).flatMap(([part, words]) =>
    JSON.stringify(old[part] ?? null) === JSON.stringify(current[part] ?? null) ? [] : [words],
  );
}

function parse(description: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(description) as Record<string, unknown>;
  } catch {
    return {};
  }
}

import { z } from 'zod';
import { parseLocalDate } from '../lib/local-date.ts';
import { printable, truncate } from '../lib/text.ts';
import { startOfDay, type Zone } from '../lib/zone.ts';
import type { CompiledFilter, LogSource, SigmaFilter, TimeSpan } from '../sigma/index.ts';

/** An exception may be given for no longer than this, so that somebody looks at it again. */
const MAX_DAYS = 365;

/** Who answers for an exception, why, and when it holds: the `octowatch` attributes of a filter (docs/exceptions.md). */
export type ExceptionTerms = {
  readonly owner: string;
  readonly approvedBy: string;
  readonly reason: string;
  readonly ticket: string | null;
  /** As it was written: a local date or an instant. */
  readonly from: string;
  /** The last local day on which it acts, YYYY-MM-DD. */
  readonly expires: string;
  /** The event times it acts on. */
  readonly inForce: TimeSpan;
};

/** An exception of a rule pack. `name` is what signals it hid are `suppressed_by`. */
export type RuleException = ExceptionTerms & {
  readonly name: string;
  readonly title: string;
  readonly file: string;
  readonly sha256: string;
  /** Names of the rules it hides matches of. */
  readonly rules: readonly string[];
};

export type ExceptionState = 'active' | 'expired' | 'not yet';

type TermMistake = { readonly path: readonly string[]; readonly message: string };

const text = z.string().trim().min(1, 'must not be empty');

const terms = z.strictObject({
  owner: text.describe('Who answers for the exception and is asked when it is about to end.'),
  approved_by: text.describe('Who agreed to it; somebody else than the owner.'),
  reason: text.describe('Why it is right that these matches alert nobody.'),
  ticket: z
    .union([text, z.number().transform(String)], 'takes text')
    .optional()
    .describe('Where it was asked for, such as CHG-1234.'),
  from: text.describe(
    'From when on it acts, by the time of the event: a local date, or an instant such as 2026-11-23T09:00:00Z.',
  ),
  expires: text.describe('The last local day on which it acts, YYYY-MM-DD; at most 365 days after `from`.'),
});

const DAY = { pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', patternErrorMessage: 'A date is written as YYYY-MM-DD.' };

const REQUIRED = ['owner', 'approved_by', 'reason', 'from', 'expires'] as const;

/** The `octowatch` attributes of a filter as a JSON Schema of draft 07, for editors. Dates it cannot compare: loading does. */
export function exceptionSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(terms, { target: 'draft-7', io: 'input' });
  const properties = { ...schema.properties, expires: { ...Object(schema.properties?.['expires']), ...DAY } };
  return { description: 'Who answers for the exception, why, and when it holds.', ...schema, properties };
}

/**
 * Reads the terms of a filter. Every mistake comes with its path from the top of the document. A filter without any
 * `octowatch` attributes has no terms (null): it always applies; where terms are required that is a mistake.
 */
export function readTerms(
  document: SigmaFilter,
  zone: Zone,
  areRequired: boolean,
): { readonly terms: ExceptionTerms | null; readonly mistakes: readonly TermMistake[] } {
  const source = document.custom['octowatch'] ?? null;
  if (source === null && !areRequired) return { terms: null, mistakes: [] };
  const missing = missingOf(source);
  const mistakes: TermMistake[] = [];
  if (missing.length > 0) {
    const list = missing.map((one) => `\`${one}\``).join(', ');
    mistakes.push({
      path: ['octowatch'],
      message: `an exception needs ${list} under \`octowatch\`: who answers for it, why, and when it ends`,
    });
  }
  const read = terms.safeParse(source ?? {});
  if (!read.success) {
    const present = read.error.issues.filter((one) => !(missing as string[]).includes(String(one.path[0])));
    mistakes.push(...present.flatMap(mistakesOf));
  }
  // What one attribute says wrong does not keep the others from being looked at.
  const owner = textUnder(source, 'owner');
  const approvedBy = textUnder(source, 'approved_by');
  if (owner !== null && approvedBy !== null && isSamePerson(owner, approvedBy)) {
    const message = '`octowatch.approved_by` must be somebody else than `owner`';
    mistakes.push({ path: ['octowatch', 'approved_by'], message });
  }
  const inForce = readSpan(textUnder(source, 'from'), textUnder(source, 'expires'), zone, mistakes);
  if (!read.success || inForce === null || mistakes.length > 0) return { terms: null, mistakes };
  const { approved_by, ticket = null, ...said } = read.data;
  return { terms: { ...said, approvedBy: approved_by, ticket, inForce }, mistakes };
}

function textUnder(source: unknown, key: string): string | null {
  const value = typeof source === 'object' && source !== null ? (source as Record<string, unknown>)[key] : null;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** Whether a filter can apply to rules about Octopus: nobody may hide those without saying who, why and for how long. */
export function isAboutOctopus({ logsource }: SigmaFilter, sources: readonly LogSource[]): boolean {
  const isSame = (said: string | undefined, known: string | undefined) =>
    said === undefined || said.toLowerCase() === known?.toLowerCase();
  if (logsource.product !== undefined) return isSame(logsource.product, 'octopus');
  return sources.some((one) => isSame(logsource.service, one.service) && isSame(logsource.category, one.category));
}

/** An exception as it was compiled. */
export function toException({ key, document, rules }: CompiledFilter, own: ExceptionTerms): RuleException {
  const { title, file, sha256 } = document;
  return { ...own, name: key, title, file, sha256, rules };
}

/** Where an exception stands at an instant. */
export function exceptionState({ inForce }: ExceptionTerms, atMs: number): ExceptionState {
  if (atMs < inForce.fromMs) return 'not yet';
  return atMs < inForce.untilMs ? 'active' : 'expired';
}

/** Days from the local date of an instant to the last day of an exception: 0 on that day, negative after it. */
export function daysLeft({ expires }: ExceptionTerms, zone: Zone, atMs: number): number {
  return (parseLocalDate(expires) ?? 0) - zone.localTime(atMs).epochDay;
}

function missingOf(source: unknown): string[] {
  if (source !== null && (typeof source !== 'object' || Array.isArray(source))) return [];
  const given = (source ?? {}) as Readonly<Record<string, unknown>>;
  return REQUIRED.filter((name) => given[name] === undefined || given[name] === null);
}

function mistakesOf(issue: z.core.$ZodIssue): TermMistake[] {
  const path = ['octowatch', ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `\`octowatch\` of a filter knows no attribute \`${printable(truncate(key, 80))}\``,
    }));
  }
  const isWrongType = issue.code === 'invalid_type';
  const wanted =
    path.length === 1 ? 'takes a map of owner, approved_by, reason, ticket, from and expires' : 'takes text';
  return [{ path, message: `\`${path.join('.')}\` ${isWrongType ? wanted : issue.message}` }];
}

function readSpan(from: string | null, expires: string | null, zone: Zone, mistakes: TermMistake[]): TimeSpan | null {
  const begins = from === null ? null : readFrom(from, zone);
  const lastDay = expires === null ? null : parseLocalDate(expires);
  if (from !== null && begins === null) {
    const message = `\`octowatch.from\` takes a date (YYYY-MM-DD) or an instant (2026-11-23T09:00:00Z), not "${shown(from)}"`;
    mistakes.push({ path: ['octowatch', 'from'], message });
  }
  if (expires !== null && lastDay === null) {
    const message = `\`octowatch.expires\` takes a date that exists, as YYYY-MM-DD, not "${shown(expires)}"`;
    mistakes.push({ path: ['octowatch', 'expires'], message });
  }
  if (begins === null || lastDay === null) return null;
  const days = lastDay - begins.epochDay;
  const problem =
    days < 0
      ? 'lies before `from`'
      : days > MAX_DAYS
        ? `is ${days} days after \`from\`; an exception may be given for at most ${MAX_DAYS}`
        : null;
  if (problem !== null) {
    mistakes.push({ path: ['octowatch', 'expires'], message: `\`octowatch.expires\` ${problem}` });
    return null;
  }
  return { fromMs: begins.fromMs, untilMs: startOfDay(lastDay + 1, zone) };
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** A local date counts from its first instant. */
function readFrom(source: string, zone: Zone): { readonly fromMs: number; readonly epochDay: number } | null {
  const epochDay = parseLocalDate(source);
  if (epochDay !== null) return { fromMs: startOfDay(epochDay, zone), epochDay };
  // Date.parse takes 30 February for a day in March.
  if (!INSTANT.test(source) || parseLocalDate(source.slice(0, 10)) === null) return null;
  const fromMs = Date.parse(source);
  return Number.isNaN(fromMs) ? null : { fromMs, epochDay: zone.localTime(fromMs).epochDay };
}

function shown(source: string): string {
  return printable(truncate(source, 40));
}

function isSamePerson(a: string, b: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  return plain(a) === plain(b);
}

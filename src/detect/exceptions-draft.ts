import { UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';
import { type CompiledFilter, compileRules, type LogSource, parseSigmaFile } from '../sigma/index.ts';
import { readTerms } from './exceptions.ts';
import type { RulePack } from './rule-pack.ts';

/** One test of a filter: a field, with modifiers if any (`IpAddress|cidr`), and what Sigma reads as its value. */
export type DraftTest = {
  readonly key: string;
  /** Texts as Sigma reads them, of which one must match unless the key says `all`; null: the field is missing. */
  readonly values: readonly (string | null)[];
  /** The values are numbers, true or false: written without quotation marks. */
  readonly isBare: boolean;
};

/** What makes up one document of an exception file. */
export type ExceptionDraft = {
  readonly title: string;
  readonly name: string;
  readonly id: string;
  readonly date: string;
  readonly logsource: LogSource;
  readonly rules: readonly string[];
  readonly tests: readonly DraftTest[];
  readonly owner: string;
  readonly approvedBy: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly from: string;
  readonly expires: string;
};

/** The Sigma value that matches exactly this text: what would be a wildcard is made plain, backslashes too. */
export function literalValue(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/** The Sigma value in which `*` and `?` stay wildcards and every backslash is plain. */
export function wildcardValue(text: string): string {
  return text.replace(/\\/g, '\\\\');
}

/** The test that finds a field as it is in a record: missing, one value, or a list of values that are all there. */
export function testOfValue(field: string, value: unknown): DraftTest {
  if (value === undefined || value === null) return { key: field, values: [null], isBare: false };
  if (!Array.isArray(value)) return { key: field, values: [literalValue(textOf(field, value))], isBare: false };
  const values = [...new Set(value.map((one) => literalValue(textOf(field, one))))];
  if (values.length === 0) return { key: field, values: [null], isBare: false };
  return { key: values.length > 1 ? `${field}|all` : field, values, isBare: false };
}

function textOf(field: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new UsageError(`the field ${field} holds no text: it cannot be excepted`, {
    hint: 'Name other fields by --where Field.',
  });
}

const BARE = /^(?:-?\d+(?:\.\d+)?|true|false)$/;

/** The whole of an exception file, one document per draft. Texts are quoted so that YAML gives back exactly them. */
export function renderException(drafts: readonly ExceptionDraft[]): string {
  return drafts.map(renderDocument).join('---\n');
}

function renderDocument(draft: ExceptionDraft): string {
  const { logsource } = draft;
  const sources = (['product', 'service', 'category'] as const).flatMap((part) =>
    logsource[part] === undefined ? [] : [`  ${part}: ${word(logsource[part])}`],
  );
  return [
    `title: ${quote(printable(draft.title))}`,
    `name: ${word(draft.name)}`,
    `id: ${draft.id}`,
    `date: ${draft.date}`,
    'logsource:',
    ...sources,
    'filter:',
    '  rules:',
    ...draft.rules.map((rule) => `    - ${word(rule)}`),
    '  selection:',
    ...draft.tests.flatMap(renderTest),
    '  condition: not selection',
    'octowatch:',
    `  owner: ${quote(draft.owner)}`,
    `  approved_by: ${quote(draft.approvedBy)}`,
    `  reason: ${quote(draft.reason)}`,
    ...(draft.ticket === null ? [] : [`  ticket: ${quote(draft.ticket)}`]),
    `  from: ${word(draft.from)}`,
    `  expires: ${word(draft.expires)}`,
    '',
  ].join('\n');
}

function renderTest({ key, values, isBare }: DraftTest): string[] {
  const shown = values.map((value) => (value === null ? 'null' : isBare && BARE.test(value) ? value : quote(value)));
  const name = /^[A-Za-z_][\w.]*(?:\|\w+)*$/.test(key) ? key : quote(key);
  if (shown.length === 1) return [`    ${name}: ${shown[0]}`];
  return [`    ${name}:`, ...shown.map((value) => `      - ${value}`)];
}

/** A name or a date without quotation marks, where YAML reads the same text. */
function word(text: string): string {
  const isPlain = /^(?:[A-Za-z][\w-]*|\d{4}-\d\d-\d\d)$/.test(text);
  return isPlain && !/^(?:null|true|false|yes|no|on|off|y|n)$/i.test(text) ? text : quote(text);
}

/**
 * A text in quotation marks. Single ones leave everything as it is; what a terminal or an editor would obey, or no file may
 * hold, is written as escapes in double ones.
 */
function quote(text: string): string {
  const isTame = printable(text) === text && text.isWellFormed() && !/[\ufffe\uffff]/.test(text);
  return isTame ? `'${text.replaceAll("'", "''")}'` : `"${Array.from(text, escapeCharacter).join('')}"`;
}

/** YAML knows no halves of surrogate pairs: they stand for nothing. */
function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '"' || character === '\\') return `\\${character}`;
  if (code >= 0x20 && code < 0x7f) return character;
  if (!character.isWellFormed()) return '\\ufffd';
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/**
 * Reads a file that was made here as loading would, beside the rules there are, and returns its filters. Throws UsageError
 * with all that is wrong with it.
 */
export function compileException(text: string, pack: RulePack, zone: Zone): CompiledFilter[] {
  const parsed = parseSigmaFile(text, 'exception');
  const problems = parsed.mistakes.map((one) => one.message);
  for (const document of parsed.documents) {
    if (document.kind !== 'filter') throw new Error('an exception file holds filters only');
    problems.push(...readTerms(document, zone, true).mistakes.map((one) => one.message));
  }
  const rules = pack.ruleSet.rules.map((rule) => rule.document);
  const { ruleSet, mistakes } = compileRules([...rules, ...parsed.documents]);
  problems.push(...mistakes.filter((one) => one.file === 'exception').map((one) => one.message));
  if (problems.length > 0) throw new UsageError(`no exception can be made of this:\n  ${problems.join('\n  ')}`);
  return [...ruleSet.filters];
}

import { InvalidArgumentError } from 'commander';
import type { QueryParameter } from '../audit/index.ts';
import { parseDuration } from '../lib/duration.ts';

/** `name=value`, collected into one object as it was typed. */
export function collectParam(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^[:@$]?([A-Za-z_0-9]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write it as name=value.');
  if (Object.hasOwn(previous, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...previous, [name]: value };
}

/**
 * What a typed value is bound as: a whole or decimal number as a number, `NULL` as NULL, `'in quotes'` as that text
 * whatever it looks like, everything else as text. `007` and `+44` are text: as numbers they would be others.
 */
export function typedParam(text: string): QueryParameter {
  if (text === 'NULL') return null;
  const quoted = /^'(.*)'$/s.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  if (/^-?(?:0|[1-9]\d{0,17})$/.test(text)) return BigInt(text);
  if (/^-?(?:0|[1-9]\d*)\.\d+$/.test(text)) return Number(text);
  return text;
}

export function typedParams(params: Readonly<Record<string, string>>): Record<string, QueryParameter> {
  return Object.fromEntries(Object.entries(params).map(([name, text]) => [name, typedParam(text)]));
}

const MAX_DEADLINE_MS = 86_400_000;

export function parseDeadline(text: string): number {
  const ms = parseDuration(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
  if (ms !== null && ms > 0 && ms <= MAX_DEADLINE_MS) return ms;
  throw new InvalidArgumentError('Write it as 30s, 5m or 1h; a day is the most.');
}

export function parseMaxRows(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number; 0 for all rows.');
}

export function parseSampleSize(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write how many rows to draw.');
}

import { UsageError } from '../lib/errors.ts';
import { nearest } from './nearest.ts';
import type { QueryParameter } from './query-protocol.ts';
import { parameterNames } from './query-text.ts';

/**
 * Throws UsageError unless there is exactly one value for every `:name` of the statement: a value that is not asked for is
 * a misspelt name as a rule, and SQLite would take it silently.
 */
export function checkParameters(sql: string, given: Readonly<Record<string, QueryParameter>>): void {
  const wanted = parameterNames(sql);
  if (wanted.includes('')) {
    throw new UsageError('the statement has a parameter without a name, ?', { hint: 'Write :name in its place.' });
  }
  const missing = wanted.filter((name) => !Object.hasOwn(given, name));
  const superfluous = Object.keys(given).filter((name) => !wanted.includes(name));
  if (missing.length === 0 && superfluous.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`there is no value for ${listed(missing)}`] : []),
    ...(superfluous.length > 0 ? [`there is no ${listed(superfluous)} in the statement`] : []),
  ];
  throw new UsageError(parts.join('; '), { hint: adviceFor(wanted, missing, superfluous) });
}

function adviceFor(wanted: readonly string[], missing: readonly string[], superfluous: readonly string[]): string {
  const [wrong] = superfluous;
  if (missing.length > 0 && wrong !== undefined) {
    const meant = nearest(wrong, missing);
    if (meant !== null) return `Did you mean --param ${meant}=…?`;
  }
  if (missing.length > 0) return `Give it with ${missing.map((name) => `--param ${name}=…`).join(' ')}.`;
  return wanted.length === 0 ? 'It takes no parameters.' : `It takes ${listed(wanted)}.`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `:${name}`).join(', ');
}

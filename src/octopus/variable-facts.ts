import type { VariableEdit } from '../model/event.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** A touched variable with its type, which goes into the reduced JSON only. */
export type TypedEdit = VariableEdit & { readonly type: string | null };

export type Resolution = {
  readonly edits: readonly TypedEdit[];
  /** False when part of the difference could not be traced to a named variable. */
  readonly isResolved: boolean;
};

/** How a variable is called whose name the event does not tell: by its place in the set. */
export function namelessVariable(place: number | string): string {
  return `(variable ${place})`;
}

export function nameOf(variable: JsonObject | null): string | null {
  const name = variable?.['Name'];
  return typeof name === 'string' && name !== '' ? name : null;
}

export function idOf(variable: JsonObject): string | null {
  const id = variable['Id'];
  return typeof id === 'string' && id !== '' ? id : null;
}

/** FACT octopus-api 3.4: `Type` is a short word such as String or Sensitive. Anything else is not repeated. */
export function typeOf(variable: JsonObject | null): string | null {
  const type = variable?.['Type'];
  return typeof type === 'string' && /^[A-Za-z]{1,40}$/.test(type) ? type : null;
}

/** Null when the variable says neither `Type` nor `IsSensitive`. */
export function isSensitive(variable: JsonObject | null): boolean | null {
  if (variable === null) return null;
  if (variable['Type'] === 'Sensitive' || variable['IsSensitive'] === true) return true;
  return typeof variable['Type'] === 'string' || typeof variable['IsSensitive'] === 'boolean' ? false : null;
}

/** `{Environment: [ids], …}` (FACT octopus-api 3.4); kinds without ids are left out; null when not told. */
export function scopeOf(variable: JsonObject | null): VariableEdit['scope'] {
  const scope = variable?.['Scope'];
  if (!isJsonObject(scope)) return null;
  const kinds: [string, readonly string[]][] = [];
  for (const [kind, value] of Object.entries(scope)) {
    const ids = (Array.isArray(value) ? value : [value]).filter((id): id is string => typeof id === 'string');
    if (ids.length > 0) kinds.push([kind, ids.toSorted()]);
  }
  return Object.fromEntries(kinds.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

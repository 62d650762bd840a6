import { isJsonObject } from './json.ts';

const MAX_DEPTH = 8;
const MAX_ELEMENTS = 50;
/** A long one with digits may be a token or a hash: names of fields are words. */
const PLAIN_KEY = /^[A-Za-z_$](?:[\w.@$-]{0,15}|[A-Za-z_.@$-]{0,63})$/;

/**
 * JSON of an element that could not be read, with every value masked: keys, types and lengths stay, so that its shape
 * can be studied, nothing it says does. Only an `Id` like `Events-12` is kept, to find the event in Octopus.
 */
export function maskElement(element: unknown): string {
  const masked = mask(element, 0);
  const id = isJsonObject(element) ? element['Id'] : null;
  if (typeof id === 'string' && /^Events-\d{1,18}$/.test(id)) return JSON.stringify({ ...Object(masked), Id: id });
  return JSON.stringify(masked);
}

function mask(value: unknown, depth: number): unknown {
  if (value === null) return null;
  if (typeof value === 'string') return `<string ${value.length}>`;
  if (typeof value !== 'object') return `<${typeof value}>`;
  if (Array.isArray(value)) {
    if (depth >= MAX_DEPTH) return `<array ${value.length}>`;
    const masked = value.slice(0, MAX_ELEMENTS).map((element) => mask(element, depth + 1));
    return value.length > MAX_ELEMENTS ? [...masked, `<${value.length - MAX_ELEMENTS} more>`] : masked;
  }
  const entries = Object.entries(value);
  if (depth >= MAX_DEPTH) return `<object ${entries.length}>`;
  const masked = entries
    .slice(0, MAX_ELEMENTS)
    // A key that is no name may itself be data.
    .map(([key, v], n) => [PLAIN_KEY.test(key) ? key : `<key ${n}: ${key.length}>`, mask(v, depth + 1)] as const);
  if (entries.length > MAX_ELEMENTS) masked.push(['<more>', entries.length - MAX_ELEMENTS]);
  // Without a prototype, so that a key named __proto__ is a key.
  return Object.assign(Object.create(null), Object.fromEntries(masked));
}

import { isJsonObject, type JsonObject, unwrapJson } from './json.ts';

/** What an event carries of a change, as far as it can be read (FACT octopus-api 1.7: text, array, object or null). */
export type ChangeDetails = {
  /** True when the event holds anything that must not be stored as it is. */
  readonly isPresent: boolean;
  /** The document; undefined when there is one that cannot be read. */
  readonly document: unknown;
  readonly differences: unknown;
  /** The parts that came as text and are no JSON, to look for tell-tale words. */
  readonly brokenText: string;
  readonly legacyDetails: unknown;
};

/** Reads `ChangeDetails` and the legacy `Details` of an event, whatever the case of their names. */
export function readChangeDetails(item: JsonObject): ChangeDetails {
  const entries = Object.entries(item);
  const values = entries.filter(([key]) => isNamed(key, 'changedetails'));
  const legacy = entries.find(([key, value]) => isNamed(key, 'details') && value !== null && value !== '');
  const whole = unwrapJson(values.at(-1)?.[1] ?? null);
  const isReadable = whole === null || isJsonObject(whole);
  const inner = isJsonObject(whole) ? whole : {};
  const document = unwrapJson(inner['DocumentContext'] ?? null);
  const differences = unwrapJson(inner['Differences'] ?? null);
  const texts = [
    whole === undefined ? values.at(-1)?.[1] : null,
    document === undefined ? inner['DocumentContext'] : null,
    differences === undefined ? inner['Differences'] : null,
  ].filter((text): text is string => typeof text === 'string');
  return {
    isPresent: !isEmpty(whole) || values.length > 1 || legacy !== undefined,
    document: isReadable ? document : undefined,
    differences: isReadable ? differences : undefined,
    brokenText: texts.join('\n'),
    legacyDetails: legacy?.[1] ?? null,
  };
}

/** Whether a key is a name whatever its case; the length is asked first, for it sorts out nearly every key. */
function isNamed(key: string, lowerCaseName: string): boolean {
  return key.length === lowerCaseName.length && key.toLowerCase() === lowerCaseName;
}

/** Whether `ChangeDetails` holds nothing: null, or an object of nothing. */
export function isEmpty(changeDetails: unknown): boolean {
  if (!isJsonObject(changeDetails)) return changeDetails === null;
  return Object.values(changeDetails).every((value) => value === null || value === '');
}

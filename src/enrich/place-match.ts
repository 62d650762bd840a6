import { createGlob } from '../lib/glob.ts';
import { quoted } from '../lib/text.ts';
import type { EventPlace, NamedThing } from '../model/place.ts';

/** What a place must be called: one of the texts of every field that is there, `*` for any text, whatever the case. */
export type PlacePattern = Readonly<Partial<Record<PlaceField, readonly string[]>>>;

export const PLACE_FIELDS = ['instance', 'space', 'project', 'environment', 'tag', 'tenant'] as const;
export type PlaceField = (typeof PLACE_FIELDS)[number];

/**
 * Makes a test of places. Every field of the pattern must fit by one of its texts; what a place does not have fits no text.
 * Spaces, projects, environments and tenants fit by name or id, environments by their slug too.
 */
export function createPlaceMatch(pattern: PlacePattern): (place: EventPlace) => boolean {
  const tests = PLACE_FIELDS.flatMap((field) => {
    const globs = pattern[field]?.map((text) => createGlob(text.trim()));
    return globs === undefined ? [] : [{ field, globs }];
  });
  return (place) =>
    tests.every(({ field, globs }) => {
      const texts = textsOf(place, field);
      return globs.some((matches) => texts.some(matches));
    });
}

/** A pattern in words: `project "SG *", environment "Production"`; `everywhere` where it asks for nothing. */
export function describePlaces(pattern: PlacePattern): string {
  const parts = PLACE_FIELDS.flatMap((field) => {
    const texts = pattern[field];
    return texts === undefined ? [] : [`${field} ${texts.map(quoted).join(' or ')}`];
  });
  return parts.join(', ') || 'everywhere';
}

function textsOf(place: EventPlace, field: PlaceField): readonly string[] {
  if (field === 'instance') return [place.instance];
  if (field === 'tag') return place.environment?.tags ?? [];
  const thing = place[field];
  if (thing === null) return [];
  return [...namesOf(thing), ...(field === 'environment' && place.environment?.slug ? [place.environment.slug] : [])];
}

function namesOf({ id, name }: NamedThing): readonly string[] {
  return name === null ? [id] : [name, id];
}

/** A purpose shorter than this names nothing that could be asked about. */
const SHORTEST_PURPOSE = 8;

/** Words that say what every key is, or nothing at all. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  (
    'a an the my our new old for of and to test tests testing tester temp tmp temporary trial try demo sample example ' +
    'key keys api apikey token access secret octopus octo deploy default misc other stuff thing something foo bar baz asdf qwerty todo tbd'
  ).split(' '),
);

/** True for a purpose that says nothing: none, a very short one, or only words such as test, temp, key. */
export function isVaguePurpose(purpose: string | null): boolean {
  const text = (purpose ?? '').trim();
  if ([...text].length < SHORTEST_PURPOSE) return true;
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  return words.every((word) => EMPTY_WORDS.has(word));
}

import type { OctowatchAttributes } from '../model/rule.ts';
import type { Mistake, SigmaDocument } from '../sigma/index.ts';

/**
 * Leaves out rules of `product: octopus`, and correlations over such rules, that carry no example that fires or none
 * that stays quiet. What a correlation refers to is proven by its examples.
 */
export function withoutUnproven(
  documents: readonly SigmaDocument[],
  attributes: ReadonlyMap<SigmaDocument, OctowatchAttributes>,
  mistakes: Mistake[],
): SigmaDocument[] {
  const byReference = new Map(
    documents.flatMap((one) =>
      [one.id, one.name].flatMap((reference) => (reference === null ? [] : [[reference.toLowerCase(), one] as const])),
    ),
  );
  const membersOf = (one: SigmaDocument): SigmaDocument[] =>
    one.kind === 'correlation'
      ? one.correlation.rules.flatMap(({ reference }) => byReference.get(reference.toLowerCase()) ?? [])
      : [];
  const isOurs = (one: SigmaDocument) => one.kind === 'rule' && one.logsource.product?.toLowerCase() === 'octopus';
  const missingOf = (one: SigmaDocument): string[] => {
    if (!isOurs(one) && !everyMemberOf(one, membersOf).some(isOurs)) return [];
    const examples = attributes.get(one)?.examples;
    return [
      ...(examples?.fires.length ? [] : ['one that fires']),
      ...(examples?.quiet.length ? [] : ['one that stays quiet']),
    ];
  };
  let kept = documents;
  // A correlation that is left out proves nothing: without it, its rules would find on their own.
  for (;;) {
    const referredTo = new Set(kept.flatMap(membersOf));
    const refused = new Set(kept.filter((one) => !referredTo.has(one) && missingOf(one).length > 0));
    if (refused.size === 0) return [...kept];
    for (const document of refused) {
      const place = document.placeOf(['octowatch', 'examples']);
      const message = `the rule \`${nameOf(document)}\` needs examples under \`octowatch.examples\`: at least ${missingOf(document).join(' and ')}`;
      mistakes.push({ file: document.file, ...place, message });
    }
    kept = kept.filter((one) => !refused.has(one));
  }
}

/** What a correlation is about, and what the correlations among that are about. */
function everyMemberOf(document: SigmaDocument, membersOf: (one: SigmaDocument) => SigmaDocument[]): SigmaDocument[] {
  const members = new Set(membersOf(document));
  for (const member of members) for (const further of membersOf(member)) members.add(further);
  return [...members];
}

/** What a document is called in messages and in the configuration: its name, else its id, else its title. */
export function nameOf(document: SigmaDocument): string {
  return document.name ?? document.id ?? document.title;
}

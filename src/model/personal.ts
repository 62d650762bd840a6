/** What of a person's doing messages can do without: where it came from and with which client. */
export const PERSONAL_FACTS = ['address', 'userAgent'] as const;
export type PersonalFact = (typeof PERSONAL_FACTS)[number];

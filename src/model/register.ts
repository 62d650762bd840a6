/** What a register entry may say a key is for; all but `read` are also the words of a key's powers (docs/taxonomy.md). */
export const MAY_WORDS = [
  'read',
  'deploy',
  'deploy_production',
  'deploy_all_spaces',
  'edit_variables',
  'manage_users',
  'administer',
] as const;
export type MayWord = (typeof MAY_WORDS)[number];

/** Which keys an entry is about: patterns with `*`, whatever the case, all of which must hold. */
export type KeyMatch = {
  readonly instance?: string | undefined;
  readonly account?: string | undefined;
  readonly purpose?: string | undefined;
  readonly id?: string | undefined;
  readonly hint?: string | undefined;
};

/** One entry of `keys.yml`, checked. Null: the entry does not say. */
export type RegisterEntry = {
  /** Where it stands, `keys.yml:12`. */
  readonly place: string;
  readonly match: KeyMatch;
  /** Null for `unassigned`: nobody answers for the key. */
  readonly owner: string | null;
  readonly system: string | null;
  readonly purpose: string | null;
  readonly stored: string | null;
  readonly breaks: string | null;
  readonly may: readonly MayWord[] | null;
  /** Networks or addresses, as `compileCidr` of lib/cidr.ts takes them. */
  readonly networks: readonly string[] | null;
  /** Names with `*`, slugs, ids or tags. */
  readonly environments: readonly string[] | null;
  /** `business`, or the hours of each day, Monday first, in minutes after local midnight. */
  readonly hours: 'business' | readonly (readonly { fromMinute: number; toMinute: number }[])[] | null;
  readonly rotateDays: number | null;
};

/** The key register: what a company says of its API keys. The first entry that matches a key is the one about it. */
export type KeyRegister = {
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  readonly entries: readonly RegisterEntry[];
};

/** A key as register entries are compared with it. Null is "not known"; a key without a purpose has an empty one. */
export type KeyIdentity = {
  readonly instance: string;
  readonly account: string | null;
  readonly purpose: string | null;
  readonly id: string | null;
  readonly hint: string | null;
};

/** What is stored of the register beside a key. */
export type RegisterReading = {
  /** Null without a register, and where too little is known of the key to tell. */
  readonly isRegistered: boolean | null;
  /** The answers of the entry about it, JSON; null for a key without one. */
  readonly registerEntry: string | null;
  /** How the key differs from its entry, JSON list of sentences; null when it does not. */
  readonly registerDrift: string | null;
  /** When the register wants it replaced, UTC; null without an interval or a known creation. */
  readonly rotationDueAt: string | null;
};

import { Document, isMap, isScalar, isSeq } from 'yaml';
import { maskSecrets, UNASSIGNED } from '../config-keys.ts';
import { isAddress } from '../lib/cidr.ts';
import { printable, truncate } from '../lib/text.ts';
import { MAY_WORDS } from '../model/register.ts';

/** A live key and what the audit log shows of its use. A key without a purpose has an empty one. */
export type DraftKey = {
  readonly instance: string;
  readonly keyId: string;
  /** Null when the ledger does not know the account. */
  readonly account: string | null;
  readonly purpose: string;
  readonly hint: string | null;
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly state: string;
  /** Empty also when they are not known. */
  readonly powers: readonly string[];
  readonly addresses: Set<string>;
  /** Id to name of each environment it acted in. */
  readonly environments: Map<string, string>;
};

/** So many are listed in a comment; the rest is counted. */
const MOST_LISTED = 12;

// Every TODO below is text of the register that is written: it marks what a person has to fill in there.
const HEAD = (
  day: string,
  evidenceDays: number,
) => ` The key register, begun from the ledger of Octowatch on ${day}. docs/keys.md explains every field.
 The first entry that matches a key is the one about it. * stands for any text in match and environments.
 TODO marks what only you know. Lines that begin with # are guesses from the last ${evidenceDays} days of the audit log:
 take the # away to make one a rule, after you have checked it. Addresses are as the server saw them: behind
 a proxy that it does not trust they are the proxy's. Never write a key itself here.`;

/** The text of a register with an entry per account and purpose of `keys`; it is valid as it is, and matches all of them. */
export function draftRegister(
  keys: readonly DraftKey[],
  options: { readonly day: string; readonly evidenceDays: number },
): { readonly text: string; readonly entries: number } {
  const isOne = new Set(keys.map((key) => key.instance)).size <= 1;
  // Entries by id first: of a key whose account is not known an entry by account could not be told to be about another.
  const ordered = keys.toSorted((a, b) => Number(isNameable(a)) - Number(isNameable(b)));
  const groups = [...Map.groupBy(ordered, groupOf).values()];
  const document = new Document({
    version: 1,
    keys: groups.map((group) => ({ match: matchOf(group, isOne), owner: UNASSIGNED })),
  });
  document.commentBefore = HEAD(options.day, options.evidenceDays);
  const list = document.get('keys');
  for (const [index, entry] of (isSeq(list) ? list.items : []).entries()) {
    const group = groups[index];
    if (!isMap(entry) || !group) continue;
    entry.commentBefore = ` ${describe(group)}`;
    const owner = entry.get('owner', true);
    if (isScalar(owner)) owner.comment = ' TODO who answers for it: a team or a person';
    entry.comment = suggestionsFor(group, options.evidenceDays)
      .map((line) => ` ${line}`)
      .join('\n');
    entry.spaceBefore = index > 0;
  }
  return { text: document.toString({ lineWidth: 0 }), entries: groups.length };
}

/** Keys that one entry can be about have the same word here. */
function groupOf(key: DraftKey): string {
  const { instance, account, purpose, keyId } = key;
  return isNameable(key)
    ? JSON.stringify([instance, account?.toLowerCase(), purpose.toLowerCase()])
    : `${instance} ${keyId}`;
}

function matchOf(group: readonly DraftKey[], isOneInstance: boolean): Record<string, string> {
  const [key] = group;
  if (!key) throw new Error('a group has a key');
  const instance = isOneInstance ? {} : { instance: key.instance };
  return isNameable(key)
    ? { ...instance, account: key.account ?? '', purpose: key.purpose }
    : { ...instance, id: key.keyId };
}

/** Whether account and purpose can stand in the file and mean this key alone; else its id does. */
function isNameable({ account, purpose }: DraftKey): boolean {
  return account !== null && account !== '' && isPlain(account) && isPlain(purpose);
}

/** Text that reads in an editor as it is, and as a pattern matches itself only. */
function isPlain(text: string): boolean {
  return printable(text) === text && text.isWellFormed() && !text.includes('*') && maskSecrets(text) === text;
}

function describe(group: readonly DraftKey[]): string {
  const [first] = group;
  const whose =
    first && !isNameable(first)
      ? `${truncate(first.account ?? 'an account that is not known', 100)}: ${truncate(first.purpose, 100)}; `
      : '';
  const shown = group.slice(0, MOST_LISTED).map(({ keyId, hint, createdAt, expiresAt, state }) => {
    const facts = [
      ...(hint === null ? [] : [hint]),
      ...(createdAt === null ? [] : [`created ${createdAt.slice(0, 10)}`]),
      expiresAt === null ? 'never expires' : `expires ${expiresAt.slice(0, 10)}`,
      state,
    ];
    return `${keyId} (${facts.join(', ')})`;
  });
  // The reader of the register refuses what looks like a key, in comments too.
  return maskSecrets(printable(`${whose}${shown.join('; ')}${moreThan(group)}`).toWellFormed());
}

/** The fields that are left, each on a line that is right without its #. */
function suggestionsFor(group: readonly DraftKey[], evidenceDays: number): string[] {
  const powers = MAY_WORDS.filter((word) => group.some((key) => key.powers.includes(word)));
  const addresses = distinct(group.flatMap((key) => [...key.addresses])).filter(isAddress);
  const environments = distinct(
    group.flatMap((key) => [...key.environments].map(([id, name]) => (isPlain(name) ? name : id))),
  ).filter(isPlain);
  return [
    'system: TODO which system uses it',
    'stored: TODO where it is kept',
    'breaks: TODO what stops working when it is revoked',
    powers.length > 0 ? `${listLine('may', powers)} # what it can do now` : 'may: [TODO] # read, deploy, …',
    addresses.length > 0
      ? `${listLine('networks', addresses)} # TODO check: seen in ${evidenceDays} days${moreThan(addresses)}`
      : 'networks: [TODO] # none seen',
    environments.length > 0
      ? `${listLine('environments', environments)} # TODO check: seen in ${evidenceDays} days${moreThan(environments)}`
      : 'environments: [TODO] # none seen',
    'hours: business # TODO or { mon-fri: "06:00-20:00" }',
    'rotate: 180d # TODO how often it is replaced',
  ];
}

function listLine(field: string, values: readonly string[]): string {
  const document = new Document({ [field]: values.slice(0, MOST_LISTED) });
  const list = document.get(field);
  if (isSeq(list)) list.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trim();
}

function moreThan(values: readonly unknown[]): string {
  return values.length > MOST_LISTED ? `, and ${values.length - MOST_LISTED} more` : '';
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

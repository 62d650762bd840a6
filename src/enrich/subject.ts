import type { AuditEvent } from '../model/event.ts';
import { idsOf, nameIn } from './documents.ts';
import { isSystemUser } from './identity.ts';
import type { InventoryIndex } from './inventory-index.ts';

/** The account of a failed sign-in about which nothing is known: all of these are counted together. */
const UNATTRIBUTED = 'unattributed';

// UNKNOWN: no recorded LoginFailed exists (octopus-api.md 2.3). These are guesses at its wording, tried in order on the
// first thousand characters; when none fits, the sign-in is counted by address or as unattributed. Each pattern is bounded.
const NAME_PATTERNS: readonly RegExp[] = [
  /\buser(?:name)?:? ['"‘“]([^'"‘’“”]{1,200})['"’”]/i,
  /\b(?:for|by|as) ['"‘“]([^'"‘’“”]{1,200})['"’”]/i,
  /\b(?:for|by|as) (?:the )?(?:user(?:name)?|account):? ([^\s'"]{1,200})/i,
  /\b(?:log ?-?in|sign ?-?in|logon|authentication)\b[^'"]{0,40}? (?:for|by|as) ([^\s'"]{1,200})/i,
  /^user ([^\s'"]{1,200}) (?:has |was )?(?:failed|unable|not able)\b/i,
  /^([^\s'"]{1,200}) (?:has )?failed to (?:log|sign)/i,
];
const NOT_A_NAME = new Set(
  'a an the user username account unknown system this that api key invalid from via with login attempt ip'.split(' '),
);
/** What an API key looks like (`API-…`); people paste keys where a name belongs, and no key may be stored. */
const KEY_SHAPE = /\bapi-[a-z0-9]{16,}/i;

/**
 * Whose sign-in failed: the related user's id, else the acting user's id, else the lower-cased name, else a name read
 * from the message, else the address (only where addresses can be trusted), else `unattributed`; null for events that
 * are no failed sign-in.
 */
export function subjectAccountOf(event: AuditEvent, areAddressesTrusted: boolean): string | null {
  if (event.category !== 'LoginFailed') return null;
  const name = accountIdOf(event) ?? accountName(event.username) ?? nameFromMessage(event.message);
  return name ?? (areAddressesTrusted ? event.ipAddress : null) ?? UNATTRIBUTED;
}

/**
 * The lower-cased user name of whose sign-in failed or succeeded, the same for both; null for other events and where no
 * name is known. FACT octopus-api 2.3: the account is related to a success since 2024.3.
 */
export function loginNameOf(event: AuditEvent, inventory: InventoryIndex): string | null {
  if (event.category !== 'LoginFailed' && event.category !== 'LoginSucceeded') return null;
  const id = accountIdOf(event);
  const known = id === null ? null : (inventory.usersById.get(id)?.username ?? nameIn(event, id));
  return accountName(known) ?? accountName(event.username) ?? nameFromMessage(event.message);
}

/**
 * `api_key` when a failed sign-in says that a key was tried: by its identity, by the key, or (INF octopus-api 2.3, no sample
 * exists) in its message; null when it does not tell. The name of the account is taken out before, for it is free text.
 * @param loginName as `loginNameOf` says it
 */
export function signInMethodOf(event: AuditEvent, loginName: string | null): 'api_key' | null {
  if (event.category !== 'LoginFailed') return null;
  const isKeyNamed = event.apiKeyId !== null || event.apiKeyHint !== null;
  if (isKeyNamed || /^API key/i.test(event.identityEstablishedWith ?? '')) return 'api_key';
  const message = (event.message ?? '').slice(0, 1000).toLowerCase();
  const said = loginName === null ? message : message.replaceAll(loginName, '');
  return /\bapi key\b/.test(said) ? 'api_key' : null;
}

function accountIdOf(event: AuditEvent): string | null {
  const related = idsOf(event, 'Users-').find((id) => !isSystemUser(id));
  if (related !== undefined) return related;
  return event.userId === null || event.userId === '' || isSystemUser(event.userId) ? null : event.userId;
}

function nameFromMessage(message: string | null): string | null {
  const start = (message ?? '').slice(0, 1000);
  for (const pattern of NAME_PATTERNS) {
    const name = accountName(pattern.exec(start)?.[1]?.replace(/[.,;:!?)]+$/, ''));
    if (name !== null && !NOT_A_NAME.has(name)) return name;
  }
  return null;
}

function accountName(text: string | null | undefined): string | null {
  const name = text?.trim().toLowerCase() ?? '';
  return name === '' || name === 'system' || KEY_SHAPE.test(name) ? null : name;
}

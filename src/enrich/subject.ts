import type { AuditEvent } from '../model/event.ts';
import { idsOf } from './documents.ts';
import { isSystemUser } from './identity.ts';

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
  const related = idsOf(event, 'Users-').find((id) => !isSystemUser(id));
  if (related !== undefined) return related;
  if (event.userId !== null && event.userId !== '' && !isSystemUser(event.userId)) return event.userId;
  const name = accountName(event.username) ?? nameFromMessage(event.message);
  return name ?? (areAddressesTrusted ? event.ipAddress : null) ?? UNATTRIBUTED;
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

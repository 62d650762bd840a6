import type { ApiKey, ApiKeyState } from '../model/inventory.ts';
import { parseInstant } from './instant.ts';

export type KeyUse = {
  readonly state: ApiKeyState;
  /** Where the source is `audit` this is a lower bound: reads leave no trace in the audit log. */
  readonly lastUsedAt: string | null;
  readonly lastUsedSource: 'server' | 'audit' | null;
  /** Whole days since the last use, or since creation for a key never used; null when the server does not know. */
  readonly idleDays: number | null;
  /** Where the server does not know: whole days without an audited write, as far as the stored history reaches. */
  readonly auditIdleDays: number | null;
  /** Why the key is in this state, as a sentence. */
  readonly stateReason: string;
};

export type UseQuestion = {
  readonly key: ApiKey;
  readonly nowMs: number;
  /** The last audited act with this key; null when there is none. */
  readonly lastAuditedWriteAt: string | null;
  /** Since when every event up to now is stored; null when that cannot be said. */
  readonly historyFromAt: string | null;
  /**
   * The last audited act with some key of the account and purpose that could not be told from others: it may have been
   * this one (INF octopus-api 1.8: servers before 2026 name no key ids). Null when there is none.
   */
  readonly possibleWriteAt: string | null;
  /** A key idle for at least so many days is `unused`. */
  readonly unusedAfterDays: number;
};

const DAY_MS = 86_400_000;
const READS = 'reads are not audited';

/**
 * Judges the use of a key. Where the server records last use and says that it knows, that decides; where it does not, the
 * state is `unknown` and the last audited write is a lower bound. An expired key is `expired` whatever its use.
 */
export function useOf(question: UseQuestion): KeyUse {
  const { key, nowMs } = question;
  const use = key.lastUsed?.known === true ? recordedUse(question, key.lastUsed.at) : auditedUse(question);
  if (key.expiresAt === null || parseInstant(key.expiresAt) > nowMs) return use;
  return { ...use, state: 'expired', stateReason: `It expired at ${key.expiresAt}.` };
}

function recordedUse({ key, nowMs, lastAuditedWriteAt, unusedAfterDays }: UseQuestion, at: string | null): KeyUse {
  const since = at ?? key.createdAt;
  // A server's clock may be a little ahead of ours: a use "in the future" was today.
  const idleDays = since === null ? null : daysSince(since, nowMs);
  const contradiction =
    lastAuditedWriteAt !== null && (at === null || parseInstant(lastAuditedWriteAt) > parseInstant(at))
      ? ` The audit log shows a change made with it at ${lastAuditedWriteAt}.`
      : '';
  const known = { lastUsedAt: at, lastUsedSource: 'server', idleDays, auditIdleDays: null } as const;
  if (at === null)
    return {
      ...known,
      state: 'never_used',
      stateReason: `The server has recorded no use of this key.${contradiction}`,
    };
  const isUnused = idleDays !== null && idleDays >= unusedAfterDays;
  const stateReason = `The server recorded its last use at ${at}.${contradiction}`;
  return { ...known, state: isUnused ? 'unused' : 'used', stateReason };
}

function auditedUse(question: UseQuestion): KeyUse {
  const { key, lastAuditedWriteAt } = question;
  const why = key.lastUsed
    ? 'The server does not know when this key was last used'
    : 'This server does not record when keys are used';
  const { auditIdleDays, words } = auditIdleness(question);
  return {
    state: 'unknown',
    lastUsedAt: lastAuditedWriteAt,
    lastUsedSource: lastAuditedWriteAt === null ? null : 'audit',
    idleDays: null,
    auditIdleDays,
    stateReason: `${why}; ${words}.`,
  };
}

/** How long the audit log has been silent about a key: never longer than it was made, or than events are stored for. */
function auditIdleness({ key, nowMs, lastAuditedWriteAt, possibleWriteAt, historyFromAt }: UseQuestion): {
  readonly auditIdleDays: number | null;
  readonly words: string;
} {
  const last = lastAuditedWriteAt === null ? '' : `; the last known was at ${lastAuditedWriteAt}`;
  if (historyFromAt === null)
    return { auditIdleDays: null, words: `how far back its audited writes are stored is not known${last}` };
  let since = { at: historyFromAt, say: (days: string) => `no audited write in the ${days} of stored history` };
  const note = (at: string | null, say: (days: string) => string) => {
    if (at !== null && parseInstant(at) >= parseInstant(since.at)) since = { at, say };
  };
  note(key.createdAt, (days) => `no audited write in the ${days} since it was made`);
  note(possibleWriteAt, (days) => `no audited write for ${days} that may have been made with it`);
  note(lastAuditedWriteAt, (days) => `no audited write for ${days}`);
  const days = daysSince(since.at, nowMs);
  return { auditIdleDays: days, words: `${since.say(inWords(days))}${last}; ${READS}` };
}

function inWords(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

function daysSince(at: string, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - parseInstant(at)) / DAY_MS));
}

import type { ApiKey, ApiKeyState, User } from '../model/inventory.ts';
import type { FlatRecord } from '../model/record.ts';
import { parseInstant } from './instant.ts';

export type ApiKeyFacts = {
  readonly record: FlatRecord;
  readonly state: ApiKeyState;
  /** Where the source is `audit` this is a lower bound: reads leave no trace in the audit log. */
  readonly lastUsedAt: string | null;
  readonly lastUsedSource: 'server' | 'audit' | null;
  /** Whole days since the last use, or since creation for a key never used; null when the server does not know. */
  readonly idleDays: number | null;
  /** Why the key is in this state, as a sentence. */
  readonly stateReason: string;
};

export type ApiKeyQuestion = {
  readonly key: ApiKey;
  /** The key's owner; null when the inventory does not hold it. */
  readonly user: User | null;
  readonly nowMs: number;
  /** The last audited act with this key; null when there is none. */
  readonly lastAuditedWriteAt: string | null;
  /** A key idle for at least so many days is `unused`. */
  readonly unusedAfterDays: number;
};

const DAY_MS = 86_400_000;

/**
 * Judges one API key and makes its record (log source category `api_key`, docs/taxonomy.md). Where the server records
 * last use and says that it knows, that decides; where it does not, the state is `unknown` and the last audited write is
 * a lower bound. An expired key is `expired` whatever its use. Days are whole, rounded down.
 */
export function apiKeyRecord(question: ApiKeyQuestion): ApiKeyFacts {
  const { key, user, nowMs } = question;
  const use = useOf(question);
  const daysSince = (at: string | null) => (at === null ? null : wholeDays(nowMs - parseInstant(at)));
  const expiresInDays = key.expiresAt === null ? null : wholeDays(parseInstant(key.expiresAt) - nowMs);
  const isExpired = key.expiresAt !== null && parseInstant(key.expiresAt) <= nowMs;
  const state = isExpired ? 'expired' : use.state;
  const record: Record<string, unknown> = {};
  const put = (field: string, value: unknown) => {
    if (value !== null) record[field] = value;
  };
  put('KeyId', key.id);
  put('Purpose', key.purpose);
  put('Hint', key.hint);
  put('UserId', key.userId);
  put('Username', user?.username ?? null);
  put('IsServiceAccount', user?.isService ?? null);
  put('UserIsActive', user?.isActive ?? null);
  put('AgeDays', daysSince(key.createdAt));
  put('IdleDays', use.idleDays);
  put('ExpiresInDays', expiresInDays);
  put('NeverExpires', key.expiresAt === null);
  put('UseState', state);
  put('AccessLevel', key.accessLevel);
  put('ActorType', key.actorType);
  const stateReason = isExpired ? `It expired at ${key.expiresAt}.` : use.stateReason;
  return { ...use, record, state, stateReason };
}

function useOf(question: ApiKeyQuestion): Omit<ApiKeyFacts, 'record'> {
  const { key, nowMs, lastAuditedWriteAt, unusedAfterDays } = question;
  if (key.lastUsed?.known !== true) {
    const why = key.lastUsed
      ? 'The server does not know when this key was last used'
      : 'This server does not record when keys are used';
    const bound =
      lastAuditedWriteAt === null ? 'no change made with it is known' : `it was used at ${lastAuditedWriteAt} or later`;
    return {
      state: 'unknown',
      lastUsedAt: lastAuditedWriteAt,
      lastUsedSource: lastAuditedWriteAt === null ? null : 'audit',
      idleDays: null,
      stateReason: `${why}; ${bound}.`,
    };
  }
  const { at } = key.lastUsed;
  const since = at ?? key.createdAt;
  // A server's clock may be a little ahead of ours: a use "in the future" was today.
  const idleDays = since === null ? null : Math.max(0, wholeDays(nowMs - parseInstant(since)));
  const contradiction =
    lastAuditedWriteAt !== null && (at === null || parseInstant(lastAuditedWriteAt) > parseInstant(at))
      ? ` The audit log shows a change made with it at ${lastAuditedWriteAt}.`
      : '';
  if (at === null) {
    const stateReason = `The server has recorded no use of this key.${contradiction}`;
    return { state: 'never_used', lastUsedAt: null, lastUsedSource: 'server', idleDays, stateReason };
  }
  const isUnused = idleDays !== null && idleDays >= unusedAfterDays;
  return {
    state: isUnused ? 'unused' : 'used',
    lastUsedAt: at,
    lastUsedSource: 'server',
    idleDays,
    stateReason: `The server recorded its last use at ${at}.${contradiction}`,
  };
}

function wholeDays(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

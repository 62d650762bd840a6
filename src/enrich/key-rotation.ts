import type { ApiKey, KeyRotation } from '../model/inventory.ts';
import { parseInstant } from './instant.ts';

/** A key that exists, and its last use known from anywhere. */
export type UsedKey = { readonly key: ApiKey; readonly lastUsedAt: string | null };

const DAY_MS = 86_400_000;
const STALLED_AFTER_DAYS = 7;
/** UNKNOWN octopus-api 4.1 how exact the server's last use is: what is less than a day after counts as before. */
const OLD_KEY_SLACK_MS = DAY_MS;

/**
 * The rotations of an instance that are under way, by the id of the old key (docs/keys.md): a newer key of the same account
 * and purpose while the older one is live. Of several newer ones the next is the successor. `keys` are those of the last
 * reading; times as the model has them.
 */
export function rotationsOf(keys: readonly UsedKey[], nowMs: number): ReadonlyMap<string, KeyRotation> {
  const rotations = new Map<string, KeyRotation>();
  const live = keys.filter(({ key }) => isLive(key, nowMs));
  for (const group of Map.groupBy(live, ({ key }) => groupOf(key)).values()) {
    for (const old of group) {
      const successor = successorOf(old.key, group);
      if (successor === null) continue;
      rotations.set(old.key.id, judge(old, successor, nowMs));
    }
  }
  return rotations;
}

/** The older live key that each successor replaces, by the id of the successor. */
export function replacedKeys(rotations: ReadonlyMap<string, KeyRotation>): ReadonlyMap<string, string> {
  return new Map([...rotations].map(([oldId, { successorId }]) => [successorId, oldId]));
}

/**
 * The key that took the place of one that is gone or expired, also where no reading saw both; null when none did. What
 * was made after the older one had expired is no successor.
 */
export function tookOver(ended: ApiKey, keys: readonly UsedKey[], nowMs: number): ApiKey | null {
  const group = keys.filter(({ key }) => key.id !== ended.id && isLive(key, nowMs) && groupOf(key) === groupOf(ended));
  const successor = successorOf(ended, group);
  if (successor === null || successor.createdAt === null) return null;
  const isInTime = ended.expiresAt === null || parseInstant(successor.createdAt) < parseInstant(ended.expiresAt);
  return isInTime ? successor : null;
}

export function isLive({ expiresAt }: ApiKey, nowMs: number): boolean {
  return expiresAt === null || parseInstant(expiresAt) > nowMs;
}

/** A purpose as it is compared: neither case nor blanks around it make another one. */
export function foldPurpose(purpose: string | null): string {
  return (purpose ?? '').trim().toLowerCase();
}

/** Keys without a purpose are no group: each is one of its own. */
function groupOf({ id, userId, purpose }: ApiKey): string {
  const folded = foldPurpose(purpose);
  return JSON.stringify(folded === '' ? [id] : [userId, folded]);
}

function successorOf(old: ApiKey, group: readonly UsedKey[]): ApiKey | null {
  const oldMs = createdMs(old);
  if (oldMs === null) return null;
  const newer = group.flatMap(({ key }) => {
    const madeMs = createdMs(key);
    return madeMs !== null && madeMs > oldMs ? [{ key, madeMs }] : [];
  });
  return newer.sort((a, b) => a.madeMs - b.madeMs || (a.key.id < b.key.id ? -1 : 1))[0]?.key ?? null;
}

function judge(old: UsedKey, successor: ApiKey, nowMs: number): KeyRotation {
  const madeMs = createdMs(successor) ?? nowMs;
  // A server's clock may be a little ahead of ours.
  const overlapDays = Math.max(0, Math.floor((nowMs - madeMs) / DAY_MS));
  const isOldUsed = old.lastUsedAt !== null && parseInstant(old.lastUsedAt) >= madeMs + OLD_KEY_SLACK_MS;
  const state = isOldUsed ? 'old_key_used' : overlapDays < STALLED_AFTER_DAYS ? 'overlapping' : 'stalled';
  return { state, successorId: successor.id, overlapDays };
}

function createdMs({ createdAt }: ApiKey): number | null {
  return createdAt === null ? null : parseInstant(createdAt);
}

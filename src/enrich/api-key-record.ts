import { toInstant } from '../lib/clock.ts';
import type { ApiKey, KeyOwnerKind, KeyPower, KeyRotation, OwnerAccess, User } from '../model/inventory.ts';
import type { FlatRecord } from '../model/record.ts';
import { parseInstant } from './instant.ts';
import type { KeyCompany } from './key-company.ts';
import { AUDITED_POWERS, type AuditedPower, isAdministrator, type KeyPowers } from './key-powers.ts';
import { isVaguePurpose } from './key-purpose.ts';
import { type KeyUse, type UseQuestion, useOf } from './key-use.ts';

/** What was concluded about one key: the record that rules see, and what of it the ledger keeps. */
export type ApiKeyFacts = KeyUse & {
  readonly record: FlatRecord;
  readonly ownerKind: KeyOwnerKind | null;
  /** Null when it is not known what can be done with the key. */
  readonly powers: readonly KeyPower[] | null;
  readonly isPowersComplete: boolean | null;
  /** Null when that cannot be told yet. */
  readonly unusedPowers: readonly KeyPower[] | null;
  readonly rotation: KeyRotation | null;
};

export type ApiKeyQuestion = UseQuestion & {
  /** Name of the Octopus instance. */
  readonly instance: string;
  /** The key's owner; null when the inventory does not hold it. */
  readonly user: User | null;
  readonly access: OwnerAccess | null;
  readonly powers: KeyPowers | null;
  readonly company: KeyCompany;
  /** The rotation of which this key is the old one. */
  readonly rotation: KeyRotation | null;
  /** The older live key that this one replaces; null when there is none. */
  readonly replacesId: string | null;
  /** True for the key with which the monitor was last known to read. */
  readonly isMonitorKey: boolean;
  /** When the owner, disabled before, was seen enabled again. */
  readonly enabledAgainAt: string | null;
  /** Whether an audited event since then used a power of the key, or may have. Asked only where the answer counts. */
  readonly hasUsed: (power: AuditedPower, since: string) => boolean;
};

const DAY_MS = 86_400_000;
/** A power that was not used for so long is one that the key seems to do without. */
const UNUSED_POWER_DAYS = 90;

/**
 * Judges one API key and makes its record (log source category `api_key`, docs/taxonomy.md); the fields of the key register
 * come from elsewhere. What is not known is no field. Days are whole, rounded down.
 */
export function apiKeyRecord(question: ApiKeyQuestion): ApiKeyFacts {
  const { key, user, nowMs, access, company, rotation } = question;
  const use = useOf(question);
  const powers = question.powers;
  const unusedPowers = unusedPowersOf(question);
  const isAgent = isAgentKey(key, user);
  const daysSince = (at: string | null) => (at === null ? null : wholeDays(nowMs - parseInstant(at)));
  const fields: Record<string, unknown> = {
    Instance: question.instance,
    KeyId: key.id,
    Purpose: key.purpose,
    Hint: key.hint,
    UserId: key.userId,
    Username: user?.username,
    IsServiceAccount: user?.isService,
    UserIsActive: user?.isActive,
    AgeDays: daysSince(key.createdAt),
    IdleDays: use.idleDays,
    ExpiresInDays: key.expiresAt === null ? null : wholeDays(parseInstant(key.expiresAt) - nowMs),
    NeverExpires: key.expiresAt === null,
    UseState: use.state,
    AccessLevel: key.accessLevel,
    ActorType: key.actorType,
    IsPersonal: user === null ? null : !user.isService && isAgent !== true,
    IsAgent: isAgent,
    AuditIdleDays: use.auditIdleDays,
    OwnerIsAdmin: isAdministrator(access),
    Powers: powers?.powers,
    PowersComplete: powers?.isComplete,
    UnusedPowers: unusedPowers,
    OwnerEnabledAgainDays: daysSince(revivedAt(question)),
    PurposeIsVague: isVaguePurpose(key.purpose),
    PurposeIsShared: company.isPurposeShared,
    LiveKeysOfAccount: company.liveKeysOfAccount,
    IsMonitorKey: question.isMonitorKey || null,
    'Rotation.State': rotation?.state,
    'Rotation.SuccessorId': rotation?.successorId,
    'Rotation.OverlapDays': rotation?.overlapDays,
    'Rotation.ReplacesId': question.replacesId,
  };
  return {
    ...use,
    record: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)),
    ownerKind: ownerKindOf(user, isAgent),
    powers: powers?.powers ?? null,
    isPowersComplete: powers?.isComplete ?? null,
    unusedPowers,
    rotation,
  };
}

/** FACT octopus-api 4.1, 4.2: agents are marked on the key or its account since 2026; null where the server does not say. */
function isAgentKey(key: ApiKey, user: User | null): boolean | null {
  const marks = [key.actorType, user?.serviceAccountType ?? null];
  if (marks.includes('AiAgent') || marks.includes('Agent')) return true;
  return marks.every((mark) => mark === null) ? null : false;
}

function ownerKindOf(user: User | null, isAgent: boolean | null): KeyOwnerKind | null {
  if (isAgent === true) return 'agent';
  if (user === null) return null;
  return user.isService ? 'service' : 'human';
}

/** A key that was made after its owner was enabled again has not come back with it. */
function revivedAt({ key, user, enabledAgainAt }: ApiKeyQuestion): string | null {
  if (enabledAgainAt === null || user?.isActive !== true) return null;
  const isYounger = key.createdAt !== null && parseInstant(key.createdAt) >= parseInstant(enabledAgainAt);
  return isYounger ? null : enabledAgainAt;
}

/** Told only of keys that were there, and whose events were stored, for the whole time. */
function unusedPowersOf(question: ApiKeyQuestion): readonly AuditedPower[] | null {
  const { key, nowMs, powers, historyFromAt, possibleWriteAt, hasUsed } = question;
  if (powers === null || key.createdAt === null || historyFromAt === null) return null;
  const sinceMs = nowMs - UNUSED_POWER_DAYS * DAY_MS;
  const isOlder = (at: string) => parseInstant(at) <= sinceMs;
  if (!isOlder(key.createdAt) || !isOlder(historyFromAt)) return null;
  if (possibleWriteAt !== null && !isOlder(possibleWriteAt)) return null;
  const since = toInstant(sinceMs);
  return AUDITED_POWERS.filter((power) => powers.powers.includes(power) && !hasUsed(power, since));
}

function wholeDays(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

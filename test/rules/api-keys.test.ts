import { describe, expect, it, onTestFinished } from 'vitest';
import { applyKeyRules, loadRulePack } from '../../src/detect/index.ts';
import type { FlatRecord } from '../../src/model/record.ts';
import { openStore } from '../../src/store/index.ts';
import { CHECKOUT } from '../support/checkout.ts';

const pack = loadRulePack([`${CHECKOUT}/rules`]);
const NOW_MS = Date.UTC(2026, 10, 20, 12);

/** What the shipped rules find about one key: rule to level, and rule to the reason in words. */
function judge(record: FlatRecord): { levels: Record<string, string>; reasons: Record<string, string> } {
  const store = openStore(':memory:', { monitorVersion: 'test' });
  onTestFinished(() => {
    store.close();
  });
  const { instance_id: instanceId } = store.instances.ensure('default', 'https://octopus.example', 60_000);
  const context = {
    ...{ store, configSha256: '', monitorVersion: 'test', calendar: '', supersedes: new Map() },
    channelsFor: () => [],
  };
  const key = { keyId: 'apikeys-A', record, stateReason: 'As the test says.' };
  store.transaction(() => applyKeyRules(context, pack, instanceId, [key], () => true, NOW_MS));
  const found = store.db
    .prepare<[], { rule: string; level: string; why: string }>(
      "SELECT rule, level, report ->> 'why' AS why FROM _findings ORDER BY rule",
    )
    .all();
  return {
    levels: Object.fromEntries(found.map(({ rule, level }) => [rule, level])),
    reasons: Object.fromEntries(found.map(({ rule, why }) => [rule, why])),
  };
}

/** A service account's key as it should be: registered, young, in use, able to do what it does and no more. */
const WELL_KEPT: FlatRecord = {
  KeyId: 'apikeys-A',
  Purpose: 'TeamCity: release Web Shop',
  Hint: 'API-ABC',
  UserId: 'Users-1',
  Username: 'svc-release',
  IsServiceAccount: true,
  UserIsActive: true,
  AgeDays: 100,
  IdleDays: 0,
  ExpiresInDays: 80,
  NeverExpires: false,
  UseState: 'used',
  AccessLevel: 'FullAccess',
  ActorType: 'User',
  IsPersonal: false,
  IsAgent: false,
  OwnerIsAdmin: false,
  Powers: ['deploy', 'deploy_production'],
  PowersComplete: true,
  UnusedPowers: [],
  PurposeIsVague: false,
  PurposeIsShared: false,
  LiveKeysOfAccount: 1,
  Registered: true,
  RegisteredOwner: 'team shop',
  RegisteredSystem: 'TeamCity',
  RegisteredBreaks: 'releases of the Web Shop',
  RotateEveryDays: 180,
  RotationOverdueDays: -80,
};

const without = (record: FlatRecord, field: string): FlatRecord =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== field));

/** Everything that can be wrong with a key at once. */
const NEGLECTED: FlatRecord = {
  ...without(WELL_KEPT, 'RegisteredSystem'),
  Purpose: 'test',
  IsServiceAccount: false,
  IsPersonal: true,
  AgeDays: 1000,
  IdleDays: 1000,
  AuditIdleDays: 1000,
  UseState: 'never_used',
  NeverExpires: true,
  PowersComplete: false,
  UnusedPowers: ['deploy_production'],
  PurposeIsVague: true,
  PurposeIsShared: true,
  LiveKeysOfAccount: 3,
  Registered: false,
  OwnerEnabledAgainDays: 3,
};

describe('the rules about the state of API keys', () => {
  it('find nothing about a key that is well kept', () => {
    expect(judge(WELL_KEPT).levels).toEqual({});
  });

  it.each(Object.keys(WELL_KEPT))('find nothing because %s is not known', (field) => {
    expect(judge(without(WELL_KEPT, field)).levels).toEqual({});
  });

  it('find nothing about a key of which next to nothing is known', () => {
    expect(judge({ KeyId: 'apikeys-A', NeverExpires: false, UseState: 'unknown' }).levels).toEqual({});
  });

  it('find each fault of a neglected key once', () => {
    expect(judge(NEGLECTED).levels).toEqual({
      api_key_never_expires: 'high',
      personal_api_key: 'high',
      revived_api_key: 'high',
      unregistered_api_key: 'medium',
      unused_api_key: 'high',
      vague_api_key_purpose: 'low',
    });
  });

  it('find nothing about a neglected key that has expired', () => {
    expect(judge({ ...NEGLECTED, UseState: 'expired' }).levels).toEqual({});
  });

  it('find one thing about a neglected key of a disabled account: that it is there', () => {
    expect(judge({ ...NEGLECTED, UserIsActive: false }).levels).toEqual({ disabled_owner_api_key: 'low' });
  });

  it.each<[what: string, changed: FlatRecord, found: Record<string, string>]>([
    ["a person's", { IsPersonal: true, Powers: ['deploy'] }, { personal_api_key: 'low' }],
    ["a person's, read-only", { IsPersonal: true, AccessLevel: 'ReadOnly' }, { personal_api_key: 'informational' }],
    ["a person's, variables", { IsPersonal: true, Powers: ['edit_variables'] }, { personal_api_key: 'medium' }],
    ["a person's, production", { IsPersonal: true }, { personal_api_key: 'high' }],
    ["an administrator's", { Powers: ['administer'] }, { admin_api_key: 'high' }],
    ["an administrator's, personal", { Powers: ['administer'], IsPersonal: true }, { admin_api_key: 'high' }],
    ["an administrator's, endless", { Powers: ['administer'], NeverExpires: true }, { admin_api_key: 'critical' }],
    ['endless', { NeverExpires: true, Powers: ['deploy'] }, { api_key_never_expires: 'low' }],
    ['endless, users', { NeverExpires: true, Powers: ['manage_users'] }, { api_key_never_expires: 'medium' }],
    ['endless, production', { NeverExpires: true }, { api_key_never_expires: 'high' }],
    ['ending in 20 days', { ExpiresInDays: 20 }, { api_key_expiring: 'informational' }],
    ['ending in 10 days', { ExpiresInDays: 10 }, { api_key_expiring: 'low' }],
    ['ending in 3 days', { ExpiresInDays: 3 }, { api_key_expiring: 'medium' }],
    ['due for rotation', { RotationOverdueDays: 0 }, { api_key_rotation_overdue: 'low' }],
    ['a month overdue', { RotationOverdueDays: 30 }, { api_key_rotation_overdue: 'medium' }],
    ['unused', { UseState: 'unused', IdleDays: 90, Powers: ['deploy'] }, { unused_api_key: 'medium' }],
    ['unused, production', { UseState: 'unused', IdleDays: 90 }, { unused_api_key: 'high' }],
    ['over-privileged', { UnusedPowers: ['edit_variables'] }, { over_privileged_api_key: 'low' }],
    ['over-privileged, production', { UnusedPowers: ['deploy_production'] }, { over_privileged_api_key: 'medium' }],
    ['differing from the register', { RegisterDrift: ['x'] }, { api_key_register_drift: 'medium' }],
    ['being replaced', { 'Rotation.State': 'overlapping', RotationOverdueDays: 40, ExpiresInDays: 1 }, {}],
    ['replaced and used', { 'Rotation.State': 'old_key_used' }, { rotation_old_key_used: 'low' }],
    [
      'replaced and used after a week',
      { 'Rotation.State': 'old_key_used', 'Rotation.OverlapDays': 7 },
      { rotation_old_key_used: 'medium' },
    ],
    ['replaced and not revoked', { 'Rotation.State': 'stalled' }, { rotation_stalled: 'low' }],
  ])('say of a key that is %s', (_, changed, found) => {
    expect(judge({ ...WELL_KEPT, ...changed }).levels).toEqual(found);
  });

  it.each<[rule: string, changed: FlatRecord]>([
    ['personal_api_key', { IsPersonal: true }],
    ['api_key_never_expires', { NeverExpires: true }],
    ['over_privileged_api_key', { UnusedPowers: ['edit_variables'] }],
    ['api_key_register_drift', { RegisterDrift: ['x'] }],
  ])('%s says when the monitor may not see all that the account may do', (rule, changed) => {
    const { levels, reasons } = judge({ ...WELL_KEPT, ...changed, Powers: ['deploy'], PowersComplete: false });

    expect(levels).toEqual({ [rule]: 'low' });
    expect(reasons[rule]).toMatch(/may not see all permissions of the account/);
  });

  it('say "none" of a key without powers, and "(unknown)" of one of which they are not known', () => {
    const personal = { ...WELL_KEPT, IsPersonal: true };

    expect(judge({ ...personal, Powers: [] }).reasons['personal_api_key']).toContain('The key can: none.');
    expect(judge(without(personal, 'Powers')).reasons['personal_api_key']).toContain('The key can: (unknown).');
  });
});

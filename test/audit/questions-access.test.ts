import { describe, expect, it } from 'vitest';
import { openLedger } from './ledger.ts';

const READ = '2026-11-20';

describe('saved questions about API keys', () => {
  function ledgerOfKeys() {
    const ledger = openLedger();
    ledger.accounts(READ, [
      { username: 'alice' },
      { username: 'bob', isActive: false },
      { username: 'svc', isService: true },
    ]);
    const year = '2027-01-01T00:00:00.000Z';
    ledger.key(READ, { id: 'old', of: 'alice', createdAt: '2024-11-20T12:00:00.000Z', state: 'unused', idleDays: 200 });
    ledger.key(READ, { id: 'new', of: 'svc', createdAt: '2026-11-10T12:00:00.000Z', expiresAt: year, idleDays: 1 });
    ledger.key(READ, { id: 'of-bob', of: 'bob', createdAt: '2026-06-01T12:00:00.000Z', expiresAt: year, idleDays: 90 });
    ledger.key(READ, {
      ...{ id: 'over', of: 'alice', createdAt: '2023-01-01T12:00:00.000Z', state: 'expired', idleDays: 400 },
      expiresAt: '2024-01-01T00:00:00.000Z',
    });
    ledger.key(READ, {
      id: 'never',
      of: 'svc',
      createdAt: '2026-01-01T12:00:00.000Z',
      expiresAt: year,
      state: 'unknown',
    });
    return ledger;
  }

  const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row['key_id']);

  it('api-keys-by-owner lists every key with its age, by account', () => {
    const ledger = ledgerOfKeys();

    const rows = ledger.ask('api-keys-by-owner');

    expect(ids(rows)).toEqual(['over', 'old', 'of-bob', 'never', 'new']);
    expect(rows[1]).toMatchObject({ username: 'alice', is_service_account: 0, age_days: 730, idle_days: 200 });
  });

  it('api-keys-never-expiring leaves out what has an end', () => {
    expect(ids(ledgerOfKeys().ask('api-keys-never-expiring'))).toEqual(['old']);
  });

  it('api-keys-unused takes the days from the reader, and leaves out what is expired or not known', () => {
    const ledger = ledgerOfKeys();

    expect(ids(ledger.ask('api-keys-unused'))).toEqual(['old', 'of-bob']);
    expect(ids(ledger.ask('api-keys-unused', { days: 91 }))).toEqual(['old']);
  });

  it('api-keys-due-for-rotation lists keys older than so many days that still work', () => {
    const ledger = ledgerOfKeys();

    expect(ids(ledger.ask('api-keys-due-for-rotation'))).toEqual(['old']);
    expect(ids(ledger.ask('api-keys-due-for-rotation', { days: 300 }))).toEqual(['old', 'never']);
  });

  it('api-keys-of-disabled-accounts lists the keys that would revive', () => {
    expect(ids(ledgerOfKeys().ask('api-keys-of-disabled-accounts'))).toEqual(['of-bob']);
  });
});

describe('saved questions about sign-ins', () => {
  it('failed-sign-ins-by-address-and-account counts failures, unnamed accounts and addresses too', () => {
    const ledger = openLedger();
    const failure = { category: 'LoginFailed', by: 'system', ip: '203.0.113.9', account: 'admin' } as const;
    ledger.event({ ...failure, id: 'Events-1', at: '2026-11-02T10:00:00.000Z' });
    ledger.event({ ...failure, id: 'Events-2', at: '2026-11-02T10:05:00.000Z' });
    ledger.event({ ...failure, id: 'Events-3', at: '2026-11-02T10:06:00.000Z', account: 'unattributed' });
    ledger.event({ ...failure, id: 'Events-4', at: '2026-11-02T10:06:00.000Z', category: 'LoginSucceeded' });
    ledger.event({ ...failure, id: 'Events-5', at: '2026-08-01T10:06:00.000Z' });

    const rows = ledger.ask('failed-sign-ins-by-address-and-account', { from: '2026-09-01' });

    expect(rows.map((row) => Object.values(row).slice(1))).toEqual([
      ['203.0.113.9', 'admin', 2, '2026-11-02T10:00:00.000Z', '2026-11-02T10:05:00.000Z'],
      ['203.0.113.9', '(unknown)', 1, '2026-11-02T10:06:00.000Z', '2026-11-02T10:06:00.000Z'],
    ]);
  });

  it('sign-ins-after-failures needs enough failures from that address within the hour before', () => {
    const ledger = openLedger();
    const fail = (number: number, at: string, ip: string) =>
      ledger.event({
        id: `Events-${number}`,
        at,
        category: 'LoginFailed',
        by: 'system',
        ip,
        account: `user ${number}`,
      });
    for (let minute = 1; minute <= 5; minute++) fail(minute, `2026-11-02T10:0${minute}:00.000Z`, '203.0.113.9');
    for (let minute = 1; minute <= 4; minute++) fail(10 + minute, `2026-11-02T10:0${minute}:00.000Z`, '203.0.113.8');
    const success = { category: 'LoginSucceeded' } as const;
    ledger.event({ ...success, id: 'Events-20', at: '2026-11-02T11:00:59.000Z', ip: '203.0.113.9' });
    ledger.event({ ...success, id: 'Events-21', at: '2026-11-02T11:01:01.000Z', ip: '203.0.113.9' });
    ledger.event({ ...success, id: 'Events-22', at: '2026-11-02T10:30:00.000Z', ip: '203.0.113.8' });
    ledger.event({ ...success, id: 'Events-23', at: '2026-11-02T10:00:00.000Z', ip: '203.0.113.9' });

    const five = ledger.ask('sign-ins-after-failures');
    const four = ledger.ask('sign-ins-after-failures', { failures: 4 });

    expect(five.map((row) => [row['event_id'], row['failures_before'], row['accounts_tried']])).toEqual([
      ['Events-20', 5, 5],
    ]);
    expect(four.map((row) => row['event_id'])).toEqual(['Events-21', 'Events-20', 'Events-22']);
  });
});

describe('saved questions about access', () => {
  function changes() {
    const ledger = openLedger();
    const change = (number: number, category: string, ...related: string[]) =>
      ledger.event({ id: `Events-${number}`, at: '2026-11-02', category, related });
    change(1, 'Modified', 'Teams-7', 'Users-1');
    change(2, 'Created', 'userroles-deployer');
    change(3, 'Deleted', 'ScopedUserRoles-9');
    change(4, 'Created', 'Users-9');
    change(5, 'Deleted', 'apikeys-X');
    change(6, 'Modified', 'Projects-1');
    change(7, 'LoginSucceeded', 'Users-1');
    change(8, 'Deleted', 'Projects-2');
    change(9, 'Modified', 'TeamsAndMore-1');
    return ledger;
  }

  it('permission-and-team-changes lists teams, roles and scoped roles, whatever the case of their ids', () => {
    const rows = changes().ask('permission-and-team-changes');

    expect(rows.map((row) => [row['event_id'], row['objects']])).toEqual([
      ['Events-1', 'Teams-7'],
      ['Events-2', 'userroles-deployer'],
      ['Events-3', 'ScopedUserRoles-9'],
    ]);
  });

  it('account-and-key-changes lists accounts and keys', () => {
    const rows = changes().ask('account-and-key-changes');

    expect(rows.map((row) => [row['event_id'], row['objects']])).toEqual([
      ['Events-1', 'Users-1'],
      ['Events-4', 'Users-9'],
      ['Events-5', 'apikeys-X'],
    ]);
  });

  it('deletions lists what was deleted, of every kind', () => {
    const rows = changes().ask('deletions');

    expect(rows.map((row) => row['event_id'])).toEqual(['Events-3', 'Events-5', 'Events-8']);
  });

  it('dormant-accounts weighs events and uses of keys, and leaves out disabled and deleted accounts', () => {
    const ledger = openLedger();
    ledger.accounts('2026-11-01', [{ username: 'deleted' }]);
    ledger.accounts(READ, [
      { username: 'never' },
      { username: 'long-ago' },
      { username: 'by-key', isService: true },
      { username: 'lately' },
      { username: 'disabled', isActive: false },
    ]);
    ledger.event({ id: 'Events-1', at: '2026-07-01', category: 'LoginSucceeded', by: 'long-ago' });
    ledger.event({ id: 'Events-2', at: '2026-11-19', category: 'LoginSucceeded', by: 'lately' });
    ledger.event({ id: 'Events-3', at: '2026-06-01', category: 'Modified', by: 'by-key' });
    ledger.key(READ, { id: 'k', of: 'by-key', lastUsedAt: '2026-11-01T00:00:00.000Z' });

    const rows = ledger.ask('dormant-accounts');

    expect(rows.map((row) => [row['username'], row['last_event_at'], row['idle_days'], row['known_from']])).toEqual([
      ['never', null, null, '2026-06-01T12:00:00.000Z'],
      ['long-ago', '2026-07-01T12:00:00.000Z', 142, '2026-06-01T12:00:00.000Z'],
    ]);
    expect(ledger.ask('dormant-accounts', { days: 10 }).map((row) => row['username'])).toEqual([
      'never',
      'long-ago',
      'by-key',
    ]);
  });
});

describe('saved questions about one day', () => {
  function day() {
    const ledger = openLedger();
    const key = { id: 'apikeys-1', purpose: 'Nightly' };
    ledger.event({ id: 'Events-1', at: '2026-11-01T23:59:59.999Z', category: 'Modified', key });
    ledger.event({ id: 'Events-2', at: '2026-11-02T00:00:00.000Z', category: 'Modified', key });
    ledger.event({ id: 'Events-3', at: '2026-11-02T08:00:00.000Z', category: 'Modified', by: 'bob' });
    ledger.event({
      ...{ id: 'Events-4', at: '2026-11-02T09:00:00.000Z', category: 'DeploymentStarted', by: 'system' },
      ...{ kind: 'human' as const, actorName: 'alice' },
    });
    ledger.event({ id: 'Events-5', at: '2026-11-02T10:00:00.000Z', category: 'MachineHealthy', by: 'system' });
    ledger.event({
      ...{ id: 'Events-6', at: '2026-11-02T11:00:00.000Z', category: 'Created', by: 'bob' },
      key: { id: null, purpose: 'other' },
    });
    return ledger;
  }
  const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row['event_id']);

  it.each([
    [{}, ['Events-2', 'Events-3', 'Events-4', 'Events-6']],
    [{ user: 'Alice' }, ['Events-2', 'Events-4']],
    [{ user: 'Users-bob' }, ['Events-3', 'Events-6']],
    [{ user: 'alice', day: '2026-11-01' }, ['Events-1']],
    [{ user: 'system' }, ['Events-4', 'Events-5']],
    [{ user: 'nobody' }, []],
  ])('activity-of-user with %j', (given, expected) => {
    expect(ids(day().ask('activity-of-user', given))).toEqual(expected);
  });

  it.each([
    [{}, ['Events-2', 'Events-6']],
    [{ key: 'apikeys-1' }, ['Events-2']],
    [{ key: 'nightly', day: '2026-11-01' }, ['Events-1']],
    [{ key: 'other' }, ['Events-6']],
    [{ key: 'apikeys-2' }, []],
  ])('activity-of-key with %j', (given, expected) => {
    expect(ids(day().ask('activity-of-key', given))).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { openLedger } from './ledger.ts';

const READ = '2026-11-20';
const READ_AT = `${READ}T12:00:00.000Z`;

type Columns = Readonly<Record<string, string | number | null>>;

/** A ledger of keys with columns that the readings of a server or a key register would fill. */
function openKeyLedger() {
  const ledger = openLedger();
  ledger.accounts(READ, [{ username: 'alice' }, { username: 'svc', isService: true }]);
  const { db } = ledger.store;
  return {
    ...ledger,

    keyWith(id: string, of: string, columns: Columns = {}) {
      ledger.key(READ, { id, of, createdAt: '2026-01-01T12:00:00.000Z', idleDays: 1 });
      for (const [column, value] of Object.entries(columns))
        db.prepare(`UPDATE _api_keys SET ${column} = ? WHERE key_id = ?`).run(value, id);
    },

    change(keyId: string, seenAt: string, change: string, after: string | null = null) {
      db.prepare(
        'INSERT INTO _api_key_changes (instance_id, key_id, seen_at, change, before, after) VALUES (?, ?, ?, ?, NULL, ?)',
      ).run(ledger.instanceId, keyId, seenAt, change, after);
    },
  };
}

const columnOf = (rows: readonly Columns[], column: string) => rows.map((row) => row[column]);

describe('api-keys-to-act-on', () => {
  it('ranks keys by the weights of what is found about them, gravest reason first', () => {
    const ledger = openKeyLedger();
    for (const id of ['one-high', 'many-low', 'nothing', 'medium']) ledger.keyWith(id, 'svc');
    ledger.finding({ rule: 'personal_api_key', at: '2026-11-01', level: 'high', events: ['one-high'] });
    ledger.finding({ rule: 'vague_api_key_purpose', at: '2026-11-02', level: 'low', events: ['one-high'] });
    for (const day of [3, 4, 5])
      ledger.finding({ rule: 'two_live_api_keys', at: `2026-11-0${day}`, level: 'low', events: ['many-low'] });
    ledger.finding({ rule: 'unused_api_key', at: '2026-11-06', level: 'medium', events: ['medium'] });
    ledger.finding({ rule: 'api_key_expiring', at: '2026-11-07', level: 'informational', events: ['medium'] });

    const rows = ledger.ask('api-keys-to-act-on');

    expect(rows.map((row) => [row['rank'], row['key_id'], row['worst_level'], row['score'], row['findings']])).toEqual([
      [1, 'one-high', 'high', 22, 2],
      [2, 'medium', 'medium', 9, 2],
      [3, 'many-low', 'low', 6, 3],
    ]);
    expect(rows[0]).toMatchObject({
      username: 'svc',
      purpose: 'one-high',
      reasons: 'personal_api_key happened; vague_api_key_purpose happened',
    });
  });

  it.each([
    ['["deploy"]', 20],
    ['["deploy","deploy_production"]', 30],
    ['["administer","deploy_production"]', 40],
    [null, 20],
  ])('multiplies by what a key with the powers %s could do', (powers, score) => {
    const ledger = openKeyLedger();
    ledger.keyWith('a-key', 'svc', { powers });
    ledger.finding({ rule: 'personal_api_key', at: '2026-11-01', level: 'high', events: ['a-key'] });

    expect(columnOf(ledger.ask('api-keys-to-act-on'), 'score')).toEqual([score]);
  });

  it('counts what is acknowledged and not what is resolved, and forgets keys that are gone', () => {
    const ledger = openKeyLedger();
    for (const id of ['taken-on', 'ended']) ledger.keyWith(id, 'svc');
    ledger.keyWith('revoked', 'svc', { gone_at: READ_AT });
    const takenOn = ledger.finding({ rule: 'unused_api_key', at: '2026-11-01', events: ['taken-on'] });
    const ended = ledger.finding({ rule: 'unused_api_key', at: '2026-11-02', events: ['ended'] });
    ledger.finding({ rule: 'unused_api_key', at: '2026-11-03', events: ['revoked'] });
    const { db } = ledger.store;
    db.prepare("UPDATE _findings SET status = 'acknowledged' WHERE finding_id = ?").run(takenOn);
    db.prepare("UPDATE _findings SET status = 'resolved', resolution = 'ended' WHERE finding_id = ?").run(ended);

    expect(columnOf(ledger.ask('api-keys-to-act-on'), 'key_id')).toEqual(['taken-on']);
  });

  it('counts once what was found of the use of a key in several events, and not what other rules found', () => {
    const ledger = openKeyLedger();
    ledger.keyWith('copied', 'svc');
    const key = { id: 'copied', purpose: 'copied' };
    for (const number of [1, 2]) ledger.event({ id: `Events-${number}`, at: '2026-11-02', category: 'Created', key });
    const events = ['Events-1', 'Events-2'];
    ledger.finding({ rule: 'api_key_outside_network', at: '2026-11-02', level: 'high', events });
    ledger.finding({ rule: 'off_hours_production_deploy', at: '2026-11-03', level: 'high', events });

    const rows = ledger.ask('api-keys-to-act-on');

    expect(rows).toMatchObject([{ key_id: 'copied', score: 20, reasons: 'api_key_outside_network happened' }]);
  });
});

describe('api-key-rotations', () => {
  it('lists those under way by their age, then those finished within the period', () => {
    const ledger = openKeyLedger();
    ledger.keyWith('new', 'svc', { created_at: '2026-11-10T12:00:00.000Z', register_entry: '{"owner":"team shop"}' });
    ledger.keyWith('old', 'svc', { rotation_state: 'stalled', successor_id: 'new' });
    ledger.keyWith('alone', 'svc');
    ledger.keyWith('replaced', 'alice', { gone_at: READ_AT });
    ledger.change('replaced', '2026-11-12T12:00:00.000Z', 'rotation_finished', 'new');
    ledger.change('replaced', '2026-11-12T12:00:00.000Z', 'gone');
    ledger.change('replaced', '2024-11-12T12:00:00.000Z', 'rotation_finished', 'new');

    const rows = ledger.ask('api-key-rotations');

    expect(rows).toMatchObject([
      { state: 'stalled', old_key_id: 'old', new_key_id: 'new', days: 10, finished_at: null, owner: 'team shop' },
      {
        state: 'finished',
        old_key_id: 'replaced',
        new_key_id: 'new',
        days: 2,
        finished_at: '2026-11-12T12:00:00.000Z',
      },
    ]);
    expect(columnOf(ledger.ask('api-key-rotations', { to: '2026-11-11' }), 'old_key_id')).toEqual(['old']);
    expect(ledger.ask('api-key-rotations', { from: '2024-01-01' })).toHaveLength(3);
  });
});

describe('api-keys-against-register', () => {
  it('begins with the keys nobody registered, then those that differ', () => {
    const ledger = openKeyLedger();
    ledger.keyWith('fine', 'svc', { is_registered: 1, register_entry: '{"owner":"team shop","system":"TeamCity"}' });
    ledger.keyWith('differing', 'svc', {
      is_registered: 1,
      register_entry: '{"owner":"team shop"}',
      register_drift: '["it may deploy","its owner is unassigned"]',
    });
    ledger.keyWith('unknown', 'svc', { is_registered: 0 });
    ledger.keyWith('unread', 'alice');

    const rows = ledger.ask('api-keys-against-register');

    expect(rows.map((row) => [row['key_id'], row['verdict'], row['differences'], row['system']])).toEqual([
      ['unknown', 'not registered', null, null],
      ['differing', 'differs', 'it may deploy; its owner is unassigned', null],
      ['fine', 'as registered', null, 'TeamCity'],
      ['unread', 'no register', null, null],
    ]);
  });
});

describe('api-key-history', () => {
  it('lists the changes of a period, the latest first, of all keys or of one', () => {
    const ledger = openKeyLedger();
    ledger.keyWith('first', 'svc');
    ledger.keyWith('second', 'alice', { gone_at: READ_AT });
    ledger.change('first', '2026-07-01T12:00:00.000Z', 'appeared');
    ledger.change('first', '2026-11-01T12:00:00.000Z', 'successor', 'third');
    ledger.change('second', '2026-11-02T12:00:00.000Z', 'gone');

    const changes = (given: Readonly<Record<string, string>>) =>
      ledger.ask('api-key-history', given).map((row) => `${row['key_id']} ${row['change']}`);
    expect(changes({})).toEqual(['second gone', 'first successor']);
    expect(changes({ from: '2026-01-01' })).toEqual(['second gone', 'first successor', 'first appeared']);
    expect(changes({ to: '2026-11-01' })).toEqual(['first successor']);
    expect(changes({ key: 'FIRST' })).toEqual(['first successor']);
    expect(changes({ key: 'Alice' })).toEqual(['second gone']);
  });
});

describe('the register in the questions of before', () => {
  it('api-keys-due-for-rotation goes by its interval where it names one, else by age', () => {
    const ledger = openKeyLedger();
    const old = { created_at: '2024-01-01T12:00:00.000Z' };
    ledger.keyWith('old', 'svc', old);
    ledger.keyWith('old-and-allowed', 'svc', { ...old, rotation_due_at: '2027-01-01T00:00:00.000Z' });
    ledger.keyWith('young-and-due', 'svc', { rotation_due_at: READ_AT });

    const rows = ledger.ask('api-keys-due-for-rotation');

    expect(rows.map((row) => [row['key_id'], row['due_by']])).toEqual([
      ['old', 'age'],
      ['young-and-due', 'register'],
    ]);
  });

  it('api-keys-by-owner puts keys with an owner first', () => {
    const ledger = openKeyLedger();
    ledger.keyWith('of-alice', 'alice');
    ledger.keyWith('of-svc', 'svc', { register_entry: '{"owner":"team shop","system":"TeamCity"}' });

    const rows = ledger.ask('api-keys-by-owner');

    expect(rows.map((row) => [row['key_id'], row['owner'], row['system']])).toEqual([
      ['of-svc', 'team shop', 'TeamCity'],
      ['of-alice', null, null],
    ]);
  });
});

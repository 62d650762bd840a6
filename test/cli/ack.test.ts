import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type Store } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { octowatch } from './octowatch.ts';

describe('octowatch ack', () => {
  let folder: string;
  let db: string;
  let env: Record<string, string>;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-ack-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    db = path.join(folder, 'octowatch.db');
    env = { OCTOWATCH_DB: db, OCTOWATCH_TIMEZONE: 'Europe/London' };
  });

  /** Opens findings, each with a pending alert, and closes the database again. */
  function open(...findings: { rule?: string; subject?: string; lastSeenAt?: string }[]) {
    const store = openStore(db, { monitorVersion: 'test' });
    store.transaction(() => {
      const { instance_id } = store.instances.ensure('default', 'https://octopus.example', 60_000);
      for (const [index, finding] of findings.entries()) openOne(store, instance_id, index, finding);
    });
    store.close();
  }

  function openOne(
    store: Store,
    instanceId: number,
    index: number,
    { rule = 'a_rule', subject = 'alice', lastSeenAt = '2026-03-02T12:00:00.000Z' },
  ) {
    const id = store.findings.open({
      ...{ instanceId, rule, subject, fingerprint: `f${index}`, isState: false, level: 'high', title: `T${index}` },
      ...{ firstSeenAt: lastSeenAt, lastSeenAt, report: '{}', ruleSha256: '', configSha256: '', monitorVersion: '' },
      createdAt: lastSeenAt,
    });
    store.db
      .prepare(
        `INSERT INTO _deliveries (finding_id, channel, kind, state, is_catch_up, created_at, due_at)
         VALUES (?, 'slack', 'alert', 'pending', 0, '', '')`,
      )
      .run(id);
  }

  const ack = (...args: string[]) => octowatch(['ack', ...args], { cwd: folder, env });
  const statuses = () =>
    readRows(db, 'SELECT status FROM findings ORDER BY finding_id')
      .map((row) => row['status'])
      .join(' ');

  it('takes findings on by number: says so in the view and the journal, and what is still to be sent is not', async () => {
    open({}, {}, {});

    const { code, stdout, stderr } = await ack('1', '3', '1', '--note', ' planned, CHG-7 ', '--by', 'ann');

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2 findings acknowledged by ann\n', stderr: '' });
    expect(statuses()).toBe('acknowledged open acknowledged');
    expect(
      readRows(db, 'SELECT acknowledged_by, acknowledged_until, note FROM findings WHERE finding_id <> 2'),
    ).toEqual([1, 2].map(() => ({ acknowledged_by: 'ann', acknowledged_until: null, note: 'planned, CHG-7' })));
    expect(readRows(db, 'SELECT finding_id FROM deliveries')).toEqual([{ finding_id: 2 }]);
    const journal = readRows(db, "SELECT * FROM journal WHERE action = 'finding_acknowledged'");
    expect(journal).toMatchObject([
      { object: '1', os_user: expect.stringMatching(/./), host: expect.stringMatching(/./) },
      { object: '3' },
    ]);
    expect(JSON.parse(String(journal[0]?.['detail']))).toEqual({
      ...{ rule: 'a_rule', by: 'ann', note: 'planned, CHG-7', until: null },
    });
  });

  it('is by the operating-system user unless somebody else is named', async () => {
    open({});

    await ack('1', '--note', 'mine');

    const [row] = readRows(db, "SELECT os_user FROM journal WHERE action = 'finding_acknowledged'");
    expect(readRows(db, 'SELECT acknowledged_by FROM findings')).toEqual([{ acknowledged_by: row?.['os_user'] }]);
  });

  it('names what does not exist or is resolved, does the others, and exits 1; 2 when there are none', async () => {
    open({}, {});
    const store = openStore(db, { monitorVersion: 'test' });
    store.findings.resolve(2, 'ended', '2026-03-02T13:00:00.000Z');
    store.close();

    const some = await ack('1', '2', '99', '--note', 'n');
    const none = await ack('2', '99', '--note', 'n');

    const said = 'finding 2 is resolved already\nthere is no finding 99\n';
    expect(some).toMatchObject({ code: 1, stderr: said });
    expect(none).toMatchObject({ code: 2, stdout: '', stderr: said });
    expect(statuses()).toBe('acknowledged resolved');
  });

  it('says it anew of a finding that is acknowledged already, and keeps what was said before', async () => {
    open({});
    await ack('1', '--note', 'first', '--until', '3d');

    const again = await ack('1', '--note', 'second');

    expect(again.code).toBe(0);
    expect(readRows(db, 'SELECT note, acknowledged_until FROM findings')).toEqual([
      { note: 'second', acknowledged_until: null },
    ]);
    expect(readRows(db, 'SELECT note, ended_at IS NULL AS holds FROM _acknowledgements')).toEqual([
      { note: 'first', holds: 0 },
      { note: 'second', holds: 1 },
    ]);
  });

  it('shows what a choice fits and does nothing without --yes where it cannot ask', async () => {
    open({ rule: 'one' }, { rule: 'two' }, { rule: 'one' });

    const { code, stdout, stderr } = await ack('--rule', 'one', '--note', 'n');

    expect(code).toBe(2);
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(stdout).toContain('T2');
    expect(stderr).toBe('these 2 findings are not acknowledged yet: say so again with --yes\n');
    expect(statuses()).toBe('open open open');
  });

  it.each([
    ['rule', ['--rule', 'one'], 'acknowledged open acknowledged open'],
    ['subject, in any case and anywhere', ['--subject', 'LIC%'], 'open open open acknowledged'],
    [
      'day in the business zone: a minute after its midnight is not before it',
      ['--before', '2026-07-02'],
      'acknowledged open acknowledged open',
    ],
    [
      'all of them together',
      ['--rule', 'one', '--before', '2026-07-02', '--subject', 'bob'],
      'open open acknowledged open',
    ],
  ])('chooses by %s', async (_what, choice, expected) => {
    open(
      { rule: 'one', lastSeenAt: '2026-07-01T22:59:59.000Z' },
      { rule: 'two', lastSeenAt: '2026-07-01T23:00:00.000Z' },
      { rule: 'one', subject: 'Bob · x', lastSeenAt: '2026-07-01T10:00:00.000Z' },
      { rule: 'two', subject: 'alic%', lastSeenAt: '2026-07-03T10:00:00.000Z' },
    );

    const { code } = await ack(...choice, '--note', 'n', '--yes');

    expect(code).toBe(0);
    expect(statuses()).toBe(expected);
  });

  it('says that nothing fits, with the rule that may have been meant', async () => {
    open({ rule: 'unused_api_key' });

    const { code, stdout, stderr } = await ack('--rule', 'unused_api_kye', '--note', 'n', '--yes');

    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('no open finding fits, did you mean `unused_api_key`?; nothing was done\n');
  });

  it('exits 2 and does nothing where it is used wrongly', async () => {
    open({});
    const wrong = [
      ['no note', ['1']],
      ['an empty note', ['1', '--note', ' ']],
      ['an empty name', ['1', '--note', 'n', '--by', ' ']],
      ['no finding', ['--note', 'n']],
      ['a number that is none', ['1', 'x2', '--note', 'n']],
      ['numbers beside a choice', ['1', '--rule', 'a_rule', '--note', 'n']],
      ['a day that does not exist', ['1', '--note', 'n', '--until', '2026-02-30']],
      ['today', ['1', '--note', 'n', '--until', '0d']],
      ['a day that has passed', ['1', '--note', 'n', '--until', '2020-01-01']],
    ] as const;

    const finished = await Promise.all(
      wrong.map(async ([what, args]) => {
        const { code, stdout, stderr } = await ack(...args);
        return { what, code, stdout, isSaid: stderr !== '' };
      }),
    );

    expect(finished).toEqual(wrong.map(([what]) => ({ what, code: 2, stdout: '', isSaid: true })));
    expect(statuses()).toBe('open');
  });

  it('does not make a database where there is none', async () => {
    const { code, stderr } = await ack('1', '--note', 'n');

    expect(code).toBe(1);
    expect(stderr).toContain('there is no database');
    expect(() => readRows(db, 'SELECT 1')).toThrow();
  });

  it('prints what an attacker typed without obeying it', async () => {
    open({ rule: 'one', subject: 'evil\u001b]0;x\u0007' });

    const { stdout } = await ack('--rule', 'one', '--note', 'n');

    expect(stdout).toContain('evil');
    expect(stdout).not.toContain('\u001b');
  });
});

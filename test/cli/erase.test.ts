import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { copyOf, makeChained, tamper, withStore } from '../audit/chained-database.ts';
import { readRows } from '../support/canonical.ts';
import { makeFolder } from '../support/monitor.ts';
import { octowatch } from './octowatch.ts';

const AT = '2026-03-02T12:01:00.000Z';
const REASON = 'request 2026-17';

describe('octowatch erase', () => {
  const { folder, remove } = makeFolder();
  let original = '';

  beforeAll(async () => {
    original = await makeChained(folder);
    withStore(original, (store) => {
      store.transaction(() => {
        // Somebody else's event that names alice among others, an element set aside, a note, a message.
        const pk =
          store.db.prepare<[], number>("SELECT event_pk FROM _events WHERE event_id = 'Events-5'").pluck().get() ?? 0;
        store.chain.changed('detail', pk, () => {
          store.db.prepare('UPDATE _event_documents SET raw = ? WHERE event_pk = ?').run(
            JSON.stringify({
              Id: 'Events-5',
              Message: 'Team of\nAlice, alice-admin and malice',
              RelatedDocumentIds: ['Users-2', 'Users-21'],
            }),
            pk,
          );
          store.db
            .prepare(
              "UPDATE _events SET message = 'Alice joined', actor_name = 'alice', ip_address = '192.0.2.10' WHERE event_pk = ?",
            )
            .run(pk);
        });
        store.db
          .prepare("INSERT INTO _quarantine (instance_id, received_at, reason, raw) VALUES (1, ?, 'odd', ?)")
          .run(AT, '{"Username":"alice"}');
        // A key of hers, with its history.
        store.db.exec(`INSERT INTO _api_keys (instance_id, key_id, user_id, purpose, server_last_used, state, state_reason, read_at)
          VALUES (1, 'apikeys-HERS', 'Users-2', 'alice at work', 'unknown', 'unknown', 'as the test says', '${AT}')`);
        store.db.exec(`INSERT INTO _api_key_changes (instance_id, key_id, seen_at, change, before, after)
          VALUES (1, 'apikeys-HERS', '${AT}', 'changed', '{"purpose":"alice at home"}', '{"purpose":"alice at work"}')`);
        store.acknowledgements.add(1, { by: 'carla', note: 'asked Alice about it', until: null }, AT);
        store.db.exec(`UPDATE _deliveries SET novelties = '["actor alice"]' WHERE delivery_id = 1`);
      });
    });
  });
  afterAll(remove);

  const erase = (db: string, ...args: string[]) =>
    octowatch(['erase', '--user', 'alice', ...args], { cwd: folder, env: { OCTOWATCH_DB: db } });

  function bytesOf(db: string): string {
    return ['', '-wal']
      .map((suffix) => `${db}${suffix}`)
      .filter(existsSync)
      .map((file) => readFileSync(file, 'latin1'))
      .join('');
  }
  /** As a word of its own: `alice-admin` and `malice` are others. */
  const places = (text: string) =>
    [...text.matchAll(/.{0,40}(?<![\w-])(?:alice|Users-2)(?![\w-]).{0,40}/gi)].map((match) => JSON.stringify(match[0]));

  it('says first what it would erase, and with --dry-run or without --yes changes nothing', async () => {
    const db = copyOf(original, 'dry');
    const before = bytesOf(db);

    const dry = await erase(db, '--dry-run');
    const unasked = await erase(db, '--reason', REASON);

    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/On default, of alice, Users-2:\n {2}3 events of theirs/);
    expect(dry.stdout).toContain('1 other event that name them');
    expect(dry.stdout).toContain('Nothing was changed.');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be undone') });
    const events = 'SELECT * FROM _events ORDER BY event_pk';
    expect(readRows(db, events)).toEqual(readRows(original, events));
    expect(before).toContain('"Username":"alice"');
  });

  it('leaves the name in no byte of the file and its log, all rows and links in place, and verify holds', async () => {
    const db = copyOf(original, 'done');
    const counts = (of: string) =>
      readRows(of, 'SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM findings) AS findings');

    const { code, stdout, stderr } = await erase(db, '--reason', REASON, '--yes');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Erased, and the file was written anew.');
    expect(places(bytesOf(original)).length).toBeGreaterThan(10);
    // The shipped rules have an example in which somebody has that name: text of ours, kept as the rule was.
    const rules = readRows(db, 'SELECT source FROM _rule_versions').map((row) => JSON.stringify(row['source']));
    const isOfRule = (place: string) => rules.some((source) => source.includes(place.slice(1, -1)));
    expect(places(bytesOf(db)).filter((place) => !isOfRule(place))).toEqual([]);
    expect(stdout).toMatch(/stays: \d+ versions? of rules/);
    expect(counts(db)).toEqual(counts(original));
    expect(await verifyChain({ dbFile: db, secret: null })).toMatchObject({ broken: null, erased: 4 });
    const verified = await octowatch(['verify'], { cwd: folder, env: { OCTOWATCH_DB: db } });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('Of 4 events the text was erased') });
  });

  it('keeps what others did, and whose name only holds theirs', async () => {
    const db = copyOf(original, 'others');
    await erase(db, '--reason', REASON, '--yes');

    const [team] = readRows(
      db,
      "SELECT message, actor_name, ip_address, raw FROM _events JOIN _event_documents USING (event_pk) WHERE event_id = 'Events-5'",
    );
    expect(team).toMatchObject({ message: '(erased) joined', actor_name: '(erased)', ip_address: null });
    expect(JSON.parse(String(team?.['raw']))).toMatchObject({
      Message: 'Team of\n(erased), alice-admin and malice',
      RelatedDocumentIds: ['(erased)', 'Users-21'],
    });
    const carol = 'SELECT * FROM auth_failures ORDER BY event_id';
    expect(readRows(db, carol)).toEqual(readRows(original, carol));
    expect(readRows(db, 'SELECT note, acknowledged_by FROM findings WHERE finding_id = 1')).toEqual([
      { note: 'asked (erased) about it', acknowledged_by: 'carla' },
    ]);
  });

  it('blanks findings about them with the hash of their subject, and journals the reason without the name', async () => {
    const db = copyOf(original, 'findings');
    await erase(db, '--reason', REASON, '--yes');

    const findings = readRows(
      db,
      "SELECT finding_id, title, subject, fingerprint, report FROM _findings WHERE subject = '(erased)'",
    );
    expect(findings.length).toBeGreaterThan(0);
    for (const one of findings) {
      const [before] = readRows(original, 'SELECT fingerprint FROM _findings WHERE finding_id = ?', one['finding_id']);
      expect(one['fingerprint']).not.toBe(before?.['fingerprint']);
      expect(JSON.parse(String(one['report']))).toMatchObject({ facts: [], respond: [] });
    }
    const [entry] = readRows(db, "SELECT object, detail FROM journal WHERE action = 'person_erased'");
    expect(entry?.['object']).toBeNull();
    expect(JSON.parse(String(entry?.['detail']))).toMatchObject({ reason: REASON, events: 3, eventsNaming: 1 });
  });

  it('refuses a reason that names them, a person nobody knows, and no reason', async () => {
    const db = copyOf(original, 'refused');
    const [named, nobody, none, server] = await Promise.all([
      erase(db, '--reason', 'Alice asked', '--yes'),
      octowatch(['erase', '--user', 'nobody-at-all', '--dry-run'], { cwd: folder, env: { OCTOWATCH_DB: db } }),
      erase(db, '--yes'),
      octowatch(['erase', '--user', 'users-system', '--dry-run'], { cwd: folder, env: { OCTOWATCH_DB: db } }),
    ]);

    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('the reason names the person') });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody is stored as') });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason is missing') });
    expect(server).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody is stored as') });
    expect(await verifyChain({ dbFile: db, secret: null })).toMatchObject({ broken: null, erased: 0 });
  });

  it('asks which one where an id may be several people, and erases on that instance only', async () => {
    const db = copyOf(original, 'instances');
    tamper(db, (database) =>
      database.exec(`INSERT INTO _instances (name, url, poll_interval_ms) VALUES ('second', 'http://b.invalid', 60000);
        INSERT INTO _users (instance_id, user_id, username, is_active, is_service, read_at) VALUES (2, 'Users-2', 'bob', 1, 0, '${AT}')`),
    );
    const byId = (...args: string[]) =>
      octowatch(['erase', '--user', 'Users-2', ...args], { cwd: folder, env: { OCTOWATCH_DB: db } });

    const [both, second] = await Promise.all([byId('--dry-run'), byId('--dry-run', '--instance', 'second')]);

    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/may be several people[\s\S]*default: Users-2 \(alice\)\nsecond: Users-2 \(bob\)/),
    });
    expect(second.stdout).toContain('On second, of bob, Users-2:');
    expect(second.stdout).toContain('0 events of theirs');
  });
});

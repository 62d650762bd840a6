import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { toInstant } from '../../src/lib/clock.ts';
import { openStore } from '../../src/store/index.ts';
import { type Mailbox, openMailbox } from '../notify/email-server.ts';
import { readRows } from '../support/canonical.ts';
import { addFinding, addWindow } from '../support/digest-stage.ts';
import { makeFolder } from '../support/monitor.ts';
import { type Finished, octowatch } from './octowatch.ts';

const DAY = 86_400_000;

describe('octowatch digest', () => {
  const { folder, remove } = makeFolder();
  const db = path.join(folder, 'octowatch.db');
  const nowMs = Date.now();
  /** An hour at which no digest closes while the tests run. */
  const closesAt = `${String((new Date(nowMs).getUTCHours() + 12) % 24).padStart(2, '0')}:00`;
  const lastDate = toInstant(Date.parse(lastMoment())).slice(0, 10);
  let mailbox: Mailbox;
  /** It takes its ten seconds while the other tests run. */
  let away: Promise<Finished & { tookMs: number }>;

  function lastMoment(): string {
    const today = `${toInstant(nowMs).slice(0, 10)}T${closesAt}:00.000Z`;
    return Date.parse(today) <= nowMs ? today : toInstant(Date.parse(today) - DAY);
  }

  beforeAll(() => {
    const store = openStore(db, { monitorVersion: 'test' });
    const { instance_id: id } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
    for (let day = 4; day > 0; day--)
      addWindow(store, id, toInstant(nowMs - day * DAY), toInstant(nowMs - (day - 1) * DAY));
    const at = toInstant(Date.parse(lastMoment()) - 3_600_000);
    addFinding(store, id, { level: 'high', title: '<b>Bold</b> by night\u001b[31m', firstSeenAt: at });
    store.close();
    copyFileSync(db, `${db}.away`);
    const env = { SMTP_URL: 'smtp://127.0.0.1:1', DIGEST_TO: 'dave@example.com', OCTOWATCH_DB: `${db}.away` };
    const startedAtMs = Date.now();
    away = run(['--send'], env).then((finished) => ({ ...finished, tookMs: Date.now() - startedAtMs }));
  });
  afterAll(async () => {
    await away;
    remove();
  });
  beforeEach(async () => {
    mailbox = await openMailbox();
  });
  afterEach(() => mailbox.close());

  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
    octowatch(['digest', ...args], {
      cwd: folder,
      env: { OCTOWATCH_DB: db, OCTOWATCH_TIMEZONE: 'UTC', DIGEST_AT: closesAt, ...env },
    });
  const smtp = (to = 'alice@example.com') => ({ SMTP_URL: `smtp://127.0.0.1:${mailbox.port}`, DIGEST_TO: to });

  it('prints the last one as text, made harmless for a terminal, and sends nothing', async () => {
    const { code, stdout, stderr } = await run([], smtp());

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('1 high needs action');
    expect(stdout).toContain('<b>Bold</b> by night');
    expect(stdout).not.toContain('\u001b');
    expect(mailbox.mails).toEqual([]);
  });

  it('writes the HTML to a file, with what was typed as text', async () => {
    const { code } = await run(['--html', 'digest.html']);

    const html = readFileSync(path.join(folder, 'digest.html'), 'utf8');
    expect(code).toBe(0);
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('&lt;b&gt;Bold&lt;/b&gt; by night');
  });

  it('prints the report as JSON, of the date that was asked for', async () => {
    const before = toInstant(Date.parse(lastMoment()) - DAY).slice(0, 10);

    const [last, older] = await Promise.all([run(['--format', 'json']), run(['--format', 'json', '--date', before])]);

    expect(JSON.parse(last.stdout)).toMatchObject({ localDate: lastDate, needsAction: [{ level: 'high' }] });
    expect(JSON.parse(older.stdout)).toMatchObject({
      localDate: before,
      toAt: toInstant(Date.parse(lastMoment()) - DAY),
      needsAction: [],
    });
  });

  it('--send sends it once, of two at once too, and says so; after that it is not sent again', async () => {
    const people = 'alice@example.com, bob@example.com';

    const both = await Promise.all([run(['--send'], smtp(people)), run(['--send'], smtp(people))]);
    const again = await run(['--send'], smtp(people));

    expect(
      both.map((one) => one.code),
      both.map((one) => one.stdout).join(''),
    ).toEqual([0, 0]);
    expect(mailbox.mails.flatMap((mail) => mail.envelope).sort()).toEqual(['alice@example.com', 'bob@example.com']);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(
      `alice@example.com: the digest of ${lastDate} was sent before and is not sent again\n` +
        `bob@example.com: the digest of ${lastDate} was sent before and is not sent again\n`,
    );
    expect(readRows(db, "SELECT channel, kind, state FROM deliveries WHERE state = 'sent'")).toHaveLength(2);
    expect(readRows(db, "SELECT object FROM journal WHERE action = 'digest_sent'")).toEqual([
      { object: lastDate },
      { object: lastDate },
    ]);
  });

  it('--send exits 1 and says why when the mail was refused, and tells the password nowhere', async () => {
    const strict = await openMailbox({
      disabledCommands: ['STARTTLS'],
      authMethods: ['PLAIN'],
      allowInsecureAuth: true,
      onAuth: (_, __, done) => done(Object.assign(new Error('no'), { responseCode: 535 })),
    });
    const env = { SMTP_URL: `smtp://octowatch:s3cr3t-word@127.0.0.1:${strict.port}`, DIGEST_TO: 'carol@example.com' };

    const { code, stdout, stderr } = await run(['--send', '--format', 'json'], env);

    await strict.close();
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      { recipient: 'carol@example.com', outcome: 'failed', reason: expect.stringContaining('sign-in') },
    ]);
    expect(readRows(db, "SELECT last_error FROM deliveries WHERE state = 'failed'")).toHaveLength(1);
    expect(stdout + stderr + JSON.stringify(readRows(db, 'SELECT * FROM _deliveries'))).not.toContain('s3cr3t');
  });

  it('--send gives up within ten seconds when the mail server is away; the digest stays pending', async () => {
    const { code, stdout, tookMs } = await away;

    expect(code).toBe(1);
    // Ten seconds, and the start of a process on a machine that has much to do.
    expect(tookMs).toBeLessThan(20_000);
    expect(stdout).toMatch(/^dave@example\.com: the digest of .* could not be sent within 10 seconds: no connection/);
    expect(readRows(`${db}.away`, 'SELECT kind, state FROM deliveries')).toEqual([
      { kind: 'digest', state: 'pending' },
    ]);
  }, 30_000);

  it.each<[string, readonly string[], Record<string, string>, RegExp]>([
    ['a date that is none', ['--date', '2026-02-30'], {}, /--date: "2026-02-30" is no date/],
    ['a date to come', ['--date', '2999-01-01'], {}, /2999-01-01 has not closed yet/],
    ['--send without a server', ['--send'], {}, /SMTP_URL and DIGEST_TO not set/],
    ['--send without a recipient', ['--send'], { SMTP_URL: 'smtp://127.0.0.1:1' }, /DIGEST_TO: is not set/],
  ])('exits 2 with %s', async (_, args, env, message) => {
    const { code, stdout, stderr } = await run(args, env);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('exits 1 where there is no database, and makes none', async () => {
    const { code, stderr } = await run([], { OCTOWATCH_DB: path.join(folder, 'none.db') });

    expect(code).toBe(1);
    expect(stderr).toContain('there is no database');
  });
});

describe('the settings of the digest', () => {
  const { folder, remove } = makeFolder();
  afterAll(remove);
  const read = (env: Record<string, string>, yaml = '') => {
    writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
    return loadConfig({ env, cwd: folder, needs: 'database' }).digest;
  };
  const SMTP = 'smtp://relay.example.com:587';

  it('are nobody, at eight', () => {
    expect(read({})).toMatchObject({ smtpUrl: null, to: [], at: { hour: 8, minute: 0 }, warnings: [] });
  });

  it('come from the environment before the file', () => {
    const yaml = 'digestTo: [ann@example.com, ben@example.com]\ndigestFrom: file@example.com\ndigestAt: "17:30"\n';

    expect(read({ SMTP_URL: SMTP }, yaml)).toEqual({
      smtpUrl: SMTP,
      to: ['ann@example.com', 'ben@example.com'],
      from: 'file@example.com',
      at: { hour: 17, minute: 30 },
      warnings: [],
    });
    expect(
      read(
        { SMTP_URL: SMTP, DIGEST_TO: 'cid@example.com', DIGEST_FROM: 'Octo <env@example.com>', DIGEST_AT: '7:05' },
        yaml,
      ),
    ).toMatchObject({ to: ['cid@example.com'], from: 'Octo <env@example.com>', at: { hour: 7, minute: 5 } });
  });

  it('name each recipient once, and the server from a file', () => {
    writeFileSync(path.join(folder, 'smtp'), `${SMTP}\n`);

    const digest = read({ SMTP_URL_FILE: 'smtp', DIGEST_TO: 'a@example.com, ,A@EXAMPLE.com,b@example.com,' });

    expect(digest).toMatchObject({ smtpUrl: SMTP, to: ['A@EXAMPLE.com', 'b@example.com'] });
  });

  it('have the account at the server as the sender where it is an address', () => {
    const env = { DIGEST_TO: 'a@example.com' };

    expect(read({ ...env, SMTP_URL: 'smtps://octo%40example.com:x@mail.example.com' }).from).toBe('octo@example.com');
    expect(read({ ...env, SMTP_URL: 'smtps://octo:x@mail.example.com' }).from).toMatch(/^octowatch@[\w.-]+$/);
  });

  it('warn when there are recipients and no server', () => {
    expect(read({ DIGEST_TO: 'a@example.com' }).warnings).toEqual([expect.stringContaining('SMTP_URL is not')]);
  });

  it('are refused with every mistake, and without the value of a secret', () => {
    const env = {
      SMTP_URL: 'https://octo:s3cr3t@mail.example.com',
      DIGEST_TO: 'alice,bob@example.com,Carol <carol@example.com>,x@y\u0007z',
      DIGEST_FROM: 'two@example.com, addresses@example.com',
      DIGEST_AT: '24:00',
    };

    expect(() => read(env)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /SMTP_URL: is not[\s\S]*DIGEST_TO: "alice"[\s\S]*DIGEST_TO: "Carol[\s\S]*DIGEST_TO: "x@y[\s\S]*DIGEST_FROM: [\s\S]*DIGEST_AT: "24:00"/,
        ),
      }),
    );
    expect(() => read(env)).not.toThrow(/s3cr3t/);
  });

  it.each([
    ['a server without recipients', { SMTP_URL: SMTP }, '', /DIGEST_TO: is not set, but SMTP_URL is/],
    ['a secret in the file', {}, 'smtpUrl: smtp://x\n', /smtpUrl/],
    ['a time that is a number', {}, 'digestAt: 8\n', /digestAt: write it in quotes/],
  ])('are refused with %s', (_, env, yaml, message) => {
    expect(() => read(env, yaml)).toThrow(message);
  });
});

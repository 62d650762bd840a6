import tls from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/lib/errors.ts';
import type { SendResult } from '../../src/model/message.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { createMailer, type DigestMail } from '../../src/notify/email.ts';
import { fullDay } from './digest-reports.ts';
import { makeCertificate } from './email-certificates.ts';
import { answering, openMailbox, openScript } from './email-server.ts';
import { HOSTILE } from './reports.ts';

const PASSWORD = 'pa55-of-the-mail';
const FROM = 'octowatch@harbour.example';
const TO = 'security@harbour.example';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

function opens<T extends { close(): Promise<void> }>(resource: T): T {
  opened.push(resource);
  return resource;
}

function mailOf(given: Partial<DigestMail> = {}): DigestMail {
  return {
    to: TO,
    instances: ['default', 'harbour-eu'],
    localDate: '2026-11-22',
    previousLocalDate: '2026-11-21',
    ...renderDigest(fullDay()),
    ...given,
  };
}

async function sendTo(
  port: number,
  given: Partial<DigestMail> & { scheme?: string; query?: string; timeoutMs?: number; auth?: string } = {},
): Promise<SendResult> {
  const { scheme = 'smtp', query = '', timeoutMs = 5_000, auth = '', ...mail } = given;
  const mailer = createMailer({ smtpUrl: `${scheme}://${auth}127.0.0.1:${port}${query}`, from: FROM, timeoutMs });
  const result = await mailer.send(mailOf(mail), new AbortController().signal);
  expectNoSecret(result);
  return result;
}

/** No reason names the password, the address with it, or anything of the mail. */
function expectNoSecret(result: SendResult): void {
  const said = JSON.stringify(result);
  for (const secret of [PASSWORD, Buffer.from(PASSWORD).toString('base64'), '127.0.0.1', 'Harbour', 'mara.holt'])
    expect(said).not.toContain(secret);
}

describe('a mail that is accepted', () => {
  it('arrives with both parts, whole, for its one recipient', async () => {
    const mailbox = opens(await openMailbox());
    const digest = renderDigest(fullDay());

    const result = await sendTo(mailbox.port);

    expect(result).toEqual({ outcome: 'sent' });
    expect(mailbox.mails).toHaveLength(1);
    const [mail] = mailbox.mails;
    expect(mail?.envelope).toEqual([TO]);
    expect(mail?.parsed.subject).toBe(digest.subject);
    expect(mail?.parsed.text?.trimEnd()).toBe(digest.text.trimEnd());
    expect(mail?.parsed.html).toBe(digest.html);
    expect(mail?.parsed.from?.text).toBe(`"Octowatch" <${FROM}>`);
    expect(mail?.parsed.date?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.raw).toContain('List-ID: Octowatch digest <octowatch-digest.harbour.example>');
  });

  it('keeps its lines within what SMTP allows', async () => {
    const mailbox = opens(await openMailbox());

    await sendTo(mailbox.port);

    const longest = Math.max(...(mailbox.mails[0]?.raw ?? '').split('\r\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(998);
  });

  it('has the same id when it is sent again, and another for another recipient, date or set of instances', async () => {
    const mailbox = opens(await openMailbox());

    for (const given of [
      {},
      { instances: ['harbour-eu', 'default'], subject: 'rendered a minute later' },
      { to: `Security <${TO.toUpperCase()}>` },
      { to: 'audit@harbour.example' },
      { localDate: '2026-11-23' },
      { instances: ['default'] },
    ])
      await sendTo(mailbox.port, given);

    const [first, again, spelled, ...others] = mailbox.mails.map(({ parsed }) => parsed.messageId);
    expect(first).toMatch(/^<digest\.2026-11-22\.[0-9a-f]{32}@harbour\.example>$/);
    expect(again).toBe(first);
    expect(spelled).toBe(first);
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('answers the digest before, so that mail programs thread them', async () => {
    const mailbox = opens(await openMailbox());

    await sendTo(mailbox.port, { localDate: '2026-11-21', previousLocalDate: null });
    await sendTo(mailbox.port, { localDate: '2026-11-22', previousLocalDate: '2026-11-21' });

    const [before, after] = mailbox.mails.map(({ parsed }) => parsed);
    expect(before?.inReplyTo).toBeUndefined();
    expect(before?.references).toBeUndefined();
    expect(after?.inReplyTo).toBe(before?.messageId);
    expect(after?.references).toBe(before?.messageId);
  });

  it('has the headers it was given and no others, whatever its texts hold', async () => {
    const mailbox = opens(await openMailbox());
    const injection = `x\r\nBcc: eve@evil.example\r\nX-Forged: 1\r\n\r\n<b>body</b>\u0000\u2028${HOSTILE}`;
    await sendTo(mailbox.port);

    const result = await sendTo(mailbox.port, {
      subject: injection,
      instances: [injection],
      localDate: injection,
      previousLocalDate: injection,
      text: `${injection}\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n`,
      html: `${injection}\r\n.\r\nRCPT TO:<eve@evil.example>\r\n`,
    });

    expect(result).toEqual({ outcome: 'sent' });
    const [ordinary, hostile] = mailbox.mails.map(({ parsed }) => [...parsed.headers.keys()].toSorted());
    expect(hostile).toEqual(ordinary);
    expect(mailbox.mails).toHaveLength(2);
    expect(mailbox.mails[1]?.envelope).toEqual([TO]);
    expect(mailbox.mails[1]?.parsed.messageId).toMatch(/^<digest\.[\d-]*\.[0-9a-f]{32}@harbour\.example>$/);
  });

  it('signs in as the address says', async () => {
    const seen: unknown[] = [];
    const mailbox = opens(
      await openMailbox({
        disabledCommands: ['STARTTLS'],
        allowInsecureAuth: true,
        onAuth(auth, _session, callback) {
          seen.push([auth.username, auth.password]);
          callback(null, { user: auth.username });
        },
      }),
    );

    const result = await sendTo(mailbox.port, { auth: `mail%40harbour:${PASSWORD}@` });

    expect(result).toEqual({ outcome: 'sent' });
    expect(seen).toEqual([['mail@harbour', PASSWORD]]);
  });
});

describe('a mail that is put off', () => {
  it.each([
    ['421 on greeting', '421 too busy', {}],
    ['451 for the recipient', '220 hello', { RCPT: '451 4.7.1 greylisted, mara.holt' }],
    ['452 for the sender', '220 hello', { MAIL: '452 4.3.1 no room' }],
    ['454 for the content', '220 hello', { '.': '454 4.3.0 later' }],
    ['503, a quarrel about the session', '220 hello', { MAIL: '503 5.5.1 bad sequence' }],
    ['a connection closed before the content', '220 hello', { DATA: null }],
    ['a connection closed in the middle', '220 hello', { '.': null }],
  ])('is tried again after %s', async (_case, greeting, otherwise) => {
    const server = opens(await openScript(greeting, answering(otherwise)));

    const result = await sendTo(server.port);

    expect(result).toEqual({ outcome: 'retry', reason: expect.stringContaining('mail server'), retryAfterMs: null });
  });

  it('says the reply and nothing else of what the server wrote', async () => {
    const server = opens(await openScript('220 hello', answering({ RCPT: `450 4.2.1 ${PASSWORD} <b>@channel</b>` })));

    const result = await sendTo(server.port);

    expect(result).toMatchObject({ reason: 'the mail server put the mail off (450 4.2.1)' });
  });

  it('is tried again when nobody listens', async () => {
    const server = await openScript('220 hello', answering({}));
    await server.close();

    const result = await sendTo(server.port, { auth: `user:${PASSWORD}@` });

    expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('ECONNREFUSED') });
  });

  it.each([
    ['never greets', null, {}],
    ['falls silent at the sender', '220 hello', { MAIL: undefined }],
    ['falls silent after the content', '220 hello', { '.': undefined }],
  ])('is given up in time when the server %s', async (_case, greeting, otherwise) => {
    const answer = answering({});
    const server = opens(
      await openScript(greeting, (line) => ((line.split(' ')[0] ?? '') in otherwise ? undefined : answer(line))),
    );
    const startedMs = performance.now();

    const result = await sendTo(server.port, { timeoutMs: 200 });

    expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('in time') });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('is given up in time when the server keeps it waiting with words', async () => {
    const server = opens(
      await openScript('220 hello', (line, socket) => {
        if (!line.startsWith('MAIL')) return answering({})(line);
        const drip = setInterval(() => socket.write('250-wait\r\n'), 50);
        socket.on('close', () => clearInterval(drip));
        return undefined;
      }),
    );
    const startedMs = performance.now();

    const result = await sendTo(server.port, { timeoutMs: 200 });

    expect(result).toMatchObject({ outcome: 'retry', reason: 'the mail server did not finish in time' });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  it('stops at once when it is told to', async () => {
    const server = opens(await openScript(null, () => undefined));
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${server.port}`, from: FROM });
    const abort = new AbortController();
    const startedMs = performance.now();

    const sending = mailer.send(mailOf(), abort.signal);
    setTimeout(() => abort.abort(new Error(PASSWORD)), 50);
    const result = await sending;

    expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('stopped') });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(await mailer.send(mailOf(), abort.signal)).toMatchObject({ outcome: 'retry' });
  });
});

describe('a mail that is refused for good', () => {
  it.each([
    ['a sign-in refused', { EHLO: '250-x\r\n250 AUTH PLAIN', AUTH: '535 5.7.8 no' }, 'SMTP_URL', '535 5.7.8'],
    ['a sign-in wanted', { MAIL: '530 5.7.0 sign in first' }, 'SMTP_URL', '530 5.7.0'],
    ['a sender refused', { MAIL: '550 5.7.1 who are you' }, 'DIGEST_FROM', '550 5.7.1'],
    ['a recipient unknown', { RCPT: '550 5.1.1 nobody here' }, 'DIGEST_TO', '550 5.1.1'],
    ['the content refused', { '.': '554 5.7.1 spam' }, 'spam filter', '554 5.7.1'],
    ['a mail too large', { '.': '552 5.3.4 too big' }, 'size limit', '552 5.3.4'],
  ])('says what to mend after %s', async (_case, otherwise, advice, reply) => {
    const server = opens(await openScript('220 hello', answering(otherwise)));

    const result = await sendTo(server.port, { auth: `user:${PASSWORD}@` });

    expect(result).toEqual({ outcome: 'failed', reason: expect.stringContaining(advice) });
    expect(result).toMatchObject({ reason: expect.stringContaining(`(${reply})`) });
  });

  it.each(['', 'nobody', 'a@b.example, c@d.example', 'a@b.example\r\nRCPT TO:<eve@evil.example>'])(
    'never leaves for the recipient %j',
    async (to) => {
      const mailbox = opens(await openMailbox());

      const result = await sendTo(mailbox.port, { to });

      expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('DIGEST_TO') });
      expect(mailbox.mails).toHaveLength(0);
    },
  );
});

describe('TLS', () => {
  const trusted = makeCertificate();
  const before = tls.getCACertificates('default');

  function trusting(...certificates: readonly string[]): void {
    tls.setDefaultCACertificates([...before, ...certificates]);
  }
  afterEach(() => tls.setDefaultCACertificates(before));

  function secure(scheme: string, certificate: { readonly key: string; readonly cert: string }) {
    return openMailbox({ secure: scheme === 'smtps', disabledCommands: ['AUTH'], ...certificate });
  }

  it.each([
    ['smtps', 'from the first byte'],
    ['smtp', 'by STARTTLS when it is offered'],
  ])('begins with %s:// %s, and the mail arrives', async (scheme) => {
    let isSecure = false;
    const mailbox = opens(
      await openMailbox({
        secure: scheme === 'smtps',
        disabledCommands: ['AUTH'],
        ...trusted,
        onMailFrom(_address, session, callback) {
          isSecure = session.secure;
          callback();
        },
      }),
    );
    trusting(trusted.cert);

    const result = await sendTo(mailbox.port, { scheme });

    expect(result).toEqual({ outcome: 'sent' });
    expect(isSecure).toBe(true);
    expect(mailbox.mails).toHaveLength(1);
  });

  it.each(['smtps', 'smtp'])('refuses a certificate nobody vouches for (%s)', async (scheme) => {
    const mailbox = opens(await secure(scheme, trusted));

    const result = await sendTo(mailbox.port, { scheme, auth: `user:${PASSWORD}@` });

    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('certificate') });
    expect(result).toMatchObject({ reason: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    expect(mailbox.mails).toHaveLength(0);
  });

  it.each(['smtps', 'smtp'])('refuses a certificate of another host (%s)', async (scheme) => {
    const other = makeCertificate({ ip: '192.0.2.1' });
    const mailbox = opens(await secure(scheme, other));
    trusting(other.cert);

    const result = await sendTo(mailbox.port, { scheme });

    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('another name') });
    expect(mailbox.mails).toHaveLength(0);
  });

  it.each(['smtps', 'smtp'])('waits for an expired certificate to be renewed (%s)', async (scheme) => {
    const expired = makeCertificate({ notAfter: '2021-01-01T00:00:00Z' });
    const mailbox = opens(await secure(scheme, expired));
    trusting(expired.cert);

    const result = await sendTo(mailbox.port, { scheme });

    expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('certificate') });
    expect(mailbox.mails).toHaveLength(0);
  });

  it('is required with requireTLS=true: a server without it gets no mail', async () => {
    const server = opens(await openScript('220 hello', answering({ STARTTLS: '502 5.5.1 not here' })));

    const result = await sendTo(server.port, { query: '?requireTLS=true' });

    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('STARTTLS') });
  });

  it('from the first byte to a server without it says so', async () => {
    const mailbox = opens(await openMailbox());

    const result = await sendTo(mailbox.port, { scheme: 'smtps' });

    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no TLS from the first byte') });
  });
});

describe('the configuration', () => {
  it.each(['', 'mail.harbour.example', `https://user:${PASSWORD}@mail.example`, `smtp://user:${PASSWORD}@`, 'smtp:'])(
    'is refused with a sentence that does not quote it when the address is %j',
    (smtpUrl) => {
      expect(() => createMailer({ smtpUrl, from: FROM })).toThrow(UsageError);
      expect(() => createMailer({ smtpUrl, from: FROM })).not.toThrow(PASSWORD);
    },
  );

  it('refuses a sender that is no address', () => {
    expect(() => createMailer({ smtpUrl: 'smtp://127.0.0.1', from: 'octowatch' })).toThrow(/DIGEST_FROM/);
  });

  it('prints nothing of the conversation, whatever the address asks for', async () => {
    const mailbox = opens(await openMailbox());
    const writes = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];

    const result = await sendTo(mailbox.port, {
      query: '?logger=true&debug=true&transactionLog=true&jsonTransport=true',
    });

    expect(result).toEqual({ outcome: 'sent' });
    expect(mailbox.mails).toHaveLength(1);
    for (const write of writes) {
      expect(write).not.toHaveBeenCalled();
      write.mockRestore();
    }
  });
});

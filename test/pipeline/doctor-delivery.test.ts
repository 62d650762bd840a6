import { describe, expect, it, onTestFinished } from 'vitest';
import { runChecks } from '../../src/pipeline/doctor-check.ts';
import { type DeliveryContext, deliveryChecks } from '../../src/pipeline/doctor-delivery.ts';
import { openMailbox } from '../notify/email-server.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';

const SECRET_PATH = 'T000/B000/not-a-real-secret';

async function examine(given: Partial<DeliveryContext>) {
  const context: DeliveryContext = {
    channels: [],
    mail: { smtpUrl: null, from: 'octowatch@example.com', recipients: 1 },
    hasHeartbeat: false,
    sendTest: false,
    ...given,
  };
  const results = await runChecks(deliveryChecks(context), context, { instance: null });
  expect(JSON.stringify(results)).not.toContain('not-a-real');
  return new Map(results.map((one) => [one.check, one]));
}

const slackAt = (url: string) => ({
  channels: [{ name: 'slack', type: 'slack', settings: new Map([['SLACK_WEBHOOK_URL', url]]) } as const],
});

async function startSlack(): Promise<SlackReceiver> {
  const slack = await startSlackReceiver();
  onTestFinished(() => slack.close());
  return slack;
}

async function startMail(options: Parameters<typeof openMailbox>[0] = {}) {
  const mailbox = await openMailbox(options);
  onTestFinished(() => mailbox.close());
  return mailbox;
}

const mailAt = (smtpUrl: string) => ({ mail: { smtpUrl, from: 'octowatch@example.com', recipients: 2 } });

describe('the ways findings go out', () => {
  it('a Slack that can be reached is well, and is sent nothing', async () => {
    const slack = await startSlack();
    const results = await examine(slackAt(slack.url(SECRET_PATH)));

    expect(results.get('channel slack')).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('can be reached'),
    });
    expect(slack.arrivals(SECRET_PATH)).toBe(0);
  });

  it('a Slack that is not there fails with the reason of the connection', async () => {
    const results = await examine(slackAt(`http://127.0.0.1:9/${SECRET_PATH}`));

    expect(results.get('channel slack')).toMatchObject({
      status: 'failed',
      seen: '127.0.0.1:9: no connection (ECONNREFUSED)',
    });
  });

  it('a receiver that speaks no TLS where its address says so fails', async () => {
    const slack = await startSlack();
    const results = await examine(slackAt(slack.url(SECRET_PATH).replace('http:', 'https:')));

    expect(results.get('channel slack')?.status).toBe('failed');
  });

  it('a test message is sent when asked for, and says that it is one', async () => {
    const slack = await startSlack();
    const results = await examine({ ...slackAt(slack.url(SECRET_PATH)), sendTest: true });

    expect(results.get('channel slack')?.seen).toBe('a test message was accepted');
    expect(slack.accepted(SECRET_PATH)).toEqual([expect.stringContaining('this is a test message')]);
  });

  it('a test message that is refused fails with what Slack says of it', async () => {
    const slack = await startSlack();
    slack.always({ status: 404 });
    const results = await examine({ ...slackAt(slack.url(SECRET_PATH)), sendTest: true });

    expect(results.get('channel slack')).toMatchObject({ status: 'failed', seen: expect.stringContaining('404') });
  });

  it('a mail server that takes the sign-in is well, and no mail is sent', async () => {
    const mailbox = await startMail();
    const results = await examine(mailAt(`smtp://127.0.0.1:${mailbox.port}`));

    expect(results.get('mail')).toMatchObject({ status: 'ok', seen: expect.stringContaining('2 addresses') });
    expect(mailbox.mails).toEqual([]);
  });

  it('a mail server that refuses the sign-in fails without a word of the password', async () => {
    const mailbox = await startMail({
      disabledCommands: ['STARTTLS'],
      onAuth: (_auth, _session, callback) => callback(new Error('no')),
    });
    const results = await examine(mailAt(`smtp://watch:not-a-real-password@127.0.0.1:${mailbox.port}`));

    expect(results.get('mail')).toMatchObject({
      status: 'failed',
      seen: expect.stringContaining('refused the sign-in'),
    });
  });

  it('a mail server that is not there fails', async () => {
    const results = await examine(mailAt('smtp://127.0.0.1:9'));

    expect(results.get('mail')).toMatchObject({ status: 'failed', seen: expect.stringContaining('no connection') });
  });

  it('what is not set is skipped, and a heartbeat is never requested', async () => {
    const unset = await examine({});
    const set = await examine({ hasHeartbeat: true });

    expect([unset.get('mail')?.status, unset.get('heartbeat')?.status]).toEqual(['skipped', 'skipped']);
    expect(set.get('heartbeat')?.seen).toContain('not requested');
  });
});

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type Nodemailer from 'nodemailer';
import type Addressparser from 'nodemailer/lib/addressparser';
import { UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { SendResult } from '../model/message.ts';
import { failed, mailFailure } from './email-failure.ts';
import { retry } from './failure.ts';

type MailerOptions = {
  /** `smtps://user:password@host:465` or `smtp://…`, with nodemailer's options as parameters. A secret. */
  readonly smtpUrl: string;
  /** Who the mails are from: an address, with or without a name. */
  readonly from: string;
  /** How long the server may be silent at any one step; a whole sending takes at most four times that. */
  readonly timeoutMs?: number;
};

/** One digest to one recipient. */
export type DigestMail = {
  readonly to: string;
  /** With the recipient, all that the mail's identity is made of. */
  readonly instances: readonly string[];
  readonly localDate: string;
  /** The local date of the digest before, to which mail programs then thread this one; null when there was none. */
  readonly previousLocalDate: string | null;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
};

/** Sends one mail per call and tries once. Never throws; no reason names a secret or anything of the content. */
export type Mailer = {
  send(mail: DigestMail, signal: AbortSignal): Promise<SendResult>;
  /** Connects and signs in, and sends nothing. */
  verify(): Promise<SendResult>;
};

/** Who sends no mail, as most commands do, does not wait the tenth of a second that loading nodemailer takes. */
const load = createRequire(import.meta.url);

/** 30 s to answer, as everywhere (contract); servers that scan a mail before they accept it take that long. */
const TIMEOUT_MS = 30_000;

/** Parameters of the URL that would print the conversation, share a connection or send by other means than SMTP. */
const UNSUITABLE = ['logger', 'debug', 'transactionLog', 'pool', 'sendmail', 'streamTransport', 'jsonTransport', 'SES'];

/**
 * A sender of mail over SMTP. TLS is as the URL says: `smtps://` from the first byte, `smtp://` by STARTTLS when the
 * server offers it (always with `?requireTLS=true`). A certificate that does not verify is an error in both.
 * @throws UsageError when the URL or the sender is none.
 */
export function createMailer(options: MailerOptions): Mailer {
  const url = suitableUrl(options.smtpUrl);
  const nodemailer = load('nodemailer') as typeof Nodemailer;
  const from = singleAddress(options.from);
  if (!from)
    throw new UsageError('DIGEST_FROM is not one mail address.', { hint: 'Write e.g. octowatch@example.com.' });
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1).replace(/[^\w.-]/g, '') || 'localhost';
  // What the URL sets wins over these.
  const transport = nodemailer.createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // A server that never closes its side must not keep the process from ending.
    socketCloseTimeout: 500,
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  return {
    async verify() {
      try {
        await transport.verify();
        return { outcome: 'sent' };
      } catch (error) {
        return mailFailure(error);
      }
    },
    async send(mail, signal) {
      if (signal.aborted) return retry('stopped before the mail was sent');
      const to = singleAddress(mail.to);
      if (!to) return failed('the recipient is not one mail address: correct DIGEST_TO');
      const limit = AbortSignal.timeout(timeoutMs * 4);
      const identify = (localDate: string) => messageId({ ...mail, to: to.address, localDate, domain });
      const previous = mail.previousLocalDate === null ? {} : threading(identify(mail.previousLocalDate));
      try {
        await transport.sendMail({
          from: { name: from.name || 'Octowatch', address: from.address },
          to,
          // Says what is accounted for: this recipient and no other, whatever the header is read as.
          envelope: { from: from.address, to: [to.address] },
          subject: printable(mail.subject),
          text: mail.text,
          html: mail.html,
          messageId: identify(mail.localDate),
          ...previous,
          xMailer: 'Octowatch',
          headers: {
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            'List-Id': `Octowatch digest <octowatch-digest.${domain}>`,
          },
          signal: AbortSignal.any([signal, limit]),
        });
        return { outcome: 'sent' };
      } catch (error) {
        if (signal.aborted) return retry('stopped before the mail server answered');
        if (limit.aborted) return retry('the mail server did not finish in time');
        return mailFailure(error);
      }
    },
  };
}

/** The same digest to the same recipient has the same id however often it is sent, so that a repetition is known as one. */
function messageId(of: {
  readonly instances: readonly string[];
  readonly to: string;
  readonly localDate: string;
  readonly domain: string;
}): string {
  const identity = JSON.stringify([of.instances.toSorted(), of.to.toLowerCase(), of.localDate]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  return `<digest.${of.localDate.replace(/[^\d-]/g, '')}.${digest}@${of.domain}>`;
}

function threading(previousId: string): { inReplyTo: string; references: string[] } {
  return { inReplyTo: previousId, references: [previousId] };
}

function singleAddress(text: string): { readonly name: string; readonly address: string } | null {
  const addressparser = load('nodemailer/lib/addressparser') as typeof Addressparser;
  const parsed = hasControls(text) ? [] : addressparser(text.trim(), { flatten: true });
  const [only] = parsed;
  return parsed.length === 1 && only && /^[^@\s]+@[^@\s]+$/.test(only.address) ? only : null;
}

/** A line break could end the header the address stands in. */
function hasControls(text: string): boolean {
  return printable(text.trim()) !== text.trim();
}

function suitableUrl(smtpUrl: string): string {
  const url = URL.parse(smtpUrl.trim());
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new UsageError('SMTP_URL is not the address of a mail server.', {
      hint: 'Write smtps://user:password@mail.example.com:465 or smtp://mail.example.com:587; characters such as @ : / ? # in the password are percent-encoded.',
    });
  }
  for (const name of UNSUITABLE) url.searchParams.delete(name);
  return url.href;
}

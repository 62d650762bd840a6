import type { SendResult } from '../model/message.ts';
import { retry } from './failure.ts';

/** What nodemailer says of a failure; its message, which quotes the server and addresses, is never passed on. */
type SmtpError = {
  readonly code: string;
  readonly originalCode: string;
  readonly command: string;
  readonly message: string;
  /** The code of the server's reply, 0 when there was none. */
  readonly replyCode: number;
  /** Code and enhanced code, `550 5.7.1`. */
  readonly reply: string;
};

/** A failure that trying again cannot heal. */
export function failed(reason: string): SendResult {
  return { outcome: 'failed', reason };
}

/**
 * Sorts a failure of nodemailer into what may heal by itself and what a person has to mend, and says which. The reason
 * is made of codes and our own words alone: servers quote commands, and those hold addresses, credentials and content.
 */
export function mailFailure(error: unknown): SendResult {
  const smtp = smtpErrorOf(error);
  const certificate = certificateFailure(smtp);
  if (certificate) return certificate;
  if (
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|EPROTO/i.test(
      `${smtp.originalCode} ${smtp.message}`,
    )
  )
    return failed(
      'the mail server speaks no TLS from the first byte on this port: write smtp:// in SMTP_URL, or port 465',
    );
  // 503, a bad sequence of commands, is about the session; the next one may do better.
  if (smtp.replyCode >= 500 && smtp.replyCode !== 503) return failed(refusal(smtp));
  if (smtp.replyCode >= 400) return retry(`the mail server put the mail off (${smtp.reply})`);
  switch (smtp.code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return failed('the sign-in to the mail server was not possible: check user and password in SMTP_URL');
    case 'EENVELOPE':
      return failed('the mail server cannot take these addresses: check DIGEST_FROM and DIGEST_TO');
    case 'ECONFIG':
    case 'EREQUIRETLS':
      return failed('SMTP_URL has an option that does not work with this mail server');
    case 'ETIMEDOUT':
      return retry(timeoutReason(smtp));
    case 'EDNS':
      return retry('the name of the mail server was not found: check the host in SMTP_URL');
    case 'ECONNECTION':
    case 'ETLS':
      return retry('the mail server closed the connection before it had accepted the mail');
    default:
      return retry(`no connection to the mail server${codeShown(smtp)}`);
  }
}

function certificateFailure(smtp: SmtpError): SendResult | null {
  const text = `${smtp.code} ${smtp.originalCode} ${smtp.message}`;
  if (!/ESOCKET|ETLS|ECONNECTION/.test(smtp.code)) return null;
  if (/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate has expired|certificate is not yet valid/.test(text))
    return retry('the certificate of the mail server is expired or not valid yet: have it renewed');
  if (/ALTNAME|altnames/.test(text))
    return failed(
      'the certificate of the mail server is for another name: write the name it was issued for in SMTP_URL',
    );
  if (/SELF_SIGNED|UNABLE_TO_|CERT_|self.signed certificate|local issuer|verify the first certificate/.test(text))
    return failed(
      'the certificate of the mail server is not trusted: start with NODE_EXTRA_CA_CERTS=/path/to/ca.pem if it is your own, else somebody may be in between',
    );
  return null;
}

function refusal({ code, command, reply, replyCode }: SmtpError): string {
  if (code === 'EAUTH') return `the mail server refused the sign-in (${reply}): check user and password in SMTP_URL`;
  if (replyCode === 530)
    return `the mail server wants a sign-in or TLS first (${reply}): add user:password@ or ?requireTLS=true to SMTP_URL`;
  if (code === 'ETLS') return `the mail server offers no STARTTLS (${reply}), which SMTP_URL requires`;
  if (command === 'RCPT TO')
    return `the mail server refused the recipient (${reply}): correct DIGEST_TO, or allow this sender to mail it`;
  if (command === 'MAIL FROM')
    return `the mail server refused the sender (${reply}): correct DIGEST_FROM, or allow it to send`;
  if (command === 'DATA')
    return `the mail server refused the mail (${reply}): its log, spam filter or size limit says why`;
  return `the mail server refused to talk (${reply}): see its log for why`;
}

function timeoutReason(smtp: SmtpError): string {
  return /greeting/i.test(smtp.message)
    ? 'the mail server did not greet in time: if it expects TLS from the first byte, write smtps:// in SMTP_URL'
    : 'the mail server did not answer in time';
}

function smtpErrorOf(error: unknown): SmtpError {
  const fields: Partial<Record<string, unknown>> = error instanceof Error ? { ...error } : {};
  const response = stringOf(fields['response']);
  const replyCode = typeof fields['responseCode'] === 'number' ? fields['responseCode'] : 0;
  const enhanced = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0];
  return {
    code: stringOf(fields['code']),
    originalCode: stringOf(fields['originalCode']),
    command: stringOf(fields['command']),
    message: error instanceof Error ? error.message : '',
    replyCode,
    reply: enhanced ? `${replyCode} ${enhanced}` : `${replyCode}`,
  };
}

/** Only what is a code: whatever else stands there may quote an address. */
function codeShown({ code, originalCode }: SmtpError): string {
  const shown = originalCode || code;
  return /^[A-Z][A-Z0-9_]{2,40}$/.test(shown) ? ` (${shown})` : '';
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

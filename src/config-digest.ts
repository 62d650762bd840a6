import { hostname } from 'node:os';
import type { ConfigFile } from './config-file.ts';
import type { Environment } from './config-sources.ts';
import { printable, truncate } from './lib/text.ts';

/** Who gets the daily digest, when, and by which mail server. */
export type DigestConfig = {
  /** A secret; null: nobody gets mail, and Slack a line a day that the monitor lives. */
  readonly smtpUrl: string | null;
  readonly to: readonly string[];
  readonly from: string;
  /** When it closes, on the clocks of the business zone. */
  readonly at: { readonly hour: number; readonly minute: number };
  /** What is probably not meant, but can be worked with. */
  readonly warnings: readonly string[];
};

const ADDRESS = /^[^\s@<>"',;:\\]+@[^\s@<>"',;:\\]+$/;
const NAMED_ADDRESS = /^[^<>@,;:"\\]*<([^<>]+)>$/;
const DEFAULT_AT = { hour: 8, minute: 0 };

/** Reads the settings of the digest; what is wrong with them is added to `mistakes`, without the value of a secret. */
export function readDigest(
  env: Environment,
  file: Pick<ConfigFile, 'digestTo' | 'digestFrom' | 'digestAt'>,
  mistakes: string[],
): DigestConfig {
  const smtpUrl = readSmtpUrl(env, mistakes);
  const to = readRecipients(env['DIGEST_TO']?.trim() || file.digestTo, mistakes);
  const fromText = env['DIGEST_FROM']?.trim() || file.digestFrom?.trim();
  if (fromText && !isSender(fromText))
    mistakes.push(`DIGEST_FROM: "${shown(fromText)}" is not one mail address; write octowatch@example.com`);
  if (smtpUrl !== null && to.length === 0 && !mistakes.some((one) => one.startsWith('DIGEST_TO')))
    mistakes.push(
      'DIGEST_TO: is not set, but SMTP_URL is; it takes the addresses that get the digest, comma separated',
    );
  const warnings =
    to.length > 0 && !env['SMTP_URL'] ? ['DIGEST_TO: is set, but SMTP_URL is not: nobody gets the digest by mail'] : [];
  return {
    smtpUrl,
    to,
    from: fromText || defaultSender(smtpUrl),
    at: readTimeOfDay(env['DIGEST_AT']?.trim() || file.digestAt, mistakes),
    warnings,
  };
}

function readSmtpUrl(env: Environment, mistakes: string[]): string | null {
  const text = env['SMTP_URL']?.trim();
  if (!text) return null;
  const url = URL.parse(text);
  if (url && /^smtps?:$/.test(url.protocol) && url.hostname !== '') return text;
  mistakes.push(
    'SMTP_URL: is not the address of a mail server; write smtp://mail.example.com:587 or smtps://user:password@mail.example.com:465 (characters such as @ : / ? # in the password are percent-encoded)',
  );
  return null;
}

/** One mail per address, whatever the case it is written in. */
function readRecipients(source: string | readonly string[] | undefined, mistakes: string[]): string[] {
  const items = (typeof source === 'string' ? source.split(',') : (source ?? [])).map((item) => item.trim());
  const byAddress = new Map<string, string>();
  for (const item of items.filter((one) => one !== '')) {
    if (ADDRESS.test(item) && printable(item) === item) byAddress.set(item.toLowerCase(), item);
    else mistakes.push(`DIGEST_TO: "${shown(item)}" is not a mail address; write alice@example.com,bob@example.com`);
  }
  return [...byAddress.values()];
}

function isSender(text: string): boolean {
  return printable(text) === text && ADDRESS.test(NAMED_ADDRESS.exec(text)?.[1] ?? text);
}

/** The account at the mail server where that is an address, because servers rarely let it send as anybody else. */
function defaultSender(smtpUrl: string | null): string {
  const user = smtpUrl === null ? '' : decoded(URL.parse(smtpUrl)?.username ?? '');
  if (ADDRESS.test(user) && printable(user) === user) return user;
  return `octowatch@${hostname().replace(/[^\w.-]/g, '') || 'localhost'}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function readTimeOfDay(text: string | undefined, mistakes: string[]): DigestConfig['at'] {
  if (!text) return DEFAULT_AT;
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (match) return { hour: Number(match[1]), minute: Number(match[2]) };
  mistakes.push(`DIGEST_AT: "${shown(text)}" is no time of day; write 08:00 or 17:30`);
  return DEFAULT_AT;
}

function shown(text: string): string {
  return truncate(printable(text), 80);
}

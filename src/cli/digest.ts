import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { loadRulePack } from '../detect/index.ts';
import { systemClock } from '../lib/clock.ts';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { createZone } from '../lib/zone.ts';
import { renderDigest } from '../notify/digest.ts';
import type { Closing } from '../pipeline/digest-schedule.ts';
import { createDigester, type Digester, type DigestSent } from '../pipeline/digest-send.ts';
import { newHolder, type Store } from '../store/index.ts';
import { VERSION } from '../version.ts';
import { openExisting } from './existing-store.ts';
import { createLog } from './log.ts';

type DigestOptions = { date?: string; html?: string; send?: boolean; format: 'text' | 'json' };

export function addDigest(program: Command): void {
  program
    .command('digest')
    .description('show or send the daily digest')
    .option('--date <YYYY-MM-DD>', 'the one that closes at DIGEST_AT of this local date (default: the last one)')
    .option('--html <file>', 'write it as HTML, as the mail shows it, to a file')
    .option('--send', 'send it now to DIGEST_TO; what was sent before is not sent again')
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
A digest that was sent is shown as it was sent, another one as it would be sent now. With --send every recipient is tried
for at most 10 seconds, and what became of it is printed; exit 1 unless every mail was accepted, now or before.

Examples:
  $ octowatch digest
  $ octowatch digest --date 2026-11-22 --html digest.html
  $ octowatch digest --send
  $ octowatch digest --format json`,
    )
    .action(async (options: DigestOptions) => {
      process.exitCode = await run(options);
    });
}

async function run(options: DigestOptions): Promise<number> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  const mail = options.send ? await mailOf(config) : null;
  const store = openExisting(config);
  try {
    const digester = await digesterOf(config, store, mail);
    const closing = closingOf(digester, options.date);
    const sent = mail === null ? null : await digester.sendNow(closing, new AbortController().signal);
    const report = digester.preview(closing);
    const { text, html } = renderDigest(report);
    if (options.html !== undefined) writeHtml(options.html, html);
    if (sent === null) process.stdout.write(options.format === 'json' ? asJson(report) : withLineEnd(text));
    else
      process.stdout.write(
        options.format === 'json' ? asJson(sent) : sent.map((one) => describe(one, closing)).join(''),
      );
    return sent?.some((one) => one.outcome === 'failed' || one.outcome === 'pending') ? 1 : 0;
  } finally {
    store.close();
  }
}

async function mailOf({ digest }: Config) {
  const { smtpUrl, from, to } = digest;
  if (smtpUrl === null || to.length === 0) {
    const missing = [...(smtpUrl === null ? ['SMTP_URL'] : []), ...(to.length === 0 ? ['DIGEST_TO'] : [])];
    throw new UsageError(`there is nobody to send the digest to: ${missing.join(' and ')} not set`, {
      hint: 'Without --send the digest is only printed.',
    });
  }
  // What sends mail takes longer to load than the rest of the command to run.
  const { createMailer } = await import('../notify/email.ts');
  return { mailer: createMailer({ smtpUrl, from }), recipients: to };
}

async function digesterOf(
  config: Config,
  store: Store,
  mail: Awaited<ReturnType<typeof mailOf>> | null,
): Promise<Digester> {
  const { rulesPaths, ruleAdjustments, placeholders } = config;
  const zone = createZone(config.timeZone);
  const pack = loadRulePack(rulesPaths, ruleAdjustments, { placeholders, zone });
  const exceptions = [...pack.exceptions.values()];
  return createDigester({
    store,
    clock: systemClock,
    random: Math.random,
    log: await createLog(config.logLevel),
    holder: newHolder(),
    timeZone: config.timeZone,
    isTimeZoneAssumed: !config.isTimeZoneSet,
    at: config.digest.at,
    instances: config.instanceNames,
    production: config.production,
    exceptions: () => exceptions,
    leaveOut: config.privacy.leaveOut,
    monitorVersion: VERSION,
    mail,
    aliveChannels: [],
  });
}

function closingOf({ schedule }: Digester, date: string | undefined): Closing {
  const last = schedule.last(Date.now());
  if (date === undefined) return last;
  const closing = schedule.of(date);
  if (closing === null)
    throw new UsageError(`--date: "${date}" is no date of the calendar; write it as ${last.localDate}`);
  if (closing.atMs > last.atMs) {
    throw new UsageError(`--date: the digest of ${date} has not closed yet`, {
      hint: `The last one is that of ${last.localDate}.`,
    });
  }
  return closing;
}

function describe({ recipient, outcome, reason }: DigestSent, { localDate }: Closing): string {
  const digest = `the digest of ${localDate}`;
  const to = printable(recipient);
  const because = printable(reason ?? 'another process is sending it');
  switch (outcome) {
    case 'sent':
      return `${to}: ${digest} was sent\n`;
    case 'sent before':
      return `${to}: ${digest} was sent before and is not sent again\n`;
    case 'failed':
      return `${to}: ${digest} was refused for good: ${because}\n`;
    case 'pending':
      return `${to}: ${digest} could not be sent within 10 seconds: ${because}\n`;
  }
}

function writeHtml(file: string, html: string): void {
  try {
    writeFileSync(file, html);
  } catch (cause) {
    throw new OctowatchError(`cannot write the digest to ${file}: ${messageOf(cause)}`, {
      hint: 'Name a file in a folder that exists and may be written to.',
      cause,
    });
  }
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function withLineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

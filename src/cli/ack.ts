import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { acknowledge } from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { formatEpochDay } from '../lib/local-date.ts';
import { suggestion } from '../lib/suggestion.ts';
import { plural, printable } from '../lib/text.ts';
import { createZone, startOfDay, type Zone } from '../lib/zone.ts';
import type { Acknowledgement, Store } from '../store/index.ts';
import { openExisting } from './existing-store.ts';
import { readDay, today } from './local-day.ts';
import { printRows } from './rows.ts';

type AckOptions = {
  note: string;
  by?: string;
  until?: string;
  rule?: string;
  before?: string;
  subject?: string;
  yes?: boolean;
};

const SHOWN = ['finding_id', 'level', 'rule', 'title', 'subject', 'last_seen_at', 'instance'] as const;

export function addAck(program: Command): void {
  program
    .command('ack')
    .description('acknowledge findings: somebody takes them on, and nothing more is said of them')
    .argument('[findings...]', 'their numbers')
    .requiredOption('--note <text>', 'what was found out or is being done; auditors read it')
    .option('--by <name>', 'who takes them on (default: the operating-system user, who is journalled in any case)')
    .option('--until <date>', 'open them again on that local day: 2026-12-31, or 14d from today')
    .option('--rule <name>', 'all open findings of a rule')
    .option('--before <date>', 'all open findings whose last event was before that local day')
    .option('--subject <text>', 'all open findings whose subject holds the text, in any case')
    .option('--yes', 'do not ask before findings chosen by --rule, --before or --subject are acknowledged')
    .addHelpText(
      'after',
      `
--rule, --before and --subject together choose what all of them fit. What they choose is shown first; on a terminal you are
asked, elsewhere nothing is done without --yes (exit 2).

An acknowledged finding stops growing: the next event opens a new one that links to it. What was still to be sent of it is
not sent. A finding that was resolved or does not exist is named, the others are acknowledged: exit 1 (2 when none was).

Examples:
  $ octowatch ack 17 --note "planned, CHG-1234"
  $ octowatch ack 17 18 --note "bob looks into it" --by bob --until 7d
  $ octowatch ack --rule unused_api_key --before 2026-11-01 --note "keys are being rotated" --yes`,
    )
    .action(async (findings: string[], options: AckOptions) => {
      process.exitCode = await run(findings, options);
    });
}

async function run(numbers: readonly string[], options: AckOptions): Promise<number> {
  const isChosen = options.rule !== undefined || options.before !== undefined || options.subject !== undefined;
  if (numbers.length > 0 && isChosen) {
    throw new UsageError('findings are named by number, or chosen by --rule, --before and --subject, not both');
  }
  if (numbers.length === 0 && !isChosen) {
    throw new UsageError('which findings?', {
      hint: 'Give their numbers (octowatch findings lists them), or choose by --rule, --before or --subject.',
    });
  }
  const ids = [...new Set(numbers.map(readNumber))];
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  const zone = createZone(config.timeZone);
  const nowMs = Date.now();
  const acknowledgement = readAcknowledgement(options, zone, nowMs);
  const before = options.before === undefined ? null : toInstant(readBefore(options.before, zone, nowMs));
  const store = openExisting(config);
  try {
    const said = { by: store.journal.osUser, ...acknowledgement };
    if (!isChosen) return acknowledgeAll(store, ids, said, nowMs);
    const chosen = choose(store, options, before);
    if (chosen.length === 0) return 0;
    return (await mayGoOn(chosen.length, options.yes === true)) ? acknowledgeAll(store, chosen, said, nowMs) : 2;
  } finally {
    store.close();
  }
}

function readNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`"${printable(text)}" is no number of a finding`, {
    hint: 'octowatch findings lists them, with their numbers in the first column.',
  });
}

function readAcknowledgement(
  { note, by, until }: AckOptions,
  zone: Zone,
  nowMs: number,
): Omit<Acknowledgement, 'by'> & { by?: string } {
  if (note.trim() === '') throw new UsageError('--note is empty', { hint: 'Say what was found out, or by whom.' });
  if (by !== undefined && by.trim() === '') throw new UsageError('--by is empty');
  const day = until === undefined ? null : readDay(until, '--until', zone, nowMs);
  if (day !== null && day <= today(zone, nowMs)) {
    throw new UsageError(`--until: ${formatEpochDay(day)} is not after today (${zone.name})`, {
      hint: 'On that day the finding is open again; leave it out to acknowledge for good.',
    });
  }
  const named = by === undefined ? {} : { by: by.trim() };
  return { note: note.trim(), until: day === null ? null : formatEpochDay(day), ...named };
}

function readBefore(text: string, zone: Zone, nowMs: number): number {
  return startOfDay(readDay(text, '--before', zone, nowMs), zone);
}

/** Shows what is chosen, and returns the numbers. */
function choose(store: Store, { rule, subject }: AckOptions, before: string | null): number[] {
  const wanted = subject?.toLowerCase();
  const chosen = store.acknowledgements
    .open(rule ?? null, before)
    .filter((one) => wanted === undefined || one.subject.toLowerCase().includes(wanted));
  if (chosen.length === 0) {
    const rules = new Set(store.acknowledgements.open(null, null).map((one) => one.rule));
    const meant = rule !== undefined && !rules.has(rule) ? suggestion(rule, rules) : '';
    process.stderr.write(`no open finding fits${printable(meant)}; nothing was done\n`);
    return [];
  }
  printRows(
    SHOWN,
    chosen.map((one) => SHOWN.map((column) => one[column])),
    'table',
  );
  return chosen.map((one) => one.finding_id);
}

async function mayGoOn(count: number, isAgreed: boolean): Promise<boolean> {
  if (isAgreed) return true;
  const isAskable = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!isAskable) {
    const what = count === 1 ? 'this finding is' : `these ${count} findings are`;
    process.stderr.write(`${what} not acknowledged yet: say so again with --yes\n`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`acknowledge ${plural(count, 'finding')}? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return true;
  } finally {
    terminal.close();
  }
  process.stderr.write('nothing was done\n');
  return false;
}

function acknowledgeAll(store: Store, ids: readonly number[], said: Acknowledgement, nowMs: number): number {
  const outcomes = store.transaction(() => ids.map((id) => ({ id, outcome: acknowledge(store, id, said, nowMs) })));
  let done = 0;
  for (const { id, outcome } of outcomes) {
    if (outcome === 'done') done += 1;
    else if (outcome === 'unknown') process.stderr.write(`there is no finding ${id}\n`);
    else process.stderr.write(`finding ${id} is resolved already\n`);
  }
  if (done > 0) {
    const until = said.until === null ? '' : `, until ${said.until}`;
    process.stdout.write(`${plural(done, 'finding')} acknowledged by ${printable(said.by)}${until}\n`);
  }
  if (done === ids.length) return 0;
  return done > 0 ? 1 : 2;
}

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { daysLeft, exceptionState, type RuleException } from '../detect/index.ts';
import { createZone } from '../lib/zone.ts';
import type { Store } from '../store/index.ts';
import { addExceptionsAdd } from './exceptions-add.ts';
import { addExceptionsCheck } from './exceptions-check.ts';
import { openExisting } from './existing-store.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { configFor, loadRules, mentionMistakes, nearPath, RULES_OPTION } from './rules-source.ts';

const COLUMNS = [
  ...['name', 'rules', 'owner', 'approved_by', 'ticket', 'from', 'expires', 'days_left', 'hidden', 'state'],
  ...['reason', 'file'],
];
/** On a terminal who approved it and why would leave the rest no room. */
const ON_TERMINAL = ['name', 'rules', 'owner', 'ticket', 'from', 'expires', 'days_left', 'hidden', 'state'];

export function addExceptions(program: Command): void {
  const exceptions = program
    .command('exceptions')
    .description('what rules match and alert nobody: who said so, and until when');
  withFormat(
    exceptions
      .command('list')
      .description('list the exceptions, what each has hidden so far, and when it ends')
      .option(...RULES_OPTION),
  )
    .addHelpText(
      'after',
      `
hidden counts the matches an exception has kept from alerting (view signals, suppressed_by); for a state, such as an unused
API key, each object once.

Examples:
  $ octowatch exceptions list
  $ octowatch exceptions list --format json`,
    )
    .action((options: { rules?: string; format: OutputFormat }) => list(options));
  addExceptionsAdd(exceptions, RULES_OPTION);
  addExceptionsCheck(exceptions, RULES_OPTION);
}

function list({ rules, format }: { rules?: string; format: OutputFormat }): void {
  const config = configFor(rules);
  const pack = loadRules(config);
  const zone = createZone(config.timeZone);
  const nowMs = Date.now();
  const store = existsSync(config.db) ? openExisting(config) : null;
  const columns = format === 'table' && process.stdout.isTTY ? ON_TERMINAL : COLUMNS;
  const rows = [...pack.exceptions.values()].map((one) => {
    const row: Record<string, unknown> = {
      ...rowOf(one, store),
      days_left: daysLeft(one, zone, nowMs),
      state: exceptionState(one, nowMs),
    };
    return columns.map((column) => row[column]);
  });
  store?.close();
  printRows(columns, rows, format);
  mentionMistakes(pack.mistakes);
}

function rowOf(exception: RuleException, store: Store | null) {
  const { name, rules, owner, approvedBy, ticket, from, expires, reason, file } = exception;
  return {
    ...{ name, owner, ticket, from, expires, reason },
    rules: rules.join(', '),
    approved_by: approvedBy,
    hidden: store?.signals.hiddenBy(name) ?? null,
    file: nearPath(file),
  };
}

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { daysLeft, exceptionState, type RuleException } from '../detect/index.ts';
import { plural } from '../lib/text.ts';
import { createZone, type Zone } from '../lib/zone.ts';
import type { Store } from '../store/index.ts';
import { openExisting } from './existing-store.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { configFor, loadRules, nearPath, tellMistakes } from './rules-source.ts';

/** As long before its end the daily digest names an exception. */
const SOON_DAYS = 14;

/** What is to be said of an exception; `isWrong` when the check fails for it. */
type Remark = { readonly isWrong: boolean; readonly text: string };

export function addExceptionsCheck(exceptions: Command, rulesOption: readonly [string, string]): void {
  withFormat(
    exceptions
      .command('check')
      .description('validate the exceptions; name those that have ended, end soon, hide nothing or name no rule')
      .option(...rulesOption),
  )
    .addHelpText(
      'after',
      `
Mistakes in files are named on stderr as file:line:column: message, rules that do not exist among them. Exit 3 when there is
one, when an exception has ended (renew it, or delete the file) or is for no rule. That one ends within 14 days, or has
hidden nothing yet, is only said.

Examples:
  $ octowatch exceptions check
  $ octowatch exceptions check --rules ./my-rules --format json`,
    )
    .action((options: { rules?: string; format: OutputFormat }) => {
      process.exitCode = check(options);
    });
}

function check({ rules, format }: { rules?: string; format: OutputFormat }): number {
  const config = configFor(rules);
  const pack = loadRules(config);
  const zone = createZone(config.timeZone);
  const nowMs = Date.now();
  const store = existsSync(config.db) ? openExisting(config) : null;
  const exceptions = [...pack.exceptions.values()];
  const remarks = exceptions.flatMap((one) => remarksOn(one, store, zone, nowMs).map((remark) => ({ one, ...remark })));
  store?.close();
  tellMistakes(pack.mistakes);
  if (remarks.length > 0 || format !== 'table') {
    printRows(
      ['name', 'verdict', 'remark', 'owner', 'expires', 'file'],
      remarks.map(({ one, isWrong, text }) => [
        ...[one.name, isWrong ? 'wrong' : 'note', text],
        ...[one.owner, one.expires, nearPath(one.file)],
      ]),
      format,
    );
  }
  const wrong = new Set(remarks.filter((one) => one.isWrong).map(({ one }) => one)).size;
  const verdict = [
    ...(pack.mistakes.length > 0 ? [`${plural(pack.mistakes.length, 'mistake')} in the files`] : []),
    ...(wrong > 0 ? [`${wrong} wrong`] : []),
  ];
  process.stderr.write(`${plural(exceptions.length, 'exception')}: ${verdict.join(', ') || 'all good'}\n`);
  return verdict.length > 0 ? 3 : 0;
}

function remarksOn(exception: RuleException, store: Store | null, zone: Zone, nowMs: number): Remark[] {
  const remarks: Remark[] = [];
  if (exception.rules.length === 0) remarks.push({ isWrong: true, text: 'is for no rule that is in force' });
  const state = exceptionState(exception, nowMs);
  const days = daysLeft(exception, zone, nowMs);
  if (state === 'expired') remarks.push({ isWrong: true, text: `ended ${plural(-days, 'day')} ago` });
  if (state === 'active' && days <= SOON_DAYS) {
    remarks.push({ isWrong: false, text: days === 0 ? 'ends today' : `ends in ${plural(days, 'day')}` });
  }
  if (state !== 'not yet' && store?.signals.hiddenBy(exception.name) === 0) {
    remarks.push({ isWrong: false, text: 'has hidden nothing yet' });
  }
  return remarks;
}

import type { Command } from 'commander';
import { correctionsOf, planCorrection } from '../app-correction.ts';
import { createJudging } from '../app-judging.ts';
import { loadRules } from '../app-rules.ts';
import { loadConfig } from '../config.ts';
import { rulesInForce } from '../detect/index.ts';
import { systemClock, toInstant } from '../lib/clock.ts';
import { plural } from '../lib/text.ts';
import { createRejudger } from '../pipeline/rejudge.ts';
import { type FindingChange, previewRejudging } from '../pipeline/rejudge-preview.ts';
import { openExisting } from './existing-store.ts';
import { createLog } from './log.ts';
import type { OutputFormat } from './output.ts';
import { printRows, sayOnStderr, withFormat } from './rows.ts';
import { createProgressLine, describeProgress } from './terminal.ts';

const COLUMNS = ['change', 'finding', 'instance', 'rule', 'level', 'first_seen_at', 'title'];

export function addRejudge(program: Command): void {
  const command = program
    .command('rejudge')
    .description('judge stored history again by the configuration of now, or show what that would change')
    .option('--dry-run', 'show the difference and write nothing');
  withFormat(command)
    .addHelpText(
      'after',
      `
The next start of the monitor does it by itself, behind what happens now. What new findings have to be told goes out together when
all is done, by the monitor; this command sends nothing. Findings about API keys follow from the next reading of the keys.

Examples:
  $ octowatch rejudge --dry-run
  $ octowatch rejudge --dry-run --format json | jq '.[] | select(.change == "opens")'
  $ octowatch rejudge`,
    )
    .action(async (options: { dryRun?: boolean; format: OutputFormat }) => {
      await (options.dryRun === true ? preview(options.format) : rejudge());
    });
}

async function preview(format: OutputFormat): Promise<void> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules' });
  const store = openExisting(config);
  try {
    const pack = loadRules(config, await createLog(config.logLevel));
    const changes = [...correctionsOf(store, config), ...store.rejudgements.open().flatMap(changesOf)];
    const { context, judge } = createJudging(config, store, pack);
    const progress = createProgressLine();
    const seen = await previewRejudging({
      ...{ source: store, pack, judge, calendar: context.calendar, nowMs: systemClock.now() },
      onProgress: (events) => progress.show(describeProgress(events, 'events judged', null)),
    });
    progress.clear();
    sayOnStderr(
      changes.length === 0
        ? 'the last start judged by the same configuration: nothing would be judged again'
        : `changed since the last start: ${[...new Set(changes)].join(', ')}`,
    );
    const perKind = [...seen.eventChanges].map(([change, count]) => `${count} ${change}`);
    sayOnStderr(`${plural(seen.events, 'event')}: ${perKind.join(', ') || 'none would be judged otherwise'}`);
    const count = (change: FindingChange['change']) => seen.findings.filter((one) => one.change === change).length;
    sayOnStderr(
      `findings: ${count('opens')} would open, ${count('closes')} close, ${count('level')} change their level`,
    );
    printRows(
      COLUMNS,
      seen.findings.map((one) => [
        ...[one.change, one.findingId, one.instance, one.rule, one.level, one.firstSeenAt, one.title],
      ]),
      format,
    );
  } finally {
    store.close();
  }
}

async function rejudge(): Promise<void> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules' });
  const log = await createLog(config.logLevel);
  const store = openExisting(config);
  try {
    store.chain.assertKey();
    const pack = loadRules(config, log);
    const judging = createJudging(config, store, pack);
    store.transaction(() => {
      const at = toInstant(systemClock.now());
      planCorrection(store, config, log, at);
      // From here on they are in force: the next start finds them as they are and plans nothing anew.
      store.journal.add(at, 'config_loaded', config.sha256, { by: 'rejudge' });
      store.ruleVersions.record(rulesInForce(pack), at);
      store.ruleVersions.recordConfig(config, at);
    });
    const planned = store.rejudgements.open().filter((row) => row.judged_by === judging.judgedBy);
    if (planned.length === 0) {
      sayOnStderr('stored history was judged by this configuration: there is nothing to judge again');
      return;
    }
    const progress = createProgressLine();
    const onProgress = ({ instance, done, total }: { instance: string; done: number; total: number }) =>
      progress.show(`${instance}: ${describeProgress(done, 'events judged again', total === 0 ? null : done / total)}`);
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort());
    await createRejudger({ ...judging, clock: systemClock, log, onProgress }).rejudgeAll(interrupted.signal);
    progress.clear();
    const isDone = !interrupted.signal.aborted;
    const latest = isDone ? store.rejudgements.latest() : undefined;
    if (latest)
      sayOnStderr(
        `judged again after a change of ${changesOf(latest).join(', ')}: ${plural(latest.findings_opened, 'finding')} opened, ${latest.findings_closed} closed; the monitor tells of them in one message`,
      );
    else sayOnStderr('interrupted: the next start goes on from here');
  } finally {
    store.close();
  }
}

function changesOf(row: { readonly changes: string }): string[] {
  return JSON.parse(row.changes) as string[];
}

import type { Command } from 'commander';
import { createApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLog } from './log.ts';
import { createProgressLine, describeProgress, lookOf } from './terminal.ts';

export function addRun(program: Command): void {
  program
    .command('run')
    .description('poll, detect and alert until stopped')
    .option('--once', 'one full cycle (inventory, poll to now, detect, deliver), then exit')
    .addHelpText(
      'after',
      `
Needs OCTOPUS_URL and OCTOPUS_API_KEY (or OCTOPUS_API_KEY_FILE). Without SLACK_WEBHOOK_URL findings are printed.
With --once: exit 1 when an instance could not be read or an alert was refused for good.

Examples:
  $ octowatch run
  $ OCTOWATCH_TIMEZONE=Europe/London octowatch run --once
  $ OCTOWATCH_BACKFILL=14d octowatch run --once`,
    )
    .action(async ({ once }: { once?: boolean }) => {
      process.exitCode = await run(once === true);
    });
}

async function run(isOneShot: boolean): Promise<number> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'poll' });
  const progress = createProgressLine();
  const startedAtMs = Date.now();
  let events = 0;
  const app = createApp({
    config,
    log: await createLog(config.logLevel),
    isOneShot,
    console: {
      write: (text) => {
        progress.clear();
        process.stdout.write(text);
      },
      ...lookOf(process.stdout),
    },
    onWindow(instance, done) {
      if (done.purpose === 'tail') return;
      events += done.events;
      const share = 1 - (startedAtMs - done.toMs) / Math.max(1, config.backfillMs);
      const percent = Math.min(100, Math.max(0, Math.round(share * 100)));
      const seconds = Math.round((Date.now() - startedAtMs) / 1000);
      progress.show(
        `${instance}: back-fill ${new Date(done.toMs).toISOString().slice(0, 10)}  ${percent} %  ${events} events  ${seconds} s`,
      );
      if (done.toMs >= startedAtMs - 86_400_000) progress.clear();
    },
    onRejudged({ instance, done, total }) {
      progress.show(`${instance}: ${describeProgress(done, 'events judged again', total === 0 ? null : done / total)}`);
      if (done >= total) progress.clear();
    },
  });
  if (isOneShot) {
    const { isComplete } = await app.runOnce();
    progress.clear();
    return isComplete ? 0 : 1;
  }
  const stop = () => app.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.runForever();
  return 0;
}

import type { Command } from 'commander';
import { UsageError } from '../lib/errors.ts';
import { checkHealth } from './doctor-health.ts';
import type { OutputFormat } from './output.ts';
import { withFormat } from './rows.ts';

type DoctorFlags = { health?: boolean; sendTest?: boolean; format: OutputFormat };

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check everything the monitor needs, and say what to mend')
    .option('--health', 'from the database alone: exit 3 unless every instance was read within five poll intervals')
    .option('--send-test', 'send a message that says it is a test to every channel');
  withFormat(command)
    .addHelpText(
      'after',
      `
Reads the configuration, the database, Octopus, and connects to Slack and the mail server; writes nothing anywhere.
Exit 0 when nothing failed (warnings are allowed), 3 when a check failed, 2 for mistakes in the configuration.

Examples:
  $ octowatch doctor
  $ octowatch doctor --format json | jq '.[] | select(.status == "failed")'
  $ octowatch doctor --send-test
  $ octowatch doctor --health`,
    )
    .action(async ({ format, health, sendTest }: DoctorFlags) => {
      if (health && sendTest) throw new UsageError('--health looks at the database alone: leave --send-test out');
      if (health) {
        process.exitCode = await checkHealth(Date.now());
        return;
      }
      // What the checks need is much, and containers ask for `--health` every minute.
      const { examine } = await import('./doctor-checks.ts');
      process.exitCode = await examine(format, sendTest === true);
    });
}

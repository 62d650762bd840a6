import { type Command, Option } from 'commander';
import { loadRules } from '../app-rules.ts';
import { type Config, loadConfig } from '../config.ts';
import { idlePatterns } from '../config-channels.ts';
import { MONITOR_RULES } from '../detect/index.ts';
import { systemClock } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { runDoctor } from '../pipeline/doctor.ts';
import type { Log } from '../pipeline/instance.ts';
import { VERSION } from '../version.ts';
import { checkHealth } from './doctor-health.ts';
import { renderChecks } from './doctor-text.ts';
import { loadRulesAsWritten } from './rules-source.ts';
import { lookOf } from './terminal.ts';

type DoctorFlags = { health?: boolean; sendTest?: boolean; format: 'text' | 'json' };

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check everything the monitor needs, and say what to mend')
    .option('--health', 'from the database alone: exit 3 unless every instance was read within five poll intervals')
    .option('--send-test', 'send a message that says it is a test to every channel')
    .addOption(new Option('--format <format>', 'how the checks are printed').choices(['text', 'json']).default('text'))
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
      process.exitCode = health ? await checkHealth(Date.now()) : await examine(format, sendTest === true);
    });
}

async function examine(format: DoctorFlags['format'], sendTest: boolean): Promise<number> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'poll' });
  const results = await runDoctor({
    local: localContext(config),
    delivery: {
      channels: config.routing.channels,
      mail: { smtpUrl: config.digest.smtpUrl, from: config.digest.from, recipients: config.digest.to.length },
      hasHeartbeat: config.heartbeatUrl !== null,
      sendTest,
    },
    instances: config.instances,
    production: config.production,
    allowedHttpHosts: config.allowedHttpHosts,
    userAgent: `Octowatch/${VERSION}`,
    clock: systemClock,
  });
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(results, null, 2)}\n` : renderChecks(results, lookOf(process.stdout)),
  );
  return results.some((one) => one.status === 'failed') ? 3 : 0;
}

function localContext(config: Config) {
  const pack = loadRules(config, SILENT);
  const ruleNames = [...pack.rules.keys(), ...MONITOR_RULES];
  const { routes, warnings } = config.routing;
  return {
    db: config.db,
    pack,
    packAsWritten: loadRulesAsWritten(config, pack),
    register: config.register,
    keysFile: config.keysFile,
    timeZone: config.timeZone,
    isTimeZoneSet: config.isTimeZoneSet,
    warnings: [...config.digest.warnings, ...warnings, ...idlePatterns(routes, ruleNames)],
  };
}

/** Refused rules are told by the check of the rules. */
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

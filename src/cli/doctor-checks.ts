import { loadRules } from '../app-rules.ts';
import { doubtfulSettings } from '../app-warnings.ts';
import { type Config, loadConfig } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import { runDoctor } from '../pipeline/doctor.ts';
import type { Log } from '../pipeline/instance.ts';
import { VERSION } from '../version.ts';
import { renderChecks } from './doctor-text.ts';
import type { OutputFormat } from './output.ts';
import { printRows } from './rows.ts';
import { loadRulesAsWritten } from './rules-source.ts';
import { lookOf } from './terminal.ts';

const COLUMNS = ['check', 'instance', 'status', 'seen', 'fix'] as const;

/** Runs every check of `doctor` and prints what it saw. Returns the exit code. */
export async function examine(format: OutputFormat, sendTest: boolean): Promise<number> {
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
  if (format === 'table') process.stdout.write(renderChecks(results, lookOf(process.stdout)));
  else if (format === 'json') process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else {
    const rows = results.map((result) => COLUMNS.map((column) => result[column] ?? null));
    printRows(COLUMNS, rows, format);
  }
  return results.some((one) => one.status === 'failed') ? 3 : 0;
}

function localContext(config: Config) {
  const pack = loadRules(config, SILENT);
  return {
    db: config.db,
    pack,
    packAsWritten: loadRulesAsWritten(config, pack),
    register: config.register,
    keysFile: config.keysFile,
    calendars: config.calendars,
    changeWindows: config.changeWindows,
    timeZone: config.timeZone,
    isTimeZoneSet: config.isTimeZoneSet,
    warnings: doubtfulSettings(config, pack),
  };
}

/** Refused rules are told by the check of the rules. */
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

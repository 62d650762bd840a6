import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { MONITOR_KEY } from './small-history.ts';

export type LogLine = { readonly level: string; readonly text: string; readonly data: object };

export type MonitorOptions = {
  readonly octopusUrl: string;
  readonly db: string;
  readonly clock: Clock;
  /** Without one, findings go to `console`. */
  readonly slackUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isOneShot?: boolean;
  readonly console?: AppOptions['console'];
  readonly onStatement?: (sql: unknown) => void;
  /** Deadline of one request to Octopus. */
  readonly requestTimeoutMs?: number;
  readonly log?: LogLine[];
};

/** The real program, wired as the command line wires it, with a clock of the test's. */
export function createMonitor(options: MonitorOptions): App {
  const { slackUrl, log = [] } = options;
  const config = loadConfig({
    env: {
      OCTOPUS_URL: options.octopusUrl,
      OCTOPUS_API_KEY: MONITOR_KEY,
      OCTOWATCH_DB: options.db,
      OCTOWATCH_TIMEZONE: 'UTC',
      OCTOWATCH_BACKFILL: '5d',
      ...(slackUrl ? { SLACK_WEBHOOK_URL: slackUrl } : {}),
      ...options.env,
    },
    cwd: path.dirname(options.db),
    needs: 'poll',
  });
  const say = (level: string) => (data: object, text: string) => void log.push({ level, text, data });
  return createApp({
    config,
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    isOneShot: options.isOneShot ?? true,
    console: options.console ?? { write: () => undefined, colour: false, width: 100 },
    clock: options.clock,
    random: () => 0.5,
    ...(options.onStatement ? { onStatement: options.onStatement } : {}),
    ...(options.requestTimeoutMs ? { requestTimeoutMs: options.requestTimeoutMs } : {}),
  });
}

/** A folder of its own for one test's databases. */
export function makeFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

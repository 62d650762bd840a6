import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/app.ts';
import { type SimulatedOctopus, type SimulatedState, startSimulatedOctopus } from '../../src/demo/index.ts';
import { readRows } from './canonical.ts';
import { createMonitor, type LogLine, type MonitorOptions, makeFolder } from './monitor.ts';
import { MONITOR_KEY, NOON } from './small-history.ts';
import { type SteppingClock, steppingClock } from './stepping-clock.ts';

type Row = Record<string, unknown>;

/** Several servers, by the name of their instance, and one program with one database that reads them all. */
export type Instances = {
  readonly clock: SteppingClock;
  readonly servers: Readonly<Record<string, SimulatedOctopus>>;
  readonly folder: string;
  readonly db: string;
  readonly printed: string[];
  readonly log: LogLine[];
  /** What a process of its own needs to know besides the file octowatch.yaml in `folder`. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes octowatch.yaml anew: with these instances, by name, and `more` YAML; a string is an address as it stands. */
  configure(instances: readonly (string | { readonly name: string; readonly url: string })[], more?: string): void;
  createApp(options?: Partial<MonitorOptions>): App;
  /** One `run --once` by a new process, as far as the database can tell. */
  runOnce(options?: Partial<MonitorOptions>): Promise<{ isComplete: boolean }>;
  rows(sql: string, ...parameters: unknown[]): Row[];
  /** The first column of each row. */
  column(sql: string, ...parameters: unknown[]): unknown[];
};

/** Starts the servers and configures all of them, in this order. They are struck when the test ends. */
export async function startInstances(
  states: Readonly<Record<string, SimulatedState>>,
  more: {
    readonly env?: Readonly<Record<string, string>>;
    readonly slackUrl?: string;
    readonly nowMs?: number;
    /** For programs that run by the machine's clock: the servers do so too. */
    readonly isLive?: boolean;
  } = {},
): Promise<Instances> {
  const clock = steppingClock(more.nowMs ?? NOON);
  const names = Object.keys(states);
  const servers: Record<string, SimulatedOctopus> = {};
  for (const [name, state] of Object.entries(states)) {
    state.now = more.isLive ? Date.now : clock.now;
    servers[name] = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
  }
  const { folder, remove } = makeFolder();
  const db = path.join(folder, 'octowatch.db');
  onTestFinished(async () => {
    await Promise.all(Object.values(servers).map((server) => server.close()));
    remove();
  });
  const env = {
    ...Object.fromEntries(names.map((name) => [`OCTOPUS_API_KEY_${name.toUpperCase()}`, MONITOR_KEY])),
    ...more.env,
  };
  const printed: string[] = [];
  const log: LogLine[] = [];
  const rows = (sql: string, ...parameters: unknown[]) => readRows(db, sql, ...parameters);

  function configure(...[instances, text = '']: Parameters<Instances['configure']>) {
    const listed = instances.map((one) =>
      typeof one === 'string' ? `  - { name: ${one}, url: "${servers[one]?.url}" }` : `  - ${JSON.stringify(one)}`,
    );
    writeFileSync(path.join(folder, 'octowatch.yaml'), `instances:\n${listed.join('\n')}\n${text}`);
  }

  function createApp(options: Partial<MonitorOptions> = {}) {
    return createMonitor({
      octopusUrl: '',
      db,
      clock,
      log,
      console: { write: (text) => printed.push(text), colour: false, width: 100 },
      ...(more.slackUrl ? { slackUrl: more.slackUrl } : {}),
      ...options,
      env: { ...env, ...options.env },
    });
  }

  configure(names);
  return {
    ...{ clock, servers, folder, db, printed, log, env, configure, createApp, rows },
    runOnce: (options) => createApp(options).runOnce(),
    column: (sql, ...parameters) => rows(sql, ...parameters).map((row) => Object.values(row)[0]),
  };
}

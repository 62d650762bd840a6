import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/app.ts';
import { type SimulatedOctopus, type SimulatedState, startSimulatedOctopus } from '../../src/demo/index.ts';
import { canonicalDump, readRows } from './canonical.ts';
import { createMonitor, type LogLine, type MonitorOptions, makeFolder } from './monitor.ts';
import { emptyServer, MONITOR_KEY, NOON } from './small-history.ts';
import { type SteppingClock, steppingClock } from './stepping-clock.ts';

type Row = Record<string, unknown>;

type StageOptions = {
  /** By default `emptyServer`: one space, a person, a service account, Production and Staging, no event. */
  readonly state?: SimulatedState;
  readonly virtualDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly requestTimeoutMs?: number;
  readonly slackUrl?: string;
};

/** Everything one test needs: a simulated Octopus over real HTTP, the program on a database of its own, and its words. */
export type Stage = {
  readonly clock: SteppingClock;
  readonly state: SimulatedState;
  readonly server: SimulatedOctopus;
  readonly db: string;
  readonly folder: string;
  /** What was printed as alerts, message by message. */
  readonly printed: string[];
  readonly log: LogLine[];
  /** One `run --once` by a new process, as far as the database can tell. */
  runOnce(): Promise<{ isComplete: boolean }>;
  createApp(options?: Partial<MonitorOptions>): App;
  rows(sql: string, ...parameters: unknown[]): Row[];
  /** The first column of each row. */
  column(sql: string, ...parameters: unknown[]): unknown[];
  /** Findings in the order they opened, without those about the monitor itself. */
  findings(): Row[];
  finding(rule: string): Row | undefined;
  dump(): string;
  /** The requests that the last `runOnce` made for pages of events, as `from to skip`. */
  eventRequests(): readonly { readonly from: string; readonly to: string; readonly skip: number }[];
};

/** Sets a stage that is struck when the test ends. The server's clock is the program's, and stands still by itself. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const clock = steppingClock(NOON);
  const state = options.state ?? emptyServer(clock.now);
  state.now = clock.now;
  const { virtualDirectory } = options;
  const server = await startSimulatedOctopus({
    state,
    apiKey: MONITOR_KEY,
    ...(virtualDirectory === undefined ? {} : { virtualDirectory }),
  });
  const { folder, remove } = makeFolder();
  const db = path.join(folder, 'octowatch.db');
  onTestFinished(async () => {
    await server.close();
    remove();
  });
  const printed: string[] = [];
  const log: LogLine[] = [];
  const rows = (sql: string, ...parameters: unknown[]) => readRows(db, sql, ...parameters);

  function createApp(overrides: Partial<MonitorOptions> = {}) {
    return createMonitor({
      octopusUrl: server.url,
      db,
      clock,
      log,
      console: { write: (text) => printed.push(text), colour: false, width: 100 },
      ...(options.env ? { env: options.env } : {}),
      ...(options.slackUrl ? { slackUrl: options.slackUrl } : {}),
      ...(options.requestTimeoutMs ? { requestTimeoutMs: options.requestTimeoutMs } : {}),
      ...overrides,
    });
  }

  return {
    clock,
    state,
    server,
    db,
    folder,
    printed,
    log,
    createApp,
    async runOnce() {
      server.requests.length = 0;
      return createApp().runOnce();
    },
    rows,
    column: (sql, ...parameters) => rows(sql, ...parameters).map((row) => Object.values(row)[0]),
    findings: () => rows("SELECT * FROM findings WHERE rule NOT LIKE 'monitor!_%' ESCAPE '!' ORDER BY finding_id"),
    finding: (rule) => rows('SELECT * FROM findings WHERE rule = ? ORDER BY finding_id DESC', rule)[0],
    dump: () => canonicalDump(db),
    eventRequests: () =>
      server.requests
        .filter((one) => one.path.endsWith('/api/events') && one.query['from'] !== undefined)
        .map(({ query }) => ({ from: query['from'] ?? '', to: query['to'] ?? '', skip: Number(query['skip']) })),
  };
}

import { createMonitor } from '../support/monitor.ts';
import { steppingClock } from '../support/stepping-clock.ts';

/** One `run --once` of the real program in a process of its own; told as JSON what to read and when to die. */
export type ChildOrders = {
  readonly octopusUrl: string;
  readonly slackUrl: string;
  readonly db: string;
  readonly nowMs: number;
  readonly env: Readonly<Record<string, string>>;
  /** Number of the SQL statement, counted from 1, before which the process kills itself; null: it lives. */
  readonly killBefore: number | null;
};

const orders = JSON.parse(process.argv[2] ?? '{}') as ChildOrders;
let statements = 0;
const app = createMonitor({
  ...orders,
  clock: steppingClock(orders.nowMs),
  onStatement() {
    statements += 1;
    if (statements === orders.killBefore) process.kill(process.pid, 'SIGKILL');
  },
});
const { isComplete } = await app.runOnce();
process.exitCode = isComplete ? 0 : 1;

import { existsSync } from 'node:fs';
import { runQuery } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { describeDuration } from '../lib/duration.ts';
import { FAILING_AFTER_INTERVALS } from '../pipeline/failing-after.ts';

/** Says of every instance, from the database alone, when it was last read. Returns the exit code. */
export async function checkHealth(nowMs: number): Promise<number> {
  const { db } = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  if (!existsSync(db)) {
    process.stdout.write(`there is no database ${db}: nothing was ever read\n`);
    return 3;
  }
  const sql = 'SELECT name, last_read_at, poll_interval_ms, last_error, retired_at FROM _instances ORDER BY name';
  const { rows } = await runQuery({ dbFile: db, sql });
  const configured = rows.filter(([, , , , retiredAt]) => retiredAt === null);
  if (configured.length === 0) process.stdout.write('no instance was ever read\n');
  let isWell = configured.length > 0;
  for (const [name, lastReadAt, pollIntervalMs, lastError] of configured) {
    const ageMs = typeof lastReadAt === 'string' ? nowMs - Date.parse(lastReadAt) : null;
    const isFresh = ageMs !== null && ageMs <= FAILING_AFTER_INTERVALS * Number(pollIntervalMs);
    const age = ageMs === null ? 'never read' : `read ${describeDuration(Math.max(0, ageMs))} ago`;
    process.stdout.write(`${name}: ${isFresh ? 'well' : 'NOT WELL'}, ${age}${lastError ? `; ${lastError}` : ''}\n`);
    isWell = isWell && isFresh;
  }
  for (const [name, , , , retiredAt] of rows.filter((row) => !configured.includes(row)))
    process.stdout.write(`${name}: not configured since the start of ${retiredAt}, not read\n`);
  return isWell ? 0 : 3;
}

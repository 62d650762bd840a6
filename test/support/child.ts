import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Children compile the same modules again and again; the cache is theirs alone. */
export const COMPILE_CACHE = path.join(tmpdir(), 'octowatch-test-compile-cache');

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string };

/** Runs a file with this very Node and JSON as its only argument; resolves when the process has ended. */
export function runNode(file: URL, argument: object): Promise<Ended> {
  const child = spawn(process.execPath, [file.pathname, JSON.stringify(argument)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
  });
}

/** Works on all items, `width` at a time; rejects with the first failure. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>) {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { tokensOf } from '../audit/index.ts';
import { messageOf } from '../lib/errors.ts';

const MAX_ENTRIES = 1000;
/** Longer ones are not worth calling back. */
const MAX_ENTRY_CHARACTERS = 10_000;

/** What was asked at the prompt, the oldest first; kept in a file that only its user may read. */
export type History = { readonly entries: readonly string[]; add(entry: string): void };

/**
 * The history in `octowatch/query-history` of the user's state folder (`XDG_STATE_HOME`, else `~/.local/state`), mode
 * 0600. What was asked may name people. Where the file cannot be read or written the prompt works without; that is said.
 */
export function openHistory(env: NodeJS.ProcessEnv, say: (text: string) => void): History {
  const stateFolder = env['XDG_STATE_HOME'] || path.join(homedir(), '.local', 'state');
  const file = path.join(stateFolder, 'octowatch', 'query-history');
  const entries: string[] = [];
  let isKept = true;
  const attempt = (work: () => void) => {
    if (!isKept) return;
    try {
      work();
    } catch (error) {
      isKept = false;
      say(`the history is not kept: ${messageOf(error)}`);
    }
  };
  attempt(() => {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, '', { mode: 0o600 });
    chmodSync(file, 0o600);
    const lines = readFileSync(file, 'utf8').split('\n');
    entries.push(...lines.filter((line) => line !== '').slice(-MAX_ENTRIES));
    if (lines.length > 2 * MAX_ENTRIES) writeFileSync(file, entries.map((entry) => `${entry}\n`).join(''));
  });
  return {
    entries,
    add(entry) {
      const line = onOneLine(entry);
      if (line === null || line === entries.at(-1)) return;
      entries.push(line);
      if (entries.length > MAX_ENTRIES) entries.shift();
      attempt(() => appendFileSync(file, `${line}\n`, { mode: 0o600 }));
    },
  };
}

/** A statement as one line that can be run again; null when it has no such form, or is too long. */
function onOneLine(statement: string): string | null {
  let line = '';
  for (const { kind, text } of tokensOf(statement)) {
    if (kind === 'comment' || kind === 'space') line = `${line.trimEnd()} `;
    else line += text;
  }
  // A line break in a text or a name belongs to it.
  return /[\n\r]/.test(line) || line.length > MAX_ENTRY_CHARACTERS ? null : line.trim();
}

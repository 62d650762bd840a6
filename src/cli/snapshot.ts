import path from 'node:path';
import type { Command } from 'commander';
import { takeSnapshot } from '../audit/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { toInstant } from '../lib/clock.ts';
import type { OutputFormat } from './output.ts';
import { createUserJournal } from './query-journal.ts';
import { printRows, sayOnStderr, withFormat } from './rows.ts';

export function addSnapshot(program: Command): void {
  const command = program
    .command('snapshot')
    .description('write a read-only copy of the database for auditors without a shell on this host')
    .argument('<file>', 'the new file; one that exists is not overwritten');
  withFormat(command)
    .addHelpText(
      'after',
      `
The copy is consistent while the monitor runs, needs no other file beside it, and is never written to again: its SHA-256
stays what is printed here and noted in the journal of the database.

Examples:
  $ octowatch snapshot audit-2026-10.db
  $ sha256sum audit-2026-10.db
  $ OCTOWATCH_DB=audit-2026-10.db octowatch query "SELECT count(*) FROM events"
  $ sqlite3 -readonly audit-2026-10.db "SELECT count(*) FROM events"`,
    )
    .action(async (name: string, { format }: { format: OutputFormat }) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
      await snapshot(config, path.resolve(name), format);
    });
}

async function snapshot({ db: dbFile, chainKey }: Config, name: string, format: OutputFormat): Promise<void> {
  const takenAt = toInstant(Date.now());
  const { file, bytes, sha256, eventCount, lastJournalEntryId } = await takeSnapshot(dbFile, name);
  createUserJournal(dbFile, sayOnStderr, chainKey).add({
    action: 'snapshot_taken',
    object: file,
    detail: { bytes, sha256, taken_at: takenAt, events: eventCount, last_entry_id: lastJournalEntryId },
  });
  const columns = ['file', 'bytes', 'sha256', 'taken_at', 'events', 'last_journal_entry'];
  const row = [file, bytes, sha256, takenAt, eventCount, lastJournalEntryId];
  if (format !== 'table') printRows(columns, [row], format);
  else process.stdout.write(columns.map((column, index) => `${column.padEnd(20)}${row[index] ?? ''}\n`).join(''));
}

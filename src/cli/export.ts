import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { exportPack } from '../audit/export.ts';
import { loadConfig } from '../config.ts';
import { formatEpochDay, parseLocalDate } from '../lib/local-date.ts';
import { plural, printable } from '../lib/text.ts';
import { VERSION } from '../version.ts';
import { createUserJournal } from './query-journal.ts';
import { sayOnStderr } from './rows.ts';
import { createProgressLine } from './terminal.ts';

type ExportOptions = { readonly from: number; readonly to: number; readonly out: string };

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write an audit pack: everything of a period, with the hash of every file')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD, UTC', parseDay)
    .requiredOption('--to <day>', 'last day, inclusive', parseDay)
    .requiredOption('--out <folder>', 'the folder to write; it is made, or it must be empty')
    .addHelpText(
      'after',
      `
The pack holds a database of the period, the answers of all saved questions, findings with their evidence, events as JSON
lines and Parquet, what was read of the period, the rules in force, and a manifest, written last. With OCTOWATCH_CHAIN_KEY
set the manifest is signed. Whoever gets the pack checks it with octowatch verify --pack FOLDER. docs/audit-pack.md says more.

Examples:
  $ octowatch export --from 2026-10-01 --to 2026-10-31 --out octowatch-2026-10`,
    )
    .action((options: ExportOptions) => run(options));
}

function run({ from, to, out }: ExportOptions): void {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  const folder = path.resolve(out);
  const nowMs = Date.now();
  const progress = createProgressLine();
  const journal = createUserJournal(config.db, sayOnStderr, config.chainKey);
  const days = { from: formatEpochDay(from), to: formatEpochDay(to) };
  const { manifest, manifestSha256 } = exportPack({
    dbFile: config.db,
    fromEpochDay: from,
    toEpochDay: to,
    folder,
    version: VERSION,
    nowMs,
    key: config.chainKey,
    // Whoever takes the data and stops before the end has taken it all the same.
    onBegin: () => journal.add({ action: 'export_started', object: folder, detail: days }),
    onProgress: (what, share) =>
      progress.show(share === null ? what : `${what} (${Math.floor(Math.min(1, share) * 100)} %)`),
  });
  progress.clear();
  journal.add({
    action: 'exported',
    object: folder,
    detail: { ...days, manifest_sha256: manifestSha256, files: manifest.files.length, rows: manifest.rows },
  });
  const { events = 0, findings = 0 } = manifest.rows;
  const lines = [
    `${folder}: ${plural(manifest.files.length, 'file')}, ${plural(events, 'event')}, ${plural(findings, 'finding')}`,
    manifest.coverage,
    `manifest.json SHA-256 ${manifestSha256}`,
    manifest.signature === null
      ? 'The manifest is not signed: set OCTOWATCH_CHAIN_KEY to sign it, or keep its SHA-256 where nobody can change it.'
      : `The manifest is signed (key ${manifest.signature.keyId}).`,
  ];
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}

function parseDay(text: string): number {
  const epochDay = parseLocalDate(text);
  if (epochDay === null) throw new InvalidArgumentError('write it as YYYY-MM-DD, a day that exists.');
  return epochDay;
}

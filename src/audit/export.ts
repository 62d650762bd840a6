import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { formatEpochDay } from '../lib/local-date.ts';
import { coverageStatement } from './coverage-statement.ts';
import { coverageText } from './coverage-text.ts';
import { openReadOnly, requireDatabaseFile } from './database-file.ts';
import { exportAnswers } from './export-answers.ts';
import { exportEvents } from './export-events.ts';
import { exportFindings } from './export-findings.ts';
import { exportRules } from './export-rules.ts';
import { createRowFormatter } from './format.ts';
import {
  COUNTED,
  keyId,
  MANIFEST,
  type Manifest,
  PACK_DATABASE,
  PACK_FORMAT,
  SIGNATURE,
  sha256,
  sign,
} from './manifest.ts';
import { createPackFile, entryOf, type PackEntry, writePackFile } from './pack-file.ts';
import type { PackPeriod } from './pack-plan.ts';
import { packReadme } from './pack-readme.ts';
import { writeSnapshot } from './pack-snapshot.ts';

const DAY_MS = 86_400_000;

export type ExportRequest = {
  readonly dbFile: string;
  /** Days since 1970-01-01, UTC, both inclusive. */
  readonly fromEpochDay: number;
  readonly toEpochDay: number;
  /** The folder to write into: it is made, or it must be empty. */
  readonly folder: string;
  readonly version: string;
  readonly nowMs: number;
  /** Signs the manifest; null leaves it unsigned. */
  readonly key: string | null;
  /** Called once it is sure that the pack can be begun, before anything is read into it. */
  readonly onBegin?: () => void;
  /** What is being done, for a line on a terminal; `share` from 0 to 1 where it is known. */
  readonly onProgress?: (what: string, share: number | null) => void;
};

export type Exported = {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
};

/**
 * Writes an audit pack of whole days: a database of that period only, answers, findings, events, coverage, rules, and last a
 * manifest with the hash of every file. All of it is made from the database in the pack, so that its parts agree. The memory
 * it needs does not grow with the period. Throws UsageError when the folder is not empty, OctowatchError when something
 * cannot be read or written; what was written until then has no manifest.
 */
export function exportPack(request: ExportRequest): Exported {
  const { folder, version, nowMs, key, onProgress = () => undefined } = request;
  const period = periodOf(request);
  requireDatabaseFile(request.dbFile);
  prepareFolder(folder);
  request.onBegin?.();
  try {
    const file = path.join(folder, PACK_DATABASE);
    writeSnapshot(request.dbFile, file, period, (share) => onProgress('the database of the period', share));
    const db = openReadOnly(file);
    try {
      const coverage = coverageStatement(db, period.from, period.to, toInstant(nowMs));
      const rows = countRows(db);
      const { entries: answerFiles, answers } = exportAnswers(
        db,
        folder,
        { from: period.fromDay, to: period.toDay },
        (name) => onProgress(`the answer of ${name}`, null),
      );
      const createdBy = `octowatch ${version}`;
      const total = rows['events'] ?? 0;
      const files = [
        entryOf(folder, PACK_DATABASE),
        ...answerFiles,
        exportFindings(db, folder),
        ...exportEvents(db, folder, createdBy, (events) => onProgress('events', total > 0 ? events / total : null)),
        ...exportCoverage(db, folder, coverage),
        ...exportRules(db, folder),
        writePackFile(folder, 'README.txt', packReadme(coverage.sentence, version)),
      ];
      const manifest: Manifest = {
        format: PACK_FORMAT,
        exported: whoAndWhen(db, version, nowMs, coverage),
        period: { fromDay: period.fromDay, toDay: period.toDay, from: period.from, to: period.to, zone: 'UTC' },
        instances: instancesOf(db),
        coverage: coverage.sentence,
        chainHead: headOf(request.dbFile),
        rows,
        answers: answers.map((answer) => ({ ...answer, controls: [...answer.controls] })),
        signature: key === null ? null : { algorithm: 'HMAC-SHA-256', keyId: keyId(key) },
        files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      };
      return { manifest, manifestSha256: writeManifest(folder, manifest, key) };
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof OctowatchError) throw error;
    throw new OctowatchError(`the export broke off: ${messageOf(error)}`, {
      hint: `What is in ${folder} has no manifest and is no evidence: remove it and export again.`,
      cause: error,
    });
  }
}

function periodOf({ fromEpochDay, toEpochDay }: ExportRequest): PackPeriod {
  if (fromEpochDay > toEpochDay) throw new UsageError('--from lies after --to');
  const fromMs = fromEpochDay * DAY_MS;
  const toMs = (toEpochDay + 1) * DAY_MS;
  return {
    from: toInstant(fromMs),
    to: toInstant(toMs),
    fromMs,
    toMs,
    fromDay: formatEpochDay(fromEpochDay),
    toDay: formatEpochDay(toEpochDay),
  };
}

function prepareFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats && !stats.isDirectory()) throw new UsageError(`${folder} is not a folder`);
  if (stats && readdirSync(folder).length > 0) {
    const isPack = readdirSync(folder).includes(MANIFEST);
    throw new UsageError(`${folder} is not empty`, {
      hint: isPack
        ? 'There is a pack in it already; nothing was written. Name another folder.'
        : 'Nothing was written. Name another folder, or remove what an export that broke off has left there.',
    });
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OctowatchError(`cannot make the folder ${folder}: ${messageOf(error)}`, { cause: error });
  }
}

function countRows(db: Database.Database): Record<string, number> {
  return Object.fromEntries(
    Object.entries(COUNTED).map(([name, table]) => [
      name,
      db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0,
    ]),
  );
}

function exportCoverage(
  db: Database.Database,
  folder: string,
  statement: ReturnType<typeof coverageStatement>,
): PackEntry[] {
  mkdirSync(path.join(folder, 'coverage'), { mode: 0o700 });
  const ledger = db.prepare<[], unknown[]>('SELECT * FROM coverage ORDER BY instance, window_from, finished_at').raw();
  const formatter = createRowFormatter(
    'csv',
    ledger.columns().map((column) => column.name),
  );
  const file = createPackFile(folder, 'coverage/ledger.csv');
  file.write(formatter.head);
  for (const row of ledger.iterate()) file.write(formatter.rows([row]));
  return [
    file.close(),
    writePackFile(folder, 'coverage/statement.json', `${JSON.stringify(statement, null, 2)}\n`),
    writePackFile(folder, 'coverage/statement.txt', coverageText(statement)),
  ];
}

function whoAndWhen(
  db: Database.Database,
  version: string,
  nowMs: number,
  coverage: ReturnType<typeof coverageStatement>,
): Manifest['exported'] {
  const skews = coverage.instances.flatMap(({ largestClockSkewSeconds: skew }) =>
    skew === null ? [] : [Math.abs(skew)],
  );
  const skew =
    skews.length === 0
      ? 'how far it was from the clocks of the Octopus servers is not known'
      : `at most ${Math.max(...skews).toFixed(1)} s from the clocks of the Octopus servers in this period`;
  return {
    at: toInstant(nowMs),
    osUser: osUser(),
    host: hostname(),
    octowatch: version,
    node: process.version,
    sqlite: db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '',
    timeSource: `the clock of the machine ${hostname()}, whose synchronisation Octowatch does not know; ${skew}`,
  };
}

/** A container may run under an id that has no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

function instancesOf(db: Database.Database): Manifest['instances'] {
  return db
    .prepare<[], { name: string; url: string; installationId: string | null }>(
      'SELECT name, url, installation_id AS installationId FROM _instances ORDER BY name',
    )
    .all();
}

/** The head may be younger than the snapshot by what was stored while it was taken. */
function headOf(dbFile: string): string | null {
  const db = openReadOnly(dbFile);
  try {
    const hasChain = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_chain'").get();
    if (!hasChain) return null;
    const row = db
      .prepare<[], { link: number; hash: Buffer }>('SELECT link, hash FROM _chain ORDER BY link DESC LIMIT 1')
      .get();
    return row ? `${row.link}:${row.hash.toString('hex')}` : null;
  } finally {
    db.close();
  }
}

/** Under its own name only when it is whole: nothing else marks a pack as finished. */
function writeManifest(folder: string, manifest: Manifest, key: string | null): string {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (key !== null) writePackFile(folder, SIGNATURE, `${sign(text, key)}\n`);
  writePackFile(folder, `${MANIFEST}.partial`, text);
  renameSync(path.join(folder, `${MANIFEST}.partial`), path.join(folder, MANIFEST));
  // Windows opens no folder; the name is then as durable as the system makes it.
  if (process.platform !== 'win32') {
    const fd = openSync(folder, 'r');
    fsyncSync(fd);
    closeSync(fd);
  }
  return sha256(text);
}

import { timingSafeEqual } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { messageOf, UsageError } from '../lib/errors.ts';
import { printable, truncate } from '../lib/text.ts';
import { COUNTED, keyId, MANIFEST, type Manifest, manifestSchema, PACK_DATABASE, SIGNATURE, sign } from './manifest.ts';
import { checkPackChain } from './pack-chain.ts';
import { countLines, hashFile } from './pack-file.ts';

export type PackVerdict = {
  /** What is wrong with the pack, in sentences; none when it is whole. */
  readonly problems: readonly string[];
  /** What the check cannot tell, in sentences. */
  readonly unproven: readonly string[];
  /** Null when there is no manifest that can be read. */
  readonly manifest: Manifest | null;
  readonly files: number;
};

const MAX_PROBLEMS = 100;

/**
 * Checks a pack without any other database: every file's size and hash, that none is missing or more, the signature when a
 * key is given, that rows and lines are as many as the manifest says, and that every row is what the chain says. Throws UsageError when the folder cannot be read.
 */
export function verifyPack(
  folder: string,
  options: { readonly key?: string | null; readonly onFile?: (path: string, share: number) => void } = {},
): PackVerdict {
  const found = listFiles(folder);
  const { key = null, onFile = () => undefined } = options;
  const problems: string[] = [];
  if (!found.has(MANIFEST)) {
    return {
      problems: [`there is no ${MANIFEST}: the export broke off, or this is no audit pack`],
      unproven: [],
      manifest: null,
      files: found.size,
    };
  }
  const text = readFileSync(path.join(folder, MANIFEST));
  const manifest = readManifest(text, problems);
  if (manifest === null) return { problems, unproven: [], manifest, files: found.size };
  const unproven = checkSignature(folder, text, manifest, found, key, problems);
  const listed = new Set<string>();
  for (const [index, entry] of manifest.files.entries()) {
    onFile(entry.path, index / manifest.files.length);
    if (listed.has(entry.path)) problems.push(`${shown(entry.path)} is listed twice`);
    listed.add(entry.path);
    const stats = found.get(entry.path);
    if (stats === undefined) problems.push(`${shown(entry.path)} is missing`);
    else if (!stats.isFile) problems.push(`${shown(entry.path)} is a link or no file`);
    else if (stats.bytes !== entry.bytes)
      problems.push(`${shown(entry.path)} has ${stats.bytes} bytes, not ${entry.bytes}`);
    else if (hashFile(path.join(folder, entry.path)) !== entry.sha256)
      problems.push(`${shown(entry.path)} was changed: its hash is another`);
    else if (entry.path.endsWith('.jsonl') && entry.rows !== countLines(path.join(folder, entry.path)))
      problems.push(`${shown(entry.path)} has not ${entry.rows} lines`);
  }
  for (const name of found.keys()) {
    if (!listed.has(name) && name !== MANIFEST && name !== SIGNATURE)
      problems.push(`${shown(name)} is not in the manifest: it was put there afterwards`);
  }
  for (const required of [PACK_DATABASE, 'events.jsonl', 'events.parquet', 'findings.jsonl']) {
    if (!listed.has(required)) problems.push(`the manifest does not list ${required}`);
  }
  if (problems.length === 0) checkContents(folder, manifest, key, problems, unproven);
  return { problems: problems.slice(0, MAX_PROBLEMS), unproven, manifest, files: found.size };
}

function listFiles(folder: string): Map<string, { readonly isFile: boolean; readonly bytes: number }> {
  try {
    return new Map(
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
        const stats = lstatSync(path.join(folder, name));
        if (stats.isDirectory()) return [];
        return [[name.split(path.sep).join('/'), { isFile: stats.isFile(), bytes: stats.size }] as const];
      }),
    );
  } catch (error) {
    throw new UsageError(`cannot read the pack ${folder}: ${messageOf(error)}`, {
      hint: '--pack takes the folder that octowatch export wrote.',
    });
  }
}

function readManifest(text: Buffer, problems: string[]): Manifest | null {
  try {
    const read = manifestSchema.safeParse(JSON.parse(text.toString('utf8')));
    if (read.success) return read.data;
    const issue = read.error.issues[0];
    problems.push(`${MANIFEST} is not one of this version: ${shown(issue?.path.join('.') ?? '')}: ${issue?.message}`);
  } catch (error) {
    problems.push(`${MANIFEST} cannot be read: ${shown(messageOf(error))}`);
  }
  return null;
}

function checkSignature(
  folder: string,
  text: Buffer,
  manifest: Manifest,
  found: ReadonlyMap<string, { readonly isFile: boolean }>,
  key: string | null,
  problems: string[],
): string[] {
  const { signature } = manifest;
  const signatureFile = found.get(SIGNATURE);
  if (signature === null) {
    if (signatureFile) problems.push(`${SIGNATURE} is there, but the manifest says that it is not signed`);
    // Whoever rewrites a pack can write its manifest anew without a signature.
    if (key !== null) problems.push('the manifest is not signed, and a key was given to check its signature with');
    return ['the manifest is not signed: whoever can write the pack can write all of it anew'];
  }
  if (!signatureFile?.isFile) {
    problems.push(`${SIGNATURE} is missing, and the manifest says that it is signed`);
    return [];
  }
  if (key === null) return ['the signature was not checked: set OCTOWATCH_CHAIN_KEY to the key of the monitor'];
  if (keyId(key) !== signature.keyId) {
    problems.push('OCTOWATCH_CHAIN_KEY is not the key that the manifest is signed with');
    return [];
  }
  const claimed = readFileSync(path.join(folder, SIGNATURE), 'utf8').trim();
  if (!isSame(claimed, sign(text, key))) problems.push(`${MANIFEST} was changed: its signature does not fit`);
  return [];
}

function isSame(claimed: string, expected: string): boolean {
  return claimed.length === expected.length && timingSafeEqual(Buffer.from(claimed), Buffer.from(expected));
}

/** The parts of a pack must agree with one another, not only with their hashes. */
function checkContents(
  folder: string,
  manifest: Manifest,
  key: string | null,
  problems: string[],
  unproven: string[],
): void {
  const rowsOf = (name: string) => manifest.files.find((one) => one.path === name)?.rows;
  for (const name of ['events.jsonl', 'events.parquet']) {
    if (rowsOf(name) !== manifest.rows['events'])
      problems.push(`${name} has ${rowsOf(name)} rows, but the manifest counts ${manifest.rows['events']} events`);
  }
  if (rowsOf('findings.jsonl') !== manifest.rows['findings'])
    problems.push('findings.jsonl has not one line per finding');
  let db: Database.Database | null = null;
  try {
    db = new Database(path.join(folder, PACK_DATABASE), { readonly: true, fileMustExist: true });
    if (db.pragma('integrity_check', { simple: true }) !== 'ok') problems.push(`${PACK_DATABASE} is damaged`);
    for (const [name, table] of Object.entries(COUNTED)) {
      const rows = db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get();
      if (rows !== manifest.rows[name])
        problems.push(
          `${PACK_DATABASE} holds ${rows} ${name}, but the manifest counts ${manifest.rows[name] ?? 'none'}`,
        );
    }
    const chain = checkPackChain(db, key);
    problems.push(...chain.problems);
    unproven.push(...chain.unproven);
  } catch (error) {
    problems.push(`${PACK_DATABASE} cannot be read: ${shown(messageOf(error))}`);
  } finally {
    db?.close();
  }
}

function shown(text: string): string {
  return truncate(printable(text), 200);
}

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

/** One file of a pack as its manifest lists it; `path` is relative, with `/` on every system. */
export type PackEntry = {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** How many rows it holds, where rows can be counted by whoever has the file alone. */
  readonly rows?: number;
};

const CHUNK = 1_000_000;

/** Opens a new file of a pack for text, readable by its owner only; it is hashed as it is written. */
export function createPackFile(folder: string, name: string) {
  const fd = openSync(path.join(folder, name), 'wx', 0o600);
  const hash = createHash('sha256');
  let pending: string[] = [];
  let pendingLength = 0;
  let bytes = 0;
  let rows: number | undefined;

  function flush() {
    const chunk = Buffer.from(pending.join(''), 'utf8');
    pending = [];
    pendingLength = 0;
    hash.update(chunk);
    bytes += chunk.length;
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
  }

  return {
    write(text: string) {
      pending.push(text);
      pendingLength += text.length;
      if (pendingLength >= CHUNK) flush();
    },
    /** Writes one row, which ends with its line break. */
    writeRow(text: string) {
      rows = (rows ?? 0) + 1;
      this.write(text);
    },
    /** Writes what is left and says what was written. */
    close(): PackEntry {
      flush();
      fsyncSync(fd);
      closeSync(fd);
      return { path: name, bytes, sha256: hash.digest('hex'), ...(rows === undefined ? {} : { rows }) };
    },
  };
}

/** A whole file of text. */
export function writePackFile(folder: string, name: string, text: string): PackEntry {
  const file = createPackFile(folder, name);
  file.write(text);
  return file.close();
}

/** The entry of a file that something else wrote. */
export function entryOf(folder: string, name: string, rows?: number): PackEntry {
  const file = path.join(folder, name);
  return { path: name, bytes: statSync(file).size, sha256: hashFile(file), ...(rows === undefined ? {} : { rows }) };
}

/** SHA-256 of a file of any size. */
export function hashFile(file: string): string {
  const hash = createHash('sha256');
  readChunks(file, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}

/** How many lines a file of any size has; each ends with a line break. */
export function countLines(file: string): number {
  let lines = 0;
  readChunks(file, (chunk) => {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  });
  return lines;
}

function readChunks(file: string, take: (chunk: Buffer) => void): void {
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) take(buffer.subarray(0, read));
  } finally {
    closeSync(fd);
  }
}

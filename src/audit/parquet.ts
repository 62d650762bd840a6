import { closeSync, openSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

export type ParquetType = 'STRING' | 'TIMESTAMP' | 'BOOLEAN';
export type ParquetColumn = { readonly name: string; readonly type: ParquetType };

/** A group is held in memory: this many rows, or this much text. */
const MAX_GROUP_ROWS = 20_000;
const MAX_GROUP_CHARACTERS = 8_000_000;

/**
 * Writes a Parquet file row by row, in groups of bounded size. Timestamps are instants as text and become milliseconds UTC;
 * booleans are 0, 1 or null as SQLite has them. Every column may be null. The file must not exist.
 */
export function createParquetFile(file: string, columns: readonly ParquetColumn[], createdBy: string) {
  // Made here with its mode; the library writes into what is there.
  closeSync(openSync(file, 'wx', 0o600));
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)],
    createdBy,
    // Node's own: several times as fast as the library's Snappy in JavaScript, and files of less than half the size.
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
  });
  let data = columns.map((): unknown[] => []);
  let groupRows = 0;
  let characters = 0;
  let rows = 0;

  function flush() {
    if (groupRows === 0) return;
    // fileWriter is synchronous: nothing here returns a promise.
    writer.write({
      columnData: columns.map(({ name }, index) => ({ name, data: data[index] ?? [] })),
      rowGroupSize: groupRows,
    });
    data = columns.map((): unknown[] => []);
    groupRows = 0;
    characters = 0;
  }

  return {
    add(row: readonly unknown[]) {
      for (const [index, { type }] of columns.entries()) {
        const value = row[index] ?? null;
        data[index]?.push(cellOf(type, value));
        characters += typeof value === 'string' ? value.length : 8;
      }
      rows += 1;
      groupRows += 1;
      if (groupRows >= MAX_GROUP_ROWS || characters >= MAX_GROUP_CHARACTERS) flush();
    },
    /** Finishes the file and returns how many rows it has. */
    close(): number {
      flush();
      writer.finish();
      return rows;
    },
  };
}

function elementOf({ name, type }: ParquetColumn): ConstructorParameters<typeof ParquetWriter>[0]['schema'][number] {
  const base = { name, repetition_type: 'OPTIONAL' } as const;
  switch (type) {
    case 'STRING':
      return { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'TIMESTAMP':
      return {
        ...base,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      };
    case 'BOOLEAN':
      return { ...base, type: 'BOOLEAN' };
  }
}

function cellOf(type: ParquetType, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'BOOLEAN') return value === 1;
  return type === 'TIMESTAMP' ? new Date(String(value)) : String(value);
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { hashFile, type PackEntry, writePackFile } from './pack-file.ts';

type RuleRow = {
  rule: string;
  kind: string;
  sha256: string;
  source: string;
  level: string | null;
  enabled: number;
  loaded_from: string;
  loaded_until: string | null;
};

/** Writes the rules and the configurations that were in force: an index of versions with hashes, and each text once. */
export function exportRules(db: Database.Database, folder: string): PackEntry[] {
  mkdirSync(path.join(folder, 'rules'), { mode: 0o700 });
  const rows = db
    .prepare<[], RuleRow>(
      `SELECT rule, kind, sha256, source, level, enabled, loaded_from, loaded_until FROM rule_versions
       ORDER BY rule, loaded_from, sha256`,
    )
    .all();
  const files = new Map<string, PackEntry>();
  const index = rows.map(({ source, enabled, ...row }) => {
    const ending = row.kind === 'built_in' ? 'json' : 'yml';
    // A name is text of whoever wrote the rule; the hash keeps two that look alike apart.
    const name = `rules/${row.rule.replace(/[^\w.-]+/g, '_').slice(0, 80)}-${row.sha256.slice(0, 12)}.${ending}`;
    if (!files.has(name)) files.set(name, writePackFile(folder, name, source));
    return {
      ...row,
      enabled: enabled === 1,
      file: name,
      isTextOfHash: hashFile(path.join(folder, name)) === row.sha256,
    };
  });
  const configurations = db
    .prepare<[], { sha256: string; description: string; loaded_from: string; loaded_until: string | null }>(
      'SELECT sha256, description, loaded_from, loaded_until FROM config_versions ORDER BY loaded_from, sha256',
    )
    .all()
    .map(({ description, ...row }) => ({ ...row, description: JSON.parse(description) as unknown }));
  return [
    ...files.values(),
    writePackFile(folder, 'rules.json', json(index)),
    writePackFile(folder, 'configurations.json', json(configurations)),
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

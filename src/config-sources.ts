import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ConfigFile, configFile } from './config-file.ts';
import { adviceFor } from './config-renamed.ts';
import { keysAt } from './config-schema.ts';
import { type Place, readPlacedYaml, type YamlPath } from './config-yaml.ts';
import { printable, truncate } from './lib/text.ts';
import { CHANNEL_SETTINGS } from './notify/channel-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const SUFFIXED = [
  'OCTOPUS_API_KEY',
  ...Object.values(CHANNEL_SETTINGS).flatMap((settings) => settings.map(({ variable }) => variable)),
];
const SECRET_FILE = new RegExp(
  `^((?:${SUFFIXED.join('|')})(?:_\\w+)?|OCTOWATCH_CHAIN_KEY|OCTOWATCH_HEARTBEAT_URL|SMTP_URL)_FILE$`,
);

/** `NAME_FILE` names a file that holds the value of `NAME`; the way containers are given secrets. */
export function withSecretFiles(env: Environment, cwd: string, mistakes: string[]): Environment {
  const merged: Record<string, string | undefined> = { ...env };
  for (const [name, file] of Object.entries(env)) {
    const target = SECRET_FILE.exec(name)?.[1];
    if (!target || !file) continue;
    if (env[target]) mistakes.push(`${name}: ${target} is set too; keep one of them`);
    try {
      merged[target] = readFileSync(path.resolve(cwd, file), 'utf8').trim();
    } catch (error) {
      mistakes.push(`${name}: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    }
  }
  return merged;
}

/** The absolute path of `octowatch.yaml`, whether it exists or not. */
export function configPath(env: Environment, cwd: string): string {
  return path.resolve(cwd, env['OCTOWATCH_CONFIG'] || 'octowatch.yaml');
}

/** Reads and checks `octowatch.yaml`; an absent one is empty, unless it was asked for by name. */
export function readConfigFile(env: Environment, cwd: string, mistakes: string[]): ConfigFile {
  const file = configPath(env, cwd);
  if (!existsSync(file)) {
    if (env['OCTOWATCH_CONFIG']) mistakes.push(`OCTOWATCH_CONFIG: there is no file ${file}`);
    return {};
  }
  const yaml = readPlacedYaml(readFileSync(file, 'utf8'), ({ line, column }, message) =>
    mistakes.push(`${file}:${line}:${column}: ${message}`),
  );
  if (yaml === null) return {};
  const read = configFile.safeParse(yaml.data ?? {});
  if (read.success) return read.data;
  for (const issue of read.error.issues) {
    const at = issue.path as YamlPath;
    const where = at.length > 0 ? at.join('.') : '(top)';
    const report = ({ line, column }: Place, message: string) =>
      mistakes.push(`${file}:${line}:${column}: ${printable(where)}: ${message}`);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const advice = adviceFor(key, at, keysAt(at));
        report(yaml.placeOfField([...at, key]), `Unrecognized key: ${quotedKey(key)}${advice}${secretHint(key)}`);
      }
      // Of a key that is wrong zod only says so; the reason lies one deeper.
    } else if (issue.code === 'invalid_key')
      report(yaml.placeOfField(at), issue.issues.map((one) => one.message).join(', '));
    else report(yaml.placeOf(at), issue.message);
  }
  return {};
}

function quotedKey(key: string): string {
  return JSON.stringify(printable(truncate(key, 80)));
}

function secretHint(key: string): string {
  return /key|token|secret|webhook|password/i.test(key)
    ? ' (secrets come from the environment or from a file named by NAME_FILE, never from the yaml)'
    : '';
}

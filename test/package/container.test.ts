import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { STORY } from '../../src/demo/index.ts';
import { CHECKOUT, readText } from '../support/checkout.ts';
import { parseDockerfile } from './dockerfile.ts';

type Service = {
  readonly profiles?: readonly string[];
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};

const compose = parse(readText('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const dockerfile = parseDockerfile(readText('Dockerfile'));
const stages = dockerfile.filter(({ name }) => name === 'FROM');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf(stages.at(-1) as (typeof stages)[number]));

function the(name: string) {
  const found = lastStage.filter((one) => one.name === name);
  expect(found, `${name} in the last stage`).toHaveLength(1);
  return found[0] as (typeof lastStage)[number];
}

describe('the Dockerfile', () => {
  it('builds on slim images of Node 24 and installs no development dependency', () => {
    const installs = dockerfile.filter(({ name, text }) => name === 'RUN' && /\bnpm (ci|install|i)\b/.test(text));

    expect(stages.map(({ words }) => words[0])).toEqual(['node:24-slim', 'node:24-slim']);
    expect(installs).toHaveLength(1);
    expect(installs[0]?.text).toMatch(/^npm ci .*--omit=dev/);
  });

  it('ends as a user that is not root', () => {
    const user = the('USER').words[0] ?? '';

    expect(Number.parseInt(user, 10)).toBeGreaterThan(0);
    expect(lastStage.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      lastStage.findLastIndex(({ name }) => name === 'RUN' || name === 'COPY'),
    );
  });

  it('asks the program itself whether it is well', () => {
    const { text } = the('HEALTHCHECK');

    const command = JSON.parse(/CMD (\[.*\])$/.exec(text)?.[1] ?? '[]') as string[];

    expect(command).toEqual([...the('ENTRYPOINT').words, 'doctor', '--health']);
  });

  it('copies only what exists, and everything the package needs to run', () => {
    const copied = lastStage
      .filter(({ name, flags }) => name === 'COPY' && flags.length === 0)
      .flatMap(({ words }) => words.slice(0, -1));

    for (const source of copied) expect(existsSync(path.join(CHECKOUT, source)), source).toBe(true);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'bin', 'src', 'migrations', 'rules']));
    expect(copied).not.toContain('test');
  });

  it('starts a file it has copied, and keeps the database in its volume', () => {
    const [, entry] = the('ENTRYPOINT').words;
    const db = /\bOCTOWATCH_DB=(\S+)/.exec(the('ENV').text)?.[1] ?? '';

    expect(entry).toBe('/app/bin/octowatch.js');
    expect(path.dirname(db)).toBe(the('VOLUME').words[0]);
  });
});

describe('.dockerignore', () => {
  it('lets in what the Dockerfile copies and nothing else', () => {
    const lines = readText('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const wanted = dockerfile
      .filter(({ name, flags }) => name === 'COPY' && flags.length === 0)
      .flatMap(({ words }) => words.slice(0, -1));

    expect(lines[0]).toBe('*');
    expect(
      lines
        .slice(1)
        .map((line) => line.replace(/^!/, ''))
        .sort(),
    ).toEqual([...new Set(wanted)].sort());
  });
});

describe('docker-compose.yml', () => {
  const ours = services.filter(([, service]) => service.build !== undefined);
  const demo = services.filter(([, service]) => service.profiles?.includes('demo'));

  it.each(services)('%s may do nothing it does not need', (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.tmpfs).toContain('/tmp');
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.user ?? the('USER').words[0]).toMatch(/^[1-9]/);
  });

  it('refers to volumes, secrets and services it defines', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((one) => one.split(':')[0] ?? '').filter((one) => !one.startsWith('.')),
    );
    const secrets = services.flatMap(([, service]) => service.secrets ?? []);
    const needed = services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}));

    expect(named.filter((one) => !(one in compose.volumes))).toEqual([]);
    expect(secrets.filter((one) => !(one in compose.secrets))).toEqual([]);
    expect(needed.filter((one) => !(one in compose.services))).toEqual([]);
  });

  it('sets only variables that the program reads', () => {
    const source = ['src/config.ts', 'src/config-digest.ts', 'src/cli/run.ts'].map(readText).join('\n');
    const names = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));

    for (const name of names) expect(source).toContain(name.replace(/_FILE$/, ''));
  });

  it('gives the monitor its secrets as files and shows none of them in its environment', () => {
    const { environment = {}, secrets = [] } = compose.services['monitor'] ?? {};
    const files = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));

    expect(files.map(([, file]) => path.basename(file)).sort()).toEqual([...secrets].sort());
    expect(Object.keys(environment)).not.toContain('OCTOPUS_API_KEY');
    expect(Object.keys(environment)).not.toContain('SLACK_WEBHOOK_URL');
  });

  it('keeps its secrets out of Git', () => {
    const ignored = readText('.gitignore').split('\n');

    for (const { file } of Object.values(compose.secrets)) expect(ignored).toContain(`${path.dirname(file).slice(1)}/`);
  });

  it('mounts what the variables of the monitor name', () => {
    const { environment = {}, volumes = [] } = compose.services['monitor'] ?? {};
    const targets = volumes.map((one) => one.split(':')[1]);

    expect(targets).toEqual(expect.arrayContaining(['/data', '/rules', the('WORKDIR').words[0]]));
    expect(environment['OCTOWATCH_RULES']).toBe('/app/rules,/rules');
  });

  it('starts the simulated Octopus, a monitor of it and a mailbox with the profile `demo`, and nothing that needs secrets', () => {
    expect(demo.map(([name]) => name)).toEqual(['demo-octopus', 'demo-monitor', 'demo-mail']);
    expect(demo.flatMap(([, service]) => service.secrets ?? [])).toEqual([]);
    expect(services.filter(([, service]) => service.profiles === undefined)).toEqual([]);
  });

  it('gives the monitor of the demo a configuration that loads and names the simulated server', () => {
    const { environment = {} } = compose.services['demo-monitor'] ?? {};

    const config = loadConfig({ env: environment, cwd: '/', needs: 'poll' });

    const { hostname, port } = new URL(config.instances[0]?.url ?? '');
    expect(Object.keys(compose.services)).toContain(hostname);
    expect(compose.services[hostname]?.command).toEqual(['demo', '--serve', port, '--listen', '0.0.0.0']);
    expect(config.instances[0]?.apiKey).toBe(STORY.monitorApiKey);
    expect(config.timeZone).toBe(STORY.zone);
  });

  it('opens ports on the loopback only', () => {
    for (const port of services.flatMap(([, service]) => service.ports ?? [])) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('.ci/run', () => {
  it('does nothing but what the README tells', () => {
    const readme = readText('README.md');
    const commands = readText('.ci/run')
      .split('\n')
      .filter((line) => line !== '' && !/^(#|set |cd )/.test(line));

    for (const command of commands) expect(readme).toContain(command);
  });

  it('may be run', () => {
    expect(readdirSync(path.join(CHECKOUT, '.ci'))).toContain('run');
    expect(readFileSync(path.join(CHECKOUT, '.ci/run'), 'utf8')).toMatch(/^#!.*bash\n(.|\n)*set -euo pipefail/);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKOUT, readText } from '../support/checkout.ts';

const manifest = JSON.parse(readText('package.json')) as {
  version: string;
  files: string[];
  dependencies: Record<string, string>;
};

/** Packed in a copy: `prepack` makes `dist/`, and a `dist/` in the checkout would be run by the tests beside this one. */
describe('the packed package', () => {
  let folder = '';
  let installed = '';
  let copy = '';

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-package-'));
    copy = path.join(folder, 'copy');
    const parts = [
      ...manifest.files,
      'src',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'README.md',
      'LICENSE',
    ];
    for (const part of parts.filter((one) => one !== 'dist')) {
      cpSync(path.join(CHECKOUT, part), path.join(copy, part), { recursive: true });
    }
    symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(copy, 'node_modules'));
    execFileSync('npm', ['pack', '--silent', '--offline'], { cwd: copy, stdio: 'pipe' });
    // As npm lays it out: below node_modules, where Node runs no TypeScript, with its dependencies beside it.
    installed = path.join(folder, 'app/node_modules/octowatch');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', [
      '-xzf',
      path.join(copy, `octowatch-${manifest.version}.tgz`),
      '-C',
      installed,
      '--strip-components=1',
    ]);
    symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(installed, 'node_modules'));
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function octowatch(args: readonly string[], env: Record<string, string> = {}) {
    const cwd = path.join(folder, 'app');
    return spawnSync(process.execPath, [path.join(installed, 'bin/octowatch.js'), ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
    });
  }

  it('holds the compiled program with its SQL, migrations, rules and papers, and neither sources nor tests', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.startsWith('node_modules'),
    );

    expect(files).toEqual(
      expect.arrayContaining([
        'bin/octowatch.js',
        'dist/cli/main.js',
        'dist/audit/query-child.js',
        ...readdirSync(path.join(CHECKOUT, 'src/audit/questions')).map((one) => `dist/audit/questions/${one}`),
        ...readdirSync(path.join(CHECKOUT, 'migrations')).map((one) => `migrations/${one}`),
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'octowatch.example.yaml',
      ]),
    );
    expect(files.filter((file) => /\.ts$|^(src|test|bench|data|secrets)\//.test(file))).toEqual([]);
  });

  it('leaves no dist folder where it was packed: a checkout runs its sources', () => {
    expect(existsSync(path.join(copy, 'dist'))).toBe(false);
  });

  it('proves its own rules from any working directory', () => {
    const { status, stdout, stderr } = octowatch(['rules', 'check']);

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d+ rules, \d+ examples: all good\n$/);
    expect(status).toBe(0);
  });

  it('makes and reads a database: the demo runs, and so does a saved question in its own process', () => {
    const db = path.join(folder, 'demo.db');

    const demo = octowatch(['demo', '--keep', db]);
    const query = octowatch(['query', '--saved', 'sensitive-variable-edits', '--format', 'json'], { OCTOWATCH_DB: db });

    expect(demo.stderr).toBe('');
    expect(demo.status).toBe(0);
    expect((JSON.parse(query.stdout) as unknown[]).length).toBeGreaterThan(0);
  });
});

describe('bin/octowatch.js', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-old-node-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['18.20.8', '20.20.2', '22.18.0'])('says in one sentence that Node %s is too old, and exits 2', (version) => {
    const preload = path.join(folder, 'preload.cjs');
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );

    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', preload, path.join(CHECKOUT, 'bin/octowatch.js'), 'rules', 'check'],
      { encoding: 'utf8' },
    );

    expect(stderr).toMatch(/^octowatch needs Node 22\.19 or newer and this is [\d.]+: .*\n$/);
    expect(stderr).toContain(version);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

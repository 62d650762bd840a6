import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStory, type SimulatedOctopus, STORY, startSimulatedOctopus, storyAnchor } from '../../src/demo/index.ts';
import { compareLevels, type Level } from '../../src/model/finding.ts';
import { type Finished, octowatch } from './octowatch.ts';

describe('the commands, on a database that run --once has filled', () => {
  let server: SimulatedOctopus;
  let folder: string;
  let env: Record<string, string>;
  let first: Finished;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-cli-'));
    writeFileSync(path.join(folder, 'key'), `${STORY.monitorApiKey}\n`);
    const { state } = buildStory({ nowMs: storyAnchor(Date.now()) });
    state.now = () => Date.now();
    server = await startSimulatedOctopus({ state, apiKey: STORY.monitorApiKey });
    env = {
      OCTOPUS_URL: server.url,
      OCTOPUS_API_KEY_FILE: 'key',
      OCTOWATCH_DB: 'here/octowatch.db',
      OCTOWATCH_TIMEZONE: STORY.zone,
      OCTOWATCH_BACKFILL: '40d',
    };
    first = await octowatch(['run', '--once'], { cwd: folder, env });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (sql: string) => {
    const { stdout } = await octowatch(['query', sql, '--format', 'json'], { cwd: folder, env });
    return JSON.parse(stdout) as Record<string, unknown>[];
  };

  it('run --once exits 0, prints the findings and logs JSON lines to stderr', () => {
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('Production deployment outside business hours');
    for (const line of first.stderr.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    expect(first.stdout + first.stderr).not.toContain(STORY.monitorApiKey);
  });

  it('a second run --once on the same history tells nothing', async () => {
    const second = await octowatch(['run', '--once'], { cwd: folder, env });

    expect(second).toMatchObject({ code: 0, stdout: '' });
  });

  it('query prints a table, JSON and CSV of the same rows', async () => {
    const sql = "SELECT category, count(*) AS n FROM events WHERE category = 'LoginFailed' GROUP BY 1";
    const [table, json, csv] = await Promise.all(
      ['table', 'json', 'csv'].map((format) => octowatch(['query', sql, '--format', format], { cwd: folder, env })),
    );
    const [row] = JSON.parse(json?.stdout ?? '') as { category: string; n: number }[];

    expect(row?.n).toBeGreaterThan(0);
    expect(table?.stdout).toBe(`category      n\nLoginFailed  ${row?.n}\n`);
    expect(csv?.stdout).toBe(`category,n\r\nLoginFailed,${row?.n}\r\n`);
  });

  it('query takes a statement from a file, parameters, and a saved question', async () => {
    writeFileSync(path.join(folder, 'q.sql'), 'SELECT count(*) AS n FROM events WHERE category = :category');

    const file = await octowatch(['query', '--file', 'q.sql', '--param', 'category=Nothing', '--format', 'json'], {
      cwd: folder,
      env,
    });
    const saved = await octowatch(['query', '--saved', 'production-deployments-by-person', '--format', 'json'], {
      cwd: folder,
      env,
    });

    expect(JSON.parse(file.stdout)).toEqual([{ n: 0 }]);
    expect(JSON.parse(saved.stdout)).not.toEqual([]);
  });

  it('query --schema describes every column of every view', async () => {
    const { stdout } = await octowatch(['query', '--schema', '--format', 'json'], { cwd: folder, env });

    const rows = JSON.parse(stdout) as { view: string; column: string; meaning: string }[];
    expect(new Set(rows.map((row) => row.view)).size).toBe(17);
    expect(rows.filter((row) => row.meaning === '')).toEqual([]);
  });

  it.each([
    ['a statement that writes', ['query', 'DELETE FROM _events']],
    ['two statements', ['query', 'SELECT 1; SELECT 2']],
    ['another database', ['query', "ATTACH 'x.db' AS x"]],
    ['a misspelt view', ['query', 'SELECT * FROM evnts']],
    ['nothing to ask', ['query']],
    ['an unknown format', ['findings', '--format', 'xml']],
    ['an unknown command', ['frobnicate']],
  ])('%s is wrong usage: exit 2, a sentence on stderr, nothing on stdout', async (_, args) => {
    const { code, stdout, stderr } = await octowatch(args, { cwd: folder, env });

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim()).not.toBe('');
    expect(stderr).not.toContain('    at ');
  });

  it('findings lists the unresolved ones, the gravest first, and filters by rule', async () => {
    const all = await octowatch(['findings', '--format', 'json'], { cwd: folder, env });
    const some = await octowatch(['findings', '--rule', 'unused_api_key', '--format', 'json'], { cwd: folder, env });

    const rows = JSON.parse(all.stdout) as { level: string; rule: string }[];
    const levels = rows.map((row) => row.level as Level);
    expect(new Set(levels).size).toBeGreaterThan(2);
    expect(levels).toEqual([...levels].sort((a, b) => compareLevels(b, a)));
    const keys = JSON.parse(some.stdout) as { rule: string }[];
    expect(new Set(keys.map((row) => row.rule))).toEqual(new Set(['unused_api_key']));
  });

  it('keys lists every key with its state, and filters by state', async () => {
    const all = await octowatch(['keys', '--format', 'json'], { cwd: folder, env });
    const expired = await octowatch(['keys', '--state', 'expired', '--format', 'json'], { cwd: folder, env });

    const states = (JSON.parse(all.stdout) as { state: string }[]).map((row) => row.state);
    expect(new Set(states)).toEqual(new Set(['used', 'unused', 'never_used', 'unknown', 'expired']));
    expect(JSON.parse(expired.stdout)).toHaveLength(states.filter((state) => state === 'expired').length);
  });

  it('queries are journalled with who asked and how many rows came', async () => {
    await ask('SELECT 1 AS one');

    const [entry] = await ask(
      "SELECT action, object, detail, os_user FROM journal WHERE action = 'query_run' AND detail LIKE '%SELECT 1 AS one%'",
    );
    expect(entry).toMatchObject({ action: 'query_run', object: 'ad hoc' });
    expect(JSON.parse(String(entry?.['detail']))).toMatchObject({
      sql: 'SELECT 1 AS one',
      rows: 1,
      cut: false,
      failed: null,
    });
    expect(entry?.['os_user']).not.toBe('');
  });

  it('doctor --health exits 0 after a reading and 3 when there was none for five poll intervals', async () => {
    const well = await octowatch(['doctor', '--health'], { cwd: folder, env });
    const never = await octowatch(['doctor', '--health'], { cwd: folder, env: { ...env, OCTOWATCH_DB: 'none.db' } });

    expect(well).toMatchObject({ code: 0 });
    expect(never).toMatchObject({ code: 3 });
  });

  it('a run that cannot read the server exits 1 and says so', async () => {
    const dead = {
      ...env,
      OCTOPUS_API_KEY_FILE: '',
      OCTOPUS_API_KEY: 'API-REVOKED0000000000',
      OCTOWATCH_DB: 'dead.db',
    };

    const { code, stderr, stdout } = await octowatch(['run', '--once'], { cwd: folder, env: dead });

    expect(code).toBe(1);
    expect(stderr).toContain('could not be read');
    expect(stdout).toContain('The audit log cannot be read');
    expect(stdout + stderr).not.toContain('API-REVOKED0000000000');
  });
});

describe('configuration', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('every mistake is listed at once with its name, and the exit code is 2', async () => {
    const env = {
      OCTOPUS_URL: 'http://octopus.example.com',
      OCTOWATCH_TIMEZONE: 'Mars/Phobos',
      OCTOWATCH_POLL_INTERVAL: 'often',
      SLACK_WEBHOOK_URL: 'hooks.slack.example/secret-part',
    };

    const { code, stderr } = await octowatch(['run', '--once'], { cwd: folder, env });

    expect(code).toBe(2);
    for (const name of [
      'OCTOPUS_URL',
      'OCTOPUS_API_KEY',
      'OCTOWATCH_TIMEZONE',
      'OCTOWATCH_POLL_INTERVAL',
      'SLACK_WEBHOOK_URL',
    ]) {
      expect(stderr).toContain(`${name}: `);
    }
    expect(stderr).not.toContain('secret-part');
  });

  it('a mistake in octowatch.yaml is named with its path, and a secret there is refused', async () => {
    writeFileSync(
      path.join(folder, 'bad.yaml'),
      'calendar: {hours: {mon: "18:00-8"}}\nproduktion: [x]\nslackWebhookUrl: https://x\n',
    );

    const { code, stderr } = await octowatch(['findings'], { cwd: folder, env: { OCTOWATCH_CONFIG: 'bad.yaml' } });

    expect(code).toBe(2);
    expect(stderr).toContain('produktion');
    expect(stderr).toContain('secrets come from the environment');
  });

  it('a folder without rules is refused with exit 2, by run and by rules check', async () => {
    mkdirSync(path.join(folder, 'empty'));
    const env = {
      OCTOPUS_URL: 'https://octopus.example',
      OCTOPUS_API_KEY: 'API-X',
      OCTOWATCH_RULES: 'empty',
      OCTOWATCH_DB: 'x.db',
    };

    const run = await octowatch(['run', '--once'], { cwd: folder, env });
    const check = await octowatch(['rules', 'check'], { cwd: folder, env });

    expect(run).toMatchObject({ code: 2 });
    expect(check).toMatchObject({ code: 2 });
  });
});

describe('rules', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('check proves the shipped rules, wherever it is started', async () => {
    const { code, stdout } = await octowatch(['rules', 'check'], { cwd: folder });

    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ rules, \d+ examples: all good\n$/);
  });

  it('list names the four rules the product is named for', async () => {
    const { stdout } = await octowatch(['rules', 'list', '--format', 'json'], { cwd: folder });

    const rows = JSON.parse(stdout) as { rule: string; level: string; status: string; findings: string }[];
    const finding = rows.filter((row) => row.findings === 'yes').map((row) => [row.rule, row.level, row.status]);
    const named = [
      'off_hours_production_deploy',
      'repeated_auth_failures',
      'sensitive_variable_edit',
      'unused_api_key',
    ];
    expect(finding.filter(([name]) => named.includes(name ?? '')).sort()).toEqual([
      ['off_hours_production_deploy', 'medium', 'stable'],
      ['repeated_auth_failures', 'medium', 'stable'],
      ['sensitive_variable_edit', 'medium', 'stable'],
      ['unused_api_key', 'medium', 'stable'],
    ]);
  });

  it('check exits 3 and names file, line and column of a broken rule; the good one beside it still counts', async () => {
    const shipped = readFileSync(
      new URL('../../rules/deployments/off-hours-production-deploy.yml', import.meta.url),
      'utf8',
    );
    mkdirSync(path.join(folder, 'mine'));
    writeFileSync(path.join(folder, 'mine', 'good.yml'), shipped);
    writeFileSync(
      path.join(folder, 'mine', 'bad.yml'),
      'title: Broken\nlogsource: {product: octopus, service: audit}\ndetection:\n  a:\n    Category|contain: x\n  condition: a\nlevel: low\n',
    );

    const { code, stderr, stdout } = await octowatch(['rules', 'check', '--rules', 'mine'], { cwd: folder });

    expect(code).toBe(3);
    expect(stderr).toMatch(/^mine\/bad\.yml:5:\d+: unknown modifier `contain`, did you mean `contains`\?/m);
    expect(stdout).toContain('1 rule,');
  });

  it('check exits 3 for a rule without examples and for an example that does not keep its promise', async () => {
    const rule = (examples: string) =>
      `title: T\nname: t\nlogsource: {product: octopus, service: audit}\ndetection:\n  a:\n    Category: X\n  condition: a\nlevel: low\n${examples}`;
    mkdirSync(path.join(folder, 'bare'));
    writeFileSync(path.join(folder, 'bare', 'bare.yml'), rule(''));
    mkdirSync(path.join(folder, 'liar'));
    writeFileSync(
      path.join(folder, 'liar', 'liar.yml'),
      rule(
        'octowatch:\n  examples:\n    fires: [{name: f, records: [{at: "+00:00", Category: Y}]}]\n    quiet: [{name: q, records: [{at: "+00:00", Category: Z}]}]\n',
      ),
    );

    const bare = await octowatch(['rules', 'check', '--rules', 'bare'], { cwd: folder });
    const liar = await octowatch(['rules', 'check', '--rules', 'liar'], { cwd: folder });

    expect(bare).toMatchObject({ code: 3 });
    expect(bare.stderr).toContain('needs examples');
    expect(liar).toMatchObject({ code: 3 });
    expect(liar.stderr).toContain('t: example "f": it should fire and stays quiet');
  });

  it('octowatch.yaml sets level and threshold, and switches a rule off', async () => {
    writeFileSync(
      path.join(folder, 'octowatch.yaml'),
      'rules:\n  unused_api_key: {threshold: 45, level: high}\n  off_hours_production_deploy: {enabled: false}\n',
    );

    const { stdout } = await octowatch(['rules', 'list', '--format', 'json'], { cwd: folder });

    const rows = JSON.parse(stdout) as { rule: string; level: string }[];
    expect(rows.find((row) => row.rule === 'unused_api_key')?.level).toBe('high');
    expect(rows.map((row) => row.rule)).not.toContain('off_hours_production_deploy');
  });

  it('what octowatch.yaml adjusts makes no shipped example wrong', async () => {
    writeFileSync(
      path.join(folder, 'octowatch.yaml'),
      'rules:\n  repeated_auth_failures: {threshold: 8, level: low}\n  disabled_owner_api_key: {enabled: false}\n',
    );

    const { code, stdout } = await octowatch(['rules', 'check'], { cwd: folder });

    expect(stdout).toContain('all good');
    expect(code).toBe(0);
  });
});

describe('demo', () => {
  it('shows a full alert of each named rule and three questions, and leaves a database to ask', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-demo-test-'));
    const startedMs = Date.now();

    const { code, stdout, stderr } = await octowatch(['demo', '--keep', 'demo.db'], { cwd: folder });
    const db = { OCTOWATCH_DB: 'demo.db' };
    const asked = await octowatch(
      ['query', 'SELECT rule, count(*) AS n FROM findings GROUP BY 1', '--format', 'json'],
      { cwd: folder, env: db },
    );

    const fullAlerts = stdout.split('\n\n').filter((block) => block.includes('What to do'));
    for (const rule of [
      'off_hours_production_deploy',
      'sensitive_variable_edit',
      'repeated_auth_failures',
      'unused_api_key',
    ]) {
      expect(fullAlerts.some((block) => block.includes(`rule ${rule}`))).toBe(true);
    }
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.match(/octowatch query --saved/g)).toHaveLength(3);
    expect(stdout).not.toContain('\u001b');
    const { expected } = buildStory({ nowMs: storyAnchor(startedMs) });
    const counts = Object.fromEntries(
      (JSON.parse(asked.stdout) as { rule: string; n: number }[]).map((row) => [row.rule, row.n]),
    );
    expect(counts).toMatchObject(expected);
    rmSync(folder, { recursive: true, force: true });
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStory, type SimulatedOctopus, STORY, startSimulatedOctopus, storyAnchor } from '../../src/demo/index.ts';
import { octowatch } from './octowatch.ts';

type Row = Record<string, unknown>;

describe('tuning, on a database that run --once has filled', () => {
  let server: SimulatedOctopus;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-tuning-'));
    const { state } = buildStory({ nowMs: storyAnchor(Date.now()) });
    state.now = () => Date.now();
    server = await startSimulatedOctopus({ state, apiKey: STORY.monitorApiKey });
    env = {
      OCTOPUS_URL: server.url,
      OCTOPUS_API_KEY: STORY.monitorApiKey,
      OCTOWATCH_DB: 'octowatch.db',
      OCTOWATCH_TIMEZONE: STORY.zone,
      OCTOWATCH_BACKFILL: '90d',
    };
    await octowatch(['run', '--once'], { cwd: folder, env });
    await octowatch(['ack', '--rule', 'repeated_auth_failures', '--note', 'forgotten password', '--yes'], {
      cwd: folder,
      env,
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) => octowatch(args, { cwd: folder, env });
  const rows = async (...args: string[]): Promise<Row[]> => {
    const { stdout } = await run(...args, '--format', 'json');
    return JSON.parse(stdout) as Row[];
  };
  const compare = (...sets: string[]) =>
    rows('rules', 'backtest', '--since', '120d', ...sets.flatMap((set) => ['--set', set]));

  it('rules report counts what query counts', async () => {
    const report = await rows('rules', 'report', '--since', '120d');
    const counted = await rows(
      'query',
      `SELECT rule, count(*) AS findings, count(acknowledged_at) AS acknowledged,
         sum(resolution IS 'history') AS history, sum(resolution IS 'superseded') AS superseded
       FROM findings GROUP BY rule ORDER BY rule`,
    );

    const names = ['rule', 'findings', 'acknowledged', 'history', 'superseded'];
    const shown = report.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
    expect(shown.sort((a, b) => (String(a['rule']) < String(b['rule']) ? -1 : 1))).toEqual(counted);
    expect(counted.some((row) => Number(row['acknowledged']) > 0)).toBe(true);
    expect(counted.some((row) => Number(row['history']) > 0)).toBe(true);
  });

  it('rules report prints a table that fits, sorted by findings, and leaves quiet rules without advice', async () => {
    const { code, stdout } = await run('rules', 'report', '--since', '120d');

    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^\d+ findings of \d+ rules in [\d.]+ days$/);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    expect(lines[3]).toMatch(/^off_hours_production_deploy +medium +\d+ /);
    expect(stdout).not.toContain('Too many?');
  });

  it('rules report tells a rule by its title, and one that found nothing', async () => {
    const titled = await rows('rules', 'report', '--rule', 'Repeated failed sign-ins');
    const quiet = await rows('rules', 'report', '--rule', 'password_spray');
    const monitor = await rows('rules', 'report', '--rule', 'monitor_poll_failing');

    expect(titled).toMatchObject([{ rule: 'repeated_auth_failures', threshold: 5 }]);
    expect(quiet).toMatchObject([{ rule: 'password_spray', findings: 0, halving_threshold: 'unknown' }]);
    expect(monitor).toMatchObject([{ rule: 'monitor_poll_failing', findings: 0, threshold: null }]);
  });

  it('the threshold of the report halves the findings of a backtest, and the next looser does not', async () => {
    const [row] = await rows('rules', 'report', '--since', '120d', '--rule', 'repeated_auth_failures');
    const threshold = Number(row?.['halving_threshold']);
    const findingsWith = async (value: number) => {
      const [compared] = await compare(`rules.repeated_auth_failures.threshold=${value}`);
      return compared as { findings_before: number; findings_after: number; findings_difference: number };
    };

    const [halved, looser] = await Promise.all([findingsWith(threshold), findingsWith(threshold - 1)]);

    expect(threshold).toBeGreaterThan(5);
    expect(halved.findings_before).toBe(row?.['halving_findings_of']);
    expect(halved.findings_after).toBe(row?.['halving_findings_left']);
    expect(halved.findings_difference).toBe(halved.findings_after - halved.findings_before);
    expect(halved.findings_after * 2).toBeLessThanOrEqual(halved.findings_before);
    expect(looser.findings_after * 2).toBeGreaterThan(looser.findings_before);
  });

  it('backtest --set lists what would go away, and what would appear when nothing takes it in any more', async () => {
    const { code, stdout } = await run(
      ...['rules', 'backtest', '--since', '120d', '--set', 'rules.sign_in_after_failures.enabled=false'],
    );

    expect(code).toBe(0);
    expect(stdout).toMatch(/^sign_in_after_failures +1 -> 0 \(-1\) +1 -> 0 \(-1\) +1 critical -> none$/m);
    expect(stdout).toMatch(/^repeated_auth_failures +\d, the same +\d, the same +1 -> 0 \(-1\)/m);
    expect(stdout).toMatch(/^1 finding would go away\n {2}\S+Z {2}critical {2}sign_in_after_failures: femi\.adeyemi /m);
    expect(stdout).toMatch(/^1 finding would appear\n {2}\S+Z {2}medium {2}repeated_auth_failures: 5 failed /m);
    expect(stdout).not.toContain('off_hours_production_deploy');
  });

  it('backtest --set compares levels, of which no finding goes away', async () => {
    const { stdout } = await run(
      ...['rules', 'backtest', '--since', '120d', '--set', 'rules.sensitive_variable_edit.level=low'],
    );

    expect(stdout).toMatch(/^sensitive_variable_edit +\d+, the same +(\d+), the same .*\1 high -> \1 low$/m);
    expect(stdout).toMatch(/^\d+ findings would have another level$/m);
    expect(stdout).toMatch(/ low {2}sensitive_variable_edit: .*\(high before\)$/m);
    expect(stdout).not.toMatch(/would (go away|appear)/);
  });

  it('backtest --set judges API keys as they were last read', async () => {
    const keys = await rows('query', "SELECT * FROM findings WHERE rule = 'unused_api_key' AND status = 'open'");

    const [none, named] = await Promise.all([
      compare('rules.unused_api_key.enabled=false'),
      run('rules', 'backtest', '--set', 'rules.unused_api_key.threshold=100000'),
    ]);

    expect(none).toMatchObject([{ rule: 'unused_api_key', findings_before: keys.length, findings_after: 0 }]);
    expect(keys.length).toBeGreaterThan(0);
    expect(named.stderr).toContain('unused_api_key is judged by the keys as they were last read');
  });

  it('backtest --set shows a named rule also when nothing differs, with --rule only that one', async () => {
    const same = await compare('rules.repeated_auth_failures.threshold=5');
    const { stdout } = await run(
      ...['rules', 'backtest', '--since', '120d', '--rule', 'repeated_auth_failures', '--format', 'csv'],
      ...['--set', 'rules.sign_in_after_failures.enabled=false'],
    );

    expect(same).toMatchObject([{ rule: 'repeated_auth_failures', signals_difference: 0, findings_difference: 0 }]);
    expect(stdout.split('\r\n').map((line) => line.split(',')[0])).toEqual(['rule', 'repeated_auth_failures', '']);
  });

  it('backtest --set says which correlation cannot do without a rule that is switched off', async () => {
    const { code, stdout, stderr } = await run('rules', 'backtest', '--set', 'rules.failed_sign_in.enabled=false');

    expect(code).toBe(0);
    expect(stderr).toMatch(/repeated-auth-failures\.yml:\d+:\d+: .*failed_sign_in/);
    expect(stdout).toMatch(/^repeated_auth_failures +\d+ -> 0 /m);
  });

  it('backtest --set starts from what octowatch.yaml says, and writes nothing', async () => {
    writeFileSync(path.join(folder, 'octowatch.yaml'), 'rules: { repeated_auth_failures: { threshold: 1000 } }\n');
    const before = readFileSync(path.join(folder, 'octowatch.db'));

    const [row] = await compare('rules.repeated_auth_failures.threshold=5');

    rmSync(path.join(folder, 'octowatch.yaml'));
    expect(row).toMatchObject({ findings_before: 0 });
    expect(Number(row?.['findings_after'])).toBeGreaterThan(1);
    expect(readFileSync(path.join(folder, 'octowatch.db')).equals(before)).toBe(true);
  });

  it('every mistake in --set is told at once, and the exit code is 2', async () => {
    const sets = [
      'nonsense',
      'rules.repeated_auth_failure.threshold=8',
      'rules.password_spray.threshold=many',
      'rules.password_spray.level=huge',
      'rules.sign_in_banned.treshold=3',
      'rules.unused_api_key.level=low',
      'rules.unused_api_key.level=high',
      'rules.off_hours_production_deploy.threshold=3',
    ];

    const { code, stdout, stderr } = await run('rules', 'backtest', ...sets.flatMap((set) => ['--set', set]));

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.split('\n').slice(0, -2)).toEqual([
      expect.stringContaining('--set has 7 mistakes'),
      expect.stringContaining('`nonsense`'),
      expect.stringContaining('rules.unused_api_key.level: is there twice'),
      expect.stringContaining('rules.password_spray.level: Invalid option'),
      expect.stringContaining('rules.password_spray.threshold: Invalid input'),
      expect.stringContaining('treshold'),
      expect.stringContaining(
        'rules.repeated_auth_failure: there is no such rule, did you mean `repeated_auth_failures`?',
      ),
      expect.stringContaining('rules.off_hours_production_deploy.threshold: a threshold cannot be set'),
    ]);
  });

  it.each([
    ['a rule nobody has', ['rules', 'report', '--rule', 'repeated_auth_failure'], 'did you mean'],
    ['a time that is none', ['rules', 'report', '--since', 'yesterday'], 'write it as 30d'],
  ])('rules report of %s is wrong usage', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('rules report is journalled', async () => {
    await run('rules', 'report', '--since', '7d');

    const [entry] = await rows(
      'query',
      "SELECT detail FROM journal WHERE object = 'rules report' ORDER BY entry_id DESC",
    );
    expect(JSON.parse(String(entry?.['detail']))).toMatchObject({ since: '7d' });
  });
});

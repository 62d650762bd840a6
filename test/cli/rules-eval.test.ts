import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, octowatch } from './octowatch.ts';

const RULES = `title: Shell started
id: 11111111-1111-4111-8111-111111111111
logsource: {product: linux, category: process_creation}
detection:
  s:
    image|endswith: /sh
  condition: s
---
title: Failed sign-in
name: failed
logsource: {product: door}
detection:
  s: {event: failed}
  condition: s
---
title: Many failed sign-ins
correlation:
  type: event_count
  rules: [failed]
  group-by: [user]
  timespan: 5m
  condition: {gte: 3}
`;

describe('rules eval', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-eval-'));
    writeFileSync(path.join(folder, 'rules.yml'), RULES);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const evaluate = (records: string, ...args: string[]) => {
    writeFileSync(path.join(folder, 'records.jsonl'), records);
    return octowatch(['rules', 'eval', '--rules', 'rules.yml', ...args, 'records.jsonl'], { cwd: folder });
  };
  const failure = (user: string, at: string) => JSON.stringify({ event: 'failed', user, Occurred: at });

  it('prints id or title and line of each match, and for a correlation the line that completed it', async () => {
    const records = [
      failure('a', '2026-01-01T10:04:00Z'),
      '{"image": "/bin/sh"}',
      '',
      failure('b', '2026-01-01T10:00:00Z'),
      failure('a', '2026-01-01T10:00:00Z'),
      failure('a', '2026-01-01T10:02:00Z'),
    ].join('\n');

    const { code, stdout, stderr } = await evaluate(records);

    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { rule: 'Many failed sign-ins', line: 1 },
      { rule: '11111111-1111-4111-8111-111111111111', line: 2 },
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('names a line that is no JSON, skips one that is no object, and goes on', async () => {
    const { code, stdout, stderr } = await evaluate('{"image"\n[1]\n{"image": "/bin/sh"}\n');

    expect(stdout).toBe('{"rule":"11111111-1111-4111-8111-111111111111","line":3}\n');
    expect(stderr).toMatch(/^line 1: not JSON/);
    expect(code).toBe(0);
  });

  it('takes the time from the field it is told', async () => {
    const at = (minute: number) =>
      JSON.stringify({ event: 'failed', user: 'a', time: `2026-01-01T10:0${minute}:00+02:00` });

    const { stdout } = await evaluate([at(0), at(1), at(2)].join('\n'), '--time-field', 'time');

    expect(stdout).toBe('{"rule":"Many failed sign-ins","line":3}\n');
  });

  it('exits 3 when a file was refused, with its place, and prints the matches of the good rules', async () => {
    writeFileSync(path.join(folder, 'bad.yml'), 'title: Bad\nlogsource: {product: x}\ndetection:\n  condition: s\n');
    writeFileSync(path.join(folder, 'records.jsonl'), '{"image": "/bin/sh"}\n');

    const { code, stdout, stderr } = await octowatch(
      ['rules', 'eval', '--rules', 'rules.yml,bad.yml', 'records.jsonl'],
      { cwd: folder },
    );

    expect(code).toBe(3);
    expect(stderr).toMatch(/^bad\.yml:\d+:\d+: /);
    expect(stdout).toContain('"line":1');
  });

  it('takes what placeholders stand for from octowatch.yaml, and names the place of one that stands for nothing', async () => {
    const own = mkdtempSync(path.join(folder, 'placeholders-'));
    const rule = (placeholder: string) =>
      `title: ${placeholder}\nlogsource: {product: x}\ndetection:\n  s:\n    user|expand: "%${placeholder}%"\n  condition: s\n`;
    writeFileSync(path.join(own, 'rules.yml'), `${rule('admins')}---\n${rule('admin')}`);
    writeFileSync(path.join(own, 'octowatch.yaml'), 'placeholders: {admins: [alice, "svc-*"]}\n');
    writeFileSync(path.join(own, 'records.jsonl'), '{"user": "bob"}\n{"user": "svc-1"}\n');

    const { code, stdout, stderr } = await octowatch(['rules', 'eval', '--rules', 'rules.yml', 'records.jsonl'], {
      cwd: own,
    });

    expect(stdout).toBe('{"rule":"admins","line":2}\n');
    expect(stderr).toMatch(/^rules\.yml:12:\d+: the placeholder `%admin%` has no value, did you mean `admins`\?\n$/);
    expect(code).toBe(3);
  });

  it('reads standard input for -, and writes more matches than a pipe holds', async () => {
    const count = 20_000;
    const child = spawn(process.execPath, [BIN, 'rules', 'eval', '--rules', 'rules.yml', '-'], { cwd: folder });
    child.stdin.end('{"image": "/bin/sh"}\n'.repeat(count));
    const chunks: string[] = [];
    for await (const chunk of child.stdout.setEncoding('utf8')) chunks.push(String(chunk));

    const lines = chunks.join('').trim().split('\n');
    expect(lines).toHaveLength(count);
    expect(lines.at(-1)).toBe(`{"rule":"11111111-1111-4111-8111-111111111111","line":${count}}`);
  });

  it('exits 2 for a folder in place of a file and for paths without rules', async () => {
    mkdirSync(path.join(folder, 'empty'));

    const [isFolder, isEmpty] = await Promise.all([
      octowatch(['rules', 'eval', '--rules', 'rules.yml', 'empty'], { cwd: folder }),
      octowatch(['rules', 'eval', '--rules', 'empty', 'rules.yml'], { cwd: folder }),
    ]);

    expect(isFolder).toMatchObject({ code: 2 });
    expect(isFolder.stderr).toContain('empty is a folder');
    expect(isEmpty).toMatchObject({ code: 2 });
    expect(isEmpty.stderr).toContain('there is no rule in these paths');
  });
});

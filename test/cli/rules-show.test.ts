import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sheetOf } from '../../src/cli/rule-sheet.ts';
import { renderRule } from '../../src/cli/rule-text.ts';
import { findRule } from '../../src/cli/rules-source.ts';
import { loadConfig } from '../../src/config.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { printable } from '../../src/lib/text.ts';
import { displayWidth } from '../../src/lib/width.ts';
import { octowatch } from './octowatch.ts';

const RULES = `title: Encoded PowerShell
id: 11111111-1111-4111-8111-111111111111
name: encoded
status: test
level: high
author: "Mallory \\e[31m"
date: 2026-01-02
tags: [attack.t1059]
references: [https://example.com/a]
related: [{id: 22222222-2222-4222-8222-222222222222, type: similar}]
falsepositives: [Installers]
logsource: {product: windows, category: process_creation}
detection:
  sel_image:
    Image|endswith: \\powershell.exe
  sel_line:
    CommandLine|contains: " -enc "
  kind: {EventID: [1, 4688]}
  condition: kind and all of sel_*
octowatch:
  subject: [User]
  supersedes: [other]
---
title: Sign-in failed
name: failed
logsource: {product: windows}
detection: {s: {EventID: 4625}, condition: s}
---
title: Sign-in blocked
name: blocked
logsource: {product: linux}
detection: {s: {event: blocked}, condition: s}
---
title: Many failures
name: many
level: medium
correlation:
  type: event_count
  rules: [failed, blocked]
  group-by: [account]
  aliases: {account: {failed: TargetUserName, blocked: user}}
  timespan: 5m
  condition: {gte: 5}
---
title: Admins may
name: admins
logsource: {product: windows}
filter:
  rules: [encoded]
  s: {User|contains: adm}
  condition: not s
---
title: Twin
id: 33333333-3333-4333-8333-333333333333
logsource: {product: x}
detection: {s: {A: 1}, condition: s}
---
title: Twin
id: 44444444-4444-4444-8444-444444444444
logsource: {product: x}
detection: {s: {A: 2}, condition: s}
`;

describe('rules show', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-show-'));
    writeFileSync(path.join(folder, 'rules.yml'), RULES);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const look = { width: 80, colour: false };
  function find(name: string) {
    const config = loadConfig({ env: {}, cwd: folder, needs: 'rules', flags: { rules: 'rules.yml' } });
    const pack = loadRulePack(config.rulesPaths);
    const { rules, correlations, filters } = pack.ruleSet;
    return { pack, found: findRule([...rules, ...correlations, ...filters], name, pack, config) };
  }
  function sheet(name: string) {
    const { pack, found } = find(name);
    return sheetOf(found, pack);
  }
  const show = (name: string) => renderRule(sheet(name), look);

  it('tells what the file says, what it was compiled to and what excludes a record', () => {
    const text = show('encoded');

    for (const line of [
      /^id +11111111-1111-4111-8111-111111111111$/m,
      /^status +test$/m,
      /^related +similar: 22222222-2222-4222-8222-222222222222$/m,
      /^log source +product: windows, category: process_creation$/m,
      /^finds +on its own$/m,
      /^fields +Image, CommandLine, EventID$/m,
      /^looked at only +when EventID is one of 1, 4688$/m,
      /^ {4}Image endswith "\\\\powershell.exe" \(any case\)$/m,
      /^ {4}CommandLine contains " -enc " \(any case\)$/m,
      /^ {2}condition +kind and sel_image and sel_line$/m,
      /^Filter admins: a match counts only where this holds too$/m,
      /^ {2}condition +not s$/m,
      /^takes in +findings of other about the same$/m,
    ])
      expect(text).toMatch(line);
  });

  it('shows a correlation with its aliases resolved and the SQL it runs as', () => {
    const { correlation, fields } = sheet('many');

    expect(correlation?.groupBy).toEqual([{ name: 'account', fields: { failed: 'TargetUserName', blocked: 'user' } }]);
    expect(fields).toEqual(['TargetUserName', 'user']);
    expect(correlation?.sql).toContain('_correlation_inputs');
    expect(show('many')).toMatch(/^group by +account: TargetUserName in failed, user in blocked$/m);
    expect(show('many')).toMatch(/^condition +number of events: at least 5$/m);
  });

  it('says which correlations count a rule that finds nothing on its own', () => {
    expect(show('failed')).toMatch(/^finds +nothing on its own: it is counted by many$/m);
  });

  it('shows a filter with the rules it is for', () => {
    expect(sheet('admins')).toMatchObject({ kind: 'filter', appliesTo: ['encoded'] });
  });

  it.each(['ENCODED', '11111111-1111-4111-8111-111111111111', 'encoded powershell'])('finds a rule by %s', (name) => {
    expect(find(name).found.key).toBe('encoded');
  });

  it('asks for a name where several rules have the title', () => {
    expect(() => find('twin')).toThrow(/2 rules have the title twin: .*rules\.yml:\d+, .*rules\.yml:\d+/);
  });

  it.each(['encoded', 'many', 'admins', 'failed'])(
    'fits %s into 80 columns but for SQL, and cannot be made to forge lines',
    (name) => {
      const [text = ''] = show(name).split('\nSQL\n');

      for (const line of text.split('\n')) {
        expect(displayWidth(line)).toBeLessThanOrEqual(80);
        expect(line).toBe(printable(line));
      }
    },
  );

  it('prints one object with --format json', async () => {
    const { code, stdout } = await octowatch(['rules', 'show', 'encoded', '--rules', 'rules.yml', '--format', 'json'], {
      cwd: folder,
    });

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rule: 'encoded',
      file: 'rules.yml',
      line: 1,
      onlyWhen: [{ field: 'EventID', values: ['1', '4688'] }],
      detection: { condition: 'kind and sel_image and sel_line' },
      octowatch: { subject: ['User'], supersedes: ['other'] },
    });
  });

  it('exits 2 for a name nobody has, and says which was meant', async () => {
    const { code, stdout, stderr } = await octowatch(['rules', 'show', 'encodd', '--rules', 'rules.yml'], {
      cwd: folder,
    });

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('there is no rule encodd, did you mean `encoded`?');
  });

  it('names what was refused when the rule may be among it', async () => {
    writeFileSync(
      path.join(folder, 'bad.yml'),
      'title: Bad\nname: bad\nlogsource: {product: x}\ndetection: {s: {A|contain: x}, condition: s}\n',
    );

    const { code, stderr } = await octowatch(['rules', 'show', 'bad', '--rules', 'bad.yml'], { cwd: folder });

    expect(code).toBe(2);
    expect(stderr).toMatch(/^bad\.yml:4:\d+: unknown modifier `contain`/);
    expect(stderr).toContain('Some rules were refused');
  });
});

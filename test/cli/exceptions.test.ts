import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildStory, type SimulatedOctopus, STORY, startSimulatedOctopus, storyAnchor } from '../../src/demo/index.ts';
import { readRows } from '../support/canonical.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { octowatch } from './octowatch.ts';

const DAY = 86_400_000;
const SHIPPED = path.join(CHECKOUT, 'rules');
const SAID = ['--owner', 'ann', '--approved-by', 'bob', '--reason', 'it is "planned": #1', '--ticket', 'CHG-1'];

/** A date so many days from today in UTC. */
function day(offset: number): string {
  return new Date(Date.now() + offset * DAY).toISOString().slice(0, 10);
}

describe('octowatch exceptions, on a database that run --once has filled', () => {
  let server: SimulatedOctopus;
  let folder: string;
  let mine: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-exceptions-'));
    mine = path.join(folder, 'mine');
    const { state } = buildStory({ nowMs: storyAnchor(Date.now()) });
    state.now = () => Date.now();
    server = await startSimulatedOctopus({ state, apiKey: STORY.monitorApiKey });
    env = {
      ...{ OCTOPUS_URL: server.url, OCTOPUS_API_KEY: STORY.monitorApiKey, OCTOWATCH_DB: 'octowatch.db' },
      ...{ OCTOWATCH_BACKFILL: '20d', OCTOWATCH_RULES: `${SHIPPED},mine`, LOG_LEVEL: 'silent' },
    };
    mkdirSync(mine);
    await run('run', '--once');
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const file of readdirSync(mine)) rmSync(path.join(mine, file));
  });

  const run = (...args: string[]) => octowatch(args, { cwd: folder, env });
  const add = (...args: string[]) => run('exceptions', 'add', ...args);
  const rows = (sql: string, ...parameters: unknown[]) =>
    readRows(path.join(folder, 'octowatch.db'), sql, ...parameters);
  const findingOf = (rule: string, like = '%') =>
    rows('SELECT * FROM findings WHERE rule = ? AND title LIKE ? ORDER BY finding_id LIMIT 1', rule, like)[0] ?? {};
  const hiddenNow = () =>
    rows('SELECT suppressed_by AS name, count(*) AS n FROM signals WHERE suppressed_by IS NOT NULL GROUP BY 1');

  function exception(
    name: string,
    terms: { from: string; expires: string },
    rule = 'unused_api_key',
    source = 'category: api_key',
  ) {
    return `title: T
name: ${name}
logsource: { product: octopus, ${source} }
filter: { rules: [${rule}], s: { Purpose: nothing }, condition: not s }
octowatch: { owner: ann, approved_by: bob, reason: r, ticket: CHG-2, from: ${terms.from}, expires: ${terms.expires} }
`;
  }

  it('add makes a file of a finding whose hostile name it takes literally, and shows first what that would have hidden', async () => {
    const finding = findingOf('off_hours_production_deploy', '%<!channel>%');
    const { code, stdout, stderr } = await add(
      ...['--finding', String(finding['finding_id']), '--where', 'Project.Name', '--expires', '90d'],
      ...[...SAID, '--name', 'gift_cards'],
    );

    expect(code).toBe(0);
    expect(stdout).toContain(
      "    Project.Name: 'Gift Cards <!channel> \\*x\\* <http://evil.example|click>'\n  condition: not selection\n",
    );
    expect(stdout).toContain(`  from: ${day(0)}\n  expires: ${day(90)}\n`);
    expect(stdout).toContain(`  reason: 'it is "planned": #1'\n`);
    expect(stderr).toMatch(
      /^gift_cards would have hidden \d+ of \d+ matches of off_hours_production_deploy in the last 90 days/,
    );
    expect(stderr).toContain('by day:');
    expect(stderr).toContain('by subject:');
    writeFileSync(path.join(mine, 'gift-cards.yml'), stdout);
    const check = await run('exceptions', 'check');
    expect(check).toMatchObject({ code: 0, stderr: '1 exception: all good\n' });
  });

  it('add --write stores and journals it; what it is about is hidden from the next start on, and counted', async () => {
    const { finding_id, subject } = findingOf('unused_api_key');
    const args = ['--finding', String(finding_id), '--expires', '1d', ...SAID, '--name', 'known_key', '--write'];

    const written = await add(...args);
    await run('run', '--once');
    const list = await run('exceptions', 'list', '--format', 'json');

    expect(written).toMatchObject({ code: 0 });
    expect(written.stderr).toContain(`written to ${path.join('mine', 'known_key.yml')}`);
    expect(written.stdout).toContain(`    KeyId: '${subject}'\n`);
    expect(readFileSync(path.join(mine, 'known_key.yml'), 'utf8')).toBe(written.stdout);
    expect(hiddenNow()).toEqual([{ name: 'known_key', n: 1 }]);
    expect(rows('SELECT status FROM findings WHERE finding_id = ?', finding_id)).toEqual([{ status: 'resolved' }]);
    const journal = rows("SELECT * FROM journal WHERE action = 'exception_written'");
    expect(journal).toMatchObject([{ object: 'known_key', os_user: expect.stringMatching(/./) }]);
    expect(JSON.parse(String(journal[0]?.['detail']))).toMatchObject({
      file: path.join(mine, 'known_key.yml'),
      rules: ['unused_api_key'],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      terms: { owner: 'ann', approved_by: 'bob', ticket: 'CHG-1', from: day(0), expires: day(1) },
    });
    expect(JSON.parse(list.stdout)).toEqual([
      {
        ...{ name: 'known_key', rules: 'unused_api_key', owner: 'ann', approved_by: 'bob', ticket: 'CHG-1' },
        ...{ from: day(0), expires: day(1), days_left: 1, hidden: 1, state: 'active', reason: 'it is "planned": #1' },
        file: path.join('mine', 'known_key.yml'),
      },
    ]);
  });

  it('add --write overwrites nothing, and journals nothing then', async () => {
    writeFileSync(path.join(mine, 'rotated.yml'), '# mine\n');
    const { finding_id } = findingOf('unused_api_key');
    const journalled = rows("SELECT entry_id FROM journal WHERE action = 'exception_written'");

    const { code, stdout, stderr } = await add(
      ...['--finding', String(finding_id), '--expires', '1d', ...SAID, '--name', 'rotated', '--write'],
    );

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('is there already');
    expect(readFileSync(path.join(mine, 'rotated.yml'), 'utf8')).toBe('# mine\n');
    expect(rows("SELECT entry_id FROM journal WHERE action = 'exception_written'")).toEqual(journalled);
  });

  it('add excepts a correlation by the events it counts, in the fields of its group', async () => {
    const finding = findingOf('repeated_auth_failures');

    const { stdout, stderr } = await add('--finding', String(finding['finding_id']), '--expires', '7d', ...SAID);

    expect(stdout).toContain(
      `  rules:\n    - failed_sign_in\n  selection:\n    Subject.Account: '${finding['subject']}'\n`,
    );
    expect(stderr).toContain('matches of failed_sign_in');
  });

  it('add warns of what is broad, hides everything, names no field there is, or hides nothing', async () => {
    const rule = ['--rule', 'off_hours_production_deploy', '--expires', '7d', ...SAID];

    const [broad, strange, literal, network] = await Promise.all([
      add(...rule, '--where', 'Project.Name=*'),
      add(...rule, '--where', 'Projct.Name=x'),
      add(...rule, '--where', 'Project.Name=*', '--literally'),
      add(
        ...rule,
        '--where',
        'Project.Name|startswith=Gift',
        '--where',
        'Actor.Kind=human',
        '--where',
        'Actor.Kind=system',
      ),
    ]);

    expect(broad?.stderr).toMatch(
      /warning: it hides all \d+ matches of off_hours_production_deploy that there ever were/,
    );
    expect(broad?.stderr).toContain('warning: it says nothing but that a field is there');
    expect(strange?.stderr).toContain('records have no field Projct.Name, did you mean `Project.Name`?');
    expect(strange?.stderr).toContain('it would have hidden nothing');
    expect(literal?.stdout).toContain("    Project.Name: '\\*'\n");
    expect(literal?.stderr).toContain('would have hidden 0 of');
    expect(network?.stdout).toContain(
      "    Project.Name|startswith: 'Gift'\n    Actor.Kind:\n      - 'human'\n      - 'system'\n",
    );
    expect(network?.stderr).toMatch(/would have hidden [1-9]/);
  });

  it('add refuses, with exit 2, what nobody may approve or nothing can be made of', async () => {
    const id = String(findingOf('unused_api_key')['finding_id']);
    const wrong: [string, string[], string][] = [
      [
        'nobody else',
        ['--finding', id, '--expires', '7d', '--owner', 'ann', '--approved-by', 'Ann', '--reason', 'r'],
        'somebody else',
      ],
      ['unknown finding', ['--finding', '99999', '--expires', '7d', ...SAID], 'there is no finding 99999'],
      ['no where', ['--rule', 'unused_api_key', '--expires', '7d', ...SAID], '--rule needs --where'],
      [
        'bad modifier',
        ['--rule', 'unused_api_key', '--where', 'A|contain=b', '--expires', '7d', ...SAID],
        'did you mean `contains`',
      ],
    ];

    const finished = await Promise.all(wrong.map(async ([what, args]) => ({ what, ...(await add(...args)) })));

    for (const [index, [what, , message]] of wrong.entries()) {
      expect(finished[index], what).toMatchObject({
        what,
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(message),
      });
    }
  });

  it('add --write says what to set where only the shipped rules are loaded, and leaves those alone', async () => {
    const before = readdirSync(SHIPPED, { recursive: true }).length;
    const id = String(findingOf('unused_api_key')['finding_id']);

    const { code, stderr } = await add('--finding', id, '--expires', '7d', ...SAID, '--write', '--rules', SHIPPED);

    expect(code).toBe(2);
    expect(stderr).toContain('OCTOWATCH_RULES=');
    expect(readdirSync(SHIPPED, { recursive: true })).toHaveLength(before);
  });

  it('check names what has ended, ends soon, hides nothing or names no rule, and exits 3', async () => {
    const files = {
      ended: exception('ended', { from: day(-20), expires: day(-2) }),
      soon: exception('soon', { from: day(-20), expires: day(14) }),
      later: exception('later', { from: day(5), expires: day(40) }),
      quiet: exception('quiet', { from: day(0), expires: day(40) }),
      unknown: exception('unknown', { from: day(0), expires: day(40) }, 'unused_api_kye'),
      unsigned: exception('unsigned', { from: day(0), expires: day(40) }).replace('approved_by: bob, ', ''),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(mine, `${name}.yml`), text);

    const { code, stdout, stderr } = await run('exceptions', 'check', '--format', 'json');
    const list = await run('exceptions', 'list', '--format', 'json');

    expect(code).toBe(3);
    const remarks = (JSON.parse(stdout) as Record<string, string>[]).map((one) => [
      one['name'],
      one['verdict'],
      one['remark'],
    ]);
    expect(remarks.sort()).toEqual([
      ['ended', 'note', 'has hidden nothing yet'],
      ['ended', 'wrong', 'ended 2 days ago'],
      ['quiet', 'note', 'has hidden nothing yet'],
      ['soon', 'note', 'ends in 14 days'],
      ['soon', 'note', 'has hidden nothing yet'],
      ['unknown', 'note', 'has hidden nothing yet'],
      ['unknown', 'wrong', 'is for no rule that is in force'],
    ]);
    expect(stderr).toMatch(
      /mine\/unknown\.yml:4:\d+: no rule that could be used has the id or name `unused_api_kye`, did you mean/,
    );
    expect(stderr).toMatch(/mine\/unsigned\.yml:5:1: an exception needs `approved_by`/);
    expect(stderr).toContain('5 exceptions: 2 mistakes in the files, 2 wrong\n');
    const states = (JSON.parse(list.stdout) as Record<string, string>[]).map((one) => [
      one['name'],
      one['state'],
      one['days_left'],
    ]);
    expect(states).toEqual([
      ['ended', 'expired', -2],
      ['later', 'not yet', 40],
      ['quiet', 'active', 40],
      ['soon', 'active', 14],
      ['unknown', 'active', 40],
    ]);
  });

  it('works before there is a database: nothing is hidden yet, and add says that it cannot know', async () => {
    writeFileSync(path.join(mine, 'quiet.yml'), exception('quiet', { from: day(0), expires: day(40) }));
    const bare = { cwd: folder, env: { ...env, OCTOWATCH_DB: 'none/octowatch.db' } };

    const [list, made, written] = await Promise.all([
      octowatch(['exceptions', 'list', '--format', 'json'], bare),
      octowatch(
        ['exceptions', 'add', '--rule', 'unused_api_key', '--where', 'Purpose=a b', '--expires', '7d', ...SAID],
        bare,
      ),
      octowatch(
        [
          'exceptions',
          'add',
          '--rule',
          'unused_api_key',
          '--where',
          'Purpose=a',
          '--expires',
          '7d',
          ...SAID,
          '--write',
        ],
        bare,
      ),
    ]);

    expect(JSON.parse(list?.stdout ?? '')).toMatchObject([{ name: 'quiet', hidden: null }]);
    expect(made).toMatchObject({
      code: 0,
      stderr: 'there is no database yet: what it would have hidden is not known\n',
    });
    expect(written).toMatchObject({ code: 1, stdout: '' });
    expect(readdirSync(folder)).not.toContain('none');
  });
});

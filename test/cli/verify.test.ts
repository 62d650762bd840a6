import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOf, makeChained, tamper, withStore } from '../audit/chained-database.ts';
import { readRows } from '../support/canonical.ts';
import { makeFolder } from '../support/monitor.ts';
import { octowatch } from './octowatch.ts';

const KEY = 'a-fictional-key-of-the-chain-of-evidence';

describe('octowatch verify', () => {
  const { folder, remove } = makeFolder();
  let db = '';

  beforeAll(async () => {
    db = await makeChained(folder);
  });
  afterAll(remove);

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    octowatch(['verify', ...args], { cwd: folder, env: { OCTOWATCH_DB: db, ...env } });

  it('prints the head with its number, what it proves and what it cannot, and exits 0', async () => {
    const { code, stdout, stderr } = await run([]);

    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^The chain holds: \d+ links; 12 events, \d+ findings and \d+ journal entries are what was stored\.\n/,
    );
    expect(stdout).toMatch(/^head \d+:[0-9a-f]{64} \(.*Z\)$/m);
    expect(stdout).toContain('NOT proven: the chain is not sealed with a key');
    expect(stdout).toContain('NOT proven: that nothing is missing at the end');
    expect(code).toBe(0);
  });

  it('takes the head it printed, and on a chain that was cut says so and exits 3', async () => {
    const longer = copyOf(db, 'longer');
    withStore(longer, (store) => store.journal.add('2026-03-03T12:00:00.000Z', 'tested'));
    const head = /^head (\S+)/m.exec((await run(['--db', longer])).stdout)?.[1] ?? '';

    const [whole, cut] = await Promise.all([run(['--db', longer, '--head', head]), run(['--head', head])]);

    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('The head given is link') });
    expect(whole.stdout).not.toContain('missing at the end');
    expect(cut).toMatchObject({ code: 3, stdout: expect.stringContaining('its end was cut off') });
  });

  it('names what was altered, in text that cannot reach the terminal, and exits 3', async () => {
    const spoilt = copyOf(db, 'spoilt');
    tamper(spoilt, (database) =>
      database.exec(
        "UPDATE _events SET username = 'mallory' WHERE event_id = 'Events-4'; UPDATE _instances SET name = name",
      ),
    );

    const { code, stdout } = await run(['--db', spoilt]);

    expect(stdout).toContain('The chain is BROKEN: event Events-4 of default is not what was stored');
    expect(code).toBe(3);
    const hostile = copyOf(db, 'hostile');
    tamper(hostile, (database) => database.prepare('UPDATE _chain SET object = ? WHERE link = 5').run('\u001b[2J'));
    expect((await run(['--db', hostile])).stdout).not.toContain('\u001b');
  });

  it('takes the key from a file, and without it or with another exits 3 with a sentence of its own', async () => {
    const sealed = copyOf(db, 'sealed');
    withStore(sealed, (store) => store.journal.add('2026-03-03T12:00:00.000Z', 'sealed'), KEY);
    const file = path.join(folder, 'key');
    writeFileSync(file, `${KEY}\n`);

    const [right, none, wrong, short] = await Promise.all([
      run(['--db', sealed], { OCTOWATCH_CHAIN_KEY_FILE: file }),
      run(['--db', sealed]),
      run(['--db', sealed], { OCTOWATCH_CHAIN_KEY: 'another-fictional-key-of-the-chain' }),
      run(['--db', sealed], { OCTOWATCH_CHAIN_KEY: 'short' }),
    ]);

    expect(right).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Sealed with key [0-9a-f]{16} from link/m) });
    expect(none).toMatchObject({ code: 3, stdout: expect.stringContaining('without OCTOWATCH_CHAIN_KEY') });
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining('sealed with another key') });
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('OCTOWATCH_CHAIN_KEY: is shorter than') });
  });

  it('holds on a sealed chain that other commands have written to, each with the key', async () => {
    const sealed = copyOf(db, 'written');
    const env = { OCTOWATCH_DB: sealed, OCTOWATCH_CHAIN_KEY: KEY };
    const entries = () => readRows(sealed, 'SELECT count(*) AS n FROM journal')[0]?.['n'];
    const before = Number(entries());

    for (const args of [['query', 'SELECT 1'], ['findings'], ['keys'], ['snapshot', path.join(folder, 'taken.db')]]) {
      expect(await octowatch(args, { cwd: folder, env }), args.join(' ')).toMatchObject({ code: 0, stderr: '' });
    }

    expect(entries()).toBe(before + 4);
    expect(await run([], env)).toMatchObject({ code: 0 });
    expect(await run(['--db', path.join(folder, 'taken.db')], env)).toMatchObject({ code: 0 });
  });

  it('refuses what is no head, and a database that is not there', async () => {
    const [head, missing] = await Promise.all([run(['--head', 'abc']), run(['--db', path.join(folder, 'nothing.db')])]);

    expect(head).toMatchObject({ code: 2, stderr: expect.stringContaining('"abc" is no head of a chain') });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no database') });
  });
});

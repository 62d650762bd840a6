import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { complete } from '../../src/cli/query-completion.ts';
import type { UserAct } from '../../src/cli/query-journal.ts';
import { runPrompt } from '../../src/cli/query-prompt.ts';
import { openStore } from '../../src/store/index.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;';

describe('the prompt', () => {
  let folder: string;
  let opened: { end(): Promise<void> } | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'octowatch-prompt-'));
    openStore(join(folder, 'octowatch.db'), { monitorVersion: 'test' }).close();
  });
  afterEach(() => opened?.end());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A prompt on a terminal of its own: keys go in, `shown` resolves when a text has come out since the last time. */
  function open(state = 'state') {
    const input = new PassThrough();
    const output = new PassThrough();
    const acts: UserAct[] = [];
    let text = '';
    const watchers = new Set<() => void>();
    output.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const watch of watchers) watch();
    });
    const ended = runPrompt({
      dbFile: join(folder, 'octowatch.db'),
      format: 'csv',
      deadlineMs: 30_000,
      maxRows: 5,
      input,
      output,
      look: () => ({ width: 100, colour: false }),
      env: { XDG_STATE_HOME: join(folder, state) },
      journal: { add: (act) => acts.push(act) },
    });
    const prompt = {
      acts,
      ended,
      keys: (keys: string) => void input.write(keys),
      shown(expected: string): Promise<string> {
        return new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`${expected} was not shown: ${text}`)), 20_000);
          const watch = () => {
            const at = text.indexOf(expected);
            if (at < 0) return;
            clearTimeout(timer);
            watchers.delete(watch);
            const before = text.slice(0, at + expected.length);
            text = text.slice(at + expected.length);
            resolve(before);
          };
          watchers.add(watch);
          watch();
        });
      },
      async end() {
        input.end();
        await ended;
      },
    };
    opened = prompt;
    return prompt;
  }

  it('answers statements over several lines, and several on one', async () => {
    const prompt = open();

    prompt.keys("SELECT 'a;b' -- ;\n");
    await prompt.shown('      ...> ');
    prompt.keys('  AS one;\n');
    await prompt.shown('one\r\na;b\r\n');
    prompt.keys('SELECT 1 AS x; SELECT 2 AS y;\n');
    await prompt.shown('x\r\n1\r\n');
    await prompt.shown('y\r\n2\r\n');
    await prompt.shown('octowatch> ');

    expect(prompt.acts.map(({ detail }) => detail)).toMatchObject([
      { sql: "SELECT 'a;b' -- ;\n  AS one;", rows: 1, failed: null },
      { sql: 'SELECT 1 AS x;', rows: 1 },
      { sql: 'SELECT 2 AS y;', rows: 1 },
    ]);
  });

  it('stops a query with Ctrl-C and goes on; a second one drops what was typed', async () => {
    const prompt = open();
    prompt.keys(`${ENDLESS}\n`);
    await prompt.shown(ENDLESS);
    setTimeout(() => prompt.keys('\u0003'), 500);
    await prompt.shown('the query was stopped');

    prompt.keys("SELECT 'never closed\n");
    await prompt.shown('      ...> ');
    prompt.keys('and more\u0003');
    await prompt.shown('octowatch> ');
    prompt.keys('SELECT 5 AS five;\n');

    await prompt.shown('five\r\n5\r\n');
    await prompt.shown('octowatch> ');
    expect(prompt.acts.map(({ detail }) => detail)).toMatchObject([
      { failed: 'the query was stopped' },
      { sql: 'SELECT 5 AS five;', failed: null },
    ]);
  });

  it('tells mistakes with their place and goes on; refuses to write; says when it cuts', async () => {
    const prompt = open();

    prompt.keys('SELECT usrname FROM events;\n');
    await prompt.shown(
      'no such column: usrname\nline 1: SELECT usrname FROM events;\n               ^\nDid you mean username?',
    );
    prompt.keys('DELETE FROM _events;\n');
    await prompt.shown('DELETE is refused');
    prompt.keys('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n;\n');
    await prompt.shown('5\r\nCUT: only the first 5 rows');
    prompt.keys('.nonsense\n');
    await prompt.shown('there is no command .nonsense\n.help lists them.');
  });

  it('knows its commands', async () => {
    const prompt = open();

    prompt.keys('.help\n');
    await prompt.shown('.schema [view]');
    prompt.keys('.schema\n');
    await prompt.shown('One audit event');
    prompt.keys('.schema findings\n');
    await prompt.shown('finding_id');
    prompt.keys('.saved\n');
    await prompt.shown('sensitive-variable-edits');
    prompt.keys('.format ndjson\n');
    await prompt.shown('format ndjson');
    prompt.keys(".param who=O'Hara Jr\n");
    await prompt.shown("O'Hara Jr");
    prompt.keys('SELECT :who AS who;\nSELECT 1 AS unasked;\n');
    await prompt.shown('{"who":"O\'Hara Jr"}');
    await prompt.shown('{"unasked":1}');
    prompt.keys('.saved failed-sign-ins-by-address-and-account\n');
    await prompt.shown('octowatch> ');
    prompt.keys('.quit\n');
    await prompt.ended;

    expect(prompt.acts.at(-1)).toMatchObject({
      object: 'failed-sign-ins-by-address-and-account',
      detail: { failed: null },
    });
  });

  it('keeps its history, statements whole, in a file only its user may read', async () => {
    const first = open('kept');
    first.keys('SELECT 1 AS a, -- note\n  2 AS b;\n.help\n.quit\n');
    await first.ended;
    const file = join(folder, 'kept', 'octowatch', 'query-history');
    expect(readFileSync(file, 'utf8')).toBe('SELECT 1 AS a, 2 AS b;\n.help\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'kept', 'octowatch')).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o644);

    const second = open('kept');
    // Up twice, past .help, and Enter.
    await second.shown('octowatch> ');
    second.keys('\u001b[A\u001b[A\n');
    await second.shown('a,b\r\n1,2\r\n');

    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('completion', () => {
  const vocabulary = {
    views: [
      { view: 'events', columns: [{ name: 'event_id' }, { name: 'username' }] },
      { view: 'findings', columns: [{ name: 'finding_id' }, { name: 'level' }] },
    ],
    commands: { '.schema': ['events', 'findings'], '.saved': ['keys-by-owner'] },
  };

  it.each([
    ['', 'SELECT * FROM ', ['events', 'findings'], ''],
    ['', 'SELECT * FROM ev', ['events'], 'ev'],
    ['', 'SELECT * FROM events JOIN f', ['findings'], 'f'],
    ['', 'SELECT user', ['username'], 'user'],
    ['SELECT level', 'FROM findings WHERE le', ['level', 'length(', 'lead(', 'left join'], 'le'],
    ['', 'SELECT * FROM events WHERE ', ['event_id', 'username'], ''],
    ['', 'SELECT * FROM events e JOIN findings AS f ON f.fin', ['f.finding_id'], 'f.fin'],
    ['', 'SELECT e.', [], 'e.'],
    ['', 'SELECT * FROM events ORD', ['ORDER BY'], 'ORD'],
    ['', 'SELECT ', [], ''],
    ['', "SELECT 'ev", [], "SELECT 'ev"],
    ['', 'SELECT 1 -- ev', [], 'SELECT 1 -- ev'],
    ['', '.sc', ['.schema'], '.sc'],
    ['', '.schema f', ['findings'], 'f'],
    ['', '.saved ', ['keys-by-owner'], ''],
  ])('after %j, %j completes to %j', (before, line, hits, typed) => {
    expect(complete(before, line, vocabulary)).toEqual([hits, typed]);
  });
});

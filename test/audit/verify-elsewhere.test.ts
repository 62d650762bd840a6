import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../support/monitor.ts';
import { makeChained, tamper, withStore } from './chained-database.ts';

const KEY = 'a-fictional-key-of-the-chain-of-evidence';
const PAPER = new URL('../../docs/evidence.md', import.meta.url);

// Not every machine has the program; where it is missing the property rests on the machines that have it.
describe.skipIf(spawnSync('python3', ['--version']).error)('the program in docs/evidence.md', () => {
  const { folder, remove } = makeFolder();
  const script = path.join(folder, 'check.py');
  let db = '';

  beforeAll(async () => {
    db = await makeChained(folder);
    withStore(db, (store) => store.journal.add('2026-03-03T12:00:00.000Z', 'sealed'), KEY);
    writeFileSync(script, /```python\n(.*?)```/s.exec(readFileSync(PAPER, 'utf8'))?.[1] ?? '');
  });
  afterAll(remove);

  const check = () => spawnSync('python3', [script, db, KEY], { encoding: 'utf8' });

  it('comes to the same head without anything of Octowatch', () => {
    const { stdout, stderr } = check();

    const head = withStore(
      db,
      (store) =>
        store.db.prepare("SELECT link || ':' || lower(hex(hash)) FROM _chain ORDER BY link DESC").pluck().get(),
      KEY,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe(`${head}\n12 events are what was stored\n`);
  });

  it('finds an event that was altered', () => {
    tamper(db, (database) => database.exec("UPDATE _events SET username = 'mallory' WHERE event_id = 'Events-4'"));

    expect(check().stderr).toContain('Events-4 was altered');
  });
});

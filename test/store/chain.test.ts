import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import type { Derived } from '../../src/model/record.ts';
import { parseStoredEvent } from '../../src/octopus/index.ts';
import {
  chainHead,
  checkpointBefore,
  eraseContent,
  linkOlderRows,
  openStore,
  pruneRows,
  type Store,
} from '../../src/store/index.ts';
import { copyOf, makeChained, tamper, withStore } from '../audit/chained-database.ts';
import { readRows } from '../support/canonical.ts';
import { runNode } from '../support/child.ts';
import { makeFolder } from '../support/monitor.ts';
import { NOON } from '../support/small-history.ts';
import type { ChainChildOrders } from './chain-child.ts';

const CHILD = new URL('./chain-child.ts', import.meta.url);
const KEY = 'a-fictional-key-of-the-chain-of-evidence';
const AT = '2026-03-02T12:01:00.000Z';

const { folder, remove } = makeFolder();
let original = '';

beforeAll(async () => {
  original = await makeChained(folder);
});
afterAll(remove);

const verify = (dbFile: string, more: { secret?: string; head?: string } = {}) =>
  verifyChain({ dbFile, secret: null, ...more });
const count = (db: string, table: string) => Number(readRows(db, `SELECT count(*) AS n FROM ${table}`)[0]?.['n']);

describe('a transaction', () => {
  it('that fails leaves no link, also when a part of it failed that somebody caught', async () => {
    const db = copyOf(original, 'rolled-back');
    const before = count(db, '_chain');

    withStore(db, (store) => {
      expect(() =>
        store.transaction(() => {
          store.journal.add(AT, 'never');
          throw new Error('no');
        }),
      ).toThrow('no');
      store.transaction(() => {
        store.journal.add(AT, 'first');
        expect(() =>
          store.transaction(() => {
            store.journal.add(AT, 'never');
            store.findings.setLevel(1, 'low');
            throw new Error('inner');
          }),
        ).toThrow('inner');
        store.findings.setLevel(2, 'low');
        store.journal.add(AT, 'last');
      });
    });

    expect(count(db, '_chain')).toBe(before + 3);
    expect(await verify(db)).toMatchObject({ broken: null });
  });

  it('gives a finding that is written several times one link, and one that is written outside of it its own', async () => {
    const db = copyOf(original, 'once');
    const before = count(db, '_chain');

    withStore(db, (store) => {
      store.transaction(() => {
        for (const level of ['low', 'high', 'critical'] as const) store.findings.setLevel(1, level);
        store.findings.addEvent(1, 'Events-77', AT);
      });
      store.findings.setLevel(1, 'low');
    });

    expect(count(db, '_chain')).toBe(before + 2);
    expect(await verify(db)).toMatchObject({ broken: null });
  });

  it('links what is no whole Unicode, or holds NUL, as the database keeps it', async () => {
    const db = copyOf(original, 'unicode');
    const texts = [
      'half \ud83d a pair',
      'NUL \u0000 in it',
      '\ufffd',
      'back\\ud800slash',
      '\u2028 and 🐙',
      '"quoted"\n',
    ];

    withStore(db, (store) => {
      for (const [index, text] of texts.entries()) insertEvent(store, `Events-9${index}`, text);
    });

    expect(await verify(db)).toMatchObject({ broken: null, rows: { event: 12 + texts.length } });
    tamper(db, (database) =>
      database.exec("UPDATE _events SET message = replace(message, 'quoted', 'quotes') WHERE event_id = 'Events-95'"),
    );
    expect((await verify(db)).broken).toMatchObject({ object: 'event Events-95 of default' });
  });
});

describe('a chain sealed with a key', () => {
  const sealed = (name: string) => {
    const db = copyOf(original, name);
    withStore(db, (store) => store.journal.add(AT, 'sealed'), KEY);
    return db;
  };

  it('goes on from one that was not, holds with its key, and says since when', async () => {
    const db = sealed('sealed');

    const result = await verify(db, { secret: KEY });

    expect(result.broken).toBeNull();
    expect(result.sealedFrom?.number).toBe(count(original, '_chain') + 1);
  });

  it('is not taken for sound without its key, nor with another', async () => {
    const db = sealed('other-key');

    expect((await verify(db)).broken).toMatchObject({ problem: 'key missing' });
    const other = await verify(db, { secret: 'another-fictional-key-of-the-chain' });
    expect(other.broken).toMatchObject({ problem: 'wrong key' });
    expect(other.broken?.what).not.toContain('fictional');
  });

  it('takes nothing from a process without its key, and stays as it was', async () => {
    const db = sealed('refusing');
    const before = withStore(db, chainHead);

    for (const key of [null, 'another-fictional-key-of-the-chain']) {
      withStore(
        db,
        (store) => {
          expect(() => store.chain.assertKey()).toThrow('OCTOWATCH_CHAIN_KEY');
          expect(() => store.transaction(() => store.journal.add(AT, 'x'))).toThrow('OCTOWATCH_CHAIN_KEY');
        },
        key,
      );
    }

    expect(withStore(db, chainHead)).toBe(before);
    expect(await verify(db, { secret: KEY })).toMatchObject({ broken: null });
  });

  it('cannot be gone on with by somebody without the key', async () => {
    const db = sealed('forged');
    tamper(db, (database) => database.exec('UPDATE _chain SET sealed_by = NULL WHERE sealed_by IS NOT NULL'));
    // To the program it is a chain without a key now, and it goes on with it.
    withStore(db, (store) => store.journal.add(AT, 'forged'));

    expect((await verify(db, { secret: KEY })).broken).toMatchObject({ problem: 'altered link' });
  });

  it('that was written anew without the key does not pass for sealed', async () => {
    expect((await verify(original, { secret: KEY })).broken).toMatchObject({ problem: 'not sealed' });
  });
});

describe('rows that are older than the chain', () => {
  /** The database as an Octowatch without a chain left it. */
  function unchained(name: string): string {
    const db = copyOf(original, name);
    tamper(db, (database) =>
      database.exec(`DELETE FROM _chain;
        UPDATE _events SET chain_link = NULL, chain_salt = NULL; UPDATE _findings SET chain_link = NULL, chain_salt = NULL;
        UPDATE _journal SET chain_link = NULL, chain_salt = NULL;
        INSERT INTO _chain_older SELECT 'event', 0, max(event_pk) FROM _events;
        INSERT INTO _chain_older SELECT 'finding', 0, max(finding_id) FROM _findings;
        INSERT INTO _chain_older SELECT 'journal', 0, max(entry_id) FROM _journal;`),
    );
    return db;
  }

  it('are linked in slices, with new rows and changes between them', async () => {
    const db = unchained('older');

    withStore(db, (store) => {
      expect(linkOlderRows(store, NOON, 5)).toEqual({ linked: 5, isDone: false });
      insertEvent(store, 'Events-90', 'new');
      store.findings.setLevel(3, 'low');
      while (linkOlderRows(store, NOON, 5) !== null);
    });

    expect(await verify(db)).toMatchObject({ broken: null, rows: { event: 13, finding: count(db, '_findings') } });
    expect(readRows(db, "SELECT action FROM journal WHERE action = 'chain_begun'")).toHaveLength(1);
  });

  it('are said to be unfinished while they are', async () => {
    const db = unchained('unfinished');

    withStore(db, (store) => linkOlderRows(store, NOON, 5));

    expect((await verify(db)).broken).toMatchObject({
      problem: 'unfinished',
      what: expect.stringContaining('octowatch run'),
    });
  });
});

describe('the text of a person that was erased', () => {
  const alice = { instanceId: 1, userId: 'Users-2', username: 'alice' };

  it('is nowhere in the file any more, and the chain holds and counts the events', async () => {
    const db = copyOf(original, 'erased');
    const theirs = count(db, "events WHERE username = 'alice'");
    expect(theirs).toBeGreaterThan(0);

    const bytesOf = () =>
      ['', '-wal']
        .map((suffix) => `${db}${suffix}`)
        .filter(existsSync)
        .map((file) => readFileSync(file, 'latin1'))
        .join('');
    expect(bytesOf().includes('"Username":"alice"')).toBe(true);

    const erased = withStore(db, (store) => eraseContent(store, alice, NOON));

    expect(erased).toBe(theirs);
    expect(await verify(db)).toMatchObject({ broken: null, erased: theirs, rows: { event: 12 } });
    expect(readRows(db, "SELECT * FROM _events WHERE username = 'alice' OR message LIKE '%alice%'")).toEqual([]);
    expect(readRows(db, "SELECT * FROM _event_documents WHERE raw LIKE '%alice%' OR raw LIKE '%Users-2%'")).toEqual([]);
    expect(bytesOf().includes('"Username":"alice"')).toBe(false);
    expect(readRows(db, "SELECT detail FROM journal WHERE action = 'content_erased'")).toEqual([
      { detail: JSON.stringify({ events: theirs }) },
    ]);
  });

  it('leaves events that can still be read and judged', () => {
    const db = copyOf(original, 'readable');

    const raws = withStore(db, (store) => {
      eraseContent(store, alice, NOON);
      return readRows(
        db,
        "SELECT raw FROM _events e JOIN _event_documents d USING (event_pk) WHERE chain_link IN (SELECT link FROM _chain WHERE kind = 'erased')",
      );
    });

    for (const { raw } of raws) expect(parseStoredEvent(String(raw))).toMatchObject({ userId: null, message: null });
  });

  it('is not put in its place by hand: what was forged after it shows', async () => {
    const db = copyOf(original, 'forged-erasure');
    withStore(db, (store) => eraseContent(store, alice, NOON));

    tamper(db, (database) => database.exec("UPDATE _events SET username = 'mallory' WHERE event_id = 'Events-1'"));

    expect((await verify(db)).broken).toMatchObject({ problem: 'altered row', object: 'event Events-1 of default' });
  });

  it('finds nobody a second time', () => {
    const db = copyOf(original, 'twice');

    const counts = withStore(db, (store) => [eraseContent(store, alice, NOON), eraseContent(store, alice, NOON)]);

    expect(counts).toEqual([count(original, "events WHERE username = 'alice'"), 0]);
  });
});

describe('history that retention removed', () => {
  const prune = (store: Store, keys: readonly number[]) =>
    pruneRows(
      store,
      keys.map((key) => ({ kind: 'event', key })),
      ({ key }) => {
        for (const table of ['_signals', '_variable_edits', '_owed_details', '_event_documents', '_events'])
          store.db.prepare(`DELETE FROM ${table} WHERE event_pk = ?`).run(key);
      },
    );

  it('leaves a chain that holds and lists what was removed', async () => {
    const db = copyOf(original, 'pruned');

    expect(withStore(db, (store) => prune(store, [1, 2, 3]))).toBe(3);

    const result = await verify(db);
    expect(result).toMatchObject({ broken: null, rows: { event: 9 } });
    expect(result.pruned).toBeGreaterThanOrEqual(3);
  });

  it('does not hide what somebody else removed', async () => {
    const db = copyOf(original, 'pruned-and-deleted');
    withStore(db, (store) => prune(store, [1, 2]));

    tamper(db, (database) => {
      const by = database.prepare("SELECT max(link) FROM _chain WHERE kind = 'pruned'").pluck().get();
      database.exec(`UPDATE _chain SET pruned_by = ${by} WHERE link = (SELECT chain_link FROM _events WHERE event_pk = 5);
        DELETE FROM _event_documents WHERE event_pk = 5; DELETE FROM _events WHERE event_pk = 5;`);
    });

    expect((await verify(db)).broken).toMatchObject({ problem: 'missing row' });
  });

  it('lets an entry of the journal go, and no other', async () => {
    const db = copyOf(original, 'pruned-journal');

    withStore(db, (store) => {
      pruneRows(store, [{ kind: 'journal', key: 1 }], ({ key }) => {
        store.db.prepare('DELETE FROM _journal WHERE entry_id = ?').run(key);
      });
      expect(() => store.db.exec('DELETE FROM _journal WHERE entry_id = 2')).toThrow('append-only');
    });

    expect(await verify(db)).toMatchObject({ broken: null, rows: { journal: count(original, '_journal') - 1 } });
  });

  it('is replaced by a checkpoint, in slices, and everything that is left still holds', async () => {
    for (const slice of [3, 7, 500]) {
      const db = copyOf(original, `checkpoint-${slice}`);
      const links = count(db, '_chain');
      const head = withStore(db, chainHead) ?? '';

      const dropped = withStore(db, (store) => {
        prune(store, [1, 2, 3]);
        prune(store, [4, 6]);
        return checkpointBefore(store, AT, slice);
      });

      expect(dropped).toBe(links);
      const result = await verify(db);
      expect(result).toMatchObject({
        broken: null,
        droppedThrough: links,
        rows: { event: 7, finding: count(db, '_findings') },
      });
      // The head of then is the last link that was dropped: the checkpoint still knows it.
      expect((await verify(db, { head })).found).toMatchObject({ number: links });
      expect((await verify(db, { head: `2:${'0'.repeat(64)}` })).broken?.what).toContain('retention has dropped');
    }
  });

  it('is dropped in part, and removed rows whose links stay are listed anew', async () => {
    const db = copyOf(original, 'part');
    const links = count(db, '_chain');

    withStore(db, (store) => {
      prune(store, [1, 2, insertEvent(store, 'Events-90', 'stored a minute later')]);
      expect(checkpointBefore(store, '2026-03-02T12:00:30.000Z')).toBe(links);
    });

    expect(await verify(db)).toMatchObject({ broken: null, droppedThrough: links, pruned: 1, rows: { event: 10 } });
  });

  it('cannot be cut off by a checkpoint that the chain does not tell of', async () => {
    const db = copyOf(original, 'forged-checkpoint');

    tamper(db, (database) =>
      database.exec(`INSERT INTO _chain_checkpoint SELECT 999, link, hash, stored_at FROM _chain WHERE link = 1;
        DELETE FROM _chain WHERE link = 1`),
    );

    expect((await verify(db)).broken).not.toBeNull();
  });

  it('is not dropped over a row that was altered', () => {
    const db = copyOf(original, 'altered-checkpoint');
    tamper(db, (database) => database.exec("UPDATE _events SET username = 'mallory' WHERE event_pk = 3"));

    withStore(db, (store) => {
      expect(() => checkpointBefore(store, AT)).toThrow('event Events-10 is not what link 10 of the chain says');
    });

    expect(count(db, '_chain')).toBe(count(original, '_chain'));
  });
});

describe('processes that write at once', () => {
  const orders = (db: string, killBefore: number | null): ChainChildOrders => ({ db, transactions: 60, killBefore });

  it('leave one chain', { timeout: 60_000 }, async () => {
    const db = copyOf(original, 'two');
    const before = count(db, '_chain');

    const ends = await Promise.all([1, 2].map(() => runNode(CHILD, orders(db, null))));

    expect(ends.map((one) => one.code)).toEqual([0, 0]);
    expect(count(db, '_chain')).toBe(before + 2 * 60 * 3);
    expect(await verify(db)).toMatchObject({ broken: null });
  });

  it('and are killed between two statements leave a chain that holds, and the next goes on with it', {
    timeout: 60_000,
  }, async () => {
    const db = copyOf(original, 'killed');
    const statements = statementsToOpen();

    for (let step = 1; step <= 6; step++) {
      const { signal } = await runNode(CHILD, orders(db, statements + step * 3));
      expect(signal).toBe('SIGKILL');
      expect(await verify(db), `killed ${step * 3} statements in`).toMatchObject({ broken: null });
    }

    withStore(db, (store) => store.journal.add(AT, 'tested'));
    expect(await verify(db)).toMatchObject({ broken: null });
  });

  function statementsToOpen(): number {
    let statements = 0;
    const onStatement = () => {
      statements += 1;
    };
    openStore(copyOf(original, 'counted'), { monitorVersion: 'test', onStatement }).close();
    return statements;
  }
});

/** Stores an event of nobody with a message. */
function insertEvent(store: Store, id: string, message: string): number {
  const raw = JSON.stringify({ Id: id, Occurred: AT, Category: 'Modified', Message: message });
  const event = { ...parseStoredEvent(raw), message, raw: message.isWellFormed() ? raw : `${raw} ${message}` };
  return store.transaction(() => store.events.insert(1, event, NOTHING, AT, 'test'));
}

const NOTHING: Derived = {
  ...{ actorKind: null, actorName: null, apiKeyId: null, apiKeyPurpose: null, projectId: null, projectName: null },
  ...{ environmentId: null, environmentName: null, isProduction: null, isOffHours: false, offHoursReason: null },
  ...{ calendar: null, changeWindow: null, ticket: null, freeze: null },
  ...{ deploymentId: null, releaseVersion: null, tenantName: null, subjectAccount: null, variableSetId: null },
};

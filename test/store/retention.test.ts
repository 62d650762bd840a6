import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { readPrivacy, readRetention } from '../../src/config-retention.ts';
import { toInstant } from '../../src/lib/clock.ts';
import { createPruner, type KeptFor } from '../../src/pipeline/prune.ts';
import type { Store } from '../../src/store/index.ts';
import { copyOf, makeChained, withStore } from '../audit/chained-database.ts';
import { octowatch } from '../cli/octowatch.ts';
import { readRows } from '../support/canonical.ts';
import { makeFolder } from '../support/monitor.ts';
import { NOON } from '../support/small-history.ts';

const DAY = 86_400_000;
const RETENTION = readRetention({}, []);
const FOREVER: KeptFor = { eventsMs: null, findingsMs: null, journalMs: null, deliveriesMs: null };

const { folder, remove } = makeFolder();
let original = '';
beforeAll(async () => {
  original = await makeChained(folder);
});
afterAll(remove);

const count = (db: string, table: string) => Number(readRows(db, `SELECT count(*) AS n FROM ${table}`)[0]?.['n']);
const verify = (dbFile: string) => verifyChain({ dbFile, secret: null });

function pruneAll(db: string, nowMs: number, retention: KeptFor, longestTimespanMs = 0): number {
  return withStore(db, (store) => {
    const pruner = createPruner({ store, retention, longestTimespanMs });
    let removed = 0;
    for (let calls = 0; calls < 500; calls++) {
      const step = pruner.pruneSome(nowMs);
      removed += step.removed;
      if (step.isDone) return removed;
    }
    throw new Error('pruning does not end');
  });
}

function resolveAll(store: Store, atMs = NOON): void {
  for (const { finding_id } of store.db.prepare<[], { finding_id: number }>('SELECT finding_id FROM _findings').all())
    store.findings.resolve(finding_id, 'ended', toInstant(atMs));
}

describe('retention', () => {
  it('removes nothing before its time', async () => {
    const db = copyOf(original, 'young');

    expect(pruneAll(db, NOON + 300 * DAY, { ...RETENTION, deliveriesMs: null })).toBe(0);
    expect(await verify(db)).toMatchObject({ broken: null, pruned: 0 });
  });

  it('removes old events with all that hangs on them, but none that an open or acknowledged finding cites', async () => {
    const db = copyOf(original, 'cited');
    withStore(db, (store) => store.acknowledgements.add(1, { by: 'carla', note: '', until: null }, toInstant(NOON)));
    const cited = readRows(
      db,
      "SELECT DISTINCT event_id FROM _finding_events JOIN _findings USING (finding_id) WHERE status <> 'resolved' AND event_id LIKE 'Events-%' ORDER BY event_id",
    );
    expect(cited.length).toBeGreaterThan(3);

    pruneAll(db, NOON + 500 * DAY, RETENTION);

    const left = readRows(db, 'SELECT event_id FROM _events ORDER BY event_id').map((row) => row['event_id']);
    expect(left).toEqual(expect.arrayContaining(cited.map((row) => row['event_id'])));
    expect(left.length).toBeLessThan(12);
    // The youngest row stays as well: its number is not given a second time.
    const youngest = readRows(original, 'SELECT event_id FROM _events ORDER BY event_pk DESC LIMIT 1')[0]?.['event_id'];
    const wanted = new Set([...cited.map((row) => row['event_id']), youngest]);
    expect(left.filter((id) => !wanted.has(id))).toEqual([]);
    for (const table of ['_event_documents', '_variable_edits', '_signals', '_correlation_inputs']) {
      const key = table === '_correlation_inputs' ? 'seq' : 'event_pk';
      expect(count(db, `${table} WHERE ${key} NOT IN (SELECT event_pk FROM _events)`), table).toBe(0);
    }
    const result = await verify(db);
    expect(result).toMatchObject({ broken: null, rows: { event: left.length } });
    expect(result.pruned).toBeGreaterThan(0);
    expect(count(db, '_quarantine')).toBe(0);
    expect(count(db, '_address_days')).toBe(0);
  });

  it('keeps what was learned of an account, however old, until the account is gone for as long as events are kept', () => {
    const db = copyOf(original, 'learned');
    const learned = (user: string) => count(db, `_first_seen WHERE subject = '${user}'`);
    withStore(db, (store) => {
      for (const user of ['Users-2', 'Users-3']) {
        const pair = { fact: 'ActorNetwork', subject: user, value: '192.0.2.0/24' };
        store.transaction(() => store.firstSeen.learn(1, pair, toInstant(NOON - 500 * DAY)));
      }
      store.db.prepare("UPDATE _users SET gone_at = ? WHERE user_id = 'Users-3'").run(toInstant(NOON));
    });

    pruneAll(db, NOON + DAY, RETENTION);
    expect([learned('Users-2') > 0, learned('Users-3') > 0]).toEqual([true, true]);

    pruneAll(db, NOON + 500 * DAY, RETENTION);
    expect([learned('Users-2') > 0, learned('Users-3') > 0]).toEqual([true, false]);
  });

  it('keeps what a finding cites that an open one took in', () => {
    const db = copyOf(original, 'taken-in');
    withStore(db, (store) => {
      resolveAll(store);
      const [open, taken] = readRows(
        db,
        "SELECT finding_id FROM _findings WHERE rule NOT LIKE 'monitor%' ORDER BY finding_id",
      ).map((row) => Number(row['finding_id']));
      store.transaction(() => {
        store.chain.changed('finding', open ?? 0, () =>
          store.db
            .prepare("UPDATE _findings SET status = 'open', resolution = NULL, resolved_at = NULL WHERE finding_id = ?")
            .run(open),
        );
        store.chain.changed('finding', taken ?? 0, () =>
          store.db.prepare('UPDATE _findings SET superseded_by = ? WHERE finding_id = ?').run(open, taken),
        );
      });
      const held = [open, taken].flatMap((id) =>
        readRows(db, "SELECT event_id FROM _finding_events WHERE finding_id = ? AND event_id LIKE 'Events-%'", id),
      );
      pruneAll(db, NOON + 4 * 365 * DAY, RETENTION);
      const left = readRows(db, 'SELECT event_id FROM _events').map((row) => row['event_id']);
      expect(held.length).toBeGreaterThan(0);
      expect(left).toEqual(expect.arrayContaining(held.map((row) => row['event_id'])));
      expect(readRows(db, 'SELECT finding_id FROM _findings WHERE finding_id IN (?, ?)', open, taken)).toHaveLength(2);
    });
  });

  it('keeps events as long as correlations may need them', () => {
    const db = copyOf(original, 'needed');
    withStore(db, resolveAll);

    pruneAll(db, NOON + 40 * DAY, { ...FOREVER, eventsMs: 31 * DAY }, 60 * DAY);
    expect(count(db, '_events')).toBe(12);
    pruneAll(db, NOON + 40 * DAY, { ...FOREVER, eventsMs: 31 * DAY }, 7 * DAY);
    expect(count(db, '_events')).toBe(1);
  });

  it('removes resolved findings, journal and ledger after three years, drops their links, and the chain holds', async () => {
    const db = copyOf(original, 'years');
    const links = count(db, '_chain');
    withStore(db, (store) => {
      resolveAll(store);
      // A younger one that names an older.
      store.transaction(() => {
        const id = store.findings.open({
          ...{ instanceId: 1, rule: 'r', fingerprint: 'f', isState: false, level: 'low', title: 't', subject: 's' },
          ...{
            firstSeenAt: toInstant(NOON + 3 * 365 * DAY),
            lastSeenAt: toInstant(NOON + 3 * 365 * DAY),
            report: '{}',
          },
          ...{ ruleSha256: '', configSha256: '', monitorVersion: 'test', createdAt: toInstant(NOON + 3 * 365 * DAY) },
        });
        store.chain.changed('finding', id, () =>
          store.db.prepare('UPDATE _findings SET previous_finding_id = 1 WHERE finding_id = ?').run(id),
        );
      });
    });

    pruneAll(db, NOON + 1100 * DAY, RETENTION);

    expect(readRows(db, 'SELECT rule, previous_finding_id FROM _findings')).toEqual([
      { rule: 'r', previous_finding_id: null },
    ]);
    expect(readRows(db, 'SELECT action FROM journal').map((row) => row['action'])).toContain('pruned');
    expect(count(db, '_coverage')).toBe(1);
    const result = await verify(db);
    expect(result.broken).toBeNull();
    expect(result.droppedThrough).toBeGreaterThanOrEqual(links);
    // What goes on after it still holds.
    withStore(db, (store) => store.journal.add(toInstant(NOON + 1100 * DAY), 'tested'));
    expect(await verify(db)).toMatchObject({ broken: null });
  });

  it('removes deliveries of resolved findings after 90 days, never what is pending or of an open one', () => {
    const db = copyOf(original, 'deliveries');
    withStore(db, (store) => {
      store.db.exec("UPDATE _deliveries SET state = 'sent', sent_at = created_at");
      store.db.exec("UPDATE _deliveries SET state = 'pending', sent_at = NULL WHERE delivery_id = 2");
      store.findings.resolve(
        Number(store.db.prepare('SELECT finding_id FROM _deliveries WHERE delivery_id = 1').pluck().get()),
        'ended',
        toInstant(NOON),
      );
    });
    const before = readRows(db, 'SELECT delivery_id FROM _deliveries ORDER BY delivery_id').map(
      (row) => row['delivery_id'],
    );
    expect(before.length).toBeGreaterThan(2);

    pruneAll(db, NOON + 100 * DAY, RETENTION);

    const left = readRows(db, 'SELECT delivery_id FROM _deliveries ORDER BY delivery_id').map(
      (row) => row['delivery_id'],
    );
    expect(left).toEqual(before.filter((id) => id !== 1));
  });

  it('goes on with what is large in short transactions, between which others write', async () => {
    const db = copyOf(original, 'large');
    const rows = 3000;
    withStore(db, (store) => {
      resolveAll(store);
      store.transaction(() => {
        for (let index = 0; index < rows; index++)
          store.events.insert(
            1,
            {
              id: `Events-9${index}`,
              occurredAt: toInstant(NOON - 10 * DAY + index),
              category: 'Created',
              userId: null,
              username: 'bob',
              isService: null,
              identityEstablishedWith: null,
              userAgent: null,
              ipAddress: null,
              message: 'x',
              spaceId: null,
              relatedDocumentIds: [],
              changeDetails: null,
              raw: JSON.stringify({ text: 'y'.repeat(2000) }),
            } as never,
            {
              actorKind: null,
              actorName: null,
              apiKeyId: null,
              apiKeyPurpose: null,
              projectId: null,
              projectName: null,
              environmentId: null,
              environmentName: null,
              isProduction: null,
              isOffHours: false,
              offHoursReason: null,
              deploymentId: null,
              releaseVersion: null,
              tenantName: null,
              subjectAccount: null,
              variableSetId: null,
            } as never,
            toInstant(NOON),
            'test',
          );
      });
      const pruner = createPruner({ store, retention: RETENTION, longestTimespanMs: 0 });
      const tookMs: number[] = [];
      for (let isDone = false; !isDone; ) {
        const startedMs = performance.now();
        const step = pruner.pruneSome(NOON + 500 * DAY);
        tookMs.push(performance.now() - startedMs);
        expect(step.removed).toBeLessThanOrEqual(500 * 2);
        store.journal.add(toInstant(NOON), 'written between');
        isDone = step.isDone;
      }
      expect(tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)]).toBeLessThan(250);
    });
    expect(count(db, '_events')).toBe(1);
    expect(await verify(db)).toMatchObject({ broken: null });
  });
});

describe('octowatch prune', () => {
  it('says with --dry-run what would go, and without removes just that', async () => {
    const db = copyOf(original, 'command');
    withStore(db, resolveAll);
    writeFileSync(path.join(folder, 'octowatch.yaml'), 'retention: { events: 31d, journal: forever }\n');
    const run = (...args: string[]) => octowatch(['prune', ...args], { cwd: folder, env: { OCTOWATCH_DB: db } });

    const counted = withStore(db, (store) =>
      createPruner({ store, retention: RETENTION, longestTimespanMs: 0 }).due(NOON + 500 * DAY),
    );
    const dry = await run('--dry-run');

    expect(counted.counts).toMatchObject({ events: 11, findings: 0, journal: 0 });
    expect(dry).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Nothing was changed.') });
    expect(dry.stdout).toMatch(/^11 events before \d{4}-/m);
    expect(dry.stdout).toContain('journal entries: kept for ever');
    expect(count(db, '_events')).toBe(12);
    expect((await run()).stdout).toContain('Done.');
    expect(count(db, '_events')).toBe(1);
    expect(await verify(db)).toMatchObject({ broken: null });
  });
});

describe('the settings', () => {
  it('are 400 days, three years and 90 days unless set, and refuse what is too short or no duration', () => {
    const mistakes: string[] = [];

    expect(RETENTION).toEqual({
      eventsMs: 400 * DAY,
      findingsMs: 1095 * DAY,
      journalMs: 1095 * DAY,
      deliveriesMs: 90 * DAY,
    });
    expect(readRetention({ retention: { events: '2y', journal: 'forever' } }, mistakes)).toMatchObject({
      eventsMs: 730 * DAY,
      journalMs: null,
    });
    expect(mistakes).toEqual([]);
    readRetention({ retention: { events: '7d', findings: 'long' } }, mistakes);
    expect(mistakes).toEqual([
      'retention.events: 7d is less than 31d',
      'retention.findings: "long" is no duration; write 400d, 3y or forever',
    ]);
    expect(readPrivacy({ privacy: { leaveOut: ['userAgent'] } })).toEqual({ leaveOut: ['userAgent'] });
  });
});

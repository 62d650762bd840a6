import { describe, expect, it } from 'vitest';
import { coverageStatement } from '../../src/audit/coverage-statement.ts';
import { coverageText } from '../../src/audit/coverage-text.ts';
import { bindParameters, findQuestion } from '../../src/audit/questions.ts';
import { openStore, type Store } from '../../src/store/index.ts';

const OCTOBER = { from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' };
const DAY_MS = 86_400_000;
const BEGIN_MS = Date.parse(OCTOBER.from);
const at = (ms: number) => new Date(ms).toISOString();

type Window = {
  from: string;
  to: string;
  total?: number | null;
  seen?: number;
  outcome?: 'read' | 'short' | `failed: ${string}`;
  purpose?: string;
  finishedAt?: string;
  setAside?: number;
  skew?: number | null;
};

/** A month on one instance; `poll` enters a window as reading would. */
function startMonth(name = 'default') {
  const store = openStore(':memory:', { monitorVersion: 'test' });
  const instanceId = store.instances.ensure(name, 'https://octopus.example.com', 60_000).instance_id;
  let number = 0;
  return {
    store,
    poll(window: Window) {
      store.coverage.add({
        instanceId,
        purpose: window.purpose ?? 'tail',
        windowFrom: window.from,
        windowTo: window.to,
        serverTotal: window.total === undefined ? 0 : window.total,
        eventsSeen: window.seen ?? window.total ?? 0,
        eventsNew: 0,
        setAside: window.setAside ?? 0,
        fieldsAbsent: 0,
        clockSkewSeconds: window.skew ?? null,
        startedAt: window.to,
        finishedAt: window.finishedAt ?? window.to,
        outcome: window.outcome ?? 'read',
      });
      store.instances.advanceWatermark(instanceId, window.to);
    },
    addEvents(count: number, from: string) {
      for (let index = 0; index < count; index += 1) {
        number += 1;
        store.db
          .prepare(
            `INSERT INTO _events (instance_id, event_id, occurred_at, category, is_off_hours, received_at, judged_by)
             VALUES (?, ?, ?, 'Modified', 0, ?, 'x')`,
          )
          .run(instanceId, `Events-${number}`, at(Date.parse(from) + index * 1000), from);
      }
    },
    raiseShrunken(seen: string, lastGood: string, resolvedAt: string | null) {
      store.db
        .prepare(
          `INSERT INTO _findings (instance_id, rule, fingerprint, is_state, level, title, subject, first_seen_at, last_seen_at,
             event_count, status, resolution, report, rule_sha256, config_sha256, monitor_version, created_at, resolved_at)
           VALUES (?, 'monitor_visibility_shrunk', 'x', 1, 'high', ?, 'default', ?, ?, 1, ?, ?, ?, 'x', 'x', 'test', ?, ?)`,
        )
        .run(
          instanceId,
          'default: the account lost EventView\u001b[31m',
          seen,
          seen,
          resolvedAt === null ? 'open' : 'resolved',
          resolvedAt === null ? null : 'ended',
          JSON.stringify({ why: `It had more permissions at ${lastGood}. Octopus leaves out.` }),
          seen,
          resolvedAt,
        );
    },
    say: (asOf = '2026-11-02T00:00:00.000Z') => coverageStatement(store.db, OCTOBER.from, OCTOBER.to, asOf),
    instanceId,
  };
}

type Month = ReturnType<typeof startMonth>;

/** Every day of October in one window of its own, with two events in each. */
function readAllDays(month: Month, except: readonly number[] = []) {
  for (let day = 0; day < 31; day += 1) {
    if (except.includes(day)) continue;
    const from = at(BEGIN_MS + day * DAY_MS);
    month.addEvents(2, from);
    month.poll({ from, to: at(BEGIN_MS + (day + 1) * DAY_MS), total: 2, purpose: 'reread', skew: day / 10 });
  }
}

function ask(store: Store, from: string, to: string): Record<string, unknown>[] {
  const question = findQuestion('coverage');
  return store.db.prepare<[object], Record<string, unknown>>(question.sql).all(bindParameters(question, { from, to }));
}

describe('the coverage statement', () => {
  it('says in its text since when addresses tell nothing, by the events up to its end', () => {
    const month = startMonth();
    readAllDays(month);
    month.store.addresses.count(month.instanceId, '2026-10-20', '203.0.113.9', 40);
    const behindProxy = month.say();
    month.store.addresses.count(month.instanceId, '2026-10-31', '198.51.100.1', 40);
    const mended = month.say();

    expect(behindProxy.instances[0]?.addressesUntrustedSince).toBe('2026-10-20');
    expect(coverageText(behindProxy)).toContain(
      "  Facts about addresses are off since 2026-10-20: nearly all of people's events come from one address.\n",
    );
    expect(mended.instances[0]?.addressesUntrustedSince).toBeNull();
    expect(coverageText(mended)).not.toContain('addresses');
  });

  it('of a month that was read whole says so in one sentence', () => {
    const month = startMonth();
    readAllDays(month);

    expect(month.say().sentence).toBe(
      '1 Oct to 31 Oct 2026 (UTC): 100 % of the time covered, no gap; the server counted 62 events, 62 stored; not audited by Octopus: reads, sign-outs, variables kept in Git',
    );
    expect(month.say().instances[0]).toMatchObject({ largestClockSkewSeconds: 3, noLongerStored: 0, windows: 31 });
  });

  it('names each gap with its reason and never rounds up to 100 %', () => {
    const month = startMonth();
    readAllDays(month, [3, 10]);
    const outage = BEGIN_MS + 3 * DAY_MS;
    month.poll({ from: at(outage), to: at(outage + DAY_MS - 60_000) });
    month.poll({ from: at(outage), to: at(outage + DAY_MS), outcome: 'failed: timeout: no answer\u001b[2J in 30 s' });
    const stopped = BEGIN_MS + 10 * DAY_MS;
    month.poll({ from: at(stopped), to: at(stopped + DAY_MS - 10 * 60_000) });

    const said = month.say();

    expect(said.sentence).toContain('99.97 % of the time covered, 2 gaps, 11 min');
    expect(said.instances[0]?.gaps).toEqual([
      {
        fromAt: '2026-10-04T23:59:00.000Z',
        toAt: '2026-10-05T00:00:00.000Z',
        reason: expect.stringContaining('reading failed: timeout'),
      },
      {
        fromAt: '2026-10-11T23:50:00.000Z',
        toAt: '2026-10-12T00:00:00.000Z',
        reason: expect.stringContaining('did not run'),
      },
    ]);
    expect(coverageText(said)).not.toContain('\u001b');
  });

  it('of one millisecond that is missing is not 100 %', () => {
    const month = startMonth();
    readAllDays(month, [3]);
    month.poll({ from: at(BEGIN_MS + 3 * DAY_MS), to: at(BEGIN_MS + 4 * DAY_MS - 1) });

    expect(month.say().sentence).toContain('99.99 % of the time covered, 1 gap, less than 1 s');
  });

  it('claims nothing of a month nobody read, nor of one that has not begun', () => {
    const month = startMonth();

    expect(month.say().sentence).toContain('nothing is known: no window of this time was read');
    expect(month.say('2026-09-01T00:00:00.000Z').sentence).toContain('the period lies in the future');
    expect(
      coverageStatement(openStore(':memory:', { monitorVersion: 'test' }).db, OCTOBER.from, OCTOBER.to).sentence,
    ).toContain('no instance was ever read');
  });

  it('judges a month that is not over up to now, and says so', () => {
    const month = startMonth();
    readAllDays(month, [...Array(31).keys()].slice(15));

    const said = month.say('2026-10-16T00:00:00.000Z');

    expect(said.sentence).toContain(
      '1 Oct to 31 Oct 2026 (UTC), so far (until 2026-10-16T00:00:00.000Z): 100 % of the time',
    );
    expect(month.say('2026-10-17T00:00:00.000Z').instances[0]?.gaps).toEqual([
      { fromAt: '2026-10-16T00:00:00.000Z', toAt: '2026-10-17T00:00:00.000Z', reason: 'not read yet' },
    ]);
  });

  it('tells time before the first reading from time in which it did not run', () => {
    const month = startMonth();
    readAllDays(month, [0, 1]);

    expect(month.say().instances[0]?.gaps.map((gap) => gap.reason)).toEqual(['before the time the monitor has read']);
  });

  it('counts events the server had beyond what came, until a later reading makes it good', () => {
    const month = startMonth();
    readAllDays(month, [5]);
    const from = at(BEGIN_MS + 5 * DAY_MS);
    const to = at(BEGIN_MS + 6 * DAY_MS);
    month.addEvents(4, from);
    month.poll({ from, to, total: 7, seen: 4, outcome: 'short' });
    expect(month.say().sentence).toContain('1 gap, 24 h; the server counted 67 events, 64 stored');

    month.addEvents(3, at(BEGIN_MS + 5 * DAY_MS + 3_600_000));
    month.poll({ from, to, total: 7, purpose: 'reread', finishedAt: at(BEGIN_MS + 7 * DAY_MS) });

    expect(month.say().sentence).toContain('no gap; the server counted 67 events, 67 stored');
  });

  it('counts a difference that a second reading found, though the first one had come whole', () => {
    const month = startMonth();
    readAllDays(month);
    const gap = { from: at(BEGIN_MS + 2 * DAY_MS), to: at(BEGIN_MS + 3 * DAY_MS) };
    month.store.gaps.record(month.instanceId, gap.from, gap.to, 3);
    month.poll({
      ...gap,
      total: 5,
      seen: 2,
      outcome: 'short',
      purpose: 'reread',
      finishedAt: '2026-10-05T00:00:00.000Z',
    });

    expect(month.say().sentence).toContain('1 gap, 24 h; the server counted 65 events, 62 stored');
    expect(ask(month.store, '2026-10-01', '2026-10-31')[0]).toMatchObject({ gaps: 1, events_missing: 3 });
  });

  it('says that events which were read are not there any more: counting what is left proves nothing', () => {
    const month = startMonth();
    readAllDays(month);
    month.store.db.exec("DELETE FROM _events WHERE event_id IN ('Events-7', 'Events-8', 'Events-9')");

    expect(month.say().sentence).toContain(
      'the server counted at least 61 events, 59 stored, at least 2 that were read are no longer stored',
    );
  });

  it('does not take events that came in the seconds a tail had not settled for lost', () => {
    const month = startMonth();
    const seam = BEGIN_MS + DAY_MS;
    month.addEvents(3, at(seam + 1000));
    // Asked for up to now and counted there, entered up to five seconds before.
    month.poll({ from: at(BEGIN_MS), to: at(seam), total: 3 });

    expect(month.say().instances[0]).toMatchObject({ noLongerStored: 0, eventsStored: 3 });
  });

  it('says for how much of the time the server gave a count', () => {
    const month = startMonth();
    readAllDays(month, [30]);
    month.poll({ from: at(BEGIN_MS + 30 * DAY_MS), to: OCTOBER.to, total: null });

    expect(month.say().sentence).toContain(
      'the server counted 60 events (it said a count for 96.77 % of the time read), 60 stored',
    );
  });

  it('says that there is no count where the server never gave one', () => {
    const month = startMonth();
    month.poll({ from: OCTOBER.from, to: at(BEGIN_MS + DAY_MS), total: null });

    expect(month.say().sentence).toContain('the server said no count of events, 0 stored');
  });

  it('takes time for covered only if all permissions were there, or it was read again with them', () => {
    const month = startMonth();
    readAllDays(month);
    month.raiseShrunken('2026-10-10T12:00:00.000Z', '2026-10-10T11:00:00.000Z', '2026-10-11T12:00:00.000Z');
    const before = month.say();
    month.poll({
      from: '2026-10-10T10:45:00.000Z',
      to: '2026-10-11T12:00:00.000Z',
      purpose: 'visibility',
      finishedAt: '2026-10-11T12:05:00.000Z',
      total: 2,
    });

    const after = month.say();

    expect(before.instances[0]?.gaps).toEqual([
      {
        fromAt: '2026-10-10T11:00:00.000Z',
        toAt: '2026-10-11T12:00:00.000Z',
        reason: 'permissions were missing: default: the account lost EventView\\u{1b}[31m',
      },
    ]);
    expect(after.instances[0]).toMatchObject({ share: 1, gaps: [], visibility: [{ isReadAgain: true }] });
    expect(coverageText(after)).toContain(
      'Less was visible from 2026-10-10T11:00:00.000Z to 2026-10-11T12:00:00.000Z (read again since)',
    );
  });

  it('names every instance when there are several', () => {
    const month = startMonth('eu');
    month.store.instances.ensure('us', 'https://us.example.com', 60_000);
    readAllDays(month);

    expect(month.say().sentence).toMatch(/: eu: 100 % .* \| us: nothing is known/);
  });
});

describe('query --saved coverage', () => {
  it.each<[string, (month: Month) => void]>([
    ['read whole', (month) => readAllDays(month)],
    [
      'with an outage and a stop',
      (month) => {
        readAllDays(month, [3, 10, 11]);
        month.poll({ from: '2026-10-04T00:00:00.000Z', to: '2026-10-04T12:00:00.000Z', outcome: 'failed: http 500' });
        month.poll({ from: '2026-10-04T06:00:00.000Z', to: '2026-10-05T00:00:00.000Z' });
      },
    ],
    [
      'with windows that overlap and one that stays short',
      (month) => {
        readAllDays(month, [7]);
        month.poll({ from: '2026-10-07T20:00:00.000Z', to: '2026-10-08T18:00:00.000Z', total: 0 });
        month.poll({
          from: '2026-10-08T12:00:00.000Z',
          to: '2026-10-09T00:00:00.000Z',
          total: 9,
          seen: 5,
          outcome: 'short',
        });
        month.addEvents(5, '2026-10-08T19:00:00.000Z');
      },
    ],
  ])('agrees with the statement on a month %s', (_name, fill) => {
    const month = startMonth();
    fill(month);
    const said = month.say().instances[0];

    const [row] = ask(month.store, '2026-10-01', '2026-10-31');

    expect(row).toMatchObject({
      gaps: said?.gaps.length,
      windows: said?.windows,
      failed_windows: said?.failedWindows,
      events_stored: said?.eventsStored,
    });
    expect(row?.['gap_minutes']).toBeCloseTo((said?.uncoveredMs ?? 0) / 60_000, 1);
    expect(Number(row?.['events_stored']) + Number(row?.['events_missing'])).toBe(said?.serverCounted);
    expect(row?.['covered_percent']).toBe(Math.floor((said?.share ?? 0) * 100_000) / 1000);
  });

  it('without dates covers the time that was read, and nothing where nothing was', () => {
    const month = startMonth();
    expect(month.store.db.prepare(findQuestion('coverage').sql).all({ from: null, to: null })).toEqual([]);
    readAllDays(month);

    const [row] = month.store.db
      .prepare<[object], Record<string, unknown>>(findQuestion('coverage').sql)
      .all({ from: null, to: null });

    expect(row).toMatchObject({ begin_at: OCTOBER.from, end_at: OCTOBER.to, covered_percent: 100 });
  });
});

import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireEvent } from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import {
  createCalendar,
  createChangeWindow,
  createEventJudge,
  createProductionMatcher,
  createZone,
} from '../../src/enrich/index.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { failedSignIn, NOON, queuedAt, startedAt } from '../support/small-history.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday 00:00, a week before the time of judging. */
const MONDAY = NOON - 7 * DAY - 12 * HOUR;
const OWN_RULES = fileURLToPath(new URL('corrections.yml', import.meta.url));
const SHIPPED = fileURLToPath(new URL('../../rules/deployments', import.meta.url));
const pack = loadRulePack([SHIPPED, OWN_RULES], {}, { areExamplesRequired: false });

type Judge = ReturnType<typeof createEventJudge>;

const zone = fc
  .constantFrom('UTC', 'Europe/London', 'America/Los_Angeles', 'Asia/Singapore', 'Asia/Kathmandu')
  .map(createZone);
const interval = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 1, max: 14 }))
  .map(([from, length]) => ({ fromMinute: from * 60, toMinute: (from + length) * 60 }));
const weeklyHours = fc.array(fc.array(interval, { maxLength: 2 }), { minLength: 7, maxLength: 7 });
const span = fc
  .tuple(fc.integer({ min: 0, max: 7 * 24 }), fc.integer({ min: 1, max: 60 }))
  .map(([from, length]) => ({ fromMs: MONDAY + from * HOUR, toMs: MONDAY + (from + length) * HOUR }));
const calendar = (name: string) =>
  fc
    .record({
      zone,
      weeklyHours,
      holidays: fc.subarray(['2026-02-23', '2026-02-25', '2026-02-28', '2026-03-01']),
      freezes: fc.array(span, { maxLength: 1 }),
    })
    .map((options) => createCalendar({ name, ...options }));
const match = fc.option(
  fc.record(
    {
      project: fc.constantFrom(['Web Shop'], ['Back *']),
      environment: fc.constantFrom(['Production'], ['Staging', 'Live EU']),
    },
    { requiredKeys: ['project'] },
  ),
  { nil: null },
);
const changeWindow = fc
  .record({ match, weekly: fc.option(weeklyHours, { nil: null }), span, isBroad: fc.boolean() })
  .map(({ match: places, weekly, span: { fromMs, toMs }, isBroad }) =>
    createChangeWindow({
      ...{ name: 'window', owner: 'mira', ticket: 'CHG-1', match: places, weekly, zone: null, duringFreeze: isBroad },
      fromMs: () => (isBroad && weekly ? null : fromMs),
      toMs: () => (isBroad && weekly ? null : toMs),
    }),
  );
/** Whatever can be configured of what events are judged by. */
const judge: fc.Arbitrary<Judge> = fc
  .record({
    calendar: calendar('default'),
    calendars: fc.array(fc.record({ calendar: calendar('other'), match }), { maxLength: 1 }),
    changeWindows: fc.array(changeWindow, { maxLength: 2 }),
    production: fc
      .option(fc.subarray(['Production', 'Staging', 'Live EU']), { nil: undefined })
      .map((patterns) => createProductionMatcher(patterns)),
  })
  .map((options) =>
    Object.assign(createEventJudge(options), {
      // What is printed of a counterexample.
      [fc.toStringMethod]: () =>
        JSON.stringify({
          calendar: [options.calendar.describe(), options.calendar.settings],
          others: options.calendars.map((one) => [one.match, one.calendar.describe(), one.calendar.settings]),
          windows: options.changeWindows.map((one) => one.describe(options.calendar.zone)),
          production: options.production.patterns,
        }),
    }),
  );

const acts = fc.array(
  fc.record({
    hours: fc.integer({ min: 0, max: 7 * 24 }),
    delayMs: fc.constantFrom(5000, 3 * HOUR, 20 * HOUR),
    who: fc.constantFrom('alice', 'svc-deploy'),
    project: fc.constantFrom('Web Shop', 'Back Office'),
    environment: fc.constantFrom('Production', 'Staging', 'Live EU'),
    kind: fc.constantFrom('both', 'both', 'queued', 'started', 'sign-in'),
  }),
  { minLength: 1, maxLength: 10 },
);

function eventsOf(history: typeof acts extends fc.Arbitrary<infer T> ? T : never): WireEvent[] {
  return history.flatMap(({ hours, delayMs, kind, ...facts }, index) => {
    const at = MONDAY + hours * HOUR;
    const [first, second] = [`Events-${2 * index}`, `Events-${2 * index + 1}`];
    if (kind === 'sign-in') return [failedSignIn(first, at, facts.who)];
    return [
      ...(kind === 'started' ? [] : [queuedAt(first, at, index, facts)]),
      ...(kind === 'queued' ? [] : [startedAt(second, at + delayMs, index, facts)]),
    ];
  });
}

function meaning({ rows }: Evaluation) {
  return {
    events: rows(
      `SELECT event_id, actor_name, is_production, is_off_hours, off_hours_reason, calendar, change_window, ticket, freeze,
         judged_by FROM events ORDER BY event_id`,
    ),
    signals: rows('SELECT rule, event_id, occurred_at, level FROM signals ORDER BY rule, event_id'),
    inputs: rows(
      'SELECT correlation, group_key, at_ms, rule, ref, value FROM _correlation_inputs ORDER BY 1, 2, 3, 4, 5',
    ),
    findings: rows(
      `SELECT rule, subject, level, title, first_seen_at, last_seen_at, event_count, json_extract(report, '$.why') AS why,
         (SELECT group_concat(event_id) FROM (SELECT event_id FROM _finding_events e WHERE e.finding_id = f.finding_id
            ORDER BY event_id)) AS evidence
       FROM _findings f WHERE status = 'open'`,
    )
      .map((row) => JSON.stringify(row))
      .sort(),
  };
}

describe('history that is judged again', () => {
  it('means what it would mean had the configuration always been that of now, whatever it was and however it was cut', () => {
    fc.assert(
      fc.property(
        acts,
        fc.array(judge, { minLength: 2, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (history, judges, slice) => {
          const events = eventsOf(history).toSorted((a, b) => (a.Occurred < b.Occurred ? -1 : 1));
          const [first, ...corrections] = judges;
          const last = corrections.at(-1);
          const corrected = startEvaluation({ slack: 'low' }, pack, { judge: first, isSuperseding: true });
          const fresh = startEvaluation({ slack: 'low' }, pack, {
            judge: last,
            judgedBy: `judge ${corrections.length}`,
            isSuperseding: true,
          });
          corrected.feed(...events);
          fresh.feed(...events);

          for (const [index, one] of corrections.entries()) corrected.rejudge(one, `judge ${index + 1}`, slice);

          expect(meaning(corrected)).toEqual(meaning(fresh));
          corrected.store.close();
          fresh.store.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

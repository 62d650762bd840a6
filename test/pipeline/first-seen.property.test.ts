import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { FirstSeenPair } from '../../src/enrich/index.ts';
import { toInstant } from '../../src/lib/clock.ts';
import { createFirstSeen } from '../../src/pipeline/first-seen.ts';
import { openStore } from '../../src/store/index.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const LEARNING_MS = 14 * 24 * HOUR;
let scripts = 0;

type Shown = { readonly at: number; readonly pairs: readonly FirstSeenPair[] };
type Window = {
  readonly events: readonly Shown[];
  readonly isPastUnread: boolean;
  /** A new process stores it. */
  readonly isRestarted: boolean;
  /** It is stored, rolled back and stored again. */
  readonly isRolledBack: boolean;
};
type Decision = Readonly<Record<string, boolean>> | null;

const pair: fc.Arbitrary<FirstSeenPair> = fc.record({
  fact: fc.constantFrom('ActorNetwork', 'KeyClient'),
  subject: fc.constantFrom('Users-1', 'Users-2'),
  value: fc.constantFrom('192.0.2.0/24', 'curl', 'octo'),
});
// A month in hours, so that times coincide and the learning begins and ends within it.
const shown: fc.Arbitrary<Shown> = fc.record({
  at: fc.integer({ min: 0, max: 30 * 24 }).map((hours) => START + hours * HOUR),
  pairs: fc.uniqueArray(pair, { maxLength: 3, selector: ({ fact }) => fact }),
});
const windows: fc.Arbitrary<readonly Window[]> = fc.array(
  fc.record({
    events: fc.array(shown, { maxLength: 8 }),
    isPastUnread: fc.boolean(),
    isRestarted: fc.boolean(),
    isRolledBack: fc.boolean(),
  }),
  { maxLength: 6 },
);

/** What has to be decided, said in the simplest way: by all events stored before, in their order, and nothing else. */
function expected(all: readonly (Shown & { readonly isPastUnread: boolean })[]): Decision[] {
  return all.map(({ at, pairs, isPastUnread }, index) => {
    const before = all.slice(0, index).filter((one) => one.pairs.length > 0);
    const beginning = Math.min(at, ...before.map((one) => one.at));
    if (pairs.length === 0 || isPastUnread || at < beginning + LEARNING_MS) return null;
    const isKnown = (asked: FirstSeenPair) =>
      before.some((one) => one.at <= at && one.pairs.some((other) => keyOf(other) === keyOf(asked)));
    const hasClient = ({ fact, subject }: FirstSeenPair) =>
      before.some((one) => one.at <= at && one.pairs.some((other) => other.fact === fact && other.subject === subject));
    const told = pairs.filter((asked) => asked.fact !== 'KeyClient' || hasClient(asked));
    if (told.length === 0) return null;
    return Object.fromEntries(told.map((asked) => [`FirstSeen.${asked.fact}`, !isKnown(asked)]));
  });
}

function keyOf({ fact, subject, value }: FirstSeenPair): string {
  return JSON.stringify([fact, subject, value]);
}

const store = openStore(':memory:', { monitorVersion: 'test' });
afterAll(() => store.close());

/** Each script has an instance of its own in the one database, so that none knows of another. */
function decideAll(script: readonly Window[]): { readonly decided: Decision[]; readonly stored: unknown[] } {
  const { instance_id } = store.instances.ensure(`script-${++scripts}`, 'https://octopus.example.com', 60_000);
  let begin = createFirstSeen(store);
  const decided = script.flatMap(({ events, isPastUnread, isRestarted, isRolledBack }) => {
    if (isRestarted) begin = createFirstSeen(store);
    const decide = () => {
      const one = begin(instance_id, isPastUnread, () => true);
      return events.map(({ at, pairs }) => one(toInstant(at), pairs));
    };
    if (isRolledBack) {
      const failing = () =>
        store.transaction(() => {
          decide();
          throw new Error('power cut');
        });
      expect(failing).toThrow('power cut');
    }
    return store.transaction(decide);
  });
  const stored = store.db
    .prepare('SELECT fact, subject, value, first_at FROM _first_seen WHERE instance_id = ? ORDER BY 1, 2, 3')
    .all(instance_id);
  return { decided, stored };
}

test('decisions follow from the events and the order they are stored in, whatever windows, restarts and rollbacks', () => {
  fc.assert(
    fc.property(windows, (script) => {
      const all = script.flatMap(({ events, isPastUnread }) => events.map((event) => ({ ...event, isPastUnread })));

      expect(decideAll(script).decided).toEqual(expected(all));
    }),
    { numRuns: 500 },
  );
});

test('events in the order of time are decided alike in one window and in many', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(shown, { maxLength: 30 }), cuts, (events, sizes) => {
      const inOrder = events.toSorted((a, b) => a.at - b.at);
      const whole = { isPastUnread: false, isRestarted: false, isRolledBack: false };
      const many: Window[] = [];
      for (let from = 0, n = 0; from < inOrder.length; n++) {
        const to = from + (sizes[n % sizes.length] ?? 1);
        many.push({ ...whole, events: inOrder.slice(from, to), isRestarted: n % 2 === 1 });
        from = to;
      }

      expect(decideAll(many)).toEqual(decideAll([{ ...whole, events: inOrder }]));
    }),
    { numRuns: 200 },
  );
});

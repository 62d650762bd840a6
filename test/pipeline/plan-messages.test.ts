import { describe, expect, it } from 'vitest';
import { type PlanFacts, planMessages } from '../../src/pipeline/plan-messages.ts';
import type { DueDelivery } from '../../src/store/index.ts';
import { NOON } from '../support/small-history.ts';

const HOUR = 3_600_000;
const NOW = new Date(NOON).toISOString();

function due(id: number, facts: Partial<DueDelivery> = {}): DueDelivery {
  return {
    delivery_id: id,
    finding_id: id,
    kind: 'alert',
    is_catch_up: 0,
    is_correction: 0,
    attempts: 0,
    instance_id: 1,
    rule: 'a_rule',
    is_state: 0,
    level: 'medium',
    last_seen_at: NOW,
    novelties: null,
    ...facts,
  };
}

const many = (count: number, facts: Partial<DueDelivery> = {}, from = 1) =>
  Array.from({ length: count }, (_, index) => due(from + index, facts));
const weaker = (id: number, facts: Partial<DueDelivery> = {}) =>
  due(id, { rule: 'monitor_detection_weakened', level: 'high', ...facts });
const hoursAgo = (hours: number) => ({ last_seen_at: new Date(NOON - hours * HOUR).toISOString() });
const all = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

/** The numbers of each message: one for a single, a list behind the kind of any other. */
function shapeOf(deliveries: readonly DueDelivery[], facts: Partial<PlanFacts> = {}): unknown[] {
  const messages = planMessages(deliveries, {
    nowMs: NOON,
    isAboutKeys: (rule) => rule === 'key_rule',
    isToldOfKeysToday: () => false,
    releaseOf: () => null,
    fitting: () => 15,
    ...facts,
  });
  return messages.map(({ kind, deliveries: own }) =>
    kind === 'single' ? own[0]?.delivery_id : [kind, ...own.map((one) => one.delivery_id)],
  );
}

describe('what goes into which message', () => {
  it.each<[string, readonly DueDelivery[], unknown]>([
    ['nothing is nothing', [], []],
    ['ten are told singly, in the order they were found', many(10), all(10)],
    ['eleven are one summary', many(11), [['summary', ...all(11)]]],
    [
      'a summary begins with the gravest',
      [...many(10), due(11, { level: 'high', ...hoursAgo(73) })],
      [['summary', 11, ...all(10)]],
    ],
    [
      'a high one of the last 72 hours is told singly',
      [...many(11), due(12, { level: 'high', ...hoursAgo(72) })],
      [12, ['summary', ...all(11)]],
    ],
    [
      'an older high one is folded',
      [...many(11), due(12, { level: 'high', ...hoursAgo(72.01) })],
      [['summary', 12, ...all(11)]],
    ],
    [
      'a critical one of the last seven days is told singly',
      [...many(11), due(12, { level: 'critical', ...hoursAgo(168) })],
      [12, ['summary', ...all(11)]],
    ],
    [
      'an older critical one is folded',
      [...many(11), due(12, { level: 'critical', ...hoursAgo(168.01) })],
      [['summary', 12, ...all(11)]],
    ],
    ['grave and young ones are told singly however many they are', many(12, { level: 'critical' }), all(12)],
    ['catch-up and news are counted apart', [...many(10), ...many(10, { is_catch_up: 1 }, 11)], all(20)],
    [
      'a flood of catch-up leaves news alone',
      [...many(2), ...many(11, { is_catch_up: 1 }, 11)],
      [1, 2, ['summary', ...all(11, 11)]],
    ],
    [
      'what ended is told singly and first',
      [...many(11), due(12, { kind: 'resolved' })],
      [12, ['summary', ...all(11)]],
    ],
    [
      'a flood of repeats is a summary of its own',
      [...many(2), ...many(11, { kind: 'repeat' }, 11)],
      [['summary', ...all(11, 11)], 1, 2],
    ],
    [
      'what one start found weaker is one message per instance, however grave',
      [weaker(1), due(2), weaker(3, { level: 'critical' }), weaker(4, { instance_id: 2 })],
      [2, ['summary', 3, 1], 4],
    ],
    ['one thing that is weaker is told singly', [weaker(1), due(2)], [2, 1]],
    [
      'what is weaker no more is told singly',
      [weaker(1, { kind: 'resolved' }), weaker(2, { kind: 'resolved' })],
      [1, 2],
    ],
    ['reminders of grave and young findings stay single', many(11, { kind: 'reminder', level: 'high' }), all(11)],
  ])('%s', (_, deliveries, expected) => {
    expect(shapeOf(deliveries)).toEqual(expected);
  });

  it('a summary that would hold more than its channel takes becomes several, each as full as it can be', () => {
    expect(shapeOf(many(32), { fitting: (rest) => (rest.length > 20 ? 20 : 7) })).toEqual([
      ['summary', ...all(20)],
      ['summary', ...all(7, 21)],
      ['summary', ...all(5, 28)],
    ]);
  });

  it('one release to many tenants is one message, and counts as one when a flood is counted', () => {
    const releaseOf = (one: DueDelivery) => (one.delivery_id <= 200 ? '4.2.1' : null);

    expect(shapeOf([...many(200), ...many(3, {}, 201)], { releaseOf })).toEqual([
      ['release', ...all(200)],
      201,
      202,
      203,
    ]);
  });

  it('one release found by two rules, or at two levels, is told of each', () => {
    const deliveries = [due(1), due(2), due(3, { rule: 'other' }), due(4, { level: 'high' })];

    expect(shapeOf(deliveries, { releaseOf: () => '4.2.1' })).toEqual([['release', 1, 2], 3, 4]);
  });
});

describe('findings about API keys', () => {
  const key = (id: number, facts: Partial<DueDelivery> = {}) => due(id, { rule: 'key_rule', is_state: 1, ...facts });

  it('share one message per instance, whatever became of them', () => {
    const deliveries = [
      key(1),
      key(2, { kind: 'resolved' }),
      key(3, { instance_id: 2 }),
      key(4, { level: 'high' }),
      due(5),
    ];

    expect(shapeOf(deliveries)).toEqual([5, ['keys', 4, 1, 2], 3]);
  });

  it('wait for the next day once their instance was told of', () => {
    const isToldOfKeysToday = (instanceId: number) => instanceId === 1;

    expect(shapeOf([key(1), key(2), key(3, { instance_id: 2 })], { isToldOfKeysToday })).toEqual([3]);
  });

  it('are told singly and at once when they are critical', () => {
    expect(shapeOf([key(1, { level: 'critical' }), key(2)], { isToldOfKeysToday: () => true })).toEqual([1]);
  });
});

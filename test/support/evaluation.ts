import { fileURLToPath } from 'node:url';
import type { WireEvent } from '../../src/demo/index.ts';
import { createDetector, type DetectContext, loadRulePack, type RulePack } from '../../src/detect/index.ts';
import {
  createCalendar,
  createEventJudge,
  createInventoryIndex,
  createProductionMatcher,
  createZone,
} from '../../src/enrich/index.ts';
import { toInstant } from '../../src/lib/clock.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import { compareLevels, type Level } from '../../src/model/finding.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { parseStoredEvent } from '../../src/octopus/index.ts';
import { createEvaluator } from '../../src/pipeline/evaluate.ts';
import { createRejudger } from '../../src/pipeline/rejudge.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { alice, deployer, NOON } from './small-history.ts';

const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
const shipped = loadRulePack([RULES]);

export type Evaluation = {
  readonly store: Store;
  readonly context: DetectContext;
  /** Stores and judges events as one window, whatever their order. */
  feed(...events: readonly WireEvent[]): void;
  /** Judges a stored event, given as it was stored, with its details as they were read singly. */
  settle(eventPk: number, storedRaw: string, detailsRaw: string): void;
  /** Judges all that is stored again by another judge, in slices of that many events, as a start with another configuration does. */
  rejudge(judge: Judge, judgedBy: string, sliceSize: number): void;
  rows(sql: string): Record<string, unknown>[];
};

type Judge = ReturnType<typeof createEventJudge>;

/** The stages from judging to findings, with the shipped rules unless others are given, on a database in memory; channels by their least level. */
export function startEvaluation(
  channels: Readonly<Record<string, Level>> = { slack: 'medium' },
  pack: RulePack = shipped,
  options: {
    readonly now?: () => number;
    readonly metAt?: string;
    /** UTC office hours and production by name unless given. */
    readonly judge?: Judge | undefined;
    readonly judgedBy?: string;
    /** Whether findings take in others, as rules say. */
    readonly isSuperseding?: boolean;
  } = {},
): Evaluation {
  const now = options.now ?? (() => NOON);
  const store = openStore(':memory:', { monitorVersion: 'test', nowMs: NOON });
  const calendar = createCalendar({ zone: createZone('UTC') });
  const context = {
    store,
    configSha256: 'test',
    monitorVersion: 'test',
    calendar: calendar.describe(),
    supersedes: options.isSuperseding
      ? new Map([...pack.rules.values()].map((rule) => [rule.name, rule.attributes.supersedes]))
      : new Map(),
    channelsFor: (_rule: unknown, level: Level) =>
      Object.keys(channels).filter((name) => compareLevels(level, channels[name] ?? 'low') >= 0),
  };
  const { judge = createEventJudge({ calendar, production: createProductionMatcher(undefined) }), judgedBy = 'test' } =
    options;
  const detector = createDetector(context, pack);
  const evaluator = createEvaluator({ store, judge, detector, judgedBy });
  const { instance_id: instanceId } = store.instances.ensure(
    'default',
    'https://octopus.example.com',
    60_000,
    options.metAt ?? null,
  );
  const known = {
    instanceId,
    instance: 'default',
    inventory: createInventoryIndex(inventory()),
    serverVersion: '2026.3.15600',
    categoryNames: new Map<string, string>(),
    ownIds: new Set<string>(),
  };
  return {
    store,
    context,
    feed(...events) {
      const window = events.map((event) => parseStoredEvent(JSON.stringify(event))).toSorted(byTime);
      store.transaction(() => evaluator.storeWindow(known, distinct(window), now()));
    },
    settle(eventPk, storedRaw, detailsRaw) {
      const details = { event: parseStoredEvent(detailsRaw), setHasSensitive: null };
      store.transaction(() => evaluator.settleDetails(known, eventPk, storedRaw, details, now()));
    },
    rejudge(anotherJudge, by, sliceSize) {
      const at = toInstant(now());
      store.transaction(() => {
        store.inventory.save(instanceId, inventory());
        store.rejudgements.plan(instanceId, ['calendar'], by, '', at);
      });
      const clock = { now, sleep: () => Promise.resolve() };
      const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
      const rejudger = createRejudger({ store, judge: anotherJudge, detector, judgedBy: by, clock, log, sliceSize });
      while (rejudger.step() !== null);
    },
    rows: (sql) => store.db.prepare<[], Record<string, unknown>>(sql).all(),
  };
}

function byTime(a: AuditEvent, b: AuditEvent): number {
  return a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0;
}

/** A window holds each event once, however often the pages showed it. */
function distinct(events: readonly AuditEvent[]): AuditEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

function inventory(): Inventory {
  const user = (of: { id: string; username: string; isService: boolean }) => ({
    ...of,
    displayName: of.username,
    isActive: true,
    serviceAccountType: null,
  });
  return {
    readAt: '2026-03-02T12:00:00.000Z',
    users: [user(alice), user(deployer)],
    apiKeys: [],
    access: [],
    spaces: [{ id: 'Spaces-1', name: 'Default' }],
    environments: [{ id: 'Environments-1', spaceId: 'Spaces-1', name: 'Production', slug: 'production', tags: [] }],
    complete: { users: true, spaces: true, environmentSpaceIds: ['Spaces-1'], apiKeyUserIds: [] },
    problems: [],
  };
}

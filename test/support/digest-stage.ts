import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { toInstant } from '../../src/lib/clock.ts';
import type { Level } from '../../src/model/finding.ts';
import type { Channel } from '../../src/model/message.ts';
import { createMailer } from '../../src/notify/index.ts';
import { createDigester, type Digester } from '../../src/pipeline/digest-send.ts';
import { newHolder, openStore, type Store } from '../../src/store/index.ts';
import type { LogLine } from './monitor.ts';
import { makeFolder } from './monitor.ts';
import { type SteppingClock, steppingClock } from './stepping-clock.ts';

const NEVER = new AbortController().signal;

type FindingFacts = {
  readonly rule?: string;
  readonly level?: Level;
  readonly firstSeenAt: string;
  readonly createdAt?: string;
  readonly title?: string;
  readonly isStable?: boolean;
  /** The key a finding of a rule about API keys is about. */
  readonly keyId?: string;
  readonly why?: string;
};

/** Opens a finding as the detect stage would. */
export function addFinding(store: Store, instanceId: number, facts: FindingFacts): number {
  const { rule = 'a_rule', firstSeenAt, keyId = null } = facts;
  return store.transaction(() =>
    store.findings.open({
      instanceId,
      rule,
      fingerprint: `${rule} ${firstSeenAt} ${keyId}`,
      isState: keyId !== null,
      level: facts.level ?? 'medium',
      title: facts.title ?? `Something at ${firstSeenAt}`,
      subject: 'x',
      firstSeenAt,
      lastSeenAt: firstSeenAt,
      report: JSON.stringify({
        ruleTitle: `Title of ${rule}`,
        why: facts.why ?? 'Because.',
        respond: [],
        falsePositives: [],
        facts: [],
        objectId: keyId,
        openedBy: 'x',
        isStable: facts.isStable ?? true,
      }),
      ruleSha256: 'x',
      configSha256: 'x',
      monitorVersion: 'test',
      createdAt: facts.createdAt ?? firstSeenAt,
    }),
  );
}

/** Says that a window was polled, and moves the watermark as the tail does. */
export function addWindow(
  store: Store,
  instanceId: number,
  from: string,
  to: string,
  facts: {
    outcome?: 'read' | 'short' | `failed: ${string}`;
    serverTotal?: number | null;
    finishedAt?: string;
    eventsSeen?: number;
  } = {},
): void {
  const { outcome = 'read', finishedAt = to } = facts;
  store.transaction(() => {
    store.coverage.add({
      instanceId,
      purpose: 'tail',
      windowFrom: from,
      windowTo: to,
      serverTotal: facts.serverTotal === undefined ? 0 : facts.serverTotal,
      eventsSeen: facts.eventsSeen ?? 0,
      eventsNew: 0,
      setAside: 0,
      fieldsAbsent: 0,
      clockSkewSeconds: 0,
      startedAt: finishedAt,
      finishedAt,
      outcome,
    });
    if (outcome === 'read') store.instances.advanceWatermark(instanceId, to);
  });
}

export type DigestStage = {
  readonly store: Store;
  readonly file: string;
  readonly clock: SteppingClock;
  readonly instanceId: number;
  readonly log: LogLine[];
  /** What a further process would have: a connection and an identity of its own. */
  start(options?: StartOptions): Digester;
  /** Moves the clock to an instant. */
  at(instant: string): void;
  /** The instance has been read, without a gap, from the beginning to this instant. */
  readTo(instant: string): void;
  /** The clock goes on and the digester is looked after, as the daemon's loop does it, until an instant. */
  live(digester: Digester, until: string, options?: { isReading?: boolean }): Promise<void>;
  rows(sql: string): Record<string, unknown>[];
};

type StartOptions = {
  readonly smtpPort?: number | null;
  readonly recipients?: readonly string[];
  readonly aliveChannels?: readonly Channel[];
  readonly at?: { hour: number; minute: number };
  readonly zone?: string;
  readonly random?: () => number;
};

/** A database file, a clock and the digest part of the program, at a named instant. */
export function startDigestStage(options: StartOptions & { now: string; historyFrom?: string }): DigestStage {
  const { folder, remove } = makeFolder();
  const file = path.join(folder, 'octowatch.db');
  const clock = steppingClock(Date.parse(options.now));
  const historyFrom = options.historyFrom ?? '2026-01-01T00:00:00.000Z';
  const stores: Store[] = [];
  const open = (): Store => {
    const store = openStore(file, { monitorVersion: 'test', nowMs: clock.now() });
    stores.push(store);
    return store;
  };
  onTestFinished(() => {
    for (const store of stores) store.close();
    remove();
  });
  const store = open();
  store.transaction(() => store.journal.add(historyFrom, 'started', 'run'));
  const { instance_id: instanceId } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
  let readTo = historyFrom;
  const log: LogLine[] = [];
  const say = (level: string) => (data: object, text: string) => void log.push({ level, text, data });

  const stage: DigestStage = {
    store,
    file,
    clock,
    instanceId,
    log,
    start(more = {}) {
      const {
        smtpPort = null,
        recipients = ['alice@example.com'],
        aliveChannels = [],
        ...rest
      } = { ...options, ...more };
      return createDigester({
        store: open(),
        clock,
        random: rest.random ?? (() => 0.5),
        log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
        holder: newHolder().replace(/\/\d+\//, `/${process.ppid}/`),
        timeZone: rest.zone ?? 'Europe/London',
        isTimeZoneAssumed: false,
        at: rest.at ?? { hour: 8, minute: 0 },
        instances: ['default'],
        production: createProductionMatcher(),
        exceptions: () => [],
        monitorVersion: 'test',
        mail: smtpPort === null ? null : { mailer: mailerTo(smtpPort), recipients },
        aliveChannels,
      });
    },
    at: (instant) => clock.advance(Date.parse(instant) - clock.now()),
    readTo(instant) {
      // A window is at most a day long.
      while (readTo < instant) {
        const end = [instant, toInstant(Date.parse(readTo) + 86_400_000)].sort()[0] as string;
        addWindow(store, instanceId, readTo, end);
        readTo = end;
      }
    },
    async live(digester, until, { isReading = true } = {}) {
      const untilMs = Date.parse(until);
      while (clock.now() < untilMs) {
        if (isReading) stage.readTo(toInstant(clock.now()));
        await digester.sendDue(NEVER);
        const nextMs = Math.max(digester.nextDueMs(), clock.now() + 60_000);
        clock.advance(Math.min(nextMs, untilMs) - clock.now());
      }
      if (isReading) stage.readTo(toInstant(clock.now()));
      await digester.sendDue(NEVER);
    },
    rows: (sql) => store.db.prepare<[], Record<string, unknown>>(sql).all(),
  };
  return stage;
}

function mailerTo(port: number) {
  return createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'octowatch@example.com', timeoutMs: 2_000 });
}

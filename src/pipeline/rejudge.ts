import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CorrectionTally, Detector } from '../detect/index.ts';
import { type Clock, toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { RejudgementRow, ReplayRow, Store } from '../store/index.ts';
import type { Log } from './instance.ts';
import {
  type Judge,
  type JudgedAnew,
  judgeAnew,
  type ReplayKnowledge,
  recordJudgedAnew,
  replayKnowledge,
} from './stored-record.ts';

/** Events judged again in one transaction: some tens of milliseconds, so that the live tail hardly waits for it. */
const SLICE = 200;
/** Between two slices everybody else has a turn. */
const PAUSE_MS = 20;
/** How often it is looked whether there is something to do: freezes of a server can change at any time. */
const LOOK_MS = 5_000;
/** A line in the log for so many events. */
const TOLD_EVERY = 20_000;

/** How far the judging again of one instance is. */
export type RejudgeProgress = { readonly instance: string; readonly done: number; readonly total: number };

/**
 * Makes what judges stored events again, oldest first, after the configuration they were judged by has changed. What is to be
 * done is a row of the database, moved in the transaction of each slice: a crash goes on from there, and nothing is done twice.
 * Only what was planned for the configuration of this process is worked on.
 */
export function createRejudger(options: {
  readonly store: Store;
  readonly judge: Judge;
  readonly detector: Detector;
  readonly judgedBy: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onProgress?: ((progress: RejudgeProgress) => void) | undefined;
  /** Events judged again in one transaction; 200 unless given. */
  readonly sliceSize?: number;
}) {
  const { store, judge, detector, judgedBy, clock, log, sliceSize = SLICE } = options;
  const knowledge = new Map<number, ReplayKnowledge>();

  /** Judges one slice; null when there is nothing to do. */
  function step(): RejudgeProgress | null {
    // Nearly always there is nothing, and no lock has to be taken to see it.
    if (!nextRow()) return null;
    return store.transaction(() => {
      const row = nextRow();
      if (!row) return null;
      const from = { occurredAt: row.cursor_at, eventPk: row.cursor_pk };
      const events = store.events.replayUntil(row.instance_id, from, row.until_pk, sliceSize);
      const tally = judgeSlice(row, events);
      const last = events.at(-1);
      if (last) {
        const cursor = { cursorAt: last.occurred_at, cursorPk: last.event_pk };
        store.rejudgements.advance(row.rejudgement_id, { ...cursor, events: events.length, ...tally });
      }
      const done = row.events_done + events.length;
      if (events.length < sliceSize) finish({ ...row, events_done: done }, tally);
      else if (Math.floor(done / TOLD_EVERY) > Math.floor(row.events_done / TOLD_EVERY))
        log.info({ instance: row.instance, done, total: row.events_total }, 'stored events are being judged again');
      return { instance: row.instance, done, total: Math.max(done, row.events_total) };
    });
  }

  function nextRow(): RejudgementRow | undefined {
    return store.rejudgements.open().find((row) => row.judged_by === judgedBy);
  }

  function judgeSlice(row: RejudgementRow, events: readonly ReplayRow[]): CorrectionTally {
    const remembered = row.events_done === 0 ? undefined : knowledge.get(row.instance_id);
    const known = remembered ?? replayKnowledge(store, row.instance_id);
    knowledge.set(row.instance_id, known);
    const firstLoaded = store.ruleVersions.firstLoaded();
    const applies = (rule: string, receivedAt: string) => (firstLoaded.get(rule) ?? '') <= receivedAt;
    const recordOfStored = (eventId: string) => {
      const stored = store.events.replayOne(row.instance_id, eventId);
      return stored ? recordJudgedAnew(store, stored, judge, known) : {};
    };
    const batch = detector.beginCorrection(row.instance_id, clock.now(), recordOfStored, applies);
    /** Returns whether there was anything to judge otherwise. */
    const judgeOne = (event: ReplayRow, isForced = false): boolean => {
      const anew = judgeAnew(store, event, judge, known);
      if (!isForced && isAsStored(event, anew, judgedBy)) return false;
      store.events.rejudge(event.event_pk, anew.derived, judgedBy, null, anew.remembered);
      const { event_pk: eventPk, event_id: eventId, occurred_at: occurredAt } = event;
      batch.judge({ eventPk, eventId, occurredAt, record: anew.record }, event.received_at);
      return true;
    };
    for (const event of events) {
      const hasChanged = judgeOne(event);
      for (const started of hasChanged ? startedAlready(event) : []) judgeOne(started, true);
    }
    return batch.finish();
  }

  /** What is judged by this configuration already was joined with its queued event as that was judged before. */
  function startedAlready(event: ReplayRow): ReplayRow[] {
    if (event.category !== 'DeploymentQueued' || event.deployment_id === null) return [];
    return store.events
      .startedEvents(event.instance_id, event.deployment_id)
      .flatMap((started) => store.events.replayOne(event.instance_id, started.event_id) ?? [])
      .filter((started) => started.judged_by === judgedBy);
  }

  function finish(row: RejudgementRow, last: CorrectionTally) {
    const at = toInstant(clock.now());
    store.rejudgements.finish(row.rejudgement_id, at);
    const facts = {
      changes: JSON.parse(row.changes) as string[],
      events: row.events_done,
      opened: row.findings_opened + last.opened,
      closed: row.findings_closed + last.closed,
    };
    store.journal.add(at, 'history_rejudged', row.instance, facts);
    log.info({ instance: row.instance, ...facts }, 'stored events were judged again: the configuration has changed');
    knowledge.delete(row.instance_id);
  }

  return {
    step,

    /** Judges all that is to be judged, with turns for others in between, until the signal aborts. */
    async rejudgeAll(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const progress = step();
        if (progress === null) return;
        options.onProgress?.(progress);
        await nextTurn();
      }
    },

    /** Judges whatever there is to judge behind everything else, until `stop` aborts. */
    async rejudgeForever(stop: AbortSignal): Promise<void> {
      while (!stop.aborted) {
        let waitMs = LOOK_MS;
        try {
          const progress = step();
          if (progress !== null) {
            options.onProgress?.(progress);
            waitMs = PAUSE_MS;
          }
        } catch (error) {
          log.error({ reason: messageOf(error) }, 'stored events could not be judged again; it is tried again');
        }
        await clock.sleep(waitMs, stop).catch(() => undefined);
      }
    },
  };
}

/** Whether nothing of an event is other than it is stored; then no rule can see it otherwise either. */
function isAsStored(row: ReplayRow, { derived, remembered }: JudgedAnew, judgedBy: string): boolean {
  const flag = (value: boolean | null) => (value === null ? null : Number(value));
  return (
    row.judged_by === judgedBy &&
    row.is_off_hours === Number(derived.isOffHours) &&
    row.off_hours_reason === derived.offHoursReason &&
    row.is_production === flag(derived.isProduction) &&
    row.environment_id === derived.environmentId &&
    row.environment_name === derived.environmentName &&
    row.variable_lookups === remembered
  );
}

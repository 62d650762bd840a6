import { setImmediate as nextTurn } from 'node:timers/promises';
import { createDetector, type DetectContext, type RulePack } from '../detect/index.ts';
import type { FlatRecord } from '../model/record.ts';
import { openStore, type ReplayRow, type Store } from '../store/index.ts';
import { type Judge, recordAsJudged, recordJudgedAnew, replayKnowledge } from './stored-record.ts';

/** What one rule would have found on one day (UTC, of the event; for a finding of its first event). */
export type BacktestDay = {
  readonly rule: string;
  readonly day: string;
  readonly signals: number;
  readonly findings: number;
};

/** Rows replayed between two runs of the correlations; one batch has to fit into memory, the history does not. */
const BATCH = 5000;

/**
 * Runs the rules over stored history, oldest first, in a database in memory: nothing is written to `source`, nothing is
 * told. Events are judged with what was derived from them when they came, by the matching, correlation SQL and findings
 * of live detection, so that unchanged rules give what they gave live; `judging: 'anew'` derives again what rests on the
 * configuration (hours, calendars, change windows, production), as a fresh start with it would. State rules and the
 * monitor's own findings depend on the moment and are left out. Others have their turn between two batches. Resolves with
 * the memory database for the caller to look at and to close.
 */
export async function backtest(options: {
  readonly source: Store;
  readonly pack: RulePack;
  readonly judge: Judge;
  readonly calendar: string;
  readonly fromInstant: string;
  readonly judging?: 'as stored' | 'anew';
  readonly onProgress?: (events: number) => void;
  /** Hears of each event with the record it was judged by. */
  readonly onRecord?: (row: ReplayRow, record: FlatRecord) => void;
}): Promise<Store> {
  const { source, pack, judge } = options;
  const recordOfRow = options.judging === 'anew' ? recordJudgedAnew : recordAsJudged;
  const replayed = openStore(':memory:', { monitorVersion: 'backtest' });
  // Signals refer to events; those stay where they are.
  replayed.db.pragma('foreign_keys = OFF');
  const context: DetectContext = {
    store: replayed,
    configSha256: '',
    monitorVersion: 'backtest',
    calendar: options.calendar,
    supersedes: new Map([...pack.rules.values()].map((rule) => [rule.name, rule.attributes.supersedes])),
    channelsFor: () => [],
  };
  const detector = createDetector(context, pack);
  let events = 0;
  for (const instance of source.instances.all()) {
    const { instance_id } = replayed.instances.ensure(instance.name, instance.url, instance.poll_interval_ms);
    const remembered = replayKnowledge(source, instance.instance_id);
    const judged = (row: ReplayRow) => recordOfRow(source, row, judge, remembered);
    let after = { occurredAt: options.fromInstant, eventPk: 0 };
    const recordOf = (eventId: string): FlatRecord => {
      const row = source.events.replayOne(instance.instance_id, eventId);
      return row ? judged(row) : {};
    };
    for (;;) {
      const page = source.events.replay(instance.instance_id, after, BATCH);
      const last = page.at(-1);
      if (!last) break;
      replayed.transaction(() => {
        const batch = detector.begin(instance_id, Date.parse(last.occurred_at), recordOf);
        for (const row of page) {
          const { event_pk: eventPk, event_id: eventId, occurred_at: occurredAt } = row;
          const record = judged(row);
          options.onRecord?.(row, record);
          batch.judge({ eventPk, eventId, occurredAt, record });
        }
        batch.finish();
      });
      after = { occurredAt: last.occurred_at, eventPk: last.event_pk };
      events += page.length;
      options.onProgress?.(events);
      await nextTurn();
    }
  }
  return replayed;
}

/** Signals and findings of a backtest per rule and day. */
export function countByDay(replayed: Store): BacktestDay[] {
  return replayed.db
    .prepare<[], BacktestDay>(
      `SELECT rule, day, sum(is_signal) AS signals, sum(1 - is_signal) AS findings FROM (
         SELECT rule, substr(occurred_at, 1, 10) AS day, 1 AS is_signal FROM _signals WHERE suppressed_by IS NULL
         UNION ALL
         SELECT rule, substr(first_seen_at, 1, 10), 0 FROM _findings WHERE status <> 'resolved')
       GROUP BY rule, day ORDER BY rule, day`,
    )
    .all();
}

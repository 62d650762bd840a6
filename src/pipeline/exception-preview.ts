import type { createEventJudge } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { formatEpochDay } from '../lib/local-date.ts';
import type { Zone } from '../lib/zone.ts';
import type { FlatRecord } from '../model/record.ts';
import type { CompiledFilter } from '../sigma/index.ts';
import type { MatchRow, Store } from '../store/index.ts';
import { createKeyRecall, type KeyKnowledge } from './key-records.ts';
import { type ReplayKnowledge, recordAsJudged, replayKnowledge } from './stored-record.ts';

/** What a filter would have hidden, had it been there, whatever its dates. */
export type HiddenPreview = {
  readonly matches: number;
  readonly hidden: number;
  /** Findings that hold one of the hidden matches. */
  readonly findingIds: ReadonlySet<number>;
  readonly byDay: ReadonlyMap<string, number>;
  /** The most frequent first. */
  readonly bySubject: ReadonlyMap<string, number>;
  readonly examples: readonly { readonly occurredAt: string; readonly text: string }[];
  /** How many matches the rules ever had, when all of them would have been hidden; null when one would not. */
  readonly everything: number | null;
  /** Set when there were more matches than are looked at: only the newest count. */
  readonly isCut: boolean;
};

const MAX_MATCHES = 50_000;
const MAX_EXAMPLES = 3;

/** Holds a filter against the stored matches of its rules, the newest first. `subjectOf` names what a match is about. */
export function previewException(options: {
  readonly store: Store;
  readonly filter: CompiledFilter;
  readonly judge: ReturnType<typeof createEventJudge>;
  readonly keys: KeyKnowledge;
  readonly zone: Zone;
  readonly fromMs: number;
  readonly nowMs: number;
  readonly subjectOf: (record: FlatRecord) => string;
}): HiddenPreview {
  const { store, filter, judge, zone, nowMs } = options;
  const from = toInstant(options.fromMs);
  const byInstance = new Map<number, ReplayKnowledge>();
  const knowledgeOf = (instanceId: number) => {
    const known = byInstance.get(instanceId) ?? replayKnowledge(store, instanceId);
    byInstance.set(instanceId, known);
    return known;
  };
  const recallKey = createKeyRecall(store, options.keys, nowMs);
  const recordOf = (row: MatchRow): FlatRecord | null => {
    if (row.event_pk === null) return recallKey(row.instance_id, row.event_id);
    const event = store.events.replayOne(row.instance_id, row.event_id);
    return event ? recordAsJudged(store, event, judge, knowledgeOf(row.instance_id)) : null;
  };
  const findingIds = new Set<number>();
  const byDay = new Map<string, number>();
  const bySubject = new Map<string, number>();
  const examples: { occurredAt: string; text: string }[] = [];
  let looked = 0;
  let matches = 0;
  let hidden = 0;
  let isEverything = true;
  for (const row of store.signals.matchesOf(filter.rules)) {
    const isWithin = row.occurred_at >= from;
    // Older ones only tell whether there is anything the filter would leave.
    if (looked === MAX_MATCHES || (!isWithin && !isEverything)) break;
    const record = recordOf(row);
    if (record === null) continue;
    looked += 1;
    const isHidden = !filter.admits(record);
    isEverything &&= isHidden;
    if (!isWithin) continue;
    matches += 1;
    if (!isHidden) continue;
    hidden += 1;
    if (row.finding_id !== null) findingIds.add(row.finding_id);
    count(byDay, formatEpochDay(zone.localTime(Date.parse(row.occurred_at)).epochDay));
    count(bySubject, options.subjectOf(record));
    if (examples.length < MAX_EXAMPLES) examples.push({ occurredAt: row.occurred_at, text: textOf(row, record) });
  }
  const everything = isEverything && looked > 0 ? looked : null;
  return {
    ...{ matches, hidden, findingIds, byDay, examples, everything },
    bySubject: new Map([...bySubject].sort(([, a], [, b]) => b - a)),
    isCut: looked === MAX_MATCHES,
  };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function textOf(row: MatchRow, record: FlatRecord): string {
  const text = record['Message'] ?? record['Purpose'] ?? record['Category'];
  return typeof text === 'string' && text !== '' ? text : row.event_id;
}

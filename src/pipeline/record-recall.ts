import type { FlatRecord } from '../model/record.ts';
import type { Store } from '../store/index.ts';
import { type Judge, type ReplayKnowledge, recordAsJudged, replayKnowledge } from './stored-record.ts';

/** Makes what recalls the records of stored events as they were judged; null for an event that is no longer stored. */
export function createRecordRecall(
  store: Store,
  judge: Judge,
): (instanceId: number, eventId: string) => FlatRecord | null {
  const byInstance = new Map<number, ReplayKnowledge>();
  return (instanceId, eventId) => {
    const row = store.events.replayOne(instanceId, eventId);
    if (!row) return null;
    const known = byInstance.get(instanceId) ?? replayKnowledge(store, instanceId);
    byInstance.set(instanceId, known);
    return recordAsJudged(store, row, judge, known);
  };
}

import { createCalendar, createEventJudge, createProductionMatcher, createZone } from '../../src/enrich/index.ts';
import type { FlatRecord } from '../../src/model/record.ts';
import { recordAsJudged, replayKnowledge } from '../../src/pipeline/stored-record.ts';
import { openStore } from '../../src/store/index.ts';

/** The record of an event that a monitor has stored, as rules see it. */
export function judgedRecord(db: string, eventId: string): FlatRecord {
  const store = openStore(db, { monitorVersion: 'test' });
  try {
    const [instance] = store.instances.all();
    const row = instance && store.events.replayOne(instance.instance_id, eventId);
    if (!row) throw new Error(`${eventId} is not stored`);
    const calendar = createCalendar({ zone: createZone('UTC') });
    const judge = createEventJudge({ calendar, production: createProductionMatcher(undefined) });
    return recordAsJudged(store, row, judge, replayKnowledge(store, row.instance_id));
  } finally {
    store.close();
  }
}

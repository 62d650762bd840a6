import type { Level } from '../model/finding.ts';
import type { Db } from './database.ts';

export type NewSignal = {
  instanceId: number;
  rule: string;
  eventId: string;
  eventPk: number | null;
  /** For the hit of a correlation: its group; null otherwise. */
  groupKey: string | null;
  occurredAt: string;
  level: Level;
  /** The filter that rejects the match, which then counts for nothing; null when none does. */
  suppressedBy: string | null;
};

/** A rule that matched an event or, where `event_pk` is null, an object. */
export type MatchRow = {
  instance_id: number;
  event_id: string;
  event_pk: number | null;
  occurred_at: string;
  finding_id: number | null;
};

export type CorrelationInputRow = {
  scope: string;
  correlation: string;
  groupKey: string;
  atMs: number;
  seq: number;
  rule: string;
  ref: string;
  value: string | number | null;
};

/** The relation correlation SQL runs over. */
export const CORRELATION_INPUTS = '_correlation_inputs';

/** Signals, and the relation that correlations are computed from. */
export function signalTable(db: Db) {
  const insert = db.prepare(
    `INSERT INTO _signals (instance_id, rule, event_id, event_pk, group_key, occurred_at, level, suppressed_by)
     VALUES (@instanceId, @rule, @eventId, @eventPk, @groupKey, @occurredAt, @level, @suppressedBy)
     ON CONFLICT (event_pk, rule) WHERE event_pk IS NOT NULL
       DO UPDATE SET level = excluded.level, suppressed_by = excluded.suppressed_by
     RETURNING signal_id`,
  );
  const insertHiddenState = db.prepare(
    `INSERT INTO _signals (instance_id, rule, event_id, occurred_at, level, suppressed_by)
     SELECT @instanceId, @rule, @eventId, @occurredAt, @level, @suppressedBy WHERE NOT EXISTS (
       SELECT 1 FROM _signals WHERE instance_id = @instanceId AND rule = @rule AND event_id = @eventId
         AND suppressed_by = @suppressedBy AND event_pk IS NULL)`,
  );
  const place = db.prepare<[number | null, number]>('UPDATE _signals SET finding_id = ? WHERE signal_id = ?');
  const follow = db.prepare('UPDATE _signals SET finding_id = ? WHERE finding_id = ?');
  const ofEvent = db.prepare<[number], { signal_id: number; rule: string; finding_id: number | null }>(
    'SELECT signal_id, rule, finding_id FROM _signals WHERE event_pk = ? AND group_key IS NULL',
  );
  const remove = db.prepare('DELETE FROM _signals WHERE signal_id = ?');
  const hits = db.prepare<
    [string, number, string, string],
    { signal_id: number; event_id: string; event_pk: number; occurred_at: string; finding_id: number | null }
  >(
    'SELECT signal_id, event_id, event_pk, occurred_at, finding_id FROM _signals WHERE rule = ? AND instance_id = ? AND group_key = ? AND occurred_at >= ?',
  );
  const matches = db.prepare<[string], MatchRow>(
    `SELECT instance_id, event_id, event_pk, occurred_at, finding_id FROM _signals INDEXED BY _signals_rule
     WHERE group_key IS NULL AND rule IN (SELECT value FROM json_each(?)) ORDER BY occurred_at DESC`,
  );
  const groupOfFinding = db
    .prepare<[number, string], string>(
      'SELECT group_key FROM _signals WHERE finding_id = ? AND rule = ? AND group_key IS NOT NULL LIMIT 1',
    )
    .pluck();
  const hiddenBy = db.prepare<[string], number>('SELECT count(*) FROM _signals WHERE suppressed_by = ?').pluck();
  const insertInput = db.prepare(
    `INSERT INTO ${CORRELATION_INPUTS} (scope, correlation, group_key, at_ms, seq, rule, ref, value)
     VALUES (@scope, @correlation, @groupKey, @atMs, @seq, @rule, @ref, @value) ON CONFLICT DO NOTHING`,
  );
  const groupOfHit = db
    .prepare<[number, string], string | null>('SELECT group_key FROM _signals WHERE event_pk = ? AND rule = ?')
    .pluck();
  const inputsOf = db.prepare<
    [number],
    { correlation: string; group_key: string; at_ms: number; rule: string; value: string | number | null }
  >(`SELECT correlation, group_key, at_ms, rule, value FROM ${CORRELATION_INPUTS} WHERE seq = ?`);
  const removeInputs = db.prepare(`DELETE FROM ${CORRELATION_INPUTS} WHERE seq = ?`);
  const removeInput = db.prepare(`DELETE FROM ${CORRELATION_INPUTS} WHERE seq = ? AND correlation = ? AND rule = ?`);
  const ofFinding = db.prepare<
    [number],
    { signal_id: number; event_id: string; event_pk: number; group_key: string | null; occurred_at: string }
  >(
    `SELECT signal_id, event_id, event_pk, group_key, occurred_at FROM _signals
     WHERE finding_id = ? AND event_pk IS NOT NULL ORDER BY occurred_at, event_pk`,
  );
  const findingOfHitBefore = db
    .prepare<[string, number, string, string], number | null>(
      `SELECT finding_id FROM _signals INDEXED BY _signals_group
       WHERE rule = ? AND instance_id = ? AND group_key = ? AND occurred_at < ? ORDER BY occurred_at DESC, event_pk DESC LIMIT 1`,
    )
    .pluck();
  const findingsOfGroup = db
    .prepare<[string, number, string, string], number>(
      `SELECT DISTINCT s.finding_id FROM _signals s INDEXED BY _signals_group JOIN _findings f ON f.finding_id = s.finding_id
       WHERE s.rule = ? AND s.instance_id = ? AND s.group_key = ? AND f.last_seen_at >= ?`,
    )
    .pluck();
  const removeHitInputs = db.prepare(`DELETE FROM ${CORRELATION_INPUTS} WHERE seq = ? AND rule = ?`);
  const inputsBetween = db.prepare<
    [string, string, string, number, number],
    { ref: string; at_ms: number; seq: number; rule: string }
  >(
    `SELECT ref, at_ms, seq, rule FROM ${CORRELATION_INPUTS} WHERE scope = ? AND correlation = ? AND group_key = ? AND at_ms >= ? AND at_ms <= ? ORDER BY at_ms, ref`,
  );
  const inputAfter = db
    .prepare<[string, string, string, number, number, number], number>(
      `SELECT 1 FROM ${CORRELATION_INPUTS}
       WHERE scope = ? AND correlation = ? AND group_key = ? AND at_ms >= ? AND at_ms <= ? AND seq > ? LIMIT 1`,
    )
    .pluck();
  const raise = db.prepare('UPDATE _signals SET level = ? WHERE finding_id = ?');
  const maxLevels = db.prepare<[number], { level: Level }>('SELECT DISTINCT level FROM _signals WHERE finding_id = ?');

  return {
    insert: (signal: NewSignal) => (insert.get(signal) as { signal_id: number }).signal_id,
    /** Stores that a filter hides a state, unless it is stored already: a state is met at every reading. */
    insertHiddenState: (signal: Omit<NewSignal, 'eventPk' | 'groupKey'>) => insertHiddenState.run(signal),
    place: (signalId: number, findingId: number | null) => place.run(findingId, signalId),
    /** The signals of one finding follow it into another. */
    moveTo: (toFindingId: number, fromFindingId: number) => follow.run(toFindingId, fromFindingId),
    ofEvent: (eventPk: number) => ofEvent.all(eventPk),
    remove: (signalId: number) => remove.run(signalId),
    /** The matches of rules (hits of correlations are none), the newest first. */
    matchesOf: (rules: readonly string[]) => matches.iterate(JSON.stringify(rules)),
    /** The group of the correlation that a finding is of. */
    groupOfFinding: (findingId: number, correlation: string) => groupOfFinding.get(findingId, correlation) ?? null,
    /** How many matches an exception has hidden since it is there. */
    hiddenBy: (name: string) => hiddenBy.get(name) ?? 0,
    hitsFrom: (rule: string, instanceId: number, groupKey: string, from: string) =>
      hits.all(rule, instanceId, groupKey, from),
    /** Sets the level of a finding's signals. */
    raise: (findingId: number, level: Level) => raise.run(level, findingId),
    levelsOf: (findingId: number) => maxLevels.all(findingId).map((row) => row.level),
    /** The group of a correlation's hit at an event. */
    groupOfHit: (eventPk: number, correlation: string) => groupOfHit.get(eventPk, correlation) ?? null,
    /** False when the relation has it already. */
    addInput: (input: CorrelationInputRow) => insertInput.run(input).changes > 0,
    inputsBetween: (scope: string, correlation: string, groupKey: string, fromMs: number, toMs: number) =>
      inputsBetween.all(scope, correlation, groupKey, fromMs, toMs),
    /** Whether an event stored after that one is in a group between two instants. */
    hasInputAfter(
      eventPk: number,
      { scope, correlation, groupKey }: Pick<CorrelationInputRow, 'scope' | 'correlation' | 'groupKey'>,
      fromMs: number,
      toMs: number,
    ) {
      return inputAfter.get(scope, correlation, groupKey, fromMs, toMs, eventPk) !== undefined;
    },
    inputsOf: (eventPk: number) => inputsOf.all(eventPk),
    removeInputs: (eventPk: number) => removeInputs.run(eventPk),
    /** Takes an event of a rule out of one correlation. */
    removeInput: (eventPk: number, correlation: string, rule: string) => removeInput.run(eventPk, correlation, rule),
    /** The signals that a finding about events is made of, in order of time. */
    ofFinding: (findingId: number) => ofFinding.all(findingId),
    /** The finding of the last hit of a correlation's group before a time; null when there is none. */
    findingOfHitBefore: (rule: string, instanceId: number, groupKey: string, before: string) =>
      findingOfHitBefore.get(rule, instanceId, groupKey, before) ?? null,
    /** The findings that hits of a group of a correlation are in and that reach to a time or beyond it. */
    findingsOfGroup: (rule: string, instanceId: number, groupKey: string, from: string) =>
      findingsOfGroup.all(rule, instanceId, groupKey, from),
    /** Takes the hit of a correlation out of those that are about it. */
    removeHitInputs: (eventPk: number, correlation: string) => removeHitInputs.run(eventPk, correlation),
  };
}

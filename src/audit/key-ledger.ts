import type Database from 'better-sqlite3';
import type { Level } from '../model/finding.ts';
import { findQuestion } from './questions.ts';

/** What an unresolved finding says against a key. */
export type KeyReason = {
  readonly findingId: number;
  readonly rule: string;
  readonly level: Level;
  /** Title of the rule, and what was observed. */
  readonly title: string;
  readonly why: string;
};

/** One API key with what ledger and register say of it. Times are UTC instants; null is "not known" or "does not apply". */
export type LedgerKey = {
  readonly instance: string;
  readonly keyId: string;
  readonly userId: string;
  readonly username: string | null;
  readonly isActive: boolean;
  readonly purpose: string | null;
  readonly hint: string | null;
  readonly state: string;
  readonly stateReason: string;
  readonly idleDays: number | null;
  readonly auditIdleDays: number | null;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  readonly readAt: string;
  readonly powers: readonly string[] | null;
  readonly arePowersComplete: boolean;
  readonly isRegistered: boolean | null;
  readonly owner: string | null;
  readonly breaks: string | null;
  readonly drift: readonly string[];
  readonly rotationState: string | null;
  readonly successorId: string | null;
  /** The gravest first. */
  readonly reasons: readonly KeyReason[];
};

type KeyRow = {
  [column: string]: string | number | null;
  instance: string;
  key_id: string;
  user_id: string;
  state: string;
  state_reason: string;
  read_at: string;
};

/** Name of the saved question that ranks the keys; the screen has no order of its own. */
export const RANKING = 'api-keys-to-act-on';

/** SQL of every column of view `api_keys` with the key's rank (1 is to be acted on first; empty without a finding). */
export function rankedKeysSql(): string {
  const ranking = findQuestion(RANKING).sql.trim().replace(/;$/, '');
  return `WITH ranking AS (${ranking}\n)
    SELECT k.*, r.rank AS rank, r.worst_level AS worst_level, r.score AS score, r.reasons AS reasons
    FROM api_keys k LEFT JOIN ranking r ON r.instance = k.instance AND r.key_id = k.key_id
    WHERE :state = '' OR k.state = :state
    ORDER BY r.rank IS NULL, r.rank, k.instance, k.username, k.created_at, k.key_id`;
}

/** The keys of all instances with the unresolved findings that the ranking counts, those to act on first at the top. Reads only. */
export function readLedger(db: Database.Database, state = ''): LedgerKey[] {
  const reasons = reasonsByKey(db);
  return db
    .prepare<{ state: string }, KeyRow>(rankedKeysSql())
    .all({ state })
    .map((row) => toKey(row, reasons.get(`${row.instance} ${row.key_id}`) ?? []));
}

function reasonsByKey(db: Database.Database): Map<string, KeyReason[]> {
  const rows = db
    .prepare<[], { instance: string; key_id: string; finding_id: number; rule: string; level: Level; report: string }>(
      `WITH found AS (
         SELECT f.finding_id, e.event_id AS key_id
         FROM _findings f INDEXED BY _findings_unresolved JOIN _finding_events e USING (finding_id)
         WHERE f.status <> 'resolved' AND f.is_state = 1
         UNION
         SELECT f.finding_id, v.api_key_id
         FROM _findings f INDEXED BY _findings_unresolved JOIN _finding_events e USING (finding_id)
         JOIN _events v INDEXED BY _events_id ON v.instance_id = f.instance_id AND v.event_id = e.event_id
         WHERE f.status <> 'resolved' AND f.rule LIKE 'api\\_key\\_%' ESCAPE '\\')
       SELECT i.name AS instance, found.key_id AS key_id, f.finding_id, f.rule, f.level, f.report
       FROM found
       JOIN _findings f USING (finding_id)
       JOIN _instances i USING (instance_id)
       JOIN _api_keys k ON k.instance_id = f.instance_id AND k.key_id = found.key_id
       ORDER BY CASE f.level WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
         f.finding_id`,
    )
    .all();
  const byKey = new Map<string, KeyReason[]>();
  for (const { instance, key_id, finding_id, rule, level, report } of rows) {
    const { ruleTitle, why } = JSON.parse(report) as { ruleTitle: string; why: string };
    const reasons = byKey.get(`${instance} ${key_id}`) ?? [];
    byKey.set(`${instance} ${key_id}`, reasons);
    reasons.push({ findingId: finding_id, rule, level, title: ruleTitle, why });
  }
  return byKey;
}

function toKey(row: KeyRow, reasons: readonly KeyReason[]): LedgerKey {
  const text = (column: string) => row[column] as string | null;
  const number = (column: string) => row[column] as number | null;
  const list = (column: string) => (row[column] === null ? null : (JSON.parse(String(row[column])) as string[]));
  return {
    instance: row.instance,
    keyId: row.key_id,
    userId: row.user_id,
    username: text('username'),
    isActive: row['user_is_active'] !== 0,
    purpose: text('purpose'),
    hint: text('hint'),
    state: row.state,
    stateReason: row.state_reason,
    idleDays: number('idle_days'),
    auditIdleDays: number('audit_idle_days'),
    lastUsedAt: text('last_used_at'),
    expiresAt: text('expires_at'),
    readAt: row.read_at,
    powers: list('powers'),
    arePowersComplete: row['is_powers_complete'] !== 0,
    isRegistered: row['is_registered'] === null ? null : row['is_registered'] === 1,
    owner: text('owner'),
    breaks: text('breaks'),
    drift: list('register_drift') ?? [],
    rotationState: text('rotation_state'),
    successorId: text('successor_id'),
    reasons,
  };
}

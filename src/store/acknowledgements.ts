import type { FindingStatus } from '../model/finding.ts';
import type { Chain } from './chain.ts';
import type { Db } from './database.ts';

/** What somebody says who takes a finding on. `until` is the local day, YYYY-MM-DD, from which on it is open again. */
export type Acknowledgement = { readonly by: string; readonly note: string; readonly until: string | null };

export type AcknowledgeableRow = {
  finding_id: number;
  instance: string;
  rule: string;
  level: string;
  title: string;
  subject: string;
  last_seen_at: string;
  status: FindingStatus;
};

/** Who took which finding on. */
export function acknowledgementTable(db: Db, chain: Chain) {
  const end = db.prepare('UPDATE _acknowledgements SET ended_at = ? WHERE finding_id = ? AND ended_at IS NULL');
  const insert = db.prepare(
    'INSERT INTO _acknowledgements (finding_id, acknowledged_at, acknowledged_by, until_day, note) VALUES (?, ?, ?, ?, ?)',
  );
  const setStatus = db.prepare("UPDATE _findings SET status = ? WHERE finding_id = ? AND status <> 'resolved'");
  const lapsed = db
    .prepare<[string], number>(
      `SELECT a.finding_id FROM _acknowledgements a JOIN _findings f USING (finding_id)
       WHERE a.ended_at IS NULL AND a.until_day <= ? AND f.status = 'acknowledged' ORDER BY a.finding_id`,
    )
    .pluck();
  const forGood = db
    .prepare<[number], number>(
      'SELECT 1 FROM _acknowledgements WHERE finding_id = ? AND ended_at IS NULL AND until_day IS NULL',
    )
    .pluck();
  const open = db.prepare<[{ rule: string | null; before: string | null }], AcknowledgeableRow>(
    `SELECT f.finding_id, i.name AS instance, f.rule, f.level, f.title, f.subject, f.last_seen_at, f.status
     FROM _instances i CROSS JOIN _findings f ON f.instance_id = i.instance_id
     WHERE f.status <> 'resolved' AND f.status = 'open' AND (@rule IS NULL OR f.rule = @rule)
       AND (@before IS NULL OR f.last_seen_at < @before)
     ORDER BY f.finding_id`,
  );

  return {
    /** Acknowledges a finding; what was said of it before no longer holds. */
    add(findingId: number, { by, note, until }: Acknowledgement, at: string) {
      chain.changed('finding', findingId, () => {
        end.run(at, findingId);
        insert.run(findingId, at, by, until, note);
        setStatus.run('acknowledged', findingId);
      });
    },
    /** Whether somebody took a finding on without saying until when. */
    isForGood: (findingId: number) => forGood.get(findingId) === 1,
    /** Acknowledged findings that are to be open again by a local day. */
    lapsedBy: (day: string) => lapsed.all(day),
    reopen(findingId: number, at: string) {
      chain.changed('finding', findingId, () => {
        end.run(at, findingId);
        setStatus.run('open', findingId);
      });
    },
    /** Findings nobody took on yet: of one rule, with their last event before an instant; null for any. */
    open: (rule: string | null, before: string | null) => open.all({ rule, before }),
  };
}

import type Database from 'better-sqlite3';
import type { ExplainedFinding, ExplainedRule, Explanation } from './explanation.ts';
import { sha256 } from './manifest.ts';
import { derivationOf } from './rederive.ts';

/** Explains a finding by what was in force when it was opened; null when there is none of that number. Writes nothing. */
export function explainFinding(db: Database.Database, findingId: number): Explanation | null {
  const finding = db
    .prepare<[number], ExplainedFinding>(
      `SELECT finding_id, instance, rule, level, title, subject, first_seen_at, last_seen_at, event_count, status, resolution,
         superseded_by, rule_sha256, config_sha256, monitor_version, created_at, resolved_at
       FROM findings WHERE finding_id = ?`,
    )
    .get(findingId);
  if (!finding) return null;
  const report = reportOf(db, findingId);
  const notes: string[] = [];
  const hasVersions = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'rule_versions'").get() !== undefined;
  const rule = hasVersions ? ruleOf(db, finding, notes) : null;
  if (rule === null) {
    notes.push(
      `The text of the rule is not known: no version with SHA-256 ${finding.rule_sha256} was recorded. The finding is from before versions were kept, or from a process that did not record its start.`,
    );
  } else if (!rule.isTextOfHash) {
    notes.push(
      'The recorded text of the rule is NOT the one its hash is of: the database was changed. Run octowatch verify.',
    );
  }
  const configuration = hasVersions ? configurationOf(db, finding, notes) : null;
  if (configuration === null) notes.push(`The configuration with SHA-256 ${finding.config_sha256} was not recorded.`);
  const events = eventsOf(db, findingId);
  const derivation = derivationOf(db, finding, rule, report.objectId, notes);
  const gone = events.filter((one) => !one.isStored).length;
  if (gone > 0 && report.objectId === null)
    notes.push(
      `${gone} of ${events.length} events are not in this database: pruned, or outside of the period of a pack.`,
    );
  return { finding, why: report.why, facts: report.facts, rule, configuration, events, derivation, notes };
}

type Report = Pick<Explanation, 'why' | 'facts'> & { readonly objectId: string | null };

function reportOf(db: Database.Database, findingId: number): Report {
  const text = db.prepare<[number], string>('SELECT report FROM _findings WHERE finding_id = ?').pluck().get(findingId);
  const { why, facts, objectId } = JSON.parse(text ?? '{}') as Partial<Report>;
  return { why: why ?? null, facts: facts ?? [], objectId: objectId ?? null };
}

function ruleOf(db: Database.Database, finding: ExplainedFinding, notes: string[]): ExplainedRule | null {
  const versions = db
    .prepare<[string], Omit<ExplainedRule, 'isTextOfHash'>>(
      `SELECT kind, sha256, source, level, correlation_sql, loaded_from, loaded_until FROM rule_versions
       WHERE rule = ? AND enabled = 1 ORDER BY loaded_from`,
    )
    .all(finding.rule);
  const ofText = versions.filter((one) => one.sha256 === finding.rule_sha256);
  const inForce = ofText.findLast(
    (one) => one.loaded_from <= finding.created_at && (one.loaded_until ?? '9999') >= finding.created_at,
  );
  const chosen = inForce ?? ofText.at(-1);
  if (!chosen) return null;
  if (!inForce)
    notes.push(
      `A version with this text is recorded from ${chosen.loaded_from} on, not for ${finding.created_at}: its level and threshold may have been others then.`,
    );
  // A finding grows while events come, and those are matched by the rule of then.
  const lastArrivalAt = db
    .prepare<[number], string | null>(
      `SELECT max(e.received_at) FROM _finding_events fe JOIN _findings f USING (finding_id)
       JOIN _events e ON e.instance_id = f.instance_id AND e.event_id = fe.event_id WHERE fe.finding_id = ?`,
    )
    .pluck()
    .get(finding.finding_id);
  const later = versions.filter(
    (one) => one.loaded_from > finding.created_at && one.loaded_from <= (lastArrivalAt ?? finding.created_at),
  );
  for (const one of later)
    notes.push(
      `From ${one.loaded_from} on the rule was another (SHA-256 ${one.sha256}): later events were matched by that.`,
    );
  return { ...chosen, isTextOfHash: sha256(chosen.source) === chosen.sha256 };
}

function configurationOf(
  db: Database.Database,
  { config_sha256 }: ExplainedFinding,
  notes: string[],
): Explanation['configuration'] {
  const text = db
    .prepare<[string], string>(
      'SELECT description FROM config_versions WHERE sha256 = ? ORDER BY loaded_from DESC LIMIT 1',
    )
    .pluck()
    .get(config_sha256);
  if (text === undefined) return null;
  if (sha256(text) !== config_sha256) notes.push('The recorded configuration is NOT the one its hash is of.');
  return { sha256: config_sha256, description: JSON.parse(text) as unknown };
}

function eventsOf(db: Database.Database, findingId: number): Explanation['events'] {
  return db
    .prepare<[number], { event_id: string; occurred_at: string; is_stored: number }>(
      `SELECT fe.event_id, fe.occurred_at, e.event_pk IS NOT NULL AS is_stored
       FROM _finding_events fe JOIN _findings f USING (finding_id)
       LEFT JOIN _events e ON e.instance_id = f.instance_id AND e.event_id = fe.event_id
       WHERE fe.finding_id = ? ORDER BY fe.occurred_at, fe.event_id`,
    )
    .all(findingId)
    .map(({ is_stored, ...one }) => ({ ...one, isStored: is_stored === 1 }));
}

import type { FindingReport } from '../model/finding.ts';
import type { FindingRow, Store } from '../store/index.ts';
import type { StoredReport } from './findings.ts';

const MAX_EVIDENCE = 10;

/** Puts together what a channel needs to tell of a finding. `octopusUrl` is the portal's address without a trailing slash. */
export function buildReport(
  store: Store,
  finding: FindingRow,
  options: { readonly timeZone: string; readonly octopusUrl: string },
): FindingReport {
  const stored = JSON.parse(finding.report) as StoredReport;
  const evidence = store.findings.evidence(finding.finding_id, MAX_EVIDENCE);
  return {
    findingId: finding.finding_id,
    instance: finding.instance,
    rule: finding.rule,
    ruleTitle: stored.ruleTitle,
    level: finding.level,
    title: finding.title,
    subject: finding.subject,
    firstSeenAt: finding.first_seen_at,
    lastSeenAt: finding.last_seen_at,
    eventCount: finding.event_count,
    status: finding.status,
    why: stored.why,
    respond: stored.respond,
    falsePositives: stored.falsePositives,
    facts: [...stored.facts, ...takenIn(store, finding)],
    evidence: evidence.map((event) => ({
      eventId: event.event_id,
      occurredAt: event.occurred_at,
      text: event.message ?? '',
      url: event.message === null ? null : auditUrl(options.octopusUrl, event.occurred_at),
    })),
    sql: sqlFor(finding, stored.objectId),
    timeZone: options.timeZone,
    monitorVersion: finding.monitor_version,
  };
}

function takenIn(store: Store, finding: FindingRow): FindingReport['facts'] {
  const others = store.findings.takenIn(finding.finding_id);
  if (others.length === 0) return [];
  return [{ label: 'Takes in', value: others.map((one) => `finding ${one.finding_id} (${one.rule})`).join(', ') }];
}

/**
 * The audit page of Octopus at one second. FACT: the portal's own links have the form
 * `/#/configuration/audit?…&from=…&to=…` (ServerAuditUri of recorded subscriptions, 2019 to 2020); INF: still so.
 */
function auditUrl(octopusUrl: string, occurredAt: string): string {
  const from = Date.parse(occurredAt) - (Date.parse(occurredAt) % 1000);
  const bound = (ms: number) => encodeURIComponent(new Date(ms).toISOString().replace('.000Z', '+00:00'));
  return `${octopusUrl}/app#/configuration/audit?from=${bound(from)}&to=${bound(from + 1000)}`;
}

function sqlFor(finding: FindingRow, objectId: string | null): string {
  if (finding.rule.startsWith('monitor_')) return `SELECT * FROM findings WHERE finding_id = ${finding.finding_id}`;
  if (objectId !== null) return `SELECT * FROM api_keys WHERE key_id = '${objectId.replaceAll("'", "''")}'`;
  return [
    'SELECT e.* FROM findings f JOIN finding_events USING (finding_id)',
    'JOIN events e USING (instance, event_id)',
    `WHERE f.finding_id = ${finding.finding_id} ORDER BY e.occurred_at`,
  ].join(' ');
}

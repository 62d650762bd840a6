import { toInstant } from '../lib/clock.ts';
import type { Fact, FindingReport } from '../model/finding.ts';
import type { PersonalFact } from '../model/personal.ts';
import type { FindingRow, Store } from '../store/index.ts';
import type { StoredReport } from './finding-texts.ts';
import { withoutPersonal } from './leave-out.ts';
import { renderValue } from './summary.ts';

const MAX_EVIDENCE = 10;
const MAX_TENANTS = 1000;
const USUAL_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

/**
 * Puts together what a channel needs to tell of a finding. `octopusUrl` is the portal's address without a trailing slash;
 * `isBrief` leaves out what lists of many findings do not show, `leaveOut` what the configuration keeps from channels.
 */
export function buildReport(
  store: Store,
  finding: FindingRow,
  options: {
    readonly timeZone: string;
    readonly octopusUrl: string;
    readonly isBrief?: boolean;
    readonly leaveOut?: readonly PersonalFact[];
    readonly hasSeveralInstances?: boolean;
  },
): FindingReport {
  return withoutPersonal(store, makeReport(store, finding, options), options.leaveOut ?? []);
}

function makeReport(
  store: Store,
  finding: FindingRow,
  options: Omit<Parameters<typeof buildReport>[2], 'leaveOut'>,
): FindingReport {
  const stored = JSON.parse(finding.report) as StoredReport;
  const evidence = store.findings.evidence(finding.finding_id, MAX_EVIDENCE);
  const deployments = store.reportFacts.deployments(
    finding.instance_id,
    evidence.map((event) => event.event_id),
  );
  const usual = options.isBrief ? null : usualOf(store, finding, stored);
  return {
    findingId: finding.finding_id,
    instance: finding.instance,
    ...(options.hasSeveralInstances ? { isOneOfSeveral: true } : {}),
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
    ...(usual === null ? {} : { usual }),
    respond: stored.respond,
    falsePositives: stored.falsePositives,
    facts: [...withTenants(store, finding, stored.facts), ...takenIn(store, finding)],
    evidence: evidence.map((event) => ({
      eventId: event.event_id,
      occurredAt: event.occurred_at,
      text: event.message ?? '',
      url: event.message === null ? null : auditUrl(options.octopusUrl, event.occurred_at),
      ...deploymentOf(options.octopusUrl, event.space_id, deployments.get(event.event_id)),
    })),
    sql: sqlFor(finding, stored.objectId),
    timeZone: stored.timeZone ?? options.timeZone,
    monitorVersion: finding.monitor_version,
  };
}

/** Several tenants stand in one fact in place of the one of the event the finding was opened by. */
function withTenants(store: Store, finding: FindingRow, facts: FindingReport['facts']): readonly Fact[] {
  const tenants = store.reportFacts.tenants(finding.finding_id, MAX_TENANTS);
  if (tenants.length < 2) return facts;
  const fact = { label: 'Tenants', value: renderValue(tenants), values: tenants };
  const at = facts.findIndex((one) => one.label === 'Tenant');
  return at === -1 ? [...facts, fact] : facts.with(at, fact);
}

/** What is usual for whoever opened the finding; null while the time before it has not been read whole. */
function usualOf(store: Store, finding: FindingRow, { openedBy, facts }: StoredReport): string | null {
  if (store.backlog.hasUnreadPast(finding.instance_id)) return null;
  const from = toInstant(Date.parse(finding.first_seen_at) - USUAL_DAYS * DAY_MS);
  const row = store.reportFacts.usual(finding.instance_id, openedBy, from, finding.first_seen_at);
  if (!row) return null;
  // Of a failed sign-in the account is known by its id; the fact names it as people do.
  const account = facts.find((fact) => fact.label === 'Account')?.value;
  const what = account === undefined ? `${row.category} by ${row.who}` : `${row.category} for ${account}`;
  if (row.events === 0) return `no other ${what} is stored of the ${USUAL_DAYS} days before.`;
  const where = row.address === null ? '' : `, ${row.from_address} from ${row.address}`;
  return `${row.events} ${what} in the ${USUAL_DAYS} days before: ${row.off_hours} outside business hours${where}.`;
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

/**
 * The page of a deployment. FACT: links in `MessageHtml` of recorded events have the form `#/deployments/Deployments-…`
 * (2017 to 2025), with the space before it since there are spaces; INF: the portal still opens them.
 */
function deploymentOf(octopusUrl: string, spaceId: string | null, id: string | undefined) {
  if (id === undefined) return {};
  const space = spaceId === null ? '' : `/${encodeURIComponent(spaceId)}`;
  return { deployment: { id, url: `${octopusUrl}/app#${space}/deployments/${encodeURIComponent(id)}` } };
}

function sqlFor(finding: FindingRow, objectId: string | null): string {
  if (finding.rule.startsWith('monitor_')) return `SELECT * FROM findings WHERE finding_id = ${finding.finding_id}`;
  // Every server has ids of its own, which may be those of another.
  if (objectId !== null)
    return `SELECT * FROM api_keys WHERE instance = ${quoted(finding.instance)} AND key_id = ${quoted(objectId)}`;
  return [
    'SELECT e.* FROM findings f JOIN finding_events USING (finding_id)',
    'JOIN events e USING (instance, event_id)',
    `WHERE f.finding_id = ${finding.finding_id} ORDER BY e.occurred_at`,
  ].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

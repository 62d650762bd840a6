import type { FindingReport } from '../../src/model/finding.ts';
import type { Notice } from '../../src/model/message.ts';

/** A finding as the pipeline reports it; what a test is about is given, the rest is ordinary. */
export function reportOf(given: Partial<FindingReport> = {}): FindingReport {
  return {
    findingId: 42,
    instance: 'default',
    rule: 'off_hours_production_deploy',
    ruleTitle: 'Production deployment outside business hours',
    level: 'high',
    title: 'mara.holt deployed Harbour Web 4.2.0 to Production (night)',
    subject: 'Deployments-901',
    firstSeenAt: '2026-11-21T02:14:05.000Z',
    lastSeenAt: '2026-11-21T02:14:05.000Z',
    eventCount: 1,
    status: 'open',
    why: 'Deployed at 03:14 local time; business hours are Monday to Friday 08:00 to 18:00.',
    respond: ['Ask mara.holt whether the deployment was agreed.', 'Compare it with the change calendar.'],
    falsePositives: ['An agreed maintenance window'],
    facts: [
      { label: 'Who', value: 'mara.holt (human)' },
      { label: 'What', value: 'Harbour Web 4.2.0' },
      { label: 'Where', value: 'Production' },
      { label: 'Address', value: '198.51.100.7' },
    ],
    evidence: [
      {
        eventId: 'Events-7001',
        occurredAt: '2026-11-21T02:14:05.000Z',
        text: 'Deploy to Production started for Harbour Web 4.2.0',
        url: 'https://octopus.example.test/app#/Spaces-1/events?from=a&to=b',
      },
    ],
    sql: 'SELECT e.*\nFROM finding_events f\nJOIN events e ON e.event_id = f.event_id\nWHERE f.finding_id = 42',
    timeZone: 'Europe/Berlin',
    monitorVersion: '0.1.0',
    ...given,
  };
}

/** Everything a stranger can put into an audit log, in one string. */
export const HOSTILE =
  '<!channel> @channel @here *x* _y_ ~z~ `c` ```d``` <http://evil.example|click> <@U1> & \u001b[31mred\u0007 \u202eturned\nforged line';

/** A notice of every kind about the same finding. */
export function noticesOf(report: FindingReport, word = 'many at once'): [Notice['kind'], Notice][] {
  const notices: { readonly [K in Notice['kind']]: Extract<Notice, { kind: K }> } = {
    alert: { kind: 'alert', report },
    repeat: {
      kind: 'repeat',
      report,
      growth: { newEvents: 3, sinceAt: '2026-11-21T01:10:00.000Z', novelties: [`address ${word}`, `actor ${word}`] },
    },
    reminder: { kind: 'reminder', report, sinceAt: '2026-11-21T02:15:00.000Z' },
    resolved: { kind: 'resolved', report: { ...report, status: 'resolved' } },
    summary: { kind: 'summary', reports: [report, report], reason: word },
    keys: { kind: 'keys', instance: word, reports: [report] },
    alive: { kind: 'alive', text: `alive, covered to 07:59 Europe/London, ${word}` },
  };
  return Object.entries(notices) as [Notice['kind'], Notice][];
}

/** Long and hostile wherever it can be. */
export function hostileReport(): FindingReport {
  const project = '<!channel> *x* <http://evil|click>';
  const [line] = reportOf().evidence;
  return reportOf({
    rule: HOSTILE,
    ruleTitle: HOSTILE,
    title: `${project} ${HOSTILE}`,
    subject: HOSTILE,
    instance: HOSTILE,
    why: HOSTILE.repeat(200),
    usual: HOSTILE.repeat(9),
    respond: [HOSTILE],
    falsePositives: [HOSTILE],
    facts: [
      { label: 'Project', value: project },
      { label: 'Client', value: `Mozilla ${'A<&>`*_~'.repeat(1250)}` },
      { label: HOSTILE, value: HOSTILE, values: Array.from({ length: 300 }, (_, index) => `${HOSTILE}${index}`) },
    ],
    evidence: [
      {
        occurredAt: line?.occurredAt ?? '',
        eventId: HOSTILE,
        text: HOSTILE,
        url: `https://octopus.example.test/app#/${HOSTILE}`,
        deployment: { id: HOSTILE, url: `https://octopus.example.test/app#/deployments/${HOSTILE}` },
      },
    ],
    sql: HOSTILE,
    timeZone: 'Europe/Berlin',
    monitorVersion: HOSTILE,
  });
}

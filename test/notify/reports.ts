import type { FindingReport } from '../../src/model/finding.ts';

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

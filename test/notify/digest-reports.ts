import type { DigestCoverage, DigestFinding, DigestReport } from '../../src/model/digest.ts';

/** A finding as the digest gets it; what a test is about is given, the rest is ordinary. */
export function digestFinding(given: Partial<DigestFinding> = {}): DigestFinding {
  return {
    findingId: 42,
    instance: 'default',
    rule: 'off_hours_production_deploy',
    ruleTitle: 'Production deployment outside business hours',
    level: 'high',
    title: 'mara.holt deployed Harbour Web 4.2.0 to Production (night)',
    firstSeenAt: '2026-11-22T02:14:05.000Z',
    lastSeenAt: '2026-11-22T02:14:05.000Z',
    eventCount: 1,
    createdAt: '2026-11-22T02:15:01.000Z',
    acknowledgedBy: null,
    resolution: null,
    ...given,
  };
}

/** The coverage of one instance that was read without a gap. */
export function fullCoverage(given: Partial<DigestCoverage> = {}): DigestCoverage {
  return {
    instance: 'default',
    coveredToAt: '2026-11-22T07:59:55.000Z',
    share: 1,
    windows: 1440,
    failedWindows: 0,
    gaps: [],
    eventsStored: 5218,
    serverTotal: 5218,
    setAside: 0,
    visibility: null,
    unseen: [],
    addresses: null,
    ...given,
  };
}

/** A day on which nothing happened that anybody must look at. */
export function quietDay(given: Partial<DigestReport> = {}): DigestReport {
  return {
    localDate: '2026-11-22',
    fromAt: '2026-11-21T08:00:00.000Z',
    toAt: '2026-11-22T08:00:00.000Z',
    timeZone: 'Europe/London',
    isTimeZoneAssumed: false,
    instances: ['default'],
    needsAction: [],
    opened: [],
    stillOpen: [],
    resolved: [
      digestFinding({
        findingId: 37,
        rule: 'repeated_auth_failures',
        ruleTitle: 'Repeated authentication failures',
        level: 'low',
        title: '6 failed sign-ins of ines.vogel from 203.0.113.24',
        firstSeenAt: '2026-11-14T09:02:00.000Z',
        lastSeenAt: '2026-11-14T09:07:00.000Z',
        eventCount: 6,
        createdAt: '2026-11-14T09:08:00.000Z',
        resolution: 'aged',
      }),
    ],
    trend: [
      { level: 'critical', perDay: 0, meanPerDay: 0 },
      { level: 'high', perDay: 0, meanPerDay: 0.4 },
      { level: 'medium', perDay: 0, meanPerDay: 1.1 },
      { level: 'low', perDay: 1, meanPerDay: 2.3 },
      { level: 'informational', perDay: 3, meanPerDay: 3.7 },
    ],
    staged: [],
    keys: [],
    rotations: [],
    exceptions: [],
    undelivered: [],
    coverage: [fullCoverage()],
    production: { environments: ['Production', 'Production EU'], spacesWithout: [] },
    monitorVersion: '0.1.0',
    chainHead: null,
    coverageStatement: null,
    ...given,
  };
}

/** A day with something in every section. */
export function fullDay(given: Partial<DigestReport> = {}): DigestReport {
  return quietDay({
    isTimeZoneAssumed: false,
    instances: ['default', 'harbour-eu'],
    needsAction: [
      digestFinding({
        findingId: 61,
        rule: 'failures_then_success',
        ruleTitle: 'Sign-in after many failures',
        level: 'critical',
        title: '41 failed sign-ins of admin from 203.0.113.66, then one that succeeded',
        firstSeenAt: '2026-11-22T01:02:00.000Z',
        lastSeenAt: '2026-11-22T01:19:00.000Z',
        eventCount: 42,
        createdAt: '2026-11-22T01:19:30.000Z',
      }),
      digestFinding({
        findingId: 58,
        createdAt: '2026-11-18T02:15:01.000Z',
        firstSeenAt: '2026-11-18T02:14:05.000Z',
        lastSeenAt: '2026-11-18T02:31:40.000Z',
        eventCount: 3,
        title: 'mara.holt deployed Harbour Web 4.1.7 to Production with API key "deploy-laptop" (night)',
      }),
      digestFinding({ findingId: 63 }),
      digestFinding({
        findingId: 64,
        instance: 'harbour-eu',
        rule: 'sensitive_variable_edit',
        ruleTitle: 'Sensitive variable changed',
        title: 'theo.brandt changed 2 sensitive variables of Harbour Payments: Db.Password, Stripe.Secret',
        firstSeenAt: '2026-11-21T16:40:00.000Z',
        lastSeenAt: '2026-11-21T16:44:00.000Z',
        eventCount: 2,
        createdAt: '2026-11-21T16:45:00.000Z',
      }),
      digestFinding({
        findingId: 65,
        rule: 'permission_widened',
        ruleTitle: 'Role with more permissions given',
        level: 'medium',
        title: 'lena.frost added svc-reporting to the team Release Managers',
        firstSeenAt: '2026-11-21T14:08:00.000Z',
        lastSeenAt: '2026-11-21T14:08:00.000Z',
        createdAt: '2026-11-21T14:09:00.000Z',
      }),
    ],
    opened: [
      digestFinding({
        findingId: 66,
        level: 'low',
        ruleTitle: 'Deployment frozen project',
        title: 'A freeze of Harbour Web was overridden by mara.holt',
        acknowledgedBy: 'lena.frost',
      }),
      digestFinding({
        findingId: 67,
        level: 'informational',
        ruleTitle: 'New user',
        title: 'A user was created: joel.ames',
        firstSeenAt: '2026-11-21T10:30:00.000Z',
        lastSeenAt: '2026-11-21T10:30:00.000Z',
      }),
    ],
    stillOpen: [
      digestFinding({
        findingId: 31,
        level: 'high',
        ruleTitle: 'Variable set of production edited',
        title: 'theo.brandt changed Db.Password of Library set Shared Secrets',
        firstSeenAt: '2026-11-12T15:00:00.000Z',
        lastSeenAt: '2026-11-12T15:00:00.000Z',
        createdAt: '2026-11-12T15:01:00.000Z',
        acknowledgedBy: 'theo.brandt',
      }),
    ],
    trend: [
      { level: 'critical', perDay: 1, meanPerDay: 0.1 },
      { level: 'high', perDay: 2, meanPerDay: 0.9 },
      { level: 'medium', perDay: 1, meanPerDay: 1.6 },
      { level: 'low', perDay: 1, meanPerDay: 2.3 },
      { level: 'informational', perDay: 4, meanPerDay: 3.7 },
    ],
    staged: [{ rule: 'unusual_project_deploy', findings: 4 }],
    rotations: [
      {
        instance: 'default',
        account: 'svc-harbour',
        purpose: 'Harbour pipeline',
        keyId: 'apikeys-88',
        state: 'old_key_used',
        days: 12,
      },
      {
        instance: 'harbour-eu',
        account: 'svc-eu',
        purpose: 'Terraform',
        keyId: 'apikeys-9',
        state: 'stalled',
        days: 40,
      },
      {
        instance: 'default',
        account: 'svc-web',
        purpose: 'Smoke tests',
        keyId: 'apikeys-7',
        state: 'overlapping',
        days: 0,
      },
    ],
    keys: [
      {
        owner: 'Platform team',
        instance: 'default',
        keys: [
          {
            keyId: 'apikeys-104',
            purpose: 'TeamCity deploys',
            hint: 'API-Q7F',
            problem: 'API key expires soon: it expires in 6 days.',
            level: 'medium',
            findingId: 71,
          },
          {
            keyId: 'apikeys-88',
            purpose: 'old migration script',
            hint: 'API-LD2',
            problem: 'API key unused: no audited write for 212 days; reads are not audited.',
            level: 'medium',
            findingId: 72,
          },
        ],
      },
      {
        owner: 'no owner registered',
        instance: 'harbour-eu',
        keys: [
          {
            keyId: 'apikeys-311',
            purpose: 'test',
            hint: null,
            problem: 'API key of an administrator never expires: it belongs to theo.brandt.',
            level: 'high',
            findingId: 73,
          },
        ],
      },
    ],
    exceptions: [
      {
        name: 'nightly_release_train',
        owner: 'lena.frost',
        reason: 'The release train deploys Harbour Web every night at 02:00',
        ticket: 'OPS-418',
        expires: '2026-11-30',
        daysLeft: 8,
        hiddenSignals: 14,
      },
    ],
    undelivered: [
      {
        channel: 'slack-ops',
        state: 'pending',
        count: 3,
        lastError: 'Slack answered 503; the next attempt is at 08:04',
      },
    ],
    coverage: [
      fullCoverage(),
      fullCoverage({
        instance: 'harbour-eu',
        share: 0.9722,
        windows: 1401,
        failedWindows: 12,
        gaps: [{ fromAt: '2026-11-22T03:10:00.000Z', toAt: '2026-11-22T03:50:00.000Z' }],
        eventsStored: 1904,
        serverTotal: 1931,
        setAside: 1,
        visibility: 'the key cannot see the space Finance (EventView is missing there)',
      }),
    ],
    production: { environments: ['Production', 'Production EU', 'Live'], spacesWithout: ['Sandbox'] },
    ...given,
  });
}

import { describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from './ledger.ts';

const PRODUCTION = { environment: 'Production', isProduction: true } as const;
const STAGING = { environment: 'Staging', isProduction: false } as const;

type Facts = Partial<Parameters<Ledger['event']>[0]> & { readonly at: string };

function queued(ledger: Ledger, number: number, facts: Facts) {
  const category = 'DeploymentQueued';
  const one = { id: `Events-${number}`, category, deployment: `Deployments-${number}`, project: 'Web', ...PRODUCTION };
  ledger.event({ ...one, ...facts });
}

function started(ledger: Ledger, number: number, facts: Facts) {
  const id = `Events-${number}-started`;
  queued(ledger, number, { id, category: 'DeploymentStarted', by: 'system', ...facts });
}

describe('the view deployments', () => {
  it('has one row for a deployment, by its earliest queued and started events', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-10-02', by: 'late', id: 'Events-8' });
    queued(ledger, 1, { at: '2026-10-01', by: 'alice', ...STAGING });
    started(ledger, 1, { at: '2026-10-04', id: 'Events-9' });
    started(ledger, 1, { at: '2026-10-03', isOffHours: true });
    started(ledger, 2, { at: '2026-10-05' });
    started(ledger, 2, { at: '2026-10-06', id: 'Events-10' });

    const rows = ledger.store.db
      .prepare('SELECT deployment_id, queued_at, started_at, queued_by, is_production, is_off_hours FROM deployments')
      .raw()
      .all();

    expect(rows).toEqual([
      ['Deployments-1', '2026-10-01T12:00:00.000Z', '2026-10-03T12:00:00.000Z', 'alice', 1, 1],
      ['Deployments-2', null, '2026-10-05T12:00:00.000Z', null, 1, 0],
    ]);
  });
});

describe('saved questions about deployments', () => {
  it('production-deployments-by-person counts those of production, by person and month', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-11-01' });
    started(ledger, 1, { at: '2026-11-01T22:00:00.000Z', isOffHours: true });
    queued(ledger, 2, { at: '2026-11-02', project: 'Api' });
    queued(ledger, 3, { at: '2026-11-03', ...STAGING });
    started(ledger, 4, { at: '2026-10-02' });
    queued(ledger, 5, { at: '2025-11-02' });

    const rows = ledger.ask('production-deployments-by-person');

    expect(rows).toEqual([
      {
        instance: 'default',
        month: '2026-11',
        person: 'alice',
        actor_kind: 'human',
        deployments: 2,
        off_hours: 1,
        projects: 2,
        last_at: '2026-11-02T12:00:00.000Z',
      },
      expect.objectContaining({ month: '2026-10', person: '(unknown)', deployments: 1 }),
    ]);
  });

  it('takes the last day of a period in, and no instant after it', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-09-30T23:59:59.999Z' });
    queued(ledger, 2, { at: '2026-10-01T00:00:00.000Z' });
    queued(ledger, 3, { at: '2026-10-31T23:59:59.999Z' });
    queued(ledger, 4, { at: '2026-11-01T00:00:00.000Z' });

    const rows = ledger.ask('production-deployments-by-project', { from: '2026-10-01', to: '2026-10-31' });

    expect(rows).toEqual([
      expect.objectContaining({
        deployments: 2,
        first_at: '2026-10-01T00:00:00.000Z',
        last_at: '2026-10-31T23:59:59.999Z',
      }),
    ]);
  });

  it('production-deployments-by-project counts by project and environment, keys and people apart', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-10-01', by: 'alice' });
    queued(ledger, 2, { at: '2026-10-02', by: 'bob', key: { id: null, purpose: 'ci' }, isOffHours: true });
    queued(ledger, 3, { at: '2026-10-02', project: 'Api' });
    queued(ledger, 4, { at: '2026-10-02', project: 'Test only', ...STAGING });

    const rows = ledger.ask('production-deployments-by-project');

    expect(rows.map((row) => [row['project_name'], row['deployments'], row['people'], row['by_api_key']])).toEqual([
      ['Web', 2, 2, 1],
      ['Api', 1, 1, 0],
    ]);
  });

  it('production-deployments-off-hours lists those whose queueing or start was outside business hours', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-10-01', isOffHours: true });
    queued(ledger, 2, { at: '2026-10-02' });
    started(ledger, 2, { at: '2026-10-02T23:00:00.000Z', isOffHours: true });
    queued(ledger, 3, { at: '2026-10-03' });
    queued(ledger, 4, { at: '2026-10-03', isOffHours: true, ...STAGING });

    const rows = ledger.ask('production-deployments-off-hours');

    expect(rows.map((row) => row['deployment_id'])).toEqual(['Deployments-2', 'Deployments-1']);
  });

  it('production-deployments-nobody-asked-for lists those of the server and those without a queued event', () => {
    const ledger = openLedger();
    queued(ledger, 1, { at: '2026-10-01', by: 'system' });
    started(ledger, 2, { at: '2026-10-02' });
    queued(ledger, 3, { at: '2026-10-03' });
    started(ledger, 3, { at: '2026-10-03' });
    queued(ledger, 4, { at: '2026-10-03', by: 'system', ...STAGING });

    const rows = ledger.ask('production-deployments-nobody-asked-for');

    expect(rows.map((row) => [row['deployment_id'], row['why']])).toEqual([
      ['Deployments-2', 'its queued event is not stored'],
      ['Deployments-1', 'queued by the server'],
    ]);
  });

  it('personal-keys-deploying-to-production leaves out service accounts, portal users and other environments', () => {
    const ledger = openLedger();
    const laptop = { id: 'apikeys-1', purpose: 'laptop' };
    ledger.accounts('2026-10-09', [{ username: 'alice' }]);
    ledger.key('2026-10-09', { id: 'apikeys-1', of: 'alice', state: 'used', expiresAt: '2027-01-01T00:00:00.000Z' });
    queued(ledger, 1, { at: '2026-10-01', key: laptop });
    queued(ledger, 2, { at: '2026-10-02', key: laptop, isOffHours: true });
    queued(ledger, 3, { at: '2026-10-03', by: 'bob', key: { id: null, purpose: 'gone' }, kind: 'agent' });
    queued(ledger, 4, { at: '2026-10-04', by: 'svc', kind: 'service', key: { id: 'apikeys-2', purpose: 'ci' } });
    queued(ledger, 5, { at: '2026-10-05' });
    queued(ledger, 6, { at: '2026-10-05', by: 'carol', key: laptop, ...STAGING });

    const rows = ledger.ask('personal-keys-deploying-to-production');

    expect(rows).toEqual([
      expect.objectContaining({
        username: 'alice',
        api_key_purpose: 'laptop',
        deployments: 2,
        off_hours: 1,
        key_state: 'used',
        key_expires_at: '2027-01-01T00:00:00.000Z',
      }),
      expect.objectContaining({ username: 'bob', actor_kind: 'agent', api_key_id: null, key_state: null }),
    ]);
  });

  it('deployments-after-variable-edits joins edit and deployment of one account within the time', () => {
    const ledger = openLedger();
    const edits = [{ name: 'Db:Password' }, { name: 'Db:User', isSensitive: false }];
    ledger.event({ id: 'Events-90', at: '2026-10-01T12:00:00.000Z', category: 'Modified', project: 'Web', edits });
    queued(ledger, 1, { at: '2026-10-01T12:59:00.000Z', ...STAGING });
    queued(ledger, 2, { at: '2026-10-01T12:30:00.000Z', by: 'bob' });
    queued(ledger, 3, { at: '2026-10-01T11:59:00.000Z' });
    queued(ledger, 4, { at: '2026-10-01T13:01:00.000Z', project: 'Api' });

    const within = ledger.ask('deployments-after-variable-edits');
    const wider = ledger.ask('deployments-after-variable-edits', { minutes: 90 });

    expect(within).toEqual([
      expect.objectContaining({
        deployment_id: 'Deployments-1',
        username: 'alice',
        minutes_after: 59,
        variables: 'Db:Password,Db:User',
        any_sensitive: 1,
        is_own_project: 1,
        is_production: 0,
        edit_event_id: 'Events-90',
      }),
    ]);
    expect(wider.map((row) => [row['deployment_id'], row['is_own_project']])).toEqual([
      ['Deployments-4', 0],
      ['Deployments-1', 1],
    ]);
  });

  it('production-runbook-runs tells them by a related document, deployments aside', () => {
    const ledger = openLedger();
    const run = { category: 'RunbookRunQueued', related: ['RunbookRuns-1', 'Environments-1'] };
    ledger.event({ id: 'Events-1', at: '2026-10-01', ...run, ...PRODUCTION });
    ledger.event({ id: 'Events-2', at: '2026-10-01', ...run, ...STAGING });
    ledger.event({ id: 'Events-3', at: '2026-10-01', category: 'Modified', related: ['Runbooks-1'], ...PRODUCTION });

    const rows = ledger.ask('production-runbook-runs');

    expect(rows.map((row) => row['event_id'])).toEqual(['Events-1']);
  });
});

describe('saved questions about variables', () => {
  function edited(): Ledger {
    const ledger = openLedger();
    const project = 'Web';
    const plain = { name: 'Colour', isSensitive: false };
    ledger.event({
      ...{ id: 'Events-1', at: '2026-08-22', category: 'Modified', project, by: 'bob' },
      edits: [{ name: 'Just:Inside', scope: { Environment: ['Environments-1'] } }],
    });
    ledger.event({
      id: 'Events-2',
      at: '2026-08-21T23:59:59.999Z',
      category: 'Modified',
      edits: [{ name: 'Too:Old' }],
    });
    ledger.event({
      ...{ id: 'Events-3', at: '2026-11-19', category: 'Modified', project },
      edits: [
        { name: 'Db:Password' },
        plain,
        { name: 'Untold', isSensitive: null },
        { name: 'Open', change: 'made_plain' },
      ],
    });
    return ledger;
  }

  it('sensitive-variable-edits lists those that are known to be sensitive, of 90 days', () => {
    const ledger = edited();

    const rows = ledger.ask('sensitive-variable-edits');

    expect(rows.map((row) => [row['username'], row['variable_name'], row['change'], row['scope']])).toEqual([
      ['alice', 'Db:Password', 'value', null],
      ['alice', 'Open', 'made_plain', null],
      ['bob', 'Just:Inside', 'value', '{"Environment":["Environments-1"]}'],
    ]);
  });

  it('sensitive-variables-made-plain lists only these', () => {
    const ledger = edited();

    const rows = ledger.ask('sensitive-variables-made-plain');

    expect(rows.map((row) => row['variable_name'])).toEqual(['Open']);
  });

  it('variable-edits-by-person counts by month and owner, the sensitive ones apart', () => {
    const ledger = edited();

    const rows = ledger.ask('variable-edits-by-person', { to: '2026-11-30' });

    expect(rows.map((row) => [row['month'], row['person'], row['owner_name'], row['edits'], row['sensitive']])).toEqual(
      [
        ['2026-11', 'alice', 'Web', 4, 2],
        ['2026-08', 'alice', null, 1, 1],
        ['2026-08', 'bob', 'Web', 1, 1],
      ],
    );
    expect(ledger.ask('variable-edits-by-person', { from: '2026-11-20' })).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  apiKeyActor,
  deploymentQueued,
  loginFailed,
  loginSucceeded,
  sessionActor,
  variable,
  variableSetModified,
} from '../../src/demo/index.ts';
import {
  alice,
  deployer,
  deployKey,
  deployment,
  emptyServer,
  MONITOR_KEY,
  NOON,
  passwordEdit,
  queuedByAlice,
  queuedByKey,
} from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function edit(id: string, options: { scope?: Record<string, string[]>; library?: boolean; isSensitive?: boolean }) {
  const owner = options.library
    ? { id: 'LibraryVariableSets-1', name: 'Shared' }
    : { id: 'Projects-1', name: 'Web Shop' };
  return variableSetModified({
    id,
    at: NOON - HOUR,
    actor: sessionActor(alice, '192.0.2.10'),
    before: {
      Id: `variableset-${owner.id}`,
      OwnerId: owner.id,
      SpaceId: 'Spaces-1',
      Version: 1,
      Variables: [
        variable(
          { id: 'v1', name: 'Token', value: 'x' },
          { isSensitive: options.isSensitive ?? true, scope: options.scope ?? {} },
        ),
      ],
    },
    owner,
    edits: [{ kind: 'value', name: 'Token', value: 'y' }],
  });
}

async function levelOf(change: (stage: Stage) => void): Promise<Record<string, unknown> | undefined> {
  const stage = await startStage();
  change(stage);
  await stage.runOnce();
  return stage.finding('sensitive_variable_edit');
}

describe('edits of sensitive variables', () => {
  it.each([
    ['scoped to production', { scope: { Environment: ['Environments-1'] } }, 'high'],
    ['scoped to another environment', { scope: { Environment: ['Environments-2'] } }, 'medium'],
    ['without a scope', {}, 'high'],
    ['in a library set', { library: true, scope: { Environment: ['Environments-2'] } }, 'high'],
  ])('%s: level', async (_, options, level) => {
    const finding = await levelOf((stage) => void stage.state.addEvent(edit('Events-1', options)));

    expect(finding).toMatchObject({ level });
    expect(String(finding?.['title'])).toContain('Token');
  });

  it('of plain variables are no finding', async () => {
    expect(
      await levelOf((stage) => void stage.state.addEvent(edit('Events-1', { isSensitive: false }))),
    ).toBeUndefined();
  });

  it('on a server older than 2024.2.7476 are low, because it lists variables nobody touched', async () => {
    const finding = await levelOf((stage) => {
      stage.state.serverVersion = '2023.1.9626';
      stage.state.addEvent(edit('Events-1', {}));
    });

    expect(finding).toMatchObject({ level: 'low' });
  });

  it('whose details fail for a while do not hold up the window, and are found when they can be read', async () => {
    const stage = await startStage();
    stage.state.addEvent(passwordEdit('Events-1', NOON - 2 * HOUR));
    stage.state.addEvent(queuedByAlice('Events-2', NOON - 10 * HOUR, 1));
    stage.server.faults.next({ path: /\/api\/events\/Events-1/, times: 1000, kind: 'status', status: 500, body: 'no' });
    const first = await stage.runOnce();
    const meanwhile = stage.findings().map((row) => row['rule']);
    stage.server.faults.clear();
    stage.clock.advance(10 * MINUTE);

    await stage.runOnce();

    expect(first.isComplete).toBe(true);
    expect(stage.column('SELECT count(*) FROM events')).toEqual([2]);
    expect(meanwhile).toEqual(['off_hours_production_deploy']);
    expect(stage.finding('sensitive_variable_edit')).toMatchObject({ level: 'high' });
  });

  it('whose details are refused for good are low: the set contains sensitive variables, which one is not known', async () => {
    const finding = await levelOf((stage) => {
      const event = passwordEdit('Events-1', NOON - 2 * HOUR);
      stage.state.addEvent(event);
      stage.state.variableSets.set('variableset-Projects-1', {
        Id: 'variableset-Projects-1',
        OwnerId: 'Projects-1',
        SpaceId: 'Spaces-1',
        Version: 4,
        Variables: [variable({ id: 'var-1', name: 'Db.Password', value: 'x' }, { isSensitive: true })],
      });
      stage.server.faults.next({
        path: /\/api\/events\/Events-1/,
        times: 1000,
        kind: 'status',
        status: 403,
        body: { ErrorMessage: 'no' },
      });
    });

    expect(finding).toMatchObject({ level: 'low' });
    expect(String(finding?.['title'])).toContain('not known');
  });
});

describe('the inventory', () => {
  it('is read anew when an event names an environment that it does not hold, so that a new production counts at once', async () => {
    const stage = await startStage();
    const actor = sessionActor(alice, '192.0.2.10');
    let isThere = false;
    // After the inventory was read, before the first window is: the environment is made and deployed to at once.
    stage.state.onRequest = ({ query }) => {
      if (isThere || query['from'] === undefined) return;
      isThere = true;
      stage.state.environments.push({
        id: 'Environments-77',
        spaceId: 'Spaces-1',
        name: 'Live EU',
        slug: 'live-eu',
        tags: [],
      });
      const target = deployment(1, { id: 'Environments-77', name: 'Live EU' });
      stage.state.addEvent(deploymentQueued({ id: 'Events-1', at: NOON - 1000, actor, deployment: target }));
    };

    await stage.runOnce();

    const environments = stage.server.requests.filter((one) => one.path.endsWith('/environments/all'));
    expect(environments).toHaveLength(2);
    expect(stage.rows('SELECT environment_name, is_production FROM events')).toEqual([
      { environment_name: 'Live EU', is_production: 1 },
    ]);
  });

  it('of a server that records no last use leaves keys unknown, shows the last audited write, and the rule silent', async () => {
    const state = emptyServer(() => NOON);
    state.serverVersion = '2023.1.9626';
    state.apiKeys.push({
      ...deployKey,
      userId: deployer.id,
      createdAt: '2025-01-05T09:00:00.000Z',
      expiresAt: null,
      lastUsedAt: null,
      isLastUsedKnown: false,
      accessLevel: 'FullAccess',
      actorType: 'User',
    });
    const key = { ...deployKey, createdAt: '2025-01-05T09:00:00.000Z' };
    state.addEvent(
      deploymentQueued({
        id: 'Events-1',
        at: NOON - 3 * DAY,
        actor: apiKeyActor(deployer, key, '203.0.113.5'),
        deployment: deployment(1),
      }),
    );
    const stage = await startStage({ state });

    await stage.runOnce();

    expect(stage.rows('SELECT state, last_used_at, last_used_source FROM api_keys')).toEqual([
      { state: 'unknown', last_used_at: new Date(NOON - 3 * DAY).toISOString(), last_used_source: 'audit' },
    ]);
    expect(stage.finding('unused_api_key')).toBeUndefined();
  });

  it('opens a finding about an unused key once, leaves it alone while the list fails, and ends it when the key is used', async () => {
    const state = emptyServer(() => NOON);
    const unused = {
      ...deployKey,
      userId: deployer.id,
      createdAt: '2025-01-05T09:00:00.000Z',
      expiresAt: null,
      lastUsedAt: '2025-06-01T09:00:00.000Z',
      isLastUsedKnown: true,
      accessLevel: 'FullAccess' as const,
      actorType: 'User' as const,
    };
    state.apiKeys.push(unused);
    const stage = await startStage({ state });
    await stage.runOnce();
    await stage.runOnce();
    const opened = stage.rows("SELECT finding_id, status FROM findings WHERE rule = 'unused_api_key'");
    stage.server.faults.next({
      path: /Users-3\/apikeys/,
      times: 1000,
      kind: 'status',
      status: 403,
      body: { ErrorMessage: 'no' },
    });
    await stage.runOnce();
    const whileForbidden = stage.finding('unused_api_key')?.['status'];
    stage.server.faults.clear();
    stage.state.apiKeys = [{ ...unused, lastUsedAt: new Date(NOON - HOUR).toISOString() }];

    await stage.runOnce();

    expect(opened).toMatchObject([{ status: 'open' }]);
    expect(whileForbidden).toBe('open');
    expect(stage.finding('unused_api_key')).toMatchObject({ ...opened[0], status: 'resolved', resolution: 'ended' });
    expect(stage.column('SELECT state FROM api_keys')).toEqual(['used']);
  });

  it('ends the finding when the key is revoked', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys.push({
      ...deployKey,
      userId: deployer.id,
      createdAt: '2025-01-05T09:00:00.000Z',
      expiresAt: null,
      lastUsedAt: null,
      isLastUsedKnown: true,
      accessLevel: 'ReadOnly',
      actorType: 'User',
    });
    const stage = await startStage({ state });
    await stage.runOnce();
    const opened = stage.finding('unused_api_key')?.['status'];
    stage.state.revokeKey(deployKey.id);
    stage.clock.advance(MINUTE);

    await stage.runOnce();

    expect(opened).toBe('open');
    expect(stage.finding('unused_api_key')).toMatchObject({ status: 'resolved', resolution: 'ended' });
    expect(stage.column('SELECT count(*) FROM api_keys')).toEqual([0]);
  });
});

describe('failed sign-ins without an account', () => {
  const nameless = (index: number, ip: string) => ({
    ...loginFailed({
      id: `Events-F${index}`,
      at: NOON - HOUR + index * MINUTE,
      username: 'x',
      userId: null,
      ipAddress: ip,
    }),
    Message: 'Login failed',
  });
  const people = (stage: Stage, ip: (index: number) => string) => {
    for (let index = 0; index < 30; index++) {
      stage.state.addEvent(
        loginSucceeded({
          id: `Events-P${index}`,
          at: NOON - 20 * HOUR + index * MINUTE,
          user: alice,
          ipAddress: ip(index),
        }),
      );
    }
  };

  it('are counted by address while addresses tell people apart', async () => {
    const stage = await startStage();
    people(stage, (index) => `192.0.2.${index}`);
    for (let index = 0; index < 5; index++) stage.state.addEvent(nameless(index, '198.51.100.7'));

    await stage.runOnce();

    expect(stage.finding('repeated_auth_failures')).toMatchObject({ subject: '198.51.100.7' });
  });

  it('are counted as unattributed when one address carries nearly all of the people, for then it is a proxy', async () => {
    const stage = await startStage();
    people(stage, () => '10.0.0.1');
    for (let index = 0; index < 5; index++) stage.state.addEvent(nameless(index, '10.0.0.1'));

    await stage.runOnce();

    expect(stage.finding('repeated_auth_failures')).toMatchObject({ subject: 'unattributed' });
  });
});

describe('secrets', () => {
  it('are in nothing that is written: database, log, alerts', async () => {
    const value = 'plainly-readable-secret-value';
    const hash = 'c2FsdGVkLWhhc2gtb2YtYS1zZWNyZXQ';
    const stage = await startStage();
    const change = passwordEdit('Events-1', NOON - HOUR) as unknown as Record<string, unknown>;
    stage.state.addEvent({
      ...change,
      Details: `<ins>${value}</ins> ${hash}`,
      ChangeDetails: {
        DocumentContext: {
          Id: 'variableset-Projects-1',
          Variables: [{ Id: 'v', Name: 'Db.Password', Type: 'Sensitive', Value: hash, Scope: {} }],
        },
        Differences: [{ path: '/Variables/0/Value', op: 'replace', value: { SensitiveValue: value, Hash: hash } }],
      },
    } as unknown as Parameters<typeof stage.state.addEvent>[0]);
    stage.state.addElement({ Id: 'Events-9', Category: 'Modified', Secret: value, Nested: [{ hash }] }, NOON - HOUR);
    stage.state.addEvent(queuedByKey('Events-2', NOON - 12 * HOUR, 1));
    await stage.runOnce();
    stage.server.faults.next({
      path: /\/api\/events/,
      times: 50,
      kind: 'status',
      status: 403,
      body: { ErrorMessage: `the key ${MONITOR_KEY} may not` },
    });
    await stage.runOnce();

    const files = readdirSync(stage.folder).map((file) => readFileSync(path.join(stage.folder, file), 'latin1'));
    const written = [...files, JSON.stringify(stage.log), stage.printed.join('\n')].join('\n');
    expect(stage.finding('sensitive_variable_edit')).toBeDefined();
    expect(stage.finding('monitor_poll_failing')).toBeDefined();
    expect(written).toContain('Db.Password');
    for (const secret of [MONITOR_KEY, value, hash]) expect(written).not.toContain(secret);
  });
});

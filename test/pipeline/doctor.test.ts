import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { monitorAccess, unrestricted } from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { SPACE_ROLE, SYSTEM_ROLE } from '../../src/pipeline/doctor-permissions.ts';
import { openStore } from '../../src/store/index.ts';
import { makeFolder } from '../support/monitor.ts';
import { MONITOR_KEY, queuedByAlice, smallHistory } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { examine, fewRules } from './doctor-stage.ts';

const DAY = 86_400_000;

const at = (stage: Stage) => ({ url: stage.server.url, clock: stage.clock });

const ownKey = {
  id: 'apikeys-OWN',
  userId: 'Users-1',
  purpose: 'octowatch',
  hint: MONITOR_KEY.slice(0, 8),
  createdAt: '2026-01-05T09:00:00.000Z',
  expiresAt: '2026-12-31T00:00:00.000Z',
  lastUsedAt: null,
  isLastUsedKnown: true,
  accessLevel: 'FullAccess',
  actorType: 'User',
} as const;

const othersKey = { ...ownKey, id: 'apikeys-OTHER', userId: 'Users-3', hint: 'API-OTHE' };

/** A server with a history, on which everything is as it should be. */
async function startWell(): Promise<Stage> {
  const stage = await startStage();
  stage.state.apiKeys.push(ownKey, othersKey);
  stage.state.addEvent(queuedByAlice('Events-1', stage.clock.now() - DAY, 1));
  return stage;
}

describe('the checks of a server on which all is well', () => {
  it('find nothing to mend and ask for every thing once', async () => {
    const stage = await startWell();
    const { results, of } = await examine(at(stage));

    expect(results.filter((one) => one.status === 'failed' || one.status === 'warning')).toEqual([]);
    expect(of('server').seen).toContain('Octopus 2026.3.15600');
    expect(of('own key').seen).toContain('expires at 2026-12-31T00:00:00.000Z, in 303 days, FullAccess');
    expect(of('permissions').seen).toBe('everything the monitor needs, 1 space visible');
    expect(of('least privilege').seen).toBe('the account may change nothing');
    expect(of('audit log').seen).toBe(
      'with spaces=all&includeSystem=true: 1 event, 0 of the newest 1 belong to no space; without: 1 event, 0 of the newest 1 belong to no space',
    );
    expect(of('keys of others').seen).toBe('3 users; the keys of one other could be read: 1 key');
    expect(of('account').seen).toBe('octowatch is a service account');
    expect(of('production').seen).toBe('counted as production: Production');
    expect(of('request limits').seen).toBe('limit l=200;rpm=600, now r=199;t=1');
    expect(of('key policy').seen).toBe("API keys of people's accounts are allowed; a key lives at most 366 days");
  });

  it('write nothing: every request is a GET, and no database is made', async () => {
    const stage = await startWell();
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(stage.server.requests.filter((one) => one.method !== 'GET')).toEqual([]);
    expect(of('database')).toMatchObject({ status: 'ok', seen: expect.stringContaining('the first reading makes it') });
    expect(() => new Database(stage.db, { fileMustExist: true })).toThrow();
  });
});

const OUTCOME = { essential: 'failed', wanted: 'warning', optional: 'ok' } as const;

describe('the permissions of the account, taken away one by one', () => {
  it.each(SYSTEM_ROLE.map((one) => [one.name, OUTCOME[one.weight]] as const))(
    '%s at system level is missed',
    async (name, status) => {
      const stage = await startWell();
      const access = monitorAccess(['Spaces-1']);
      const left = access.SystemPermissions.filter((one) => one !== name);
      stage.state.permissions.set('Users-1', { ...access, SystemPermissions: left });
      const { of } = await examine(at(stage));

      expect(of('permissions')).toMatchObject({
        status,
        seen: expect.stringMatching(`^lacking at system level: ${name}\\b`),
      });
      expect(of('permissions').fix).toContain('EventView, UserView, SpaceView, TeamView, UserRoleView');
    },
  );

  it.each(SPACE_ROLE.map((one) => [one.name, OUTCOME[one.weight]] as const))(
    '%s in one of two spaces is missed',
    async (name, status) => {
      const stage = await startWell();
      stage.state.spaces.push({ id: 'Spaces-2', name: 'Shop', slug: 'shop' });
      const access = monitorAccess(['Spaces-1', 'Spaces-2']);
      const SpacePermissions = { ...access.SpacePermissions, [name]: [unrestricted('Spaces-1')] };
      stage.state.permissions.set('Users-1', { ...access, SpacePermissions });
      const { of } = await examine(at(stage));

      expect(of('permissions')).toMatchObject({
        status,
        seen: expect.stringMatching(`lacking(, but optional:)? in space Shop: ${name}\\b`),
      });
    },
  );

  it('a grant for some projects only is no whole one', async () => {
    const stage = await startWell();
    const access = monitorAccess(['Spaces-1']);
    const EventView = [{ ...unrestricted('Spaces-1'), RestrictedToProjectIds: ['Projects-1'] }];
    stage.state.permissions.set('Users-1', { ...access, SpacePermissions: { ...access.SpacePermissions, EventView } });
    const { of } = await examine(at(stage));

    expect(of('permissions')).toMatchObject({
      status: 'failed',
      seen: expect.stringContaining('in space Default: EventView only for some projects'),
    });
  });

  it('what may change something is too much, whoever administers most of all', async () => {
    const stage = await startWell();
    const access = monitorAccess(['Spaces-1']);
    stage.state.permissions.set('Users-1', {
      ...access,
      SystemPermissions: [...access.SystemPermissions, 'UserEdit', 'AdministerSystem'],
    });
    const { of } = await examine(at(stage));

    expect(of('least privilege')).toMatchObject({
      status: 'warning',
      seen: expect.stringContaining('the account has AdministerSystem, UserEdit'),
    });
  });

  it('what may change something is not too much for a key that only reads', async () => {
    const stage = await startWell();
    stage.state.apiKeys[0] = { ...ownKey, accessLevel: 'ReadOnly' };
    stage.state.permissions.delete('Users-1');
    const { of } = await examine(at(stage));

    expect(of('least privilege')).toMatchObject({ status: 'ok', seen: expect.stringContaining('its key is ReadOnly') });
  });

  it('a server that says it does not show all of them makes no claim certain', async () => {
    const stage = await startWell();
    const access = monitorAccess(['Spaces-1']);
    stage.state.permissions.set('Users-1', {
      ...access,
      SystemPermissions: ['EventView'],
      IsPermissionsComplete: false,
    });
    const { of } = await examine(at(stage));

    expect(of('permissions')).toMatchObject({ status: 'warning', seen: expect.stringMatching(/^perhaps lacking/) });
  });
});

describe('a server that cannot be worked with', () => {
  it('with a dead key is asked once: what comes after is skipped', async () => {
    const stage = await startWell();
    stage.state.revokeKey(MONITOR_KEY);
    const { of, results } = await examine(at(stage));

    expect(of('server').status).toBe('ok');
    expect(of('key')).toMatchObject({ status: 'failed', fix: expect.stringContaining('OCTOPUS_API_KEY') });
    const behind = results.slice(results.indexOf(of('key')) + 1);
    expect(behind.every((one) => one.status === 'skipped' && one.seen.includes('the key was refused'))).toBe(true);
    expect(stage.server.requests.filter((one) => one.path !== '/api')).toHaveLength(1);
  });

  it('that nobody can reach fails one check, and another instance is looked at all the same', async () => {
    const stage = await startWell();
    const { of, results } = await examine(at(stage), {
      instances: [
        { name: 'gone', url: 'http://127.0.0.1:9', apiKey: MONITOR_KEY },
        { name: 'default', url: stage.server.url, apiKey: MONITOR_KEY },
      ],
    });

    expect(of('server', 'gone')).toMatchObject({ status: 'failed', seen: expect.stringContaining('ECONNREFUSED') });
    expect(results.filter((one) => one.instance === 'gone' && one.status === 'failed')).toHaveLength(1);
    expect(of('permissions', 'default').status).toBe('ok');
  });

  it('that does not answer a question in time fails that check alone', async () => {
    const stage = await startWell();
    stage.server.faults.next({ kind: 'hang', path: /\/api\/events\?/ });
    const { of } = await examine(at(stage), { timeoutMs: 300 });

    expect(of('audit log')).toMatchObject({ status: 'failed' });
    expect(of('keys of others').status).toBe('ok');
  });

  it('that fails once is not asked again behind the back of the reader', async () => {
    const stage = await startWell();
    stage.server.faults.next({ kind: 'status', status: 503, path: /\/api\/authentication/ });
    const { of } = await examine(at(stage));

    expect(of('key policy')).toMatchObject({ status: 'failed', seen: expect.stringContaining('503') });
  });

  it('that is another one than the database holds is refused', async () => {
    const stage = await startWell();
    await stage.runOnce();
    stage.state.installationId = 'another';
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(of('server')).toMatchObject({ status: 'failed', fix: expect.stringContaining('OCTOWATCH_DB') });
    expect(of('permissions').status).toBe('skipped');
  });
});

describe('what a server can tell', () => {
  it.each([
    ['2021.3.8275', /^not told: the address .*, the id of the API key .*, when an API key was last used/],
    ['2023.1.9626', /^told: the address [^,]*; not told: the id of the API key .*, when an API key was last used/],
    [
      '2026.3.15600',
      /^told: the address .*, the id of the API key .*, when an API key was last used; told by no server/,
    ],
  ])('on %s is read from what it sends', async (version, expected) => {
    const stage = await startWell();
    stage.state.serverVersion = version;
    const { of } = await examine(at(stage));

    expect(of('what can be told').seen).toMatch(expected);
  });

  it('is not known where there is nothing to tell by', async () => {
    const stage = await startStage();
    const { of } = await examine(at(stage));

    expect(of('what can be told').seen).toMatch(/^not known, for there was nothing to see it by: the address/);
    expect(of('audit log').status).toBe('warning');
  });

  it('is less where it gives only its plain list', async () => {
    const stage = await startWell();
    stage.server.faults.next({ kind: 'status', status: 400, path: /spaces=all/, times: 5 });
    const { of } = await examine(at(stage));

    expect(of('audit log')).toMatchObject({ status: 'warning', seen: expect.stringContaining('refuses spaces=all') });
  });

  it('is not known to the rules where it gives no lists of its words', async () => {
    const stage = await startWell();
    stage.server.faults.next({ kind: 'status', status: 404, path: /events\/(categories|documenttypes)/, times: 9 });
    const { of } = await examine(at(stage));

    expect(of("server's words").status).toBe('warning');
    expect(of('rules on this server').status).toBe('skipped');
  });
});

describe('what rules wait for', () => {
  it('and never came in thirty days is a warning', async () => {
    const stage = await startStage({ env: { OCTOWATCH_BACKFILL: '60d' } });
    stage.state.addEvent(queuedByAlice('Events-1', stage.clock.now() - 40 * DAY, 1));
    stage.state.addEvent(queuedByAlice('Events-2', stage.clock.now() - DAY, 2));
    await stage.runOnce();
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(of('awaited events')).toMatchObject({ status: 'warning', seen: expect.stringMatching(/no sign-in events/) });
  });
});

describe('the settings of a server', () => {
  it('a space without production is a warning that names it', async () => {
    const stage = await startWell();
    stage.state.environments = stage.state.environments.filter((one) => one.name !== 'Production');
    const { of } = await examine(at(stage));

    expect(of('production')).toMatchObject({
      status: 'warning',
      seen: 'no environment counts as production; no production in space Default',
    });
  });

  it('a clock that differs is a warning', async () => {
    const stage = await startWell();
    stage.state.clockSkewMs = 10 * 60_000;
    const { of } = await examine(at(stage));

    expect(of('clock')).toMatchObject({ status: 'warning', seen: expect.stringContaining('ahead of') });
  });

  it('a key about to expire, and one that never does, are warnings', async () => {
    const stage = await startWell();
    stage.state.apiKeys[0] = { ...ownKey, expiresAt: new Date(stage.clock.now() + 5 * DAY).toISOString() };
    const soon = await examine(at(stage));
    stage.state.apiKeys[0] = { ...ownKey, expiresAt: null };
    const never = await examine(at(stage));

    expect(soon.of('own key')).toMatchObject({ status: 'warning', seen: expect.stringContaining('in 5 days') });
    expect(never.of('own key')).toMatchObject({ status: 'warning', seen: expect.stringContaining('never expires') });
  });

  it('events that left for the archive before they were read are lost, which fails', async () => {
    const stage = await startWell();
    await stage.runOnce();
    stage.clock.advance(40 * DAY);
    const yesterday = new Date(stage.clock.now() - 10 * DAY).toISOString().slice(0, 10);
    const body = {
      Items: [{ Name: `events-${yesterday}.jsonl` }, { Name: 'events-2026-01-01.jsonl' }],
      TotalResults: 2,
    };
    stage.server.faults.next({ kind: 'status', status: 200, path: /events\/archives/, body });
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(of('retention')).toMatchObject({ status: 'failed', seen: expect.stringContaining(`up to ${yesterday}`) });
  });

  it('the audit stream is told where it can be seen', async () => {
    const stage = await startWell();
    stage.server.faults.next({ kind: 'status', status: 200, path: /audit-stream/, body: { Active: true } });
    const { of } = await examine(at(stage));

    expect(of('audit stream')).toMatchObject({ status: 'ok', seen: expect.stringContaining('is active') });
  });

  it('no text of the server can forge a line or a colour', async () => {
    const stage = await startWell();
    stage.state.installationId = '2026.3\u001b[31m\nok forged';
    stage.state.spaces = [{ id: 'Spaces-1', name: 'De\u202efault\n', slug: 'default' }];
    stage.state.environments = [{ id: 'E', spaceId: 'Spaces-1', name: 'prod \u001b[2J', slug: 'x', tags: [] }];
    const { results } = await examine(at(stage));

    for (const { fix, seen } of results) expect(`${seen}${fix}`).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});

describe('this machine', () => {
  it('a database that others may read is a warning, a damaged one fails', async () => {
    const stage = await startStage({ state: smallHistory(() => 0) });
    await stage.runOnce();
    chmodSync(stage.db, 0o644);
    const readable = await examine(at(stage), { local: localOf(stage.db) });
    writeFileSync(stage.db, 'this is no database');
    const damaged = await examine(at(stage), { local: localOf(stage.db) });

    expect(readable.of('database')).toMatchObject({ status: 'warning', fix: expect.stringContaining('chmod 600') });
    expect(damaged.of('database').status).toBe('failed');
  });

  it('a database of a newer version fails', async () => {
    const stage = await startWell();
    await stage.runOnce();
    const db = new Database(stage.db);
    db.prepare("INSERT INTO _migrations VALUES (9999, '9999_future', 'x', 'x')").run();
    db.close();
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(of('database')).toMatchObject({ status: 'failed', seen: expect.stringContaining('9999_future') });
  });

  it('a refused rule fails with its place', async () => {
    const stage = await startWell();
    const { folder, remove } = makeFolder();
    const file = path.join(folder, 'bad.yml');
    writeFileSync(file, 'title: Bad\n');
    const { of } = await examine(at(stage), { local: { ...localOf(stage.db), pack: loadRulePack([file]) } });
    remove();

    expect(of('rules')).toMatchObject({ status: 'failed', seen: expect.stringContaining('bad.yml:') });
  });
});

describe('addresses', () => {
  it("that are nearly all one proxy's are a warning with a remedy", async () => {
    const stage = await startWell();
    await stage.runOnce();
    const before = await examine(at(stage), { local: localOf(stage.db) });
    const store = openStore(stage.db, { monitorVersion: 'test' });
    store.addresses.count(1, new Date(stage.clock.now()).toISOString().slice(0, 10), '203.0.113.9', 900);
    store.close();
    const after = await examine(at(stage), { local: localOf(stage.db) });

    expect(before.of('addresses').status).toBe('ok');
    expect(after.of('addresses')).toMatchObject({
      status: 'warning',
      seen: expect.stringContaining('Facts about addresses are off since'),
      fix: expect.stringContaining('Trusted Proxies'),
    });
  });

  it('are not judged before anything was read', async () => {
    const stage = await startWell();
    const { of } = await examine(at(stage), { local: localOf(stage.db) });

    expect(of('addresses').status).toBe('skipped');
  });
});

describe('calendars and change windows', () => {
  const configured = (yaml: string) => {
    const { folder, remove } = makeFolder();
    writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
    const { calendars, changeWindows } = loadConfig({ env: {}, cwd: folder, needs: 'database' });
    remove();
    return { yaml, calendars, changeWindows };
  };

  it('that had nothing to say are a warning, for their names are probably others', async () => {
    const { yaml, ...own } = configured(`
calendars:
  - { name: shop, timezone: Asia/Tokyo, match: { project: "Web *" } }
  - { name: misspelt, match: { project: "Wbe *" } }
changeWindows:
  - { name: nights, weekly: { mon-sun: "00:00-24:00" }, owner: mira, ticket: CHG-1, match: { project: "Web *" } }
  - { name: nowhere, weekly: { mon-sun: "00:00-24:00" }, owner: mira, ticket: CHG-2, match: { tenant: Acme } }`);
    const stage = await startWell();
    writeFileSync(path.join(stage.folder, 'octowatch.yaml'), yaml);
    stage.state.addEvent(queuedByAlice('Events-2', stage.clock.now() - DAY, 2));
    const before = await examine(at(stage), { local: { ...localOf(stage.db), ...own } });
    await stage.runOnce();

    const after = await examine(at(stage), { local: { ...localOf(stage.db), ...own } });

    expect(before.of('calendars')).toMatchObject({ status: 'ok', seen: expect.stringContaining('no event was read') });
    expect(after.of('calendars')).toMatchObject({
      status: 'warning',
      seen: '2 calendars beside the one for everything else: shop (Asia/Tokyo), misspelt (UTC); 2 change windows; in 30 days calendar misspelt judged no event, change window nowhere allowed no deployment',
    });
  });

  it('are not looked at where there are none', async () => {
    const { of } = await examine(at(await startWell()));

    expect(of('calendars').status).toBe('skipped');
  });
});

describe('the key register', () => {
  const registerOf = (...accounts: string[]) => {
    const entries = accounts.map((account) => `  - { match: { account: ${account} }, owner: me }\n`).join('');
    const { folder, remove } = makeFolder();
    writeFileSync(path.join(folder, 'keys.yml'), `keys:\n${entries}`);
    const { keysFile, register } = loadConfig({ env: {}, cwd: folder, needs: 'database' });
    remove();
    return { keysFile, register };
  };

  it('is told with its file and its entries, and those about no key are a warning', async () => {
    const stage = await startWell();
    stage.state.addEvent(queuedByAlice('Events-2', stage.clock.now() - DAY, 2));
    await stage.runOnce();
    const well = await examine(at(stage), { local: { ...localOf(stage.db), ...registerOf('octowatch') } });
    const idle = await examine(at(stage), { local: { ...localOf(stage.db), ...registerOf('octowatch', 'nobody') } });

    expect(well.of('key register')).toMatchObject({
      status: 'ok',
      seen: expect.stringMatching(/keys\.yml: 1 entry, each about a key$/),
    });
    expect(idle.of('key register')).toMatchObject({
      status: 'warning',
      seen: expect.stringMatching(/2 entries, 1 without effect: keys\.yml:3 \(account `nobody`\) is about no key$/),
    });
  });

  it('is not held against keys before any were read, and skipped where there is none', async () => {
    const stage = await startWell();
    const early = await examine(at(stage), { local: { ...localOf(stage.db), ...registerOf('nobody') } });
    const without = await examine(at(stage), { local: localOf(stage.db) });

    expect(early.of('key register')).toMatchObject({ status: 'ok', seen: expect.stringContaining('no key was read') });
    expect(without.of('key register').status).toBe('skipped');
  });
});

function localOf(db: string) {
  return { db, pack: fewRules(), timeZone: 'UTC', isTimeZoneSet: true, warnings: [] };
}

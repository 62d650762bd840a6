import { loginSucceeded } from '../account-events.ts';
import type { Actor } from '../actors.ts';
import { apiKeyActor } from '../actors.ts';
import { atPortal, type Chronicle, triggerActor, withKey } from '../chronicle.ts';
import { documentCreated, documentModified } from '../document-events.ts';
import { auditEvent } from '../event-shape.ts';
import { runbookRunQueued, runbookRunStarted, runbookRunSucceeded } from '../runbook-events.ts';
import { apiKeyRejected } from '../sign-in-events.ts';
import { addressOf, PEOPLE, PROJECTS, type Project, SERVICES, type STAGES } from '../story-cast.ts';
import { DEPLOYERS, TEAM } from '../story-routine.ts';
import { setIdOf } from '../story-variables.ts';
import { variable } from '../variable-events.ts';
import { COMPANY_DAYS, type Times } from './company.ts';
import type { QuietKeys } from './quiet-keys.ts';

const MINUTE_MS = 60_000;

/** What a well-run company does beside its everyday work. Nothing of it deserves more than a low finding. */
export function tellQuietDays(chronicle: Chronicle, keys: QuietKeys, times: Times): void {
  tellFirstWeeks(chronicle, keys, times);
  tellForgottenPasswords(chronicle, times);
  tellTravels(chronicle, times);
  tellChanges(chronicle, keys, times);
  tellRunbooks(chronicle, times);
  const { checkout } = PROJECTS;
  // Decided in the afternoon, run in the evening.
  chronicle.deploy({
    atMs: times.workday(15, 16, 30),
    startsAtMs: times.workday(15, 21),
    actor: atPortal(PEOPLE.chiara),
    project: checkout,
    stage: checkout.stages.production,
  });
}

/** Who works from where, and deploys what to which stage: the monitor learns it in its first fortnight. */
function tellFirstWeeks(chronicle: Chronicle, keys: QuietKeys, { workday }: Times): void {
  const projects = [PROJECTS.storefront, PROJECTS.stock, PROJECTS.prices];
  const release = withKey(SERVICES.release, keys.releaseBefore);
  const deploy = (atMs: number, actor: Actor, project: Project) =>
    chronicle.deploy({ atMs, actor, project, stage: project.stages.production });
  for (const [index, project] of projects.entries()) {
    deploy(workday(60, 10, 5 + index), release, project);
    for (const [number, user] of DEPLOYERS.entries()) {
      deploy(workday(62 - index, 11, 2 * number), atPortal(user), project);
    }
  }
  for (const [number, user] of TEAM.entries()) {
    if (user.id === PEOPLE.keiko.id) continue;
    chronicle.signIn(workday(63, 9, number), user, false);
    chronicle.signIn(workday(61, 9, number), user, true);
  }
}

function tellForgottenPasswords(chronicle: Chronicle, { workday }: Times): void {
  for (const [day, user] of [
    [9, PEOPLE.hugo],
    [24, PEOPLE.greta],
    [39, PEOPLE.femi],
  ] as const) {
    const firstMs = workday(day, 7, 40);
    for (let index = 0; index < 4; index++) {
      chronicle.failSignIn(firstMs + index * 40_000, user, addressOf(user, true));
    }
    chronicle.signIn(firstMs + 4 * MINUTE_MS, user, true);
  }
  // A build agent that comes up before its secrets do.
  for (const day of [6, 22, 47]) {
    const atMs = workday(day, 7, 15);
    chronicle.note(atMs, (id) =>
      apiKeyRejected({
        id,
        at: atMs,
        ipAddress: addressOf(SERVICES.build, false),
        owner: { id: SERVICES.build.id, name: SERVICES.build.username },
        userAgent: 'curl/8.7.1',
      }),
    );
  }
}

/** Two people on the road: a hotel and a train, each a network of its own. */
function tellTravels(chronicle: Chronicle, { workday }: Times): void {
  for (const [day, user, ipAddress] of [
    [30, PEOPLE.greta, '2001:db8:1030::5'],
    [12, PEOPLE.femi, '2001:db8:1012::7'],
  ] as const) {
    for (const [index, hour] of [9, 15].entries()) {
      const atMs = workday(day - index, hour, 20);
      chronicle.note(atMs, (id) => loginSucceeded({ id, at: atMs, user, ipAddress }));
    }
  }
}

function tellChanges(chronicle: Chronicle, keys: QuietKeys, { workday }: Times): void {
  const { search, stock, storefront } = PROJECTS;
  const modify = (atMs: number, actor: Actor, documentType: string, id: string, path: string, project: Project) =>
    chronicle.note(atMs, (eventId) =>
      documentModified({
        id: eventId,
        at: atMs,
        actor,
        documentType,
        document: { id, name: project.name },
        related: [project.id],
        spaceId: project.spaceId,
        differences: [{ path, op: 'replace', value: 'as agreed' }],
      }),
    );
  for (const day of [4, 17, 33, 50]) {
    modify(
      workday(day, 11, 10),
      atPortal(PEOPLE.ines),
      'Deployment Process',
      `deploymentprocess-${stock.id}`,
      '/Steps/1/Name',
      stock,
    );
  }
  // Its process and plain variables move to Git.
  modify(workday(26, 14), atPortal(PEOPLE.devika), 'Project', search.id, '/PersistenceSettings', search);
  tellNewDocuments(chronicle, { workday });
  // Many plain variables in one save, by a client of a newer version.
  const upgraded = apiKeyActor(
    SERVICES.terraform,
    keys.terraform,
    addressOf(SERVICES.terraform, false),
    'OctopusClient-dotnet/18.3.4402 (Linux 6.8.0-1033-generic; x64) NoneOrUnknown octo',
  );
  const plain = Array.from({ length: 14 }, (_, index) => ({
    kind: 'add' as const,
    variable: variable({
      id: `00000000-0000-4000-8000-0000004107${String(index).padStart(2, '0')}`,
      name: `Branch:${index}:OpeningHours`,
      value: '09:00',
    }),
  }));
  chronicle.editVariables(workday(18, 11, 30), upgraded, setIdOf(storefront), plain);
  for (const day of [2, 5, 10]) {
    modify(workday(day, 13, 20), upgraded, 'Project', storefront.id, '/Description', storefront);
  }
}

/** New things are no reason to worry: a tenant, a machine, a subscription, a freeze for the holidays. */
function tellNewDocuments(chronicle: Chronicle, { workday }: Pick<Times, 'workday'>): void {
  const { spaceId, stages } = PROJECTS.storefront;
  for (const [day, documentType, id, name, ofSpace] of [
    [29, 'Tenant', 'Tenants-61', 'Branch in Leith', true],
    [27, 'Subscription', 'Subscriptions-4', 'Sign-ins to the security team', true],
    [14, 'Deployment freeze', 'DeploymentFreezes-2', 'Holidays', false],
  ] as const) {
    const atMs = workday(day, 10, 45);
    chronicle.note(atMs, (eventId) =>
      documentCreated({
        id: eventId,
        at: atMs,
        actor: atPortal(PEOPLE.amara),
        documentType,
        document: { id, name },
        spaceId: ofSpace ? spaceId : null,
      }),
    );
  }
  const machine = { id: 'Machines-137', name: 'web-7.example.com' };
  const addedMs = workday(28, 9, 30);
  chronicle.note(addedMs, (id) =>
    auditEvent(
      { id, at: addedMs, actor: atPortal(PEOPLE.amara) },
      {
        category: 'MachineAdded',
        related: [machine.id, stages.production.id],
        message: ['Machine ', machine, ' was added'],
        spaceId,
      },
    ),
  );
}

/** Runbooks of the lesser stages: by hand on working days, by a trigger at night. */
function tellRunbooks(chronicle: Chronicle, { at, workday }: Times): void {
  const { storefront } = PROJECTS;
  let number = 901;
  const run = (atMs: number, actor: Actor, environment: (typeof STAGES)[number]) => {
    const facts = {
      id: `RunbookRuns-${number++}`,
      spaceId: storefront.spaceId,
      runbook: { id: 'Runbooks-31', name: 'Refresh the test data' },
      project: { id: storefront.id, name: storefront.name },
      environment,
    };
    chronicle.note(atMs, (id) => runbookRunQueued({ id, at: atMs, actor, run: facts }));
    chronicle.note(atMs + 3000, (id) => runbookRunStarted({ id, at: atMs + 3000, run: facts }));
    chronicle.note(atMs + 95_000, (id) => runbookRunSucceeded({ id, at: atMs + 95_000, run: facts }));
  };
  const { between, development } = storefront.stages;
  for (let days = 2; days < COMPANY_DAYS; days += 7) run(at(days, 2, 10), triggerActor, between ?? development);
  for (const day of [8, 21, 34, 48]) run(workday(day, 15, 5), atPortal(PEOPLE.chiara), development);
}

import { atPortal, type Chronicle, triggerActor, withKey } from './chronicle.ts';
import { documentModified, machineHealthy, releaseCreated } from './document-events.ts';
import type { SimulatedKey, SimulatedUser } from './state.ts';
import { addressOf, KEIKO_JOINED_DAYS_AGO, PEOPLE, PROJECTS, type Project, SERVICES } from './story-cast.ts';
import { setIdOf } from './story-variables.ts';

/** The keys that everyday work is done with. */
export type RoutineKeys = Readonly<Record<'build' | 'release' | 'terraform', SimulatedKey>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Who deploys, to every production there is. */
export const DEPLOYERS: readonly [SimulatedUser, ...SimulatedUser[]] = [
  PEOPLE.amara,
  PEOPLE.chiara,
  PEOPLE.devika,
  PEOPLE.femi,
  PEOPLE.ines,
];
/** Who signs in on a working day. */
export const TEAM = Object.values(PEOPLE).filter((user) => user.isActive);
const BUSY: readonly [Project, ...Project[]] = [
  PROJECTS.storefront,
  PROJECTS.storefront,
  PROJECTS.checkout,
  PROJECTS.search,
  PROJECTS.stock,
  PROJECTS.stock,
  PROJECTS.labels,
  PROJECTS.prices,
  PROJECTS.royalties,
];

/** Any day, also at the weekend: health checks around the clock and two nightly builds that a trigger deploys. */
export function tellAnyDay(chronicle: Chronicle, midnightMs: number): void {
  const { random } = chronicle;
  const projects = Object.values(PROJECTS);
  for (let count = random.int(12, 18); count > 0; count--) {
    const atMs = midnightMs + random.int(0, 24 * HOUR_MS - 1);
    const { spaceId, stages } = projects[random.int(0, projects.length - 1)] ?? PROJECTS.storefront;
    const number = random.int(1, 6);
    const machine = { id: `Machines-${stages.production.id.slice(-2)}${number}`, name: `web-${number}.example.com` };
    const environmentId = stages.production.id;
    chronicle.note(atMs, (id) => machineHealthy({ id, at: atMs, machine, environmentId, spaceId }));
  }
  for (const project of [PROJECTS.search, PROJECTS.giftCards]) {
    const atMs = midnightMs + HOUR_MS + random.int(0, 40 * MINUTE_MS);
    chronicle.deploy({ atMs, actor: triggerActor, project, stage: project.stages.development });
  }
}

/** A working day: people sign in, releases are built and pass their stages, settings are changed, all before 18:00. */
export function tellWorkingDay(chronicle: Chronicle, keys: RoutineKeys, midnightMs: number): void {
  const { random } = chronicle;
  for (const user of TEAM) {
    const hasJoined =
      user.id !== PEOPLE.keiko.id || chronicle.nowMs - midnightMs < KEIKO_JOINED_DAYS_AGO * 24 * HOUR_MS;
    if (!hasJoined || !random.chance(0.85)) continue;
    const atMs = midnightMs + 8 * HOUR_MS + random.int(3 * MINUTE_MS, 100 * MINUTE_MS);
    const isAtHome = random.chance(0.4);
    if (random.chance(0.05)) chronicle.failSignIn(atMs - random.int(8000, 40_000), user, addressOf(user, isAtHome));
    chronicle.signIn(atMs, user, isAtHome);
  }
  for (let count = random.int(11, 16); count > 0; count--) {
    tellRelease(chronicle, keys, midnightMs + random.int(9 * HOUR_MS, 16 * HOUR_MS), midnightMs + 17 * HOUR_MS);
  }
  if (random.chance(0.8)) {
    const atMs = midnightMs + random.int(10 * HOUR_MS, 16 * HOUR_MS);
    const actor = atPortal(random.pick(DEPLOYERS));
    const value = random.pick(['Debug', 'Information', 'Warning']);
    chronicle.editVariables(atMs, actor, setIdOf(random.pick(BUSY)), [{ kind: 'value', name: 'Log:Level', value }]);
  }
  tellMaintenance(chronicle, keys, midnightMs);
}

function tellRelease(chronicle: Chronicle, keys: RoutineKeys, builtMs: number, latestMs: number): void {
  const { random } = chronicle;
  const project = random.pick(BUSY);
  const { id: projectId, channelId, name, spaceId, stages } = project;
  const release = chronicle.draftRelease(project);
  const build = withKey(SERVICES.build, keys.build);
  chronicle.note(builtMs, (id) =>
    releaseCreated({
      id,
      at: builtMs,
      actor: build,
      release: release(),
      project: { id: projectId, name },
      channelId,
      spaceId,
    }),
  );
  let atMs = builtMs + random.int(5000, 30_000);
  chronicle.deploy({ atMs, actor: build, project, stage: stages.development, release });
  const who = () => (random.chance(0.5) ? withKey(SERVICES.release, keys.release) : atPortal(random.pick(DEPLOYERS)));
  if (stages.between !== null) {
    if (!random.chance(0.6)) return;
    atMs += random.int(20 * MINUTE_MS, 70 * MINUTE_MS);
    chronicle.deploy({ atMs, actor: who(), project, stage: stages.between, release });
  }
  atMs += random.int(40 * MINUTE_MS, 120 * MINUTE_MS);
  if (random.chance(0.45) && atMs < latestMs) {
    chronicle.deploy({ atMs, actor: who(), project, stage: stages.production, release });
  }
}

/** Terraform and people touch documents that no named rule minds. */
function tellMaintenance(chronicle: Chronicle, keys: RoutineKeys, midnightMs: number): void {
  const { random } = chronicle;
  for (let count = random.int(1, 3); count > 0; count--) {
    const atMs = midnightMs + random.int(9 * HOUR_MS, 17 * HOUR_MS);
    const actor = random.chance(0.5) ? withKey(SERVICES.terraform, keys.terraform) : atPortal(random.pick(DEPLOYERS));
    const { id: documentId, name, spaceId } = random.pick(BUSY);
    const differences = [{ path: '/Description', op: 'replace', value: `Reviewed by ${actor.username}` }];
    chronicle.note(atMs, (id) =>
      documentModified({
        id,
        at: atMs,
        actor,
        documentType: 'Project',
        document: { id: documentId, name },
        spaceId,
        differences,
      }),
    );
  }
}

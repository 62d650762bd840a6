import { monitorAccess } from './access.ts';
import { accessOf, type Role } from './roles.ts';
import { PEOPLE, SERVICES, SPACES, STAGES } from './story-cast.ts';
import type { WirePermissions } from './wire.ts';

const SPACE_IDS = SPACES.map((space) => space.id);
const DEVELOPMENT = STAGES.filter((stage) => stage.name === 'Development');
const DEVELOPER: Role = { deploysTo: STAGES, editsVariablesIn: SPACE_IDS };

/** Who may do more than look, by user id. */
const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  [PEOPLE.amara.id, { administers: true }],
  [PEOPLE.chiara.id, DEVELOPER],
  [PEOPLE.devika.id, DEVELOPER],
  [PEOPLE.femi.id, DEVELOPER],
  [PEOPLE.ines.id, DEVELOPER],
  [PEOPLE.lewis.id, DEVELOPER],
  [PEOPLE.greta.id, { deploysTo: DEVELOPMENT }],
  [PEOPLE.elias.id, { deploysTo: DEVELOPMENT }],
  [SERVICES.build.id, { deploysTo: DEVELOPMENT }],
  [SERVICES.release.id, { deploysTo: STAGES }],
  // Forgotten, but it still could.
  [SERVICES.catalogue.id, { deploysTo: STAGES }],
  // More than a job that runs Terraform needs: it never deploys and never touches an account.
  [SERVICES.terraform.id, { deploysTo: STAGES, editsVariablesIn: SPACE_IDS, managesUsers: true }],
]);

/** What everybody may do; the monitor has its own rights, whoever is not named above only looks. */
export function storyAccess(): Map<string, WirePermissions> {
  const access = new Map<string, WirePermissions>();
  for (const user of [...Object.values(PEOPLE), ...Object.values(SERVICES)]) {
    access.set(user.id, accessOf(ROLES.get(user.id) ?? {}, SPACE_IDS));
  }
  access.set(SERVICES.monitor.id, monitorAccess(SPACE_IDS));
  return access;
}

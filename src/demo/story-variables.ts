import type { Named } from './message-text.ts';
import { PROJECTS, type Project } from './story-cast.ts';
import { variable } from './variable-events.ts';
import type { WireVariableSet } from './wire.ts';

const SHARED = { id: 'LibraryVariableSets-21', name: 'Shared Credentials' };

/** Id of a project's variable set, or of the library set that all projects of the first space share. */
export function setIdOf(owner: Named): string {
  return `variableset-${owner.id}`;
}

export const SHARED_SET_ID = setIdOf(SHARED);

/** Owners of all variable sets, by id. */
export const VARIABLE_OWNERS: ReadonlyMap<string, Named> = new Map(
  [...Object.values(PROJECTS), SHARED].map((owner) => [owner.id, { id: owner.id, name: owner.name }]),
);

/** Every set as it stands when the story begins. Values are invented and say so. */
export function initialVariableSets(): Map<string, WireVariableSet> {
  const sets = Object.values(PROJECTS).map(projectSet);
  return new Map([...sets, sharedSet()].map((set) => [set.Id, set]));
}

function projectSet(project: Project): WireVariableSet {
  const production = { Environment: [project.stages.production.id] };
  const number = project.id.slice('Projects-'.length);
  const id = (index: number) => `00000000-0000-4000-8000-${number.padStart(8, '0')}${String(index).padStart(4, '0')}`;
  const secret = (index: number, name: string, scope = {}) =>
    variable({ id: id(index), name, value: `demo-${name}` }, { isSensitive: true, scope });
  return {
    Id: setIdOf(project),
    OwnerId: project.id,
    SpaceId: project.spaceId,
    Version: 12,
    Variables: [
      variable({ id: id(1), name: 'Log:Level', value: 'Information' }),
      variable({ id: id(2), name: 'Database:Host', value: 'db.example.com' }, { scope: production }),
      secret(3, 'Database:Password', production),
      variable({ id: id(4), name: 'Feature:NewBasket', value: 'false' }),
      secret(5, 'Payments:ApiSecret', production),
      secret(6, 'Smtp:Password'),
    ],
  };
}

function sharedSet(): WireVariableSet {
  const id = (index: number) => `00000000-0000-4000-8000-00000021000${index}`;
  return {
    Id: SHARED_SET_ID,
    OwnerId: SHARED.id,
    SpaceId: 'Spaces-1',
    Version: 3,
    Variables: [
      variable({ id: id(1), name: 'Proxy:Address', value: 'proxy.example.com:3128' }),
      variable({ id: id(2), name: 'Registry:Token', value: 'demo-registry' }, { isSensitive: true }),
    ],
  };
}

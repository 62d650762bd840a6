import { describe, expect, test } from 'vitest';
import { createProductionMatcher, type KnownPlaces, powersOf } from '../../src/enrich/index.ts';
import type { Grant, KeyPower, OwnerAccess } from '../../src/model/inventory.ts';
import { anEnvironment } from './sample.ts';

const shopProduction = anEnvironment({ id: 'Environments-1', spaceId: 'Spaces-1', name: 'Production' });
const shopStaging = anEnvironment({ id: 'Environments-2', spaceId: 'Spaces-1', name: 'Staging' });
const labStaging = anEnvironment({ id: 'Environments-3', spaceId: 'Spaces-2', name: 'Test' });

const PLACES: KnownPlaces = {
  spaceIds: ['Spaces-1', 'Spaces-2'],
  environments: [shopProduction, shopStaging, labStaging],
  areSpacesComplete: true,
};

const inSpace = (spaceId: string | null, ...environmentIds: string[]): Grant => ({ spaceId, environmentIds });

function access(spacePermissions: Record<string, Grant[]>, fields: Partial<OwnerAccess> = {}): OwnerAccess {
  return { userId: 'Users-11', systemPermissions: [], spacePermissions, isComplete: true, ...fields };
}

function powers(of: OwnerAccess | null, accessLevel: string | null = 'FullAccess', places = PLACES) {
  return powersOf(accessLevel, of, places, createProductionMatcher());
}

describe('the powers of a key', () => {
  test.each<[string, Record<string, Grant[]>, KeyPower[]]>([
    ['none, with no permission that counts', {}, []],
    [
      'deploy to production, in a space without restriction',
      { DeploymentCreate: [inSpace('Spaces-1')] },
      ['deploy_production', 'deploy'],
    ],
    [
      'deploy, restricted to environments that are none',
      { DeploymentCreate: [inSpace('Spaces-1', 'Environments-2')] },
      ['deploy'],
    ],
    [
      'deploy to production, restricted to environments of which one is',
      { DeploymentCreate: [inSpace('Spaces-1', 'Environments-2', 'Environments-1')] },
      ['deploy_production', 'deploy'],
    ],
    ['deploy, in a space without production', { DeploymentCreate: [inSpace('Spaces-2')] }, ['deploy']],
    ['deploy to production, by runbooks alone', { RunbookRunCreate: [inSpace('Spaces-1')] }, ['deploy_production']],
    [
      'deploy in all spaces',
      { DeploymentCreate: [inSpace('Spaces-1', 'Environments-2'), inSpace('Spaces-2')] },
      ['deploy', 'deploy_all_spaces'],
    ],
    [
      'deploy everywhere, on a server without spaces',
      { DeploymentCreate: [inSpace(null)] },
      ['deploy_production', 'deploy', 'deploy_all_spaces'],
    ],
    ['edit variables of projects', { VariableEdit: [inSpace('Spaces-2')] }, ['edit_variables']],
    ['edit variables without a scope', { VariableEditUnscoped: [inSpace('Spaces-2')] }, ['edit_variables']],
    ['edit variables of sets', { LibraryVariableSetEdit: [inSpace('Spaces-2')] }, ['edit_variables']],
    ['manage the teams of a space', { TeamEdit: [inSpace('Spaces-2')] }, ['manage_users']],
  ])('are to %s', (_what, held, expected) => {
    expect(powers(access(held))).toEqual({ powers: expected, isComplete: true });
  });

  test.each(['UserEdit', 'UserInvite', 'TeamEdit', 'UserRoleEdit'])('are to manage users with %s', (name) => {
    expect(powers(access({}, { systemPermissions: [name] }))?.powers).toEqual(['manage_users']);
  });

  test('are all of them for an administrator, also where permissions are hidden', () => {
    expect(powers(access({}, { systemPermissions: ['AdministerSystem'], isComplete: false }))).toEqual({
      powers: ['administer', 'manage_users', 'deploy_production', 'deploy', 'deploy_all_spaces', 'edit_variables'],
      isComplete: true,
    });
  });

  test('are none for a read-only key, whatever its account may do', () => {
    const administrator = access({}, { systemPermissions: ['AdministerSystem'] });

    expect(powers(administrator, 'ReadOnly')).toEqual({ powers: [], isComplete: true });
    expect(powers(null, 'ReadOnly')).toEqual({ powers: [], isComplete: true });
  });

  test('are those of the account on servers that know no access level', () => {
    expect(powers(access({ DeploymentCreate: [inSpace('Spaces-2')] }), null)?.powers).toEqual(['deploy']);
  });

  test.each(['Custom', 'SomethingNew'])('are not known with access level %s', (level) => {
    expect(powers(access({}, { systemPermissions: ['AdministerSystem'] }), level)).toBeNull();
  });

  test('are not known when permissions could not be read', () => {
    expect(powers(null)).toBeNull();
  });

  test('may be more when the server hides permissions', () => {
    expect(powers(access({ VariableEdit: [inSpace('Spaces-1')] }, { isComplete: false }))).toEqual({
      powers: ['edit_variables'],
      isComplete: false,
    });
  });

  test.each([
    ['a space whose environments are not known', inSpace('Spaces-9')],
    ['an environment that is not known', inSpace('Spaces-1', 'Environments-2', 'Environments-9')],
  ])('may be more in %s', (_what, grant) => {
    expect(powers(access({ DeploymentCreate: [grant] }))).toEqual({ powers: ['deploy'], isComplete: false });
  });

  test.each([
    ['with a single space', { ...PLACES, spaceIds: ['Spaces-1'] }],
    ['with a list of spaces read in part', { ...PLACES, areSpacesComplete: false }],
  ])('do not say all spaces %s', (_what, places) => {
    const everywhere = access({ DeploymentCreate: [inSpace('Spaces-1'), inSpace('Spaces-2')] });

    expect(powers(everywhere, 'FullAccess', places)?.powers).not.toContain('deploy_all_spaces');
  });
});

import { expect, test } from 'vitest';
import { buildStory, STORY } from '../../src/demo/index.ts';

const NOW = Date.parse('2026-11-23T07:40:00Z');

test('the story’s accounts differ in what they may do, and only one administers the server', () => {
  const { permissions, users } = buildStory({ nowMs: NOW }).state;
  const nameOf = (id: string) => users.find((user) => user.id === id)?.username;
  const holders = (permission: string) =>
    [...permissions]
      .filter(
        ([, held]) => held.SystemPermissions.includes(permission) || held.SpacePermissions[permission] !== undefined,
      )
      .map(([id]) => nameOf(id));

  expect([...permissions.keys()].sort()).toEqual(users.map((user) => user.id).sort());
  expect(holders('AdministerSystem')).toEqual(['amara.okoye']);
  expect(holders('UserEdit')).toEqual(['terraform']);
  expect(holders('VariableEdit')).toContain('femi.adeyemi');
  expect(holders('DeploymentCreate')).toContain('ci-build');
  expect(holders('DeploymentCreate')).not.toContain('octowatch');
});

test('the build account deploys to development alone', () => {
  const { environments, permissions, users } = buildStory({ nowMs: NOW }).state;
  const build = users.find((user) => user.username === 'ci-build');
  const grants = permissions.get(build?.id ?? '')?.SpacePermissions['DeploymentCreate'] ?? [];
  const names = grants
    .flatMap((grant) => grant.RestrictedToEnvironmentIds)
    .map((id) => environments.find((environment) => environment.id === id)?.name);

  expect(grants).toHaveLength(3);
  expect(grants.every((grant) => grant.RestrictedToEnvironmentIds.length > 0)).toBe(true);
  expect(new Set(names)).toEqual(new Set(['Development']));
});

test('the story’s keys hold an unfinished rotation and a purpose that says nothing', () => {
  const { apiKeys } = buildStory({ nowMs: NOW }).state;
  const release = apiKeys.filter((key) => key.purpose === 'Release pipeline');

  expect(new Set(release.map((key) => key.userId)).size).toBe(1);
  expect(release).toHaveLength(2);
  expect(release.every((key) => Date.parse(key.expiresAt ?? '') > NOW)).toBe(true);
  expect(apiKeys.map((key) => key.purpose)).toContain('test');
  expect(new Set(apiKeys.map((key) => key.id)).size).toBe(apiKeys.length);
  expect(apiKeys.find((key) => key.purpose === 'Octowatch')?.userId).toBe(STORY.monitorUserId);
});

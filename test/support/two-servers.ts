import {
  createSimulatedState,
  deploymentQueued,
  loginFailed,
  monitorAccess,
  type SimulatedState,
  sessionActor,
  variable,
  variableSetModified,
} from '../../src/demo/index.ts';
import { NOON } from './small-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Words that stand on one of the two servers only. */
export const WORDS = {
  main: ['alice', 'Web Shop', 'acme', 'nightly', '198.51.100.7', 'MainDb'],
  eu: ['berta', 'Till', 'bravo', 'forgotten', '203.0.113.9', 'EuroDb'],
} as const;

/** What one server has under the ids that both have. */
type Story = {
  readonly person: string;
  readonly project: string;
  readonly tenant: string;
  readonly address: string;
  readonly secret: string;
  readonly keyPurpose: string;
  readonly keyUsedAt: string;
  readonly failures: number;
};

/**
 * Two servers that count their ids from 1, as all do: the same users, keys, projects, events and releases by id, and
 * nothing else in common. On both a release goes to production at night and a password is edited; on `main` somebody
 * tries passwords, on `eu` a key lies unused.
 */
export function twoServers(): { readonly main: SimulatedState; readonly eu: SimulatedState } {
  return {
    main: server({
      ...{ person: 'alice', project: 'Web Shop', tenant: 'acme', address: '198.51.100.7', secret: 'MainDb.Password' },
      ...{ keyPurpose: 'nightly release', keyUsedAt: '2026-03-01T23:10:00.000Z', failures: 6 },
    }),
    eu: server({
      ...{ person: 'berta', project: 'Till', tenant: 'bravo', address: '203.0.113.9', secret: 'EuroDb.Password' },
      ...{ keyPurpose: 'forgotten pipeline', keyUsedAt: '2025-09-01T09:00:00.000Z', failures: 1 },
    }),
  };
}

function server(story: Story): SimulatedState {
  const person = { id: 'Users-2', username: story.person, isService: false };
  const user = (id: string, username: string, isService: boolean) => ({
    ...{ id, username, isService, displayName: username, emailAddress: `${username}@example.com`, isActive: true },
    ...{ serviceAccountType: 'Standard' as const, createdAt: '2025-01-05T09:00:00.000Z' },
  });
  const state = createSimulatedState({
    users: [user('Users-1', 'octowatch', true), user(person.id, person.username, false)],
    environments: [{ id: 'Environments-1', spaceId: 'Spaces-1', name: 'Production', slug: 'production', tags: [] }],
    now: () => NOON,
  });
  state.permissions.set('Users-1', monitorAccess(['Spaces-1']));
  state.apiKeys.push({
    ...{ id: 'apikeys-A', userId: person.id, purpose: story.keyPurpose, hint: 'API-AAAA', expiresAt: null },
    ...{ createdAt: '2025-03-01T09:00:00.000Z', lastUsedAt: story.keyUsedAt, isLastUsedKnown: true },
    ...{ accessLevel: 'FullAccess', actorType: 'User' },
  });
  const actor = sessionActor(person, story.address);
  const project = { id: 'Projects-1', name: story.project };
  state.addEvent(
    deploymentQueued({
      ...{ id: 'Events-1', at: NOON - 5 * HOUR, actor },
      deployment: {
        ...{ id: 'Deployments-1', spaceId: 'Spaces-1', project, release: { id: 'Releases-1', name: '1.0.0' } },
        environment: { id: 'Environments-1', name: 'Production' },
        ...{ taskId: 'ServerTasks-1', channelId: 'Channels-1', tenant: { id: 'Tenants-1', name: story.tenant } },
      },
    }),
  );
  const before = {
    ...{ Id: 'variableset-Projects-1', OwnerId: 'Projects-1', SpaceId: 'Spaces-1', Version: 3 },
    Variables: [variable({ id: 'var-1', name: story.secret, value: 'fictional' }, { isSensitive: true, scope: {} })],
  };
  state.addEvent(
    variableSetModified({
      ...{ id: 'Events-2', at: NOON - 4 * HOUR, actor, before, owner: project },
      edits: [{ kind: 'value', name: story.secret, value: 'fictional too' }],
    }),
  );
  for (let index = 0; index < 6; index++) {
    const head = { id: `Events-${10 + index}`, at: NOON - 3 * HOUR + index * MINUTE };
    if (index >= story.failures) continue;
    state.addEvent(loginFailed({ ...head, username: story.person, userId: null, ipAddress: story.address }));
  }
  return state;
}

import type { Random } from '../random.ts';
import { accessOf, type Role } from '../roles.ts';
import type { SimulatedKey, SimulatedUser } from '../state.ts';
import { storyAccess } from '../story-access.ts';
import { PEOPLE, SERVICES, SPACES, STAGES, serviceAccount } from '../story-cast.ts';
import { type KeyFacts, MONITOR_KEY_HINT, makeKeys } from '../story-keys.ts';
import type { WirePermissions } from '../wire.ts';
import type { Times } from './company.ts';

const DAY_MS = 86_400_000;

/** An AI agent with an account of its own. */
const ASSISTANT: SimulatedUser = { ...serviceAccount(126, 'support-assistant'), serviceAccountType: 'Agent' };

export const QUIET_USERS: readonly SimulatedUser[] = [...Object.values(PEOPLE), ...Object.values(SERVICES), ASSISTANT];

/** The pipeline's key is replaced: made on the morning of one working day, the old one revoked two working days later. */
export const ROTATION = { madeOn: 20, revokedOn: 18 };

/** The keys of a company that keeps them well. `releaseBefore` and `leaver` are revoked and sign only what lies before that. */
export type QuietKeys = Readonly<
  Record<'build' | 'release' | 'releaseBefore' | 'leaver' | 'terraform' | 'monitor' | 'assistant', SimulatedKey>
>;

export function quietKeys(nowMs: number, { workday }: Times, random: Random): QuietKeys {
  const daysSince = (epochMs: number) => (nowMs - epochMs) / DAY_MS;
  const key = (owner: SimulatedUser, purpose: string, createdDaysAgo: number, expiresInDays: number): KeyFacts => ({
    owner,
    purpose,
    createdDaysAgo,
    expiresInDays,
    lastUsedDaysAgo: 0.5,
  });
  const rotatedDaysAgo = daysSince(workday(ROTATION.madeOn, 9, 40));
  return makeKeys(
    {
      build: key(SERVICES.build, 'TeamCity builds', 110, 70),
      release: key(SERVICES.release, 'Release pipeline', rotatedDaysAgo, 180 - rotatedDaysAgo),
      releaseBefore: key(SERVICES.release, 'Release pipeline', 170, 10),
      leaver: key(PEOPLE.lewis, 'Export of order statistics', 150, 30),
      terraform: key(SERVICES.terraform, 'Terraform runs', 120, 60),
      monitor: {
        ...key(SERVICES.monitor, 'Octowatch audit monitor', 95, 120),
        accessLevel: 'ReadOnly',
        hint: MONITOR_KEY_HINT,
      },
      assistant: {
        ...key(ASSISTANT, 'Answers of the assistant', 100, 80),
        accessLevel: 'ReadOnly',
        actorType: 'AiAgent',
      },
    },
    nowMs,
    random,
  );
}

/** The live ones. */
export function liveQuietKeys({ releaseBefore: _, leaver: __, ...live }: QuietKeys): readonly SimulatedKey[] {
  return Object.values(live);
}

const LEAST: ReadonlyMap<string, Role> = new Map<string, Role>([
  [SERVICES.terraform.id, { editsVariablesIn: SPACES.map((space) => space.id) }],
  [SERVICES.catalogue.id, {}],
  [ASSISTANT.id, {}],
]);

/** Accounts of programs may do what they do, and no more. */
export function quietAccess(): Map<string, WirePermissions> {
  const access = storyAccess();
  const spaceIds = SPACES.map((space) => space.id);
  for (const [userId, role] of LEAST) access.set(userId, accessOf(role, spaceIds));
  return access;
}

const stageNames = [...new Set(STAGES.filter((stage) => stage.name !== 'Development').map((stage) => stage.name))];

/** The entries of `keys.yml` that such a company has. */
export const QUIET_REGISTER = `keys:
  - match: { account: ci-build, purpose: TeamCity builds }
    owner: Build team <build@example.com>
    system: TeamCity
    purpose: makes releases and deploys them to development
    stored: password parameter of the TeamCity project
    may: [deploy, deploy_all_spaces]
    networks: [192.0.2.0/24]
    environments: [Development]
    rotate: 180d
    breaks: no new build reaches development
  - match: { account: release-bot }
    owner: Release team <release@example.com>
    system: release pipeline
    purpose: promotes releases through the stages
    stored: vault path ci/release-bot
    may: [deploy, deploy_production, deploy_all_spaces]
    networks: [192.0.2.0/24]
    environments: [Development, ${stageNames.join(', ')}]
    hours: business
    rotate: 180d
    breaks: releases must be deployed by hand
  - match: { account: terraform, purpose: Terraform * }
    owner: Platform team <platform@example.com>
    system: Terraform
    purpose: keeps projects and plain variables as they are written down
    stored: vault path platform/terraform
    may: [edit_variables]
    networks: [192.0.2.0/24]
    rotate: 180d
    breaks: projects drift from what is written down
  - match: { account: octowatch }
    owner: Security team <security@example.com>
    system: Octowatch
    purpose: reads the audit log
    stored: vault path security/octowatch
    may: [read]
    rotate: 365d
    breaks: nobody watches the audit log
  - match: { account: support-assistant }
    owner: Support team <support@example.com>
    system: support assistant
    purpose: looks up what was deployed where
    stored: vault path support/assistant
    may: [read]
    networks: [192.0.2.0/24]
    rotate: 180d
    breaks: the assistant cannot answer
`;

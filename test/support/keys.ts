import type { SimulatedState } from '../../src/demo/index.ts';
import { deployer, NOON } from './small-history.ts';

type SimulatedKey = SimulatedState['apiKeys'][number];

const DAY_MS = 86_400_000;

export function daysAgo(days: number): string {
  return new Date(NOON - days * DAY_MS).toISOString();
}

/** A key of the deploying service account, 400 days old, never used as far as the server knows, which it does. */
export function keyOf(id: string, facts: Partial<SimulatedKey> = {}): SimulatedKey {
  return {
    id: `apikeys-${id}`,
    userId: deployer.id,
    purpose: `purpose of ${id}`,
    hint: 'API-FICT',
    createdAt: daysAgo(400),
    expiresAt: null,
    lastUsedAt: null,
    isLastUsedKnown: true,
    accessLevel: 'FullAccess',
    actorType: 'User',
    ...facts,
  };
}

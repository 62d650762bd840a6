import type { ApiKey, OwnAccess, ServerFacts } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';

export type OwnAccessRead =
  | { readonly access: OwnAccess }
  | { readonly access: null; readonly reason: string; readonly userId: string | null };

export async function readServerFacts(_client: OctopusClient, _signal?: AbortSignal): Promise<ServerFacts> {
  throw new Error('not yet');
}
export async function readOwnAccess(_client: OctopusClient, _signal?: AbortSignal): Promise<OwnAccessRead> {
  throw new Error('not yet');
}
export async function readOwnKeys(
  _client: OctopusClient,
  _userId: string,
  _signal?: AbortSignal,
): Promise<readonly ApiKey[] | null> {
  throw new Error('not yet');
}
export function matchOwnKey(_keys: readonly ApiKey[], _apiKey: string): ApiKey | null {
  return null;
}

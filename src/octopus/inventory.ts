import type { Inventory } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
export type InventoryOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly pace?: { readonly inFlight: number };
  readonly userIds?: readonly string[];
};
export async function readInventory(_client: OctopusClient, _options: InventoryOptions): Promise<Inventory> {
  throw new Error('not yet');
}

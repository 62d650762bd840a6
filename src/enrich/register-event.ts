import type { KeyIdentity } from '../model/register.ts';
import type { InventoryIndex } from './inventory-index.ts';
import type { RegisterIndex } from './key-register.ts';
import type { ProductionCandidate } from './production.ts';
import { identityOf } from './register-facts.ts';

/** What an act with an API key was, as far as the register has a say in it; null is "not known" or "does not apply". */
export type KeyAct = {
  readonly instance: string;
  /** Name of the account that acted. */
  readonly account: string | null;
  readonly keyId: string | null;
  readonly purpose: string | null;
  readonly hint: string | null;
  /** Null also where addresses cannot be trusted. */
  readonly address: string | null;
  readonly environment: { readonly id: string; readonly name: string | null } | null;
  /** When somebody asked for it: of a started deployment the time it was queued. */
  readonly askedForMs: number;
  readonly isOffHours: boolean;
};

/** The fields `ApiKey.…` of an event's record that rest on the register; null for what is not known. */
export function registerFieldsOf(register: RegisterIndex, act: KeyAct, inventory: InventoryIndex) {
  if (act.keyId === null && act.purpose === null && act.hint === null) return {};
  const registered = register.find(identityOfAct(act, inventory));
  if (registered === undefined) return {};
  if (registered === null) return { 'ApiKey.IsRegistered': false };
  return {
    'ApiKey.IsRegistered': true,
    'ApiKey.Owner': registered.entry.owner,
    'ApiKey.InNetwork': act.address === null ? null : registered.isInNetwork(act.address),
    'ApiKey.InEnvironment':
      act.environment === null ? null : isInEnvironment(registered.isInEnvironment, act.environment, inventory),
    'ApiKey.InHours': registered.isInHours(act.askedForMs, act.isOffHours),
  };
}

/** The ledger knows most of a key; of one it does not hold the event tells some. */
function identityOfAct(act: KeyAct, inventory: InventoryIndex): KeyIdentity {
  const key = act.keyId === null ? undefined : inventory.apiKeysById.get(act.keyId);
  if (key) return identityOf(act.instance, key, inventory.usersById.get(key.userId)?.username ?? act.account);
  return { instance: act.instance, account: act.account, purpose: act.purpose, id: act.keyId, hint: act.hint };
}

/** By the name the environment had then, or by what the inventory says of it now; a slug or tag needs the inventory. */
function isInEnvironment(
  isNamed: (environment: ProductionCandidate) => boolean | null,
  { id, name }: { readonly id: string; readonly name: string | null },
  inventory: InventoryIndex,
): boolean | null {
  const known = inventory.environmentsById.get(id);
  const then = isNamed({ id, name: name ?? '', slug: null, tags: [] });
  if (then !== false) return then;
  return known ? isNamed(known) : null;
}

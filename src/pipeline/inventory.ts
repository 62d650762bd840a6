import { raiseCondition, settleCondition } from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { ApiKey, Inventory, OwnAccess } from '../model/inventory.ts';
import { matchOwnKey, OctopusError, readInventory, readOwnAccess, readOwnKeys } from '../octopus/index.ts';
import { type Instance, rememberedInventory, rememberedWords, serverNowMs } from './instance.ts';
import { saveKeys } from './key-ledger.ts';
import { DEFAULT_UNUSED_AFTER_DAYS, type KeyKnowledge } from './key-records.ts';
import { planSecondLook } from './plan.ts';
import { refreshWords } from './server-words.ts';

const DAY_MS = 86_400_000;
const KEY_EXPIRY_WARNING_DAYS = 20;
const KEY_EXPIRY_URGENT_DAYS = 3;

/**
 * Reads users, keys, spaces, environments and the monitor's own access, and stores them. What cannot be read is logged
 * and changes nothing. Throws only when the key is refused or the signal aborts.
 */
export async function refreshInventory(
  instance: Instance,
  apiKey: string,
  knowledge: KeyKnowledge,
  signal: AbortSignal,
): Promise<Inventory> {
  const { store, id, clock, log, name } = instance;
  const inventory = await readInventory(instance.client, { signal });
  for (const problem of inventory.problems)
    log.warn({ instance: name, problem }, 'part of the inventory could not be read');
  store.transaction(() => {
    instance.assertLease();
    store.inventory.save(id, inventory);
    saveFreezes(instance, inventory);
    // The keys' use is judged at the end of the cycle, when the events of the cycle are stored; who holds which is known now.
    saveKeys(instance, inventory, DEFAULT_UNUSED_AFTER_DAYS, knowledge);
  });
  instance.inventory = rememberedInventory(store, id);
  await watchOwnAccess(instance, apiKey, signal).catch((error: unknown) => {
    if (signal.aborted || (error instanceof OctopusError && error.kind === 'unauthorized')) throw error;
    log.warn({ instance: name, reason: messageOf(error) }, 'the monitor could not read its own permissions');
  });
  await refreshWords(instance, signal);
  Object.assign(instance, rememberedWords(store, id));
  log.debug(
    { instance: name, users: inventory.users.length, apiKeys: inventory.apiKeys.length, at: toInstant(clock.now()) },
    'inventory read',
  );
  return inventory;
}

/** Stores the server's deployment freezes. Where they have changed, what was judged without knowing is judged again. */
function saveFreezes({ store, id, context, clock }: Instance, { complete, freezes, readAt }: Inventory): void {
  if (!complete.freezes) return;
  const changedFrom = store.freezes.save(id, freezes, readAt);
  if (changedFrom === null) return;
  const judgedBy = context.configSha256.slice(0, 16);
  store.rejudgements.plan(id, ['deployment freezes of Octopus'], judgedBy, changedFrom, toInstant(clock.now()));
}

/** What the monitor could see when all was well, and when that was last so, by the server's clock. */
type Baseline = { readonly access: OwnAccess; readonly goodAt: string };

async function watchOwnAccess(instance: Instance, apiKey: string, signal: AbortSignal): Promise<void> {
  const read = await readOwnAccess(instance.client, signal);
  if (read.access === null) {
    instance.log.warn(
      { instance: instance.name, reason: read.reason },
      'the monitor could not read its own permissions',
    );
  } else if (read.access.isComplete) {
    const { access } = read;
    instance.store.transaction(() => compareAccess(instance, access));
  }
  const userId = read.access?.userId ?? ('userId' in read ? read.userId : null);
  if (userId === null) return;
  const keys = await readOwnKeys(instance.client, userId, signal);
  const own = keys === null ? null : matchOwnKey(keys, apiKey);
  instance.store.transaction(() => {
    instance.store.instances.rememberOwn(instance.id, userId, own?.id ?? null);
    if (own !== null) watchOwnKey(instance, own);
  });
}

function compareAccess(instance: Instance, access: OwnAccess): void {
  const { store, id, context, clock, name } = instance;
  const nowMs = clock.now();
  const stored = store.instances.get(name)?.access;
  const baseline = stored ? (JSON.parse(stored) as Baseline) : null;
  const lost = baseline === null ? [] : lostPermissions(baseline.access, access);
  if (lost.length > 0) {
    const shown = lost.length > 6 ? `${lost.slice(0, 6).join(', ')} and ${lost.length - 6} more` : lost.join(', ');
    raiseCondition(
      context,
      id,
      'monitor_visibility_shrunk',
      {
        subject: name,
        summary: `${name}: the monitor's account ${access.username} lost ${shown}`,
        why: `It had more permissions at ${baseline?.goodAt}. Octopus leaves out of the audit log what an account may not see, without saying so.`,
      },
      nowMs,
    );
    return;
  }
  const wasShrunk = store.findings.unresolvedState(id, 'monitor_visibility_shrunk').length > 0;
  if (wasShrunk && baseline) {
    settleCondition(context, id, 'monitor_visibility_shrunk', nowMs);
    planSecondLook(instance, Date.parse(baseline.goodAt));
  }
  store.instances.setAccess(id, { access, goodAt: toInstant(serverNowMs(instance)) });
}

/** Permissions that were held and are not any more, or only in fewer places. */
function lostPermissions(before: OwnAccess, now: OwnAccess): string[] {
  const lost = before.systemPermissions.filter((name) => !now.systemPermissions.includes(name));
  for (const [name, places] of Object.entries(before.spacePermissions)) {
    const held = now.spacePermissions[name] ?? [];
    const missing = places.filter((place) => !held.some((one) => covers(one, place)));
    if (missing.length > 0) lost.push(held.length === 0 ? name : `${name} (in part)`);
  }
  return lost;
}

/** Whether a permission held under `wide` takes in one held under `narrow`: the same, or the same space unrestricted. */
function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const open = JSON.parse(wide) as Record<string, unknown>;
  const other = JSON.parse(narrow) as Record<string, unknown>;
  return (
    Object.keys(open).every((key) => key === 'SpaceId') &&
    (open['SpaceId'] === undefined || open['SpaceId'] === other['SpaceId'])
  );
}

function watchOwnKey(instance: Instance, key: ApiKey): void {
  const { id, context, clock, name } = instance;
  const nowMs = clock.now();
  const isSoon = key.expiresAt !== null && Date.parse(key.expiresAt) - nowMs <= KEY_EXPIRY_WARNING_DAYS * DAY_MS;
  settleCondition(context, id, 'monitor_key_expiring', nowMs, (subject) => subject !== key.id || !isSoon);
  if (!isSoon || key.expiresAt === null) return;
  const days = Math.max(0, Math.floor((Date.parse(key.expiresAt) - nowMs) / DAY_MS));
  raiseCondition(
    context,
    id,
    'monitor_key_expiring',
    {
      subject: key.id,
      summary: `${name}: the monitor's own API key expires in ${days} day${days === 1 ? '' : 's'}, at ${key.expiresAt}`,
      why: 'Without a key the audit log is not read.',
      level: days <= KEY_EXPIRY_URGENT_DAYS ? 'high' : 'medium',
    },
    nowMs,
  );
}

import type { AuditEvent } from '../model/event.ts';
import type { Store } from '../store/index.ts';

/** Whether an address tells who it was, at an instant. */
export type AddressTrust = (occurredAt: string) => boolean;

/** Asks the store once per day. */
export function addressTrust(store: Store, instanceId: number): AddressTrust {
  const byDay = new Map<string, boolean>();
  return (occurredAt) => {
    const day = occurredAt.slice(0, 10);
    const isTrusted = byDay.get(day) ?? store.addresses.areTrusted(instanceId, day);
    byDay.set(day, isTrusted);
    return isTrusted;
  };
}

/** Counts where people's events come from. Failed sign-ins do not count: an attacker must not be able to look like a proxy. */
export function countAddresses(store: Store, instanceId: number, events: readonly AuditEvent[]): void {
  const byDay = new Map<string, Map<string, number>>();
  for (const { category, ipAddress, isService, occurredAt, userId } of events) {
    const isPersons = isService === false && userId !== null && userId !== 'users-system';
    if (!isPersons || ipAddress === null || category === 'LoginFailed') continue;
    const day = occurredAt.slice(0, 10);
    const counts = byDay.get(day) ?? new Map<string, number>();
    byDay.set(day, counts);
    counts.set(ipAddress, (counts.get(ipAddress) ?? 0) + 1);
  }
  for (const [day, counts] of byDay) {
    for (const [ipAddress, count] of counts) store.addresses.count(instanceId, day, ipAddress, count);
  }
}

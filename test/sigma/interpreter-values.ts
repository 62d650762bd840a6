import { BlockList, isIP } from 'node:net';

/** Whether Node takes the text for an address within the network. */
export function isAddressWithin(network: string, text: string): boolean {
  const [address = '', bits] = network.split('/');
  const version = isIP(address);
  const own = isIP(text);
  // Node would also put every IPv4 address into the networks of IPv6.
  if (own === 0 || (version === 6 && own === 4)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? (version === 4 ? 32 : 128)), version === 4 ? 'ipv4' : 'ipv6');
  return list.check(text, own === 4 ? 'ipv4' : 'ipv6');
}

/** A part of a time written with two digits each; NaN when there is none. */
export function timePart(part: string, value: unknown): number {
  const [day = '', time = ''] = String(value).trim().replaceAll('/', '-').split(/[T ]/);
  const date = new Date(`${day}T00:00:00Z`);
  if (typeof value !== 'string' || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(day))
    return Number.NaN;
  if (part === 'year') return date.getUTCFullYear();
  if (part === 'month') return date.getUTCMonth() + 1;
  if (part === 'day') return date.getUTCDate();
  if (part === 'week') return week(date);
  const [hour, minute] = time.split(':').map((digits) => Number(digits.slice(0, 2)));
  const found = part === 'hour' ? hour : minute;
  return found === undefined || time === '' || found > (part === 'hour' ? 23 : 59) ? Number.NaN : found;
}

const DAY_MS = 86_400_000;

/** Walks back to the Monday, then counts the Mondays down to the week that holds the fourth of January. */
function week(date: Date): number {
  let monday = date;
  while (monday.getUTCDay() !== 1) monday = new Date(monday.getTime() - DAY_MS);
  for (let count = 1; ; count++) {
    for (let i = 0; i < 7; i++) {
      const day = new Date(monday.getTime() + i * DAY_MS);
      if (day.getUTCMonth() === 0 && day.getUTCDate() === 4) return count;
    }
    monday = new Date(monday.getTime() - 7 * DAY_MS);
  }
}

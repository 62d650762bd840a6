import { isIP, isIPv4 } from 'node:net';

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
/** 16-bit groups of an IPv6 address, and of its /48. */
const GROUPS = 8;
const NETWORK_GROUPS = 3;

/**
 * The network of an address: the /24 of IPv4 and the /48 of IPv6, as `192.0.2.0/24` and `2001:db8:7::/48`. An IPv4 address
 * written as IPv6 counts as IPv4. Null for what is no address. UNKNOWN whether a server writes ports or brackets: they are
 * taken off.
 */
export function networkOf(address: string | null): string | null {
  if (address === null || address.length > 100) return null;
  const bare = withoutPort(address.trim());
  const ip = MAPPED.exec(bare)?.[1] ?? bare;
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  const groups = isIP(ip) === 6 ? groupsOf(ip) : null;
  if (groups === null) return null;
  const mapped = mappedAddress(groups);
  if (mapped !== null) return networkOf(mapped);
  const head = groups
    .slice(0, NETWORK_GROUPS)
    .join(':')
    .replace(/(:0)+$/, '');
  return `${head === '0' ? '' : head}::/48`;
}

function withoutPort(address: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1];
  const plain = bracketed ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address)?.[1] ?? address;
  return plain.replace(/%.*$/, '');
}

/** The eight groups in hexadecimal without leading zeros; the platform's own reading of a host is the parser. */
function groupsOf(ip: string): string[] | null {
  if (!URL.canParse(`http://[${ip}]`)) return null;
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...front, ...Array.from({ length: GROUPS - front.length - back.length }, () => '0'), ...back];
}

/** `0:0:0:0:0:ffff:c000:201` is 192.0.2.1, however it was written. */
function mappedAddress(groups: readonly string[]): string | null {
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return null;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

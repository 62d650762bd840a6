import { quoted } from './mistakes.ts';

/** Decides whether a text is an address within one network. */
export type CidrTest = (text: string) => boolean;

/**
 * Compiles `10.0.0.0/8` or `2001:db8::/32`; a single address is a network of one. A string says why the text is no
 * network. For an IPv4 network, an IPv4 address written inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
 */
export function compileCidr(network: string): CidrTest | string {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(network.trim());
  const address = match?.[1] === undefined ? null : parseAddress(match[1]);
  const width = (address?.length ?? 0) * 8;
  const bits = match?.[2] === undefined ? width : Number(match[2]);
  if (!address || bits > width) return `${quoted(network)} is no network: write one as 10.0.0.0/8 or 2001:db8::/32`;
  // As in pySigma: an address inside a network may be meant as the address or as the network, which differ.
  if (address.some((byte, index) => (byte & ~maskAt(index, bits)) !== 0)) {
    return `${quoted(network)} has bits set behind its first ${bits}: write /${width} for the one address, or the network with zeros behind them`;
  }
  return (text) => {
    if (text.length > MAX_ADDRESS_CHARACTERS) return false;
    // Windows writes a zone behind link-local addresses (`fe80::1%12`), which says nothing of the network.
    const zone = text.indexOf('%');
    const candidate = parseAddress(zone > 0 && text.includes(':') ? text.slice(0, zone) : text);
    const comparable = candidate && (address.length === 4 ? unmapped(candidate) : candidate);
    return comparable?.length === address.length && startsWithBits(comparable, address, bits);
  };
}

/** The longest address has 45 characters; a zone is the name or number of a network card. */
const MAX_ADDRESS_CHARACTERS = 100;

function startsWithBits(candidate: readonly number[], network: readonly number[], bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    if (((candidate[i] ?? 0) & maskAt(i, bits)) !== network[i]) return false;
  }
  return true;
}

/** The bits of the byte at `index` that are among the first `bits` of an address. */
function maskAt(index: number, bits: number): number {
  const within = Math.min(8, Math.max(0, bits - index * 8));
  return (0xff << (8 - within)) & 0xff;
}

/** The bytes of an address: 4 or 16; null when it is none. */
function parseAddress(text: string): number[] | null {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function unmapped(bytes: number[]): number[] {
  const isMapped =
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

function parseV4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseV6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const front = parseGroups(halves[0] ?? '', halves.length === 1);
  const back = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!front || !back) return null;
  const missing = 16 - front.length - back.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...front, ...Array.from({ length: missing }, () => 0), ...back];
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (mayEndInV4 && index === groups.length - 1 && group.includes('.')) {
      const v4 = parseV4(group);
      if (!v4) return null;
      bytes.push(...v4);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return null;
  }
  return bytes;
}

import { readAddress, unmapAddress } from './address.ts';
import { quoted } from './text.ts';

/** Decides whether a text is an address within one network. */
export type CidrTest = (text: string) => boolean;

/**
 * Compiles `10.0.0.0/8` or `2001:db8::/32`; a single address is a network of one. A string says why the text is no
 * network. For an IPv4 network, an IPv4 address written inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
 */
export function compileCidr(network: string): CidrTest | string {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(network.trim());
  const length = match?.[1] === undefined ? 0 : readAddress(match[1], scratch);
  const address = scratch.slice(0, length);
  const width = length * 8;
  const bits = match?.[2] === undefined ? width : Number(match[2]);
  if (length === 0 || bits > width) return `${quoted(network)} is no network: write one as 10.0.0.0/8 or 2001:db8::/32`;
  // As in pySigma: an address inside a network may be meant as the address or as the network, which differ.
  if (address.some((byte, index) => (byte & ~maskAt(index, bits)) !== 0)) {
    return `${quoted(network)} has bits set behind its first ${bits}: write /${width} for the one address, or the network with zeros behind them`;
  }
  return (text) => {
    const read = readLoose(text);
    const isComparable = read === length || (read === 16 && unmapAddress(scratch));
    return isComparable && startsWithBits(scratch, address, bits);
  };
}

/** Whether a text is an address at all, so that one outside of a network can be told from what cannot be read. */
export function isAddress(text: string): boolean {
  return readLoose(text) > 0;
}

/** Reads an address into `scratch`; what `readAddress` returns. */
function readLoose(text: string): 0 | 4 | 16 {
  if (text.length > MAX_ADDRESS_CHARACTERS) return 0;
  // Windows writes a zone behind link-local addresses (`fe80::1%12`), which says nothing of the network.
  const zone = text.indexOf('%');
  return readAddress(zone > 0 && text.includes(':') ? text.slice(0, zone) : text, scratch);
}

/** The longest address has 45 characters; a zone is the name or number of a network card. */
const MAX_ADDRESS_CHARACTERS = 100;
/** The address read last. */
const scratch = new Uint8Array(16);

function startsWithBits(candidate: Uint8Array, network: Uint8Array, bits: number): boolean {
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

/** Decides whether a text is an address within one network. */
export type CidrTest = (text: string) => boolean;

/**
 * Compiles `10.0.0.0/8` or `2001:db8::/32`; a single address is a network of one. Null when the text is neither. An
 * IPv4 address written inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
 */
export function compileCidr(network: string): CidrTest | null {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(network.trim());
  const address = match?.[1] === undefined ? null : parseAddress(match[1], false);
  if (!address) return null;
  const width = address.length * 8;
  const bits = match?.[2] === undefined ? width : Number(match[2]);
  if (bits > width) return null;
  return (text) => {
    if (text.length > 45) return false;
    const candidate = parseAddress(text, true);
    return candidate !== null && candidate.length === address.length && startsWithBits(candidate, address, bits);
  };
}

function startsWithBits(candidate: readonly number[], network: readonly number[], bits: number): boolean {
  for (let i = 0, left = bits; left > 0; i++, left -= 8) {
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if (((candidate[i] ?? 0) & mask) !== ((network[i] ?? 0) & mask)) return false;
  }
  return true;
}

/** The bytes of an address: 4 or 16; null when it is none. */
function parseAddress(text: string, isMappedPlain: boolean): number[] | null {
  if (!text.includes(':')) return parseV4(text);
  const bytes = parseV6(text);
  if (!bytes || !isMappedPlain) return bytes;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
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

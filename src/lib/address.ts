/** Addresses of both kinds, read into bytes that the caller keeps: testing a record allocates nothing. */

/** Reads a text into `bytes`, of which there must be sixteen. How many it takes: 4 or 16, and 0 when it is no address. */
export function readAddress(text: string, bytes: Uint8Array): 0 | 4 | 16 {
  if (text.includes(':')) return readV6(text, bytes) ? 16 : 0;
  return readV4(text, 0, bytes, 0) ? 4 : 0;
}

/** Turns an IPv4 address written inside IPv6 (`::ffff:10.0.0.1`) into that address; false when `bytes` hold none. */
export function unmapAddress(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  if (bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  bytes.copyWithin(0, 12);
  return true;
}

/** Four numbers of one to three digits from `start` to the end of the text. */
function readV4(text: string, start: number, bytes: Uint8Array, into: number): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = start; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0x2e;
    if (code === 0x2e) {
      if (digits === 0 || digits > 3 || value > 255 || part === 4) return false;
      bytes[into + part] = value;
      part += 1;
      digits = 0;
      value = 0;
    } else if (code >= 0x30 && code <= 0x39) {
      digits += 1;
      value = value * 10 + code - 0x30;
    } else return false;
  }
  return part === 4;
}

/** Groups of one to four hexadecimal digits, at most one `::`, and perhaps an IPv4 address at the end. */
function readV6(text: string, bytes: Uint8Array): boolean {
  let count = 0;
  let gapAt = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gapAt = 0;
    i = 2;
  }
  while (i < text.length) {
    const start = i;
    let value = 0;
    for (let digit = hexDigit(text, i); digit >= 0 && i - start < 4; digit = hexDigit(text, i)) {
      value = value * 16 + digit;
      i += 1;
    }
    if (i === start || count > 14) return false;
    if (text.charCodeAt(i) === 0x2e) {
      if (count > 12 || !readV4(text, start, bytes, count)) return false;
      count += 4;
      break;
    }
    bytes[count] = value >> 8;
    bytes[count + 1] = value & 0xff;
    count += 2;
    if (i === text.length) break;
    if (text.charCodeAt(i) !== 0x3a || i + 1 === text.length) return false;
    i += 1;
    if (text.charCodeAt(i) !== 0x3a) continue;
    if (gapAt >= 0) return false;
    gapAt = count;
    i += 1;
  }
  if (gapAt < 0) return count === 16;
  if (count > 14) return false;
  bytes.copyWithin(16 - (count - gapAt), gapAt, count);
  bytes.fill(0, gapAt, 16 - (count - gapAt));
  return true;
}

function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

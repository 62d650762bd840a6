import { randomFillSync } from 'node:crypto';

const SALT_BYTES = 16;
const SALTS_AT_ONCE = 256;

/** Random salts, many from one call of the generator. */
export function saltSource(): () => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used === pool.length) {
      // A new pool each time: rows of a transaction under way still refer to the last one.
      pool = randomFillSync(Buffer.alloc(SALT_BYTES * SALTS_AT_ONCE));
      used = 0;
    }
    used += SALT_BYTES;
    return pool.subarray(used - SALT_BYTES, used);
  };
}

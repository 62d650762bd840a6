import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/**
 * Looks names up like the system, but each name once at a time: whoever asks meanwhile shares the answer. A look-up holds one
 * of the four threads that Node has for it, for as long as a resolver that does not answer is waited for; a client with its
 * connections would hold them all, and the look-ups of other instances would wait behind it.
 */
export function createSharedLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  const waiting = new Map<string, Parameters<LookupFunction>[2][]>();
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.family, options.all, options.hints, options.order]);
    const others = waiting.get(key);
    if (others) {
      others.push(callback);
      return;
    }
    waiting.set(key, [callback]);
    lookup(hostname, options, (...answer) => {
      const all = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const each of all) each(...answer);
    });
  };
}

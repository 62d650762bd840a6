import type { Channel } from '../model/message.ts';
import type { Deliverer } from './deliver.ts';

/**
 * Delivers for a one-shot command, while it still reads and at its end. Each channel is drained once at a time; whoever asks
 * meanwhile is served by one further drain.
 */
export function createOneShotOutbox(deliverer: Deliverer, channels: readonly Channel[], signal: AbortSignal) {
  let refused = 0;
  const drains = channels.map((channel) => {
    let last = Promise.resolve();
    let isWaiting = false;
    return () => {
      if (isWaiting) return last;
      isWaiting = true;
      last = last.then(async () => {
        isWaiting = false;
        refused += (await deliverer.drainOneShot(channel, signal)).refused;
      });
      return last;
    };
  });

  return {
    /** Begins to deliver what is due; nobody need wait for it. What goes wrong comes out at the end. */
    drainSoon() {
      for (const drain of drains) drain().catch(() => undefined);
    },

    /** Delivers what is due now. Returns how many deliveries were refused for good, from the beginning on. */
    async finish(): Promise<number> {
      await Promise.all(drains.map((drain) => drain()));
      return refused;
    },
  };
}

import { request } from 'undici';
import { connectionFailure } from './failure.ts';

/** What became of a heartbeat; the reason never holds the address, which for most services is the secret. */
type HeartbeatResult = { readonly outcome: 'sent' } | { readonly outcome: 'failed'; readonly reason: string };

/**
 * Requests the address with GET so that a dead man's switch elsewhere knows the monitor lives. Never throws, follows no
 * redirect; any 2xx counts. `timeoutMs` bounds the whole exchange.
 */
export async function requestHeartbeat(options: {
  readonly url: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}): Promise<HeartbeatResult> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  try {
    const { statusCode, body } = await request(options.url, { method: 'GET', signal });
    // The answer has been given with the status line; what becomes of the rest of the body changes nothing.
    await body.dump({ limit: 65_536, signal }).catch(() => undefined);
    if (statusCode >= 200 && statusCode < 300) return { outcome: 'sent' };
    const hint =
      statusCode >= 300 && statusCode < 400 ? ': redirects are not followed, configure the final address' : '';
    return { outcome: 'failed', reason: `the heartbeat address answered ${statusCode}${hint}` };
  } catch (error) {
    if (options.signal?.aborted) return { outcome: 'failed', reason: 'stopped before the heartbeat was answered' };
    return { outcome: 'failed', reason: `heartbeat: ${connectionFailure(error)}` };
  }
}

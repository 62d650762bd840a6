import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectionFailure } from './failure.ts';

/**
 * Opens a connection to the host of an http(s) address, with TLS where the address says so, and closes it; nothing is asked
 * for. Returns null when it stood, else why not. Never throws and never names more of the address than its host.
 */
export function reachAddress(address: string, timeoutMs: number): Promise<string | null> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return Promise.resolve('the address is not an http(s) URL');
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (isTls ? 443 : 80);
  return new Promise((resolve) => {
    const socket = isTls
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectPlain({ host, port });
    const end = (reason: string | null) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => end('no answer in time'));
    socket.once('error', (error) => end(connectionFailure(error)));
    socket.once(isTls ? 'secureConnect' : 'connect', () => end(null));
  });
}

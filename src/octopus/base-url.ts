import { UsageError } from '../lib/errors.ts';

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

export type BaseUrl = {
  readonly origin: string;
  readonly hostname: string;
  /** The virtual directory without a trailing slash; empty for a server at the root. */
  readonly directory: string;
  /** True for plain `http://` to a host other than loopback: the key then travels in clear text. */
  readonly isPlainHttp: boolean;
};

/**
 * Checks the address of an Octopus server: `https`, or `http` for loopback and the hosts named in `allowedHttpHosts`
 * (host names, optionally with a port). Accepts a virtual directory, a trailing slash, and the address of the API or
 * of the portal (`…/api`, `…/app#/…`), which people copy from their browser.
 *
 * @throws UsageError for anything else. The message never repeats a user name or password of the address.
 */
export function checkOctopusUrl(text: string, allowedHttpHosts: readonly string[] = []): BaseUrl {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new UsageError('The address of the Octopus server is not a URL.', {
      hint: 'Give it as https://octopus.example.com, with a virtual directory if the server has one.',
    });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new UsageError(`The address of the Octopus server must begin with https://, not ${url.protocol}//.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('The address of the Octopus server must not hold a user name or password.', {
      hint: 'Octowatch signs in with an API key only: set OCTOPUS_API_KEY.',
    });
  }
  if (url.search !== '') {
    throw new UsageError('The address of the Octopus server must not hold a query ("?…").');
  }
  const isLoopback = LOOPBACK.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback && !isAllowed(url, allowedHttpHosts)) {
    throw new UsageError(`Plain http:// to ${url.host} would send the API key in clear text.`, {
      hint: `Use https://, or name ${url.hostname} in OCTOWATCH_ALLOW_HTTP if the network in between is trusted.`,
    });
  }
  return {
    origin: url.origin,
    hostname: url.hostname,
    directory: url.pathname.replace(/\/+$/, '').replace(/\/(api|app)$/i, ''),
    isPlainHttp: url.protocol === 'http:' && !isLoopback,
  };
}

function isAllowed(url: URL, hosts: readonly string[]): boolean {
  return hosts.some((host) => {
    const wanted = host.trim().toLowerCase();
    return wanted !== '' && (wanted === url.hostname.toLowerCase() || wanted === url.host.toLowerCase());
  });
}

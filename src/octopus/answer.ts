import { gunzipSync } from 'node:zlib';
import { parseRetryAfter } from '../lib/retry.ts';
import { OctopusError, type OctopusErrorKind, redactServerText } from './errors.ts';

/** What is being read: in words, and its path without the query. */
export type Reading = { readonly operation: string; readonly path: string };

/** A 200 answer: its text as received (UTF-8, without byte-order mark) and the same parsed. */
export type Answer = { readonly text: string; readonly json: unknown };

type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly packed: Buffer;
};

const CERTIFICATE_CODES = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

/** Unpacks and parses a 200 answer. Broken JSON may be a truncated answer and is tried again; a page of HTML is not. */
export function parseJsonAnswer(answer: RawAnswer, reading: Reading, apiKey: string, maxBytes: number): Answer {
  const text = decode(answer, reading, maxBytes);
  if (/^\s*</.test(text)) {
    throw new OctopusError(`answered 200 with a page instead of JSON: "${redactServerText(titleOf(text), apiKey)}"`, {
      ...reading,
      kind: 'bad_answer',
      status: 200,
      hint: 'A proxy or sign-in page stands before the server, or the address lacks its virtual directory: check OCTOPUS_URL.',
    });
  }
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    // The parser's own message quotes the answer, which may hold anything.
    throw new OctopusError(`answered 200 with ${answer.packed.length} bytes that are not whole JSON`, {
      ...reading,
      kind: 'bad_answer',
      status: 200,
      isRetryable: true,
    });
  }
}

/** The error for an answer other than 200. */
export function refusal(answer: RawAnswer, reading: Reading, apiKey: string, nowMs: number): OctopusError {
  const { status, headers } = answer;
  const said = serverText(answer, apiKey);
  const kind = kindOf(status, said);
  if (status >= 300 && status < 400) {
    const target = originOf(headers['location']);
    return new OctopusError(`answered ${status} and points to ${target}; redirects are not followed`, {
      ...reading,
      kind,
      status,
      hint: 'Set OCTOPUS_URL to the address the server really has; following could hand the API key to another host.',
    });
  }
  const retryAfter = headers['retry-after'];
  const hint = HINTS[kind];
  return new OctopusError(`answered ${status}${said === '' ? '' : `: ${said}`}`, {
    ...reading,
    kind,
    status,
    isRetryable: status === 429 || status === 408 || status >= 500,
    retryAfterMs: parseRetryAfter(typeof retryAfter === 'string' ? retryAfter : null, nowMs),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The error for a request that got no whole answer. `timedOutAfterMs` is set when our own deadline ended it. */
export function transportError(error: unknown, reading: Reading, timedOutAfterMs: number | null): OctopusError {
  const code = codeOf(error);
  if (timedOutAfterMs !== null || code.includes('TIMEOUT') || code === 'ETIMEDOUT') {
    const after = timedOutAfterMs === null ? '' : ` within ${Math.round(timedOutAfterMs / 1000)} s`;
    const hint = 'The server is slow or unreachable; a narrower window of time asks less of it.';
    return new OctopusError(`no whole answer${after}`, { ...reading, kind: 'timeout', isRetryable: true, hint });
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return tooLarge(reading);
  const isCertificate = CERTIFICATE_CODES.test(code);
  return new OctopusError(`the connection failed (${code === '' ? 'no reason given' : code})`, {
    ...reading,
    kind: 'network',
    isRetryable: !isCertificate,
    hint: isCertificate
      ? "The server's certificate is not trusted: name its authority's file in NODE_EXTRA_CA_CERTS."
      : 'Check OCTOPUS_URL, the name service, and that this machine may reach the server.',
  });
}

const HINTS: Partial<Record<OctopusErrorKind, string>> = {
  unauthorized: 'The API key is wrong, expired, revoked, or its user is disabled: set a new one in OCTOPUS_API_KEY.',
  forbidden: "The API key's user lacks a permission: see docs for the role the monitor needs, or run octowatch doctor.",
  not_found: 'The server is too old for this, the object is gone, or the address lacks its virtual directory.',
  rate_limited: 'The server limits requests; give the monitor a service account of its own.',
};

function kindOf(status: number, said: string): OctopusErrorKind {
  // FACT octopus-api 6.3: 401 was seen where one expects 403; only the text tells a missing permission from a bad key.
  if (status === 401)
    return /permission/i.test(said) && !/not valid|logged in/i.test(said) ? 'forbidden' : 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  if (status === 408) return 'timeout';
  return status >= 500 ? 'server' : 'bad_answer';
}

/** The server's own words (FACT 6.3: `ErrorMessage`, `Errors[]`), or the title of a proxy's page. */
function serverText(answer: RawAnswer, apiKey: string): string {
  let text: string;
  try {
    text = unpack(answer, 1024 * 1024).toString('utf8');
  } catch {
    return '';
  }
  if (/^\s*</.test(text)) return redactServerText(titleOf(text), apiKey);
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return '';
    const message = 'ErrorMessage' in body && typeof body.ErrorMessage === 'string' ? body.ErrorMessage : '';
    const errors = 'Errors' in body && Array.isArray(body.Errors) ? body.Errors : [];
    const others = errors.filter((e): e is string => typeof e === 'string' && !message.includes(e)).slice(0, 5);
    return redactServerText([message, ...others].filter((part) => part !== '').join(' '), apiKey);
  } catch {
    return redactServerText(text, apiKey);
  }
}

function titleOf(html: string): string {
  const title = /<title[^>]{0,200}>([^<]{0,200})/i.exec(html.slice(0, 10_000))?.[1]?.trim();
  return title ? title : 'no title';
}

function decode(answer: RawAnswer, reading: Reading, maxBytes: number): string {
  try {
    const text = unpack(answer, maxBytes).toString('utf8');
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(reading);
    const isRetryable = true;
    throw new OctopusError('the packed answer is damaged', {
      ...reading,
      kind: 'bad_answer',
      status: 200,
      isRetryable,
    });
  }
}

function unpack({ headers, packed }: RawAnswer, maxBytes: number): Buffer {
  if (headers['content-encoding'] === undefined || packed.length === 0) return packed;
  // Synchronous on purpose: 1 ms for a page, cheaper than a trip through the thread pool (performance.md).
  return /gzip/i.test(String(headers['content-encoding'])) ? gunzipSync(packed, { maxOutputLength: maxBytes }) : packed;
}

function tooLarge(reading: Reading): OctopusError {
  return new OctopusError('the answer is larger than the client takes', {
    ...reading,
    kind: 'bad_answer',
    status: 200,
    isTooLarge: true,
  });
}

function originOf(location: string | string[] | undefined): string {
  if (typeof location !== 'string') return 'nowhere';
  return /^https?:/i.test(location) && URL.canParse(location)
    ? new URL(location).origin
    : 'another path of this server';
}

function codeOf(error: unknown): string {
  for (let depth = 0; depth < 4 && typeof error === 'object' && error !== null; depth++) {
    if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
    error = 'cause' in error ? error.cause : null;
  }
  return '';
}

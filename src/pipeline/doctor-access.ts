import { describeDuration } from '../lib/duration.ts';
import type { ApiKey } from '../model/inventory.ts';
import {
  listSpaces,
  matchOwnKey,
  OctopusError,
  readOwnAccess,
  readOwnKeys,
  readServerFacts,
} from '../octopus/index.ts';
import { type Check, failed, ok, type Seen, skipped, warning } from './doctor-check.ts';
import type { InstanceContext } from './doctor-instance.ts';
import { changingPermissions, describeLacks, describeRoles, lacksOf } from './doctor-permissions.ts';

const DAY_MS = 86_400_000;
/** As in the inventory, which warns then too. */
const KEY_EXPIRY_WARNING_DAYS = 20;
const SKEW_WARNING_SECONDS = 60;
const MAX_NAMED = 8;

const NOT_REACHED = 'not tried: the server was not reached';

/** Who the monitor is to the server, and what it may see. In this order: each needs what those before it learned. */
export const ACCESS_CHECKS: readonly Check<InstanceContext>[] = [
  { name: 'server', run: checkServer },
  { name: 'key', run: checkKey },
  { name: 'clock', run: checkClock },
  { name: 'own key', run: checkOwnKey },
  { name: 'permissions', run: checkPermissions },
  { name: 'least privilege', run: checkLeastPrivilege },
];

async function checkServer(context: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const { client, isPlainHttp, learned, stored } = context;
  try {
    learned.facts = await readServerFacts(client, signal);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
    return { ...failed(error.message, error.hint ?? 'Check OCTOPUS_URL.'), stop: NOT_REACHED };
  }
  const { version, installationId } = learned.facts;
  const seen = `Octopus ${version ?? 'of unknown version'} at ${client.origin}, installation ${installationId ?? 'unknown'}`;
  if (stored?.installationId && installationId && stored.installationId !== installationId)
    return {
      ...failed(
        `${seen}; the database holds another one under this name, ${stored.installationId}`,
        'Give the new server another name in octowatch.yaml, or use another database (OCTOWATCH_DB).',
      ),
      stop: 'not tried: it is another server than the one stored',
    };
  if (isPlainHttp) return warning(`${seen}; the API key travels in clear text`, 'Use https:// in OCTOPUS_URL.');
  return ok(seen);
}

async function checkKey({ client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const read = await readOwnAccess(client, signal);
  const userId = read.access?.userId ?? ('userId' in read ? read.userId : null);
  if (userId === null)
    return failed('the key is accepted, but the answer for its own user is no user', 'Check OCTOPUS_URL.');
  learned.userId = userId;
  if (read.access === null) return ok(`accepted, of ${userId}`);
  learned.access = read.access;
  return ok(`accepted, of ${read.access.username} (${userId})`);
}

function checkClock({ client }: InstanceContext): Seen {
  const skew = client.clockSkewSeconds();
  if (skew === null) return skipped('the server says no time that could be compared');
  if (Math.abs(skew) <= SKEW_WARNING_SECONDS) return ok(`the clocks agree to ${Math.abs(skew)} s`);
  const way = skew > 0 ? 'ahead of' : 'behind';
  return warning(
    `the server's clock is ${describeDuration(Math.abs(skew) * 1000)} ${way} this machine's`,
    'Set both machines to network time.',
  );
}

async function checkOwnKey({ apiKey, client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  if (learned.userId === undefined) return skipped("the key's user is not known");
  const keys = await readOwnKeys(client, learned.userId, signal);
  const own = keys === null ? null : matchOwnKey(keys, apiKey);
  if (own === null) return skipped("which of its user's keys it is cannot be told; when it expires is not known");
  learned.accessLevel = own.accessLevel;
  return expiryOf(own, client.now());
}

function expiryOf({ accessLevel, expiresAt }: ApiKey, nowMs: number): Seen {
  const level = accessLevel === null ? '' : `, ${accessLevel}`;
  if (expiresAt === null)
    return warning(
      `it never expires${level}`,
      'Make a key that expires within a year; the monitor warns 20 days ahead. A key that never ends is one nobody replaces.',
    );
  const days = Math.floor((Date.parse(expiresAt) - nowMs) / DAY_MS);
  const seen = `it expires at ${expiresAt}, in ${days} days${level}`;
  if (days > KEY_EXPIRY_WARNING_DAYS) return ok(seen);
  return warning(
    seen,
    'Make a new key for the same service account, set OCTOPUS_API_KEY, restart, revoke the old one.',
  );
}

async function checkPermissions({ client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const { access } = learned;
  if (access === undefined) {
    const seen = 'the account may not read its own permissions; the server does not say which it has';
    return warning(seen, describeRoles());
  }
  learned.spaces = await listSpaces(client, signal).catch((error: unknown) => {
    if (error instanceof OctopusError && (error.kind === 'not_found' || error.kind === 'forbidden')) return [];
    throw error;
  });
  const lacks = lacksOf(access, learned.spaces);
  const visible = `${learned.spaces.length} ${learned.spaces.length === 1 ? 'space' : 'spaces'} visible`;
  const needed = lacks.filter((one) => one.permission.weight !== 'optional');
  const optional = lacks.filter((one) => one.permission.weight === 'optional');
  const beside = optional.length > 0 ? `; lacking, but optional: ${describeLacks(optional)}` : '';
  if (needed.length === 0) return ok(`everything the monitor needs, ${visible}${beside}`);
  const seen = `lacking ${describeLacks(needed)}; ${visible}${beside}`;
  if (!access.isComplete)
    return warning(`perhaps ${seen} (the server says that it does not show all permissions)`, describeRoles());
  const isBlind = needed.some((one) => one.permission.weight === 'essential');
  return isBlind ? failed(seen, describeRoles()) : warning(seen, describeRoles());
}

function checkLeastPrivilege({ learned }: InstanceContext): Seen {
  const { access, accessLevel } = learned;
  if (access === undefined) return skipped('the permissions of the account are not known');
  const changing = changingPermissions(access);
  if (changing.length === 0) return ok('the account may change nothing');
  const more = changing.length > MAX_NAMED ? ` and ${changing.length - MAX_NAMED} more` : '';
  const may = `the account has ${changing.slice(0, MAX_NAMED).join(', ')}${more}`;
  // FACT octopus-api 4.1: such a key reads only, whatever its owner may do.
  if (accessLevel === 'ReadOnly') return ok(`${may}, but its key is ReadOnly`);
  return warning(
    `${may}: whoever gets hold of the monitor's key can use that`,
    `Take these from the monitor's account, or give it a ReadOnly key (servers of 2026). ${describeRoles()}`,
  );
}

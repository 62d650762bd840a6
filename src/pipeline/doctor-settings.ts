import { toInstant } from '../lib/clock.ts';
import { plural } from '../lib/text.ts';
import type { Environment, Space } from '../model/inventory.ts';
import {
  listEnvironments,
  OctopusError,
  parseFreeze,
  readAuditStream,
  readFreezeList,
  readKeyPolicy,
  readNewestArchiveDay,
} from '../octopus/index.ts';
import { type Check, failed, ok, type Seen, skipped, warning } from './doctor-check.ts';
import type { InstanceContext } from './doctor-instance.ts';

const DAY_MS = 86_400_000;
/** With less, a long week-end without the monitor loses events. */
const LEAST_RETENTION_DAYS = 7;
const MAX_NAMED = 12;

/** How the server is set up, as far as it concerns who watches it. */
export const SETTING_CHECKS: readonly Check<InstanceContext>[] = [
  { name: 'production', run: checkProduction },
  { name: 'request limits', run: checkRequestLimits },
  { name: 'retention', run: checkRetention },
  { name: 'key policy', run: tellKeyPolicy },
  { name: 'audit stream', run: tellAuditStream },
  { name: 'deployment freezes', run: tellFreezes },
];

async function checkProduction(context: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const { client, learned, production } = context;
  const spaces = learned.spaces ?? [];
  if (spaces.length === 0) return skipped('no space is visible');
  const found: { space: Space; production: Environment[]; all: number }[] = [];
  const unreadable: string[] = [];
  for (const space of spaces) {
    try {
      const environments = await listEnvironments(client, space.id, signal);
      const own = environments.filter((one) => production.isProduction(one));
      found.push({ space, production: own, all: environments.length });
    } catch (error) {
      if (!(error instanceof OctopusError) || error.kind !== 'forbidden') throw error;
      unreadable.push(space.name);
    }
  }
  const names = found.flatMap((one) =>
    one.production.map(({ name }) => (found.length > 1 ? `${name} (${one.space.name})` : name)),
  );
  const without = found.filter((one) => one.production.length === 0 && one.all > 0).map((one) => one.space.name);
  const seen = [
    names.length > 0 ? `counted as production: ${listed(names)}` : 'no environment counts as production',
    ...(without.length > 0 ? [`no production in space ${listed(without)}`] : []),
    ...(unreadable.length > 0 ? [`the environments of space ${listed(unreadable)} may not be read`] : []),
  ].join('; ');
  if (names.length > 0 && without.length === 0 && unreadable.length === 0) return ok(seen);
  return warning(
    seen,
    'Set `production` in octowatch.yaml to the names, slugs, ids or tags of what is production; give the account EnvironmentView where it is missing.',
  );
}

function checkRequestLimits({ client, learned }: InstanceContext): Seen {
  const limit = client.rateLimit();
  if (limit === null) return ok('the server says no limit of requests (Octopus says so from 2026.3 on)');
  const seen = `limit ${limit.policy ?? 'unknown'}, now ${limit.left ?? 'unknown'}`;
  // FACT octopus-api 6.4: `rpm` are requests a minute. Every user's keys are a request of their own.
  const perMinute = Number(/\brpm=(\d{1,9})/.exec(limit.policy ?? '')?.[1] ?? Number.NaN);
  if (learned.users === undefined || !(learned.users > perMinute)) return ok(seen);
  return warning(
    `${seen}; reading the keys of ${learned.users} users takes as many requests, each hour`,
    "Raise the limit for the monitor's service account, or expect its readings to take minutes.",
  );
}

/** INF: what the youngest archived day tells, for the endpoint of the setting itself is UNKNOWN. */
async function checkRetention({ client, stored }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const day = await unlessUnreadable(readNewestArchiveDay(client, signal));
  if (day === undefined)
    return skipped('how long the server keeps events cannot be read (optional: EventRetentionView at system level)');
  if (day === null) return ok('no events were archived yet');
  const keptFromMs = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
  const days = Math.floor((client.now() - keptFromMs) / DAY_MS);
  const seen = `events up to ${day} have left the server: it keeps about ${days} days`;
  if (stored?.watermarkAt && stored.watermarkAt < toInstant(keptFromMs))
    return failed(
      `${seen}; the monitor has read up to ${stored.watermarkAt} only`,
      `Download the archived days since then (Octopus, Configuration, Audit): they can no longer be read as events.`,
    );
  if (days >= LEAST_RETENTION_DAYS) return ok(seen);
  return warning(
    seen,
    'Keep events for at least 30 days in Octopus: what leaves before it was read is lost to the monitor.',
  );
}

async function tellKeyPolicy({ client }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const policy = await unlessUnreadable(readKeyPolicy(client, signal));
  if (!policy) return skipped('the policy for API keys cannot be read');
  const { arePersonalKeysAllowed: personal, maxExpiryDays } = policy;
  const keys =
    personal === null
      ? 'whether people may have API keys is not said (before 2023.2)'
      : `API keys of people's accounts are ${personal ? 'allowed' : 'forbidden'}`;
  const life =
    maxExpiryDays === null ? 'no longest life of a key is said' : `a key lives at most ${maxExpiryDays} days`;
  return ok(`${keys}; ${life}`);
}

async function tellAuditStream({ client }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const isActive = await unlessUnreadable(readAuditStream(client, signal));
  if (isActive === undefined) return skipped('the server has no audit stream, or the account may not see it');
  if (isActive === null) return skipped('the server does not say whether its audit stream is active');
  return ok(`the audit stream of Octopus is ${isActive ? 'active' : 'not active'}; the monitor does not need it`);
}

async function tellFreezes({ client }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  try {
    const { elements } = await readFreezeList(client, signal);
    const unread = elements.filter((element) => parseFreeze(element) === null).length;
    const seen = `${plural(elements.length, 'deployment freeze')} of Octopus`;
    if (unread === 0) return ok(`${seen}, each understood: deployments within one are told as such`);
    return warning(
      `${seen}, of which ${unread} repeat or end in a way that is not understood`,
      'Enter those under `calendar.freezes` of octowatch.yaml as well.',
    );
  } catch (error) {
    if (!(error instanceof OctopusError) || error.isRetryable || error.kind === 'unauthorized') throw error;
    if (error.kind === 'not_found') return skipped('the server has no deployment freezes (they exist since 2024)');
    return warning(
      `the deployment freezes of Octopus cannot be read: ${error.message}`,
      'Give the account the right to see them, or enter freezes under `calendar.freezes` of octowatch.yaml.',
    );
  }
}

/** Undefined where the server has no such thing or the account may not see it. */
async function unlessUnreadable<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const isUnreadable =
      error instanceof OctopusError &&
      ['not_found', 'forbidden', 'bad_answer'].includes(error.kind) &&
      !error.isRetryable;
    if (!isUnreadable) throw error;
    return undefined;
  }
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return names.slice(0, MAX_NAMED).join(', ') + more;
}

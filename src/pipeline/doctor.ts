import type { ProductionMatcher } from '../enrich/index.ts';
import type { Clock } from '../lib/clock.ts';
import { checkOctopusUrl } from '../octopus/base-url.ts';
import { createOctopusClient } from '../octopus/client.ts';
import { ACCESS_CHECKS } from './doctor-access.ts';
import { CHECK_TIMEOUT_MS, type CheckResult, runChecks } from './doctor-check.ts';
import { type DeliveryContext, deliveryChecks } from './doctor-delivery.ts';
import { EVENT_CHECKS } from './doctor-events.ts';
import type { StoredInstance } from './doctor-instance.ts';
import { LOCAL_CHECKS, type LocalContext, storedInstances } from './doctor-local.ts';
import { SETTING_CHECKS } from './doctor-settings.ts';

export type { CheckResult, CheckStatus } from './doctor-check.ts';

type DoctorOptions = {
  readonly local: LocalContext;
  readonly delivery: DeliveryContext;
  readonly instances: readonly { readonly name: string; readonly url: string; readonly apiKey: string }[];
  readonly production: ProductionMatcher;
  readonly allowedHttpHosts: readonly string[];
  readonly userAgent: string;
  readonly clock: Clock;
  /** The most one check may take, in milliseconds; 10 s unless given. */
  readonly timeoutMs?: number;
};

/** What is looked at on one server, in this order: a server has one key, and a dead one must not be tried again and again. */
const INSTANCE_CHECKS = [...ACCESS_CHECKS, ...EVENT_CHECKS, ...SETTING_CHECKS];

/**
 * Looks at everything the monitor needs and says what it saw: this machine, the ways findings go out, then each instance. Instances are looked at side by side. It writes nothing into the database, and nothing to Octopus.
 */
export async function runDoctor(options: DoctorOptions): Promise<CheckResult[]> {
  const { delivery, instances, local, timeoutMs = CHECK_TIMEOUT_MS } = options;
  const ofHere = await runChecks(LOCAL_CHECKS, local, { instance: null, timeoutMs });
  const stored = storedInstances(local.db);
  const [ofDelivery, ...ofInstances] = await Promise.all([
    runChecks(deliveryChecks(delivery), delivery, { instance: null, timeoutMs }),
    ...instances.map((instance) => checkInstance(instance, stored.get(instance.name) ?? null, options)),
  ]);
  return [...ofHere, ...(ofDelivery ?? []), ...ofInstances.flat()];
}

async function checkInstance(
  { apiKey, name, url }: DoctorOptions['instances'][number],
  stored: StoredInstance | null,
  options: DoctorOptions,
): Promise<CheckResult[]> {
  const { allowedHttpHosts, clock, local, production, timeoutMs = CHECK_TIMEOUT_MS, userAgent } = options;
  const client = createOctopusClient({
    url,
    apiKey,
    clock,
    random: Math.random,
    requestTimeoutMs: timeoutMs,
    giveUpAfterMs: timeoutMs,
    isSingleTry: true,
    userAgent,
    allowedHttpHosts,
  });
  const { isPlainHttp } = checkOctopusUrl(url, allowedHttpHosts);
  try {
    const context = { name, url, apiKey, isPlainHttp, client, production, stored, pack: local.pack, learned: {} };
    return await runChecks(INSTANCE_CHECKS, context, { instance: name, timeoutMs });
  } finally {
    await client.close();
  }
}

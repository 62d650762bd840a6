import path from 'node:path';
import { onTestFinished } from 'vitest';
import { loadRulePack } from '../../src/detect/index.ts';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { type CheckResult, runDoctor } from '../../src/pipeline/doctor.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { makeFolder } from '../support/monitor.ts';
import { MONITOR_KEY } from '../support/small-history.ts';
import type { SteppingClock } from '../support/stepping-clock.ts';

type Options = Partial<Parameters<typeof runDoctor>[0]>;

/** Runs every check against a server; what is not given is as a plain, well configured monitor has it. */
export async function examine(
  server: { readonly url: string; readonly clock: SteppingClock },
  options: Options = {},
): Promise<{ readonly results: CheckResult[]; of(check: string, instance?: string): CheckResult }> {
  const { folder, remove } = makeFolder();
  onTestFinished(remove);
  const results = await runDoctor({
    local: {
      db: path.join(folder, 'octowatch.db'),
      pack: fewRules(),
      timeZone: 'Europe/London',
      isTimeZoneSet: true,
      warnings: [],
      ...options.local,
    },
    delivery: {
      channels: [],
      mail: { smtpUrl: null, from: 'octowatch@example.com', recipients: 0 },
      hasHeartbeat: false,
      sendTest: false,
      ...options.delivery,
    },
    instances: options.instances ?? [{ name: 'default', url: server.url, apiKey: MONITOR_KEY }],
    production: options.production ?? createProductionMatcher(),
    allowedHttpHosts: [],
    userAgent: 'Octowatch/test',
    clock: server.clock,
    timeoutMs: options.timeoutMs ?? 10_000,
  });
  return {
    results,
    of(check, instance) {
      const found = results.find((one) => one.check === check && (instance === undefined || one.instance === instance));
      if (!found) throw new Error(`there was no check ${check}`);
      return found;
    },
  };
}

let pack: ReturnType<typeof loadRulePack> | null = null;

/** Two rules: the examples of all shipped ones would be run by every test again. */
export function fewRules() {
  const file = (name: string) => path.join(CHECKOUT, 'rules', name);
  pack ??= loadRulePack([file('sign-ins/repeated-auth-failures.yml'), file('api-keys/unused-api-key.yml')]);
  return pack;
}

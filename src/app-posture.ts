import type { Config } from './config.ts';
import type { PostureFacts } from './detect/index.ts';
import type { Store } from './store/index.ts';

/** What detection rests on besides the rules; which environments exist is known from the last reading of the inventory. */
export function postureFacts(
  { calendar, production, timeZone }: Config,
  store: Store,
  instances: readonly { readonly id: number; readonly name: string }[],
): PostureFacts {
  return {
    zone: timeZone,
    hours: calendar.describe(),
    ...calendar.settings,
    production: {
      patterns: production.patterns,
      environments: instances.flatMap((instance) =>
        store.digestFacts.environments(instance.id).map((one) => ({
          id: `${instance.name}/${one.id}`,
          name: one.name,
          isProduction: production.isProduction(one),
        })),
      ),
    },
  };
}

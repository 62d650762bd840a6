import type { Config } from './config.ts';
import { type DetectContext, type PostureFacts, postureOf, type RulePack, watchPosture } from './detect/index.ts';
import { type Calendar, describePlaces } from './enrich/index.ts';
import type { Store } from './store/index.ts';

/**
 * Tells of what is weaker than at the start before, under the first instance; findings of starts that had another first
 * one go on. Call inside the transaction of the start.
 */
export function watchOwnPosture(
  context: DetectContext,
  config: Config,
  pack: RulePack,
  instances: readonly { readonly id: number; readonly name: string }[],
  nowMs: number,
): void {
  const [first] = instances;
  if (first === undefined) return;
  const stored = context.store.instances.all().map((one) => one.instance_id);
  const posture = postureOf(pack, postureFacts(config, context.store, instances));
  watchPosture(context, [first.id, ...stored.filter((id) => id !== first.id)], posture, nowMs);
}

/** What detection rests on besides the rules; which environments exist is known from the last reading of the inventory. */
export function postureFacts(
  { calendar, calendars, changeWindows, production }: Config,
  store: Store,
  instances: readonly { readonly id: number; readonly name: string }[],
): PostureFacts {
  return {
    ...calendarFacts(calendar),
    calendars: calendars.map(({ calendar: one, match }) => ({
      ...calendarFacts(one),
      name: one.name,
      where: match === null ? 'everywhere' : `for ${describePlaces(match)}`,
    })),
    windows: changeWindows.map((window) => ({
      name: window.terms.name,
      text: window.describe(calendar.zone),
      untilMs: window.terms.toMs(window.terms.zone ?? calendar.zone),
    })),
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

function calendarFacts(calendar: Calendar) {
  return { zone: calendar.zone.name, hours: calendar.describe(), ...calendar.settings };
}

import { areRulesChanged, ruleChanges, rulesInForce, thresholdsIn } from '../detect/index.ts';
import { type Clock, toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { OwedUpgrade } from '../store/index.ts';
import type { Log } from './instance.ts';
import { type CountOptions, countFindings, countKeys, foundBefore } from './upgrade-count.ts';
import { describeUpgrade } from './upgrade-line.ts';

export type UpgradeOptions = CountOptions & {
  readonly clock: Clock;
  readonly log: Log;
  readonly monitorVersion: string;
  /** What the configuration rests on, JSON. */
  readonly configDescription: string;
  /** The channels that are told, by name. */
  readonly channels: readonly string[];
};

/**
 * Tells once of a start that has other rules, or another version of Octowatch, than the start before, and what the rules
 * would have found. What is owed is a row, so a process that ends meanwhile loses nothing: the next start counts again.
 */
export function createUpgradeTeller(options: UpgradeOptions) {
  const { store, pack, clock, log, monitorVersion } = options;

  function linesOwed(signal: AbortSignal): Promise<unknown> {
    // Keys are counted before anything is read anew: they are those of the last reading.
    const counted = store.upgrades
      .owed()
      .map((one) => ({ one, keys: countKeys(options, ruleNames(one), clock.now()) }));
    return counted.reduce(async (before, { one, keys }) => {
      await before;
      const findings = await countFindings(options, ruleNames(one), Date.parse(one.at), signal);
      tell(one, describeUpgrade({ ...one, counts: new Map([...findings, ...keys]) }));
    }, Promise.resolve());
  }

  function tell({ upgradeId }: OwedUpgrade, line: string) {
    const at = toInstant(clock.now());
    const isOurs = store.transaction(() => {
      if (!store.upgrades.settle(upgradeId, line, at)) return false;
      for (const channel of options.channels) store.notices.owe(channel, line, at);
      return true;
    });
    if (isOurs) log.info({ line }, 'this start changed what is detected');
  }

  return {
    /**
     * Compares the rules in force with those of the start before and owes a line if they, or the version, are others. Call
     * inside the transaction of the start, before it records and journals anything.
     */
    note(nowMs: number) {
      const at = toInstant(nowMs);
      const versionBefore = store.upgrades.lastVersion();
      const rules = store.ruleVersions.inForce();
      if (versionBefore === null && rules.length === 0) return;
      const changes =
        rules.length === 0
          ? null
          : ruleChanges(
              pack,
              { rules, thresholds: thresholdsIn(store.ruleVersions.configInForce()?.description ?? null) },
              { rules: rulesInForce(pack), thresholds: thresholdsIn(options.configDescription) },
              (rule) => foundBefore(options, rule, nowMs),
            );
      if (versionBefore === monitorVersion && (changes === null || !areRulesChanged(changes))) return;
      store.upgrades.owe({ at, version: monitorVersion, versionBefore, changes });
      store.journal.add(at, 'upgraded', monitorVersion, { versionBefore, ...changes });
    },

    /** Counts and tells what is owed, beside everything else. What fails is logged and is owed to the next start. */
    async settle(signal: AbortSignal): Promise<void> {
      try {
        await linesOwed(signal);
      } catch (error) {
        if (!signal.aborted)
          log.error({ reason: messageOf(error) }, 'what the changed rules would have found could not be counted');
      }
    },
  };
}

function ruleNames({ changes }: OwedUpgrade): readonly string[] {
  return changes === null ? [] : [...changes.added, ...changes.changed.map((one) => one.rule)];
}

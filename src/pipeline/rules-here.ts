import { describeUnknown, type RulePack, rulesOnServer } from '../detect/index.ts';
import { messageOf } from '../lib/errors.ts';
import { OctopusError, readServerWords } from '../octopus/index.ts';
import type { Instance } from './instance.ts';

/**
 * Holds the rules against the server's own words and says in the log which of them can never fire there, and which only in
 * part; stores what each waits for, so that coverage can say what never came. Throws only when the key is refused or the
 * signal aborts.
 */
export async function meetRules(instance: Instance, pack: RulePack, signal: AbortSignal): Promise<void> {
  const { client, id, log, name, store } = instance;
  try {
    const words = await readServerWords(client, signal);
    if (words.categories === null)
      log.info(
        { instance: name },
        'the server gave no list of its event categories: whether every rule can fire there is not known',
      );
    const judged = rulesOnServer(pack, words);
    for (const one of judged) {
      const facts = { instance: name, rule: one.rule, missing: describeUnknown(one) };
      if (one.verdict === 'never') log.warn(facts, "a rule can never fire on this server, by the server's own lists");
      if (one.verdict === 'partly') log.info(facts, 'a rule looks for some things this server does not know');
    }
    const needs = judged.flatMap(({ rule, categories }) => (categories === null ? [] : [{ rule, categories }]));
    store.transaction(() => {
      instance.assertLease();
      store.ruleNeeds.save(id, needs);
    });
  } catch (error) {
    if (signal.aborted || !(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
    log.warn({ instance: name, reason: messageOf(error) }, "the server's lists of its own words could not be read");
  }
}

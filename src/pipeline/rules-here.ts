import { describeUnknown, type RulePack, rulesOnServer } from '../detect/index.ts';
import type { Instance } from './instance.ts';

/**
 * Holds the rules against the server's own words, as last read, and says in the log which of them can never fire there,
 * and which only in part; stores what each waits for, so that coverage can say what never came.
 */
export function meetRules(instance: Instance, pack: RulePack): void {
  const { id, log, name, store } = instance;
  const { categories, documentTypes } = store.serverWords.load(id);
  const words = {
    categories: categories.size > 0 ? categories : null,
    documentTypes: documentTypes.size > 0 ? documentTypes : null,
  };
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
  const needs = judged.flatMap(({ rule, categories: needed }) =>
    needed === null ? [] : [{ rule, categories: needed }],
  );
  store.transaction(() => {
    instance.assertLease();
    store.ruleNeeds.save(id, needs);
  });
}

import { toInstant } from '../lib/clock.ts';
import type { FlatRecord } from '../model/record.ts';
import type { DetectContext } from './context.ts';
import { endFinding } from './finding-state.ts';
import type { Sighting, StoredReport } from './finding-texts.ts';
import { API_KEY_SOURCE, type PackRule, type RulePack } from './rule-pack.ts';
import { openStateFinding } from './state-findings.ts';

/** One API key of a reading, with the record rules see. */
export type KeyRecord = { readonly keyId: string; readonly record: FlatRecord; readonly stateReason: string };

/**
 * Judges the keys of one reading of the inventory. A key that meets a rule opens a finding once; the finding keeps its
 * number until the condition ends, or until a filter rejects it, which is a hidden signal once per key and filter. `isComplete` tells for a key id whether this reading could have shown it: what was
 * not read opens and resolves nothing; `isWhole` that it has shown all there are. What a rule meets at its first judging
 * where others have judged before has been so for long: nobody is told of it. Call inside a transaction.
 */
export function applyKeyRules(
  context: DetectContext,
  pack: RulePack,
  instanceId: number,
  keys: readonly KeyRecord[],
  isComplete: (keyId: string) => boolean,
  nowMs: number,
  isWhole = true,
): void {
  const { store } = context;
  const quiet = store.stateRulesJudged.begin(instanceId, versionsOf(pack), isWhole, nowMs);
  const stillMet = new Map<string, Set<string>>();
  for (const key of keys) {
    // A state is of now: so is what hides it.
    for (const match of pack.ruleSet.match(key.record, API_KEY_SOURCE, nowMs)) {
      const rule = pack.rules.get(match.rule.key);
      if (rule?.kind !== 'api_key' || !rule.yieldsFindings) continue;
      const adjustment = rule.attributes.levels.find((one) => match.rule.selection(one.when)(key.record));
      if (match.rejectedBy !== null) {
        const level = adjustment?.level ?? rule.level;
        const hidden = { instanceId, rule: rule.name, eventId: key.keyId, level, suppressedBy: match.rejectedBy };
        store.signals.insertHiddenState({ ...hidden, occurredAt: toInstant(nowMs) });
        continue;
      }
      const met = stillMet.get(rule.name) ?? new Set();
      stillMet.set(rule.name, met.add(key.keyId));
      openOnce(context, instanceId, rule, key, adjustment, quiet.has(rule.name), nowMs);
    }
  }
  for (const rule of pack.rules.values()) {
    if (rule.kind !== 'api_key') continue;
    for (const finding of store.findings.unresolvedState(instanceId, rule.name)) {
      const { objectId } = JSON.parse(finding.report) as StoredReport;
      if (objectId === null || stillMet.get(rule.name)?.has(objectId) || !isComplete(objectId)) continue;
      endFinding(context, finding.finding_id, nowMs);
    }
  }
}

/** The rules about API keys as they are in force. */
function versionsOf(pack: RulePack) {
  return [...pack.rules.values()]
    .filter((rule) => rule.kind === 'api_key' && rule.yieldsFindings)
    .map(({ name, sha256, level, setThreshold }) => ({ rule: name, sha256, level, threshold: setThreshold }));
}

function openOnce(
  context: DetectContext,
  instanceId: number,
  rule: PackRule,
  key: KeyRecord,
  adjustment: PackRule['attributes']['levels'][number] | undefined,
  isQuiet: boolean,
  nowMs: number,
): void {
  const subject =
    rule.attributes.subject.length > 0
      ? rule.attributes.subject.map((field) => key.record[field] ?? null)
      : [key.keyId];
  const sighting: Sighting = {
    instanceId,
    rule,
    level: adjustment?.level ?? rule.level,
    because: adjustment?.because ?? null,
    summary: adjustment?.summary ?? null,
    respond: adjustment?.respond ?? null,
    subject,
    record: key.record,
    extra: { StateReason: key.stateReason, Threshold: rule.threshold },
    openedBy: key.keyId,
    evidence: [{ eventId: key.keyId, occurredAt: toInstant(nowMs) }],
  };
  openStateFinding(context, sighting, key.keyId, nowMs, isQuiet);
}

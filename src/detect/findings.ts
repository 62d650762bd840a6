import { createHash } from 'node:crypto';
import { toInstant } from '../lib/clock.ts';
import type { Store } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { describe, type Sighting } from './finding-texts.ts';
import { oweRepeats } from './repeats.ts';
import { renderValue } from './summary.ts';
import { takeIn } from './supersede.ts';

/**
 * Puts what a rule saw into a finding: the open one of the same subject within whose window it lies, or a new one.
 * If it joins two, the younger is merged into the older. Returns the finding's number. Call inside a transaction.
 * @param continues the finding of the burst that this is more of, which it belongs to while that is open; null for none
 */
export function recordSighting(
  context: DetectContext,
  sighting: Sighting,
  nowMs: number,
  continues: number | null = null,
): number {
  const { store } = context;
  const { rule, evidence } = sighting;
  const times = evidence.map((one) => one.occurredAt).sort();
  const fingerprint = fingerprintOf(sighting.instanceId, rule.name, sighting.subject);
  const from = toInstant(Date.parse(times[0] as string) - rule.attributes.windowMs);
  const to = toInstant(Date.parse(times.at(-1) as string) + rule.attributes.windowMs);
  const [oldest, ...others] = store.findings
    .openWithin(fingerprint, from, to, continues)
    .sort((a, b) => a.finding_id - b.finding_id);
  const known =
    oldest?.finding_id ?? (context.isCorrection ? reopenClosed(context, fingerprint, evidence, nowMs) : null);
  const findingId = known ?? openFinding(context, sighting, fingerprint, false, null, nowMs);
  for (const other of others) mergeInto(store, findingId, other.finding_id, nowMs);
  const added = evidence.filter(({ eventId, occurredAt }) => store.findings.addEvent(findingId, eventId, occurredAt));
  store.findings.refreshSpan(findingId);
  if (oldest && !context.isCorrection) oweRepeats(context, findingId, added, nowMs);
  return findingId;
}

/**
 * Opens the finding again that an earlier correction closed over one of these events, with nothing in it, and returns its number;
 * null when there is none. Who was told of its end is told that it is open.
 */
function reopenClosed(
  context: DetectContext,
  fingerprint: string,
  evidence: Sighting['evidence'],
  nowMs: number,
): number | null {
  const { store } = context;
  const findingId = store.findings.closedByCorrection(
    fingerprint,
    evidence.map(({ eventId }) => eventId),
  );
  if (findingId === undefined) return null;
  const at = toInstant(nowMs);
  store.deliveries.removePending(findingId);
  store.findings.clearEvidence(findingId);
  store.findings.reopen(findingId);
  store.journal.add(at, 'finding_reopened', String(findingId), { because: 'the configuration changed' });
  for (const channel of store.deliveries.channelsToldOfEnd(findingId))
    store.deliveries.owe(findingId, channel, 'repeat', false, at, true);
  return findingId;
}

/** Makes a finding part of another of the same subject. */
export function mergeInto(store: Store, intoId: number, fromId: number, nowMs: number): void {
  store.findings.moveEvents(intoId, fromId);
  store.signals.moveTo(intoId, fromId);
  takeIn(store, intoId, fromId, nowMs);
}

/** Opens a finding without evidence; the caller adds it and then calls `settleLevel`. */
export function openFinding(
  context: DetectContext,
  sighting: Sighting,
  fingerprint: string,
  isState: boolean,
  objectId: string | null,
  nowMs: number,
): number {
  const { store } = context;
  const at = sighting.evidence[0]?.occurredAt ?? toInstant(nowMs);
  const findingId = store.findings.open({
    ...describe(context, sighting, objectId),
    instanceId: sighting.instanceId,
    rule: sighting.rule.name,
    fingerprint,
    isState,
    level: sighting.level,
    subject: sighting.subject.map(renderValue).join(' · '),
    firstSeenAt: at,
    lastSeenAt: at,
    ruleSha256: sighting.rule.sha256,
    configSha256: context.configSha256,
    monitorVersion: context.monitorVersion,
    createdAt: toInstant(nowMs),
  });
  store.journal.add(toInstant(nowMs), 'finding_opened', String(findingId), { rule: sighting.rule.name });
  return findingId;
}

/** The identity of what a finding is about: instance, rule and the values of the rule's subject. */
export function fingerprintOf(instanceId: number, rule: string, subject: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([instanceId, rule, subject]))
    .digest('hex');
}

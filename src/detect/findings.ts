import { createHash } from 'node:crypto';
import { toInstant } from '../lib/clock.ts';
import { compareLevels, type FindingReport, type Level } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import type { FindingRow, Store } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { factsOf } from './facts.ts';
import { oweRepeats } from './repeats.ts';
import type { PackRule } from './rule-pack.ts';
import { renderSteps, renderSummary, renderValue } from './summary.ts';
import { supersede, takeIn } from './supersede.ts';

export type { DetectContext } from './context.ts';

/** The parts of a finding's text that are made when it opens. */
export type StoredReport = Pick<FindingReport, 'ruleTitle' | 'why' | 'respond' | 'falsePositives' | 'facts'> & {
  /** The object a state finding is about; null for findings about events. */
  readonly objectId: string | null;
  /** The event the texts were made from. */
  readonly openedBy: string;
  readonly isStable: boolean;
  /** The zone of the calendar that judged it, where that is not the business zone of everything. */
  readonly timeZone?: string;
};

const HOUR_MS = 3_600_000;
/** A message of a finding found this long after its last event waits until its instance has been read to now. */
const CATCH_UP_AFTER_MS = 6 * HOUR_MS;
/** A finding of the first back-fill whose last event lies so far back is history. */
const HISTORY_AFTER_MS = 7 * 24 * HOUR_MS;

export type Sighting = {
  readonly instanceId: number;
  readonly rule: PackRule;
  readonly level: Level;
  readonly because: string | null;
  readonly summary: string | null;
  /** Response steps in place of the rule's; null for the rule's own. */
  readonly respond: readonly string[] | null;
  readonly subject: readonly unknown[];
  readonly record: FlatRecord;
  /** Further values for the rule's texts, such as `Count`. */
  readonly extra: FlatRecord;
  readonly openedBy: string;
  readonly evidence: readonly { readonly eventId: string; readonly occurredAt: string }[];
};

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
function openFinding(
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

/**
 * Opens a finding about a state, with its one signal, unless an unresolved one about the same subject exists: such a
 * finding opens once and keeps its number until the state ends; it can only grow worse. `objectId` is what the state is
 * about; `isQuiet`: nobody is told of it now.
 */
export function openStateFinding(
  context: DetectContext,
  sighting: Sighting,
  objectId: string,
  nowMs: number,
  isQuiet = false,
): void {
  const { store } = context;
  const { instanceId, rule } = sighting;
  const fingerprint = fingerprintOf(instanceId, rule.name, sighting.subject);
  const known = store.findings.unresolvedStateOf(fingerprint);
  if (known) {
    const isWorse = compareLevels(sighting.level, known.level) > 0;
    // What a correction of the configuration says of it holds, better or worse.
    if (isWorse || context.isCorrection) restate(context, known, sighting, { isWorse, isQuiet }, nowMs);
    return;
  }
  const findingId = openFinding(context, sighting, fingerprint, true, objectId, nowMs);
  const occurredAt = toInstant(nowMs);
  const signalId = store.signals.insert({
    instanceId,
    rule: rule.name,
    eventId: objectId,
    eventPk: null,
    groupKey: null,
    occurredAt,
    level: sighting.level,
    suppressedBy: null,
  });
  store.signals.place(signalId, findingId);
  store.findings.addEvent(findingId, objectId, occurredAt);
  store.findings.refreshSpan(findingId);
  if (isQuiet) raiseToSignals(store, findingId);
  else settleLevel(context, findingId, nowMs);
}

/**
 * Gives a state's finding level and texts of now. Who was told of one that is worse is told once more, unless somebody took it
 * on or it is quiet.
 */
function restate(
  context: DetectContext,
  finding: FindingRow,
  sighting: Sighting,
  { isWorse, isQuiet }: { readonly isWorse: boolean; readonly isQuiet: boolean },
  nowMs: number,
): void {
  const { store } = context;
  store.signals.raise(finding.finding_id, sighting.level);
  redescribe(context, finding, sighting);
  if (isQuiet) {
    raiseToSignals(store, finding.finding_id);
    return;
  }
  settleLevel(context, finding.finding_id, nowMs);
  if (finding.status !== 'open' || !isWorse) return;
  for (const channel of store.deliveries.channelsTold(finding.finding_id)) {
    store.deliveries.owe(finding.finding_id, channel, 'repeat', false, toInstant(nowMs), context.isCorrection);
  }
}

function describe(
  context: DetectContext,
  sighting: Sighting,
  objectId: string | null,
): { title: string; report: string } {
  const { rule, because } = sighting;
  const calendar = calendarOf(context, sighting.record);
  const values = { ...sighting.record, ...sighting.extra, Calendar: calendar?.hours ?? context.calendar };
  const report: StoredReport = {
    ruleTitle: rule.title,
    why:
      [rule.attributes.why && renderSummary(rule.attributes.why, values), because].filter(Boolean).join(' ') ||
      (rule.description ?? rule.title),
    respond: renderSteps(sighting.respond ?? rule.attributes.respond, values),
    falsePositives: rule.falsePositives,
    facts: [...factsOf(sighting.record), ...(calendar ? [{ label: 'Calendar', value: calendar.hours }] : [])],
    objectId,
    openedBy: sighting.openedBy,
    isStable: rule.status === 'stable',
    ...(calendar ? { timeZone: calendar.timeZone } : {}),
  };
  const template = sighting.summary ?? rule.attributes.summary;
  return { title: template ? renderSummary(template, values) : rule.title, report: JSON.stringify(report) };
}

/** The calendar that judged a record, where there is more than one. */
function calendarOf({ calendars }: DetectContext, record: FlatRecord) {
  const name = record['Calendar.Name'];
  return typeof name === 'string' ? calendars?.get(name) : undefined;
}

/** Makes the texts of a finding about events anew from what it begins with, if that says something else. */
export function describeAnew(context: DetectContext, finding: FindingRow, sighting: Sighting): void {
  const { title, report } = describe(context, sighting, null);
  if (title !== finding.title || report !== finding.report)
    context.store.findings.describe(finding.finding_id, title, report);
}

/** Makes the texts anew when the event a finding was opened by is judged again. */
export function redescribe(context: DetectContext, finding: FindingRow, sighting: Sighting): void {
  const stored = JSON.parse(finding.report) as StoredReport;
  if (stored.openedBy !== sighting.openedBy) return;
  const { title, report } = describe(context, sighting, stored.objectId);
  context.store.findings.describe(finding.finding_id, title, report);
}

/**
 * Sets a finding's level to the highest of its signals and owes it to the channels of that level; what is pending for
 * channels that no longer concern it is removed.
 */
export function settleLevel(context: DetectContext, findingId: number, nowMs: number): void {
  const { store } = context;
  const finding = raiseToSignals(store, findingId);
  if (!finding || !isToldOf(context, finding, nowMs)) return;
  if (supersede(store, context.supersedes, finding, nowMs)) return;
  const { isStable } = JSON.parse(finding.report) as StoredReport;
  const channels = context.channelsFor({ name: finding.rule, isStable }, finding.level, finding.instance);
  store.deliveries.removePendingExcept(findingId, channels);
  const isCatchUp = Date.parse(finding.last_seen_at) < nowMs - CATCH_UP_AFTER_MS;
  for (const channel of channels)
    store.deliveries.owe(findingId, channel, 'alert', isCatchUp, toInstant(nowMs), context.isCorrection);
}

/** Sets a finding's level to the highest of its signals, and returns it as it is then. */
function raiseToSignals(store: Store, findingId: number): FindingRow | undefined {
  const level = store.signals.levelsOf(findingId).sort(compareLevels).at(-1);
  const known = store.findings.get(findingId);
  if (level !== undefined && level !== known?.level) store.findings.setLevel(findingId, level);
  return known && { ...known, level: level ?? known.level };
}

/**
 * Whether people are told of a finding. What the first back-fill finds of long before the monitor came is history, and
 * resolved as such; one that grows into the present is open again.
 */
function isToldOf({ store }: DetectContext, finding: FindingRow, nowMs: number): boolean {
  const isHistory =
    finding.is_state === 0 && isLongBefore(store.instances.createdAt(finding.instance_id), finding, nowMs);
  if (finding.status === 'open' && isHistory) {
    store.deliveries.removePending(finding.finding_id);
    store.findings.resolve(finding.finding_id, 'history', toInstant(nowMs));
  }
  if (finding.resolution === 'history' && !isHistory) store.findings.reopen(finding.finding_id);
  return !isHistory && (finding.status === 'open' || finding.resolution === 'history');
}

/** Whether what ended at a time lies so far before the monitor met its instance that it is history, of which nobody is told. */
export function isLongBefore(
  createdAt: string | null,
  { last_seen_at }: Pick<FindingRow, 'last_seen_at'>,
  nowMs: number,
): boolean {
  return createdAt !== null && last_seen_at < createdAt && Date.parse(last_seen_at) < nowMs - HISTORY_AFTER_MS;
}

/** The identity of what a finding is about: instance, rule and the values of the rule's subject. */
function fingerprintOf(instanceId: number, rule: string, subject: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([instanceId, rule, subject]))
    .digest('hex');
}

/**
 * Ends a finding, in a correction because the configuration changed: what was not told yet need not be, and who was told of it
 * is told that it ended.
 */
export function endFinding(context: DetectContext, findingId: number, nowMs: number): void {
  const { store, isCorrection } = context;
  const at = toInstant(nowMs);
  const resolution = isCorrection ? 'configuration_changed' : 'ended';
  store.deliveries.removePending(findingId);
  store.findings.resolve(findingId, resolution, at);
  for (const channel of store.deliveries.channelsTold(findingId)) {
    store.deliveries.owe(findingId, channel, 'resolved', false, at, isCorrection);
  }
  store.journal.add(at, 'finding_resolved', String(findingId), { resolution });
}

import { compareLevels } from '../model/finding.ts';
import type { DueDelivery } from '../store/index.ts';

const HOUR_MS = 3_600_000;
/** More of a kind than this become a summary. */
const FLOOD = 10;
/** Findings this young and grave are never folded into a summary. */
const NEVER_FOLDED_MS = { critical: 7 * 24 * HOUR_MS, high: 72 * HOUR_MS } as const;

/** What goes into one message: one finding, one release that went to many tenants, the keys of an instance, or a flood. */
export type PlannedMessage = {
  readonly kind: 'single' | 'release' | 'keys' | 'summary';
  readonly deliveries: readonly DueDelivery[];
};

/** What the planner has to know beside the deliveries. */
export type PlanFacts = {
  readonly nowMs: number;
  /** Whether a rule is about API keys and the channel gets those in one message per instance and day. */
  isAboutKeys(rule: string): boolean;
  isToldOfKeysToday(instanceId: number): boolean;
  /** The same text for findings about one release that went to several tenants; null for all others. */
  releaseOf(delivery: DueDelivery): string | null;
  /** How many of the first of these fit into one message of that kind; at least 1. */
  fitting(deliveries: readonly DueDelivery[], kind: 'summary' | 'keys'): number;
};

/**
 * Decides what goes into which message: each finding has its own, but one release to many tenants is one message, keys are
 * told together once a day, what a start found weaker together, and a flood becomes summaries ordered by level, with what is
 * grave and young still sent singly. What a correction of the configuration has found and closed is one message, however
 * little or much it is.
 */
export function planMessages(due: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  const corrections = due.filter((one) => one.is_correction === 1);
  const usual = due.filter((one) => one.is_correction === 0);
  const isWeaker = (one: DueDelivery): boolean => one.kind === 'alert' && one.rule === 'monitor_detection_weakened';
  const aboutKeys = (one: DueDelivery): boolean => facts.isAboutKeys(one.rule) && one.level !== 'critical';
  const others = usual.filter((one) => !aboutKeys(one) && !isWeaker(one));
  return [
    ...inParts('summary', corrections, facts),
    ...others.filter((one) => one.kind === 'resolved').map(single),
    ...planGroup(
      others.filter((one) => one.kind === 'repeat'),
      facts,
    ),
    ...planGroup(
      others.filter((one) => one.kind === 'reminder'),
      facts,
    ),
    ...[0, 1].flatMap((isCatchUp) =>
      planGroup(
        others.filter((one) => one.kind === 'alert' && one.is_catch_up === isCatchUp),
        facts,
      ),
    ),
    ...planWeaker(usual.filter(isWeaker), facts),
    ...planKeys(usual.filter(aboutKeys), facts),
  ];
}

function single(delivery: DueDelivery): PlannedMessage {
  return { kind: 'single', deliveries: [delivery] };
}

function planGroup(deliveries: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  const messages = foldReleases(deliveries, facts);
  if (messages.length <= FLOOD) return messages;
  const isGrave = (message: PlannedMessage): boolean =>
    message.deliveries.some((one) => isGraveAndYoung(one, facts.nowMs));
  const folded = messages.filter((message) => !isGrave(message)).flatMap((message) => message.deliveries);
  return [...messages.filter(isGrave), ...inParts('summary', folded, facts)];
}

function foldReleases(deliveries: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  const byRelease = new Map<string, DueDelivery[]>();
  for (const one of deliveries) {
    const release = one.kind === 'alert' ? facts.releaseOf(one) : null;
    const key = release === null ? `finding ${one.delivery_id}` : JSON.stringify([one.rule, one.level, release]);
    const known = byRelease.get(key);
    if (known) known.push(one);
    else byRelease.set(key, [one]);
  }
  return [...byRelease.values()].map((group) => ({ kind: group.length > 1 ? 'release' : 'single', deliveries: group }));
}

/** What one start found weaker, however grave, is told together: an upgrade may take many rules away. */
function planWeaker(deliveries: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  const byInstance = Map.groupBy(deliveries, (one) => one.instance_id);
  return [...byInstance.values()].flatMap((own) =>
    own.length === 1 ? own.map(single) : inParts('summary', own, facts),
  );
}

function planKeys(deliveries: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  const byInstance = Map.groupBy(deliveries, (one) => one.instance_id);
  return [...byInstance].flatMap(([instanceId, own]) => {
    if (facts.isToldOfKeysToday(instanceId)) return [];
    return own.length === 1 ? own.map(single) : inParts('keys', own, facts);
  });
}

/** The gravest first, in as few messages as the channel's limits allow. */
function inParts(kind: 'summary' | 'keys', deliveries: readonly DueDelivery[], facts: PlanFacts): PlannedMessage[] {
  let rest = deliveries.toSorted((a, b) => compareLevels(b.level, a.level) || a.delivery_id - b.delivery_id);
  const messages: PlannedMessage[] = [];
  while (rest.length > 0) {
    const count = Math.max(1, facts.fitting(rest, kind));
    messages.push({ kind, deliveries: rest.slice(0, count) });
    rest = rest.slice(count);
  }
  return messages;
}

function isGraveAndYoung(one: DueDelivery, nowMs: number): boolean {
  const limit = one.level === 'critical' || one.level === 'high' ? NEVER_FOLDED_MS[one.level] : 0;
  return Date.parse(one.last_seen_at) >= nowMs - limit && limit > 0;
}

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

export type FindingStatus = 'open' | 'acknowledged' | 'resolved';
export type Resolution = 'ended' | 'aged' | 'history' | 'superseded' | 'configuration_changed';
export type DeliveryKind = 'alert' | 'repeat' | 'reminder' | 'resolved' | 'digest';

/** A finding as people are told of it: everything a channel needs to render one message, and nothing else. */
export type FindingReport = {
  readonly findingId: number;
  readonly instance: string;
  readonly rule: string;
  readonly ruleTitle: string;
  readonly level: Level;
  readonly title: string;
  readonly subject: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly eventCount: number;
  readonly status: FindingStatus;
  /** Why it was flagged, in one or two sentences: what was observed against which limit. */
  readonly why: string;
  /** The rule's response steps with the finding's values filled in. */
  readonly respond: readonly string[];
  readonly falsePositives: readonly string[];
  /** Label to value, in the order to show: who, what, where, address, client. Absent facts are left out. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly evidence: readonly EvidenceLine[];
  /** SQL over the views that shows every event of the finding. */
  readonly sql: string;
  /** The IANA zone local times are shown in. */
  readonly timeZone: string;
  readonly monitorVersion: string;
};

export type EvidenceLine = {
  readonly eventId: string;
  readonly occurredAt: string;
  readonly text: string;
  /** Link into the Octopus portal, or null when none can be built. */
  readonly url: string | null;
};

export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

export type FindingStatus = 'open' | 'acknowledged' | 'resolved';
export type Resolution = 'ended' | 'aged' | 'history' | 'superseded' | 'configuration_changed';
export type DeliveryKind = 'alert' | 'repeat' | 'reminder' | 'resolved' | 'digest' | 'notice';

/** A finding as people are told of it: everything a channel needs to render one message, and nothing else. */
export type FindingReport = {
  readonly findingId: number;
  readonly instance: string;
  /** Set where several instances are watched: people are told which it is, also if it is called `default`. */
  readonly isOneOfSeveral?: boolean;
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
  /** How often the rule fired before, for whom, to hold this against; absent where nothing can be said. */
  readonly usual?: string;
  /** The rule's response steps with the finding's values filled in. */
  readonly respond: readonly string[];
  readonly falsePositives: readonly string[];
  /** Label to value, in the order to show: who, what, where, address, client. Absent facts are left out. */
  readonly facts: readonly Fact[];
  readonly evidence: readonly EvidenceLine[];
  /** Further findings told of with this one and settled together, such as one release to many tenants. */
  readonly companions?: readonly number[];
  /** SQL over the views that shows every event of the finding. */
  readonly sql: string;
  /** The IANA zone local times are shown in. */
  readonly timeZone: string;
  readonly monitorVersion: string;
};

export type Fact = {
  readonly label: string;
  readonly value: string;
  /** The same one by one, when there are many: whoever has no room for all says how many are left out. */
  readonly values?: readonly string[];
};

export type EvidenceLine = {
  readonly eventId: string;
  readonly occurredAt: string;
  readonly text: string;
  /** Link into the Octopus portal, or null when none can be built. */
  readonly url: string | null;
  /** The deployment the event is about, with its page in the portal; absent when it is about none. */
  readonly deployment?: { readonly id: string; readonly url: string };
};

export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

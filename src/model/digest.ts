import type { Level } from './finding.ts';

/**
 * What happened between two digests, ready to be shown: everything a mail needs and nothing else. Texts are raw, as
 * anybody may have typed them; whoever renders makes them harmless. Times are instants in UTC; they are shown in `timeZone`.
 */
export type DigestReport = {
  /** The local date the digest closes on, YYYY-MM-DD. */
  readonly localDate: string;
  /** Both ends of the time it covers, the first exclusive; several days after an outage. */
  readonly fromAt: string;
  readonly toAt: string;
  readonly timeZone: string;
  /** Set while OCTOWATCH_TIMEZONE is not: times and business hours are then in UTC by default, and the mail says so. */
  readonly isTimeZoneAssumed: boolean;
  readonly instances: readonly string[];
  /** Open and not acknowledged, medium and above; the gravest and then the oldest first. */
  readonly needsAction: readonly DigestFinding[];
  /** Opened within the time covered and not named above. */
  readonly opened: readonly DigestFinding[];
  /** Open since before it and not named above. */
  readonly stillOpen: readonly DigestFinding[];
  readonly resolved: readonly DigestFinding[];
  /** Findings opened per level: within the time covered (per day), and per day in the seven days before it. */
  readonly trend: readonly { readonly level: Level; readonly perDay: number; readonly meanPerDay: number }[];
  /** Findings of rules that do not alert yet (status test or experimental), opened within the time covered. */
  readonly staged: readonly { readonly rule: string; readonly findings: number }[];
  readonly keys: readonly DigestKeyOwner[];
  /** API keys with a successor, those to act on first. */
  readonly rotations: readonly DigestRotation[];
  readonly exceptions: readonly DigestException[];
  readonly undelivered: readonly {
    readonly channel: string;
    readonly state: 'pending' | 'failed';
    readonly count: number;
    readonly lastError: string | null;
  }[];
  readonly coverage: readonly DigestCoverage[];
  /** What was read of the time covered, in one sentence that can be held against an audit pack; null where it is not said. */
  readonly coverageStatement: string | null;
  /** What counts as production, and spaces without any. */
  readonly production: { readonly environments: readonly string[]; readonly spacesWithout: readonly string[] };
  /** What starts within the time covered changed of what is detected, one line each; absent where nothing changed. */
  readonly upgrades?: readonly string[];
  readonly monitorVersion: string;
  /** Number and hash of the last link of the tamper-evidence chain when the digest was made; null without a chain. */
  readonly chainHead: string | null;
};

export type DigestFinding = {
  readonly findingId: number;
  readonly instance: string;
  readonly rule: string;
  readonly ruleTitle: string;
  readonly level: Level;
  readonly title: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly eventCount: number;
  readonly createdAt: string;
  readonly acknowledgedBy: string | null;
  readonly resolution: string | null;
};

/** API keys that need action, of one owner. */
export type DigestKeyOwner = {
  readonly owner: string;
  readonly instance: string;
  readonly keys: readonly {
    readonly keyId: string;
    readonly purpose: string;
    readonly hint: string | null;
    /** What is wrong, in words: "no audited write for 120 days; reads are not audited". */
    readonly problem: string;
    readonly level: Level;
    readonly findingId: number;
  }[];
};

/** An API key that a newer one of the same account and purpose takes the place of. */
export type DigestRotation = {
  readonly instance: string;
  readonly account: string;
  readonly purpose: string;
  readonly keyId: string;
  readonly state: 'overlapping' | 'old_key_used' | 'stalled';
  /** Whole days since the newer key was made; null when that is not known. */
  readonly days: number | null;
};

/** An exception that hid something within the time covered, or ends within fourteen days. */
export type DigestException = {
  readonly name: string;
  readonly owner: string;
  readonly reason: string;
  readonly ticket: string | null;
  /** The last local day on which it acts, YYYY-MM-DD. */
  readonly expires: string;
  readonly daysLeft: number;
  readonly hiddenSignals: number;
};

export type DigestCoverage = {
  readonly instance: string;
  /** Read without a gap up to here; null when nothing was read yet. */
  readonly coveredToAt: string | null;
  /** The share of the time covered by the digest that was read, from 0 to 1. */
  readonly share: number;
  readonly windows: number;
  readonly failedWindows: number;
  readonly gaps: readonly { readonly fromAt: string; readonly toAt: string }[];
  readonly eventsStored: number;
  /** What the server counted in the windows read; null when it said nothing. */
  readonly serverTotal: number | null;
  readonly setAside: number;
  /** What the monitor's key can see, in words; null when nothing is known to be hidden from it. */
  readonly visibility: string | null;
  /** What rules wait for and did not come for thirty days, though every server in use has it; one sentence each. */
  readonly unseen: readonly string[];
  /** That rules about addresses find nothing, since when and why; null when they can. */
  readonly addresses: string | null;
};

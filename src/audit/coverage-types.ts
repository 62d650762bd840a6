import type { UnseenCategories } from './unseen-categories.ts';

/** Time that was not read, or not whole, and why. */
export type Gap = { readonly fromAt: string; readonly toAt: string; readonly reason: string };

/** Time in which the monitor's account saw less than before. */
export type ShrunkenVisibility = {
  readonly fromAt: string;
  /** Null while it lasts. */
  readonly toAt: string | null;
  readonly what: string;
  /** Whether all of it was read a second time after the permissions had come back. */
  readonly isReadAgain: boolean;
};

/** How much of a period was really watched on one instance. */
export type InstanceCoverage = {
  readonly instance: string;
  /** The statement about this instance, a part of a sentence. */
  readonly sentence: string;
  /** The share of the time that was read whole, from 0 to 1; null when the period has not begun. */
  readonly share: number | null;
  readonly uncoveredMs: number;
  /** Windows read and windows whose reading failed. */
  readonly windows: number;
  readonly failedWindows: number;
  readonly gaps: readonly Gap[];
  readonly eventsStored: number;
  /** What the server counted, as far as it said so; null when it never did. */
  readonly serverCounted: number | null;
  /** The share of the time read for which the server said a count. */
  readonly countedShare: number;
  readonly setAside: number;
  /** The least number of events that were read once and are not in the database any more: pruned or removed. */
  readonly noLongerStored: number;
  readonly visibility: readonly ShrunkenVisibility[];
  /** What rules wait for and did not come in the thirty days before the end, one sentence per kind of event. */
  readonly unseen: readonly UnseenCategories[];
  /** The day since when nearly all of people's events come from one address, so that addresses tell nothing; null when they do. */
  readonly addressesUntrustedSince: string | null;
  /** True when the server gave only its plain list of events when it was last read. */
  readonly isListPlain: boolean;
  /** Server's clock less the monitor's, where it was furthest from zero; null when not known. */
  readonly largestClockSkewSeconds: number | null;
};

export type CoverageStatement = {
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** The end of the time that was judged: `to`, or when this was said if that is earlier. */
  readonly judgedTo: string;
  readonly sentence: string;
  readonly notAudited: readonly string[];
  readonly instances: readonly InstanceCoverage[];
};

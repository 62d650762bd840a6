import type { FindingReport } from './finding.ts';

/** What is to be told to one channel in one message. */
export type Notice = {
  /** Names the message, the same at every attempt, so that a receiver can tell that it has it already. */
  readonly messageId?: string;
} & (
  | { readonly kind: 'alert'; readonly report: FindingReport }
  /** A finding that has grown since this channel was last told. */
  | { readonly kind: 'repeat'; readonly report: FindingReport; readonly growth: Growth }
  /** A grave finding that nobody has acknowledged, said again; `sinceAt` is when this channel was first told. */
  | { readonly kind: 'reminder'; readonly report: FindingReport; readonly sinceAt: string }
  | { readonly kind: 'resolved'; readonly report: FindingReport }
  /** Many findings in one message, ordered by level, each named with its rule and title. */
  | { readonly kind: 'summary'; readonly reports: readonly FindingReport[]; readonly reason: string }
  /** What is wrong with the API keys of one instance, by owner; each key is named. */
  | { readonly kind: 'keys'; readonly instance: string; readonly reports: readonly FindingReport[] }
  /** What the monitor says of itself, in one line of plain text: that it lives and what it has covered, or what a start changed. */
  | { readonly kind: 'alive'; readonly text: string }
);

/** How a finding has grown: "7th event, 3 new since 09:10". */
export type Growth = {
  /** Events since the channel was last told. */
  readonly newEvents: number;
  /** When it was last told. */
  readonly sinceAt: string;
  /** What was not in the finding before: `address 203.0.113.9`, `actor bob`; empty when it only grew. */
  readonly novelties: readonly string[];
};

/** What became of one attempt. `failed` cannot heal by itself: it becomes a dead letter. */
export type SendResult =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'retry'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly outcome: 'failed'; readonly reason: string };

/** Where notices go. `send` never throws and never names a secret in a reason. */
export type Channel = {
  readonly name: string;
  /** The least time between two messages, in milliseconds; 0 when the receiver sets none. */
  readonly minIntervalMs: number;
  /** Whether findings about API keys go out together once a day; where people read, one a key would be too many. */
  readonly keysOnceADay: boolean;
  /**
   * How many of the first of these findings fit into one notice of that kind (without it: into either); at least 1. The
   * rest get further ones.
   */
  fitting(reports: readonly FindingReport[], kind?: 'summary' | 'keys'): number;
  send(notice: Notice, signal: AbortSignal): Promise<SendResult>;
};

import type { FindingReport } from './finding.ts';

/** What is to be told to one channel in one message. */
export type Notice =
  | { readonly kind: 'alert'; readonly report: FindingReport }
  | { readonly kind: 'resolved'; readonly report: FindingReport }
  /** Many findings in one message, ordered by level, each named with its rule and title. */
  | { readonly kind: 'summary'; readonly reports: readonly FindingReport[]; readonly reason: string };

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
  /** How many findings one summary may carry at most; longer ones become several messages. */
  readonly maxSummaryFindings: number;
  send(notice: Notice, signal: AbortSignal): Promise<SendResult>;
};

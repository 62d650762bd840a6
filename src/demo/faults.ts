/** What goes wrong with an answer. `stall` and `truncate` send half the body: the one then hangs, the other cuts the line. */
export type FaultKind =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text is sent as HTML, anything else as JSON; by default the server's error body. */
      readonly body?: unknown;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'delay'; readonly ms: number };

type Fault = FaultKind & {
  /** Tested against path and query as received; by default every request. */
  readonly path?: RegExp;
  /** How many requests it strikes; 1 unless given. */
  readonly times?: number;
};

/** A programmable queue: each request takes the first fault that matches it. */
export type FaultQueue = {
  next(fault: Fault): void;
  clear(): void;
  /** The fault for this request, counted as used; null for none. */
  take(url: string): FaultKind | null;
};

export function createFaultQueue(): FaultQueue {
  let queue: { fault: Fault; left: number }[] = [];
  return {
    next(fault) {
      queue.push({ fault, left: fault.times ?? 1 });
    },
    clear() {
      queue = [];
    },
    take(url) {
      const entry = queue.find(
        ({ fault, left }) => left > 0 && (fault.path === undefined || url.search(fault.path) >= 0),
      );
      if (!entry) return null;
      entry.left -= 1;
      return entry.fault;
    },
  };
}

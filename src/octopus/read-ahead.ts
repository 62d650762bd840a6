import type { EventPage } from './event-page.ts';

type ReadPage = (at: { readonly skip: number; readonly take: number }, signal: AbortSignal) => Promise<EventPage>;

/** Pages asked for before their turn, in the order of their rows. */
export function createReadAhead(readPage: ReadPage, outer: AbortSignal | undefined) {
  let queue: { readonly skip: number; readonly page: Promise<EventPage>; readonly stop: () => void }[] = [];

  function start(skip: number, take: number) {
    const controller = new AbortController();
    const onAbort = () => controller.abort(outer?.reason);
    if (outer?.aborted) onAbort();
    outer?.addEventListener('abort', onAbort, { once: true });
    const page = readPage({ skip, take }, controller.signal).finally(() =>
      outer?.removeEventListener('abort', onAbort),
    );
    // A page that is dropped fails with nobody waiting for it.
    page.catch(() => {});
    return { skip, page, stop: () => controller.abort(new Error('no longer needed')) };
  }

  return {
    /** Tops up to `inFlight` pages from `skip` on, as far as the server's total says that there are rows. */
    fill(skip: number, rowsPerPage: number, take: number, total: number | null, inFlight: number) {
      let from = queue.at(-1)?.skip ?? skip - rowsPerPage;
      while (queue.length < inFlight && total !== null && from + rowsPerPage < total) {
        from += rowsPerPage;
        queue.push(start(from, take));
      }
    },
    async next(skip: number, take: number): Promise<EventPage> {
      const first = queue[0]?.skip === skip ? queue.shift() : undefined;
      return (first ?? start(skip, take)).page;
    },
    drop() {
      for (const { stop } of queue) stop();
      queue = [];
    },
  };
}

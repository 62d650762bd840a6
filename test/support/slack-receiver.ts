import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Reaction = { readonly status: number; readonly headers?: Record<string, string> } | 'hang';

/** Plays Slack's incoming webhooks over real HTTP. Every path is a webhook of its own. */
export type SlackReceiver = {
  /** The address of the webhook `name`. */
  url(name?: string): string;
  /** The plain texts of the messages that were accepted by `name`, oldest first. */
  accepted(name?: string): readonly string[];
  /** How many messages arrived at `name`, refused ones too. */
  arrivals(name?: string): number;
  /** How often each finding was told of in accepted messages of `name`. */
  timesTold(name?: string): Map<number, number>;
  /** What becomes of the next messages, one after the other, whatever the webhook; then all are accepted again. */
  next(...reactions: Reaction[]): void;
  /** What becomes of every message from now on; null: accepted. */
  always(reaction: Reaction | null): void;
  close(): Promise<void>;
};

export async function startSlackReceiver(): Promise<SlackReceiver> {
  const accepted = new Map<string, { text: string; blocks: string }[]>();
  const arrivals = new Map<string, number>();
  let queue: Reaction[] = [];
  let standing: Reaction | null = null;
  const hanging = new Set<ServerResponse>();

  const server = createServer(async (request, response) => {
    const name = (request.url ?? '/').slice(1);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrivals.set(name, (arrivals.get(name) ?? 0) + 1);
    const reaction = queue.shift() ?? standing ?? { status: 200 };
    if (reaction === 'hang') {
      hanging.add(response);
      return;
    }
    // A heartbeat is a GET and says nothing.
    if (reaction.status === 200 && chunks.length > 0) {
      const { text, blocks } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { text: string; blocks: unknown };
      accepted.set(name, [...(accepted.get(name) ?? []), { text, blocks: JSON.stringify(blocks) }]);
    }
    response.writeHead(reaction.status, reaction.headers);
    response.end(reaction.status === 200 ? 'ok' : 'no_service');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (name = 'hook') => `http://127.0.0.1:${port}/${name}`,
    accepted: (name = 'hook') => (accepted.get(name) ?? []).map((one) => one.text),
    arrivals: (name = 'hook') => arrivals.get(name) ?? 0,
    timesTold(name = 'hook') {
      const times = new Map<number, number>();
      for (const { blocks } of accepted.get(name) ?? []) {
        const ids = new Set([...blocks.matchAll(/\bfinding (\d+)/g)].map((match) => Number(match[1])));
        for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
      }
      return times;
    },
    next: (...reactions) => queue.push(...reactions),
    always(reaction) {
      standing = reaction;
      if (reaction === null) queue = [];
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

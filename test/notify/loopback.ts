import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Loopback = {
  readonly url: string;
  readonly bodies: string[];
  /** Headers of the requests, in the order of `bodies`. */
  readonly headers: IncomingHttpHeaders[];
  close(): Promise<void>;
};

/** A real HTTP server on loopback that records requests and answers with `handler`. */
export async function listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Loopback> {
  const bodies: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    bodies.push(Buffer.concat(chunks).toString('utf8'));
    headers.push(request.headers);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    headers,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

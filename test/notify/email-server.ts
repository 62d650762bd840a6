import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export type Mailbox = {
  readonly port: number;
  readonly mails: { readonly envelope: readonly string[]; readonly raw: string; readonly parsed: ParsedMail }[];
  close(): Promise<void>;
};

/** A real SMTP server on loopback that keeps what it is given; `options` make it strict or faulty. */
export async function openMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const mails: Mailbox['mails'] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        void simpleParser(raw).then((parsed) => {
          mails.push({ envelope: session.envelope.rcptTo.map(({ address }) => address), raw: raw.toString(), parsed });
          callback();
        });
      });
    },
    ...options,
  });
  // Clients that refuse a certificate break off; that is what some tests are about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A server that speaks by script: the greeting, then for each line of the client what `answer` says; null ends it. */
export async function openScript(
  greeting: string | null,
  answer: (line: string, socket: Socket) => string | null | undefined,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting !== null) socket.write(`${greeting}\r\n`);
    let buffered = '';
    socket.on('data', (chunk) => {
      buffered += chunk.toString();
      const lines = buffered.split('\r\n');
      buffered = lines.pop() ?? '';
      for (const line of lines) {
        const reply = answer(line, socket);
        if (reply === null) socket.destroy();
        else if (reply !== undefined) socket.write(`${reply}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** An ordinary server by script, with one or more commands answered otherwise. */
export function answering(
  otherwise: Readonly<Record<string, string | null>>,
): (line: string) => string | null | undefined {
  const ordinary: Readonly<Record<string, string>> = {
    EHLO: '250 mail.example.test',
    MAIL: '250 OK',
    RCPT: '250 OK',
    DATA: '354 go on',
    '.': '250 taken',
    QUIT: '221 bye',
    RSET: '250 OK',
  };
  let isData = false;
  return (line) => {
    const verb = line.split(' ')[0]?.toUpperCase() ?? '';
    if (isData && line !== '.') return undefined;
    if (isData) isData = false;
    const reply = verb in otherwise ? otherwise[verb] : ordinary[verb];
    if (verb === 'DATA' && reply?.startsWith('3')) isData = true;
    return reply === undefined ? '500 what?' : reply;
  };
}

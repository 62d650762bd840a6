import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { COMPILE_CACHE } from '../support/child.ts';
import { makeFolder } from '../support/monitor.ts';
import type { DeliveryOrders } from './delivery-child.ts';

const FINDINGS = 500;
/** Starting a process takes a while: more kills would only make the test longer. */
const KILLS = 8;
/** A busy machine may need ten times as long as a quiet one. */
const TIMEOUT_MS = 180_000;
const CHILD = new URL('./delivery-child.ts', import.meta.url);

/** A message that was taken, and by which of the processes, counted from 1, it was sent. */
type Acceptance = { readonly finding: number; readonly sender: number };

/** Takes messages, but refuses, resets or delays some at random; remembers what it has accepted, and from whom. */
async function startMoodyReceiver() {
  const accepted: Acceptance[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const mood = Math.random();
    if (mood < 0.03) return void response.writeHead(500).end();
    if (mood < 0.05) return void request.socket.destroy();
    if (mood < 0.07) return void response.writeHead(429, { 'retry-after': '0' }).end();
    const finding = Number(/finding (\d+)/.exec(Buffer.concat(chunks).toString('utf8'))?.[1]);
    if (mood < 0.1) await pause(20);
    accepted.push({ finding, sender: Number((request.url ?? '').slice(1)) });
    response.writeHead(200).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, accepted, close: () => server.close() };
}

/** A database with high findings of this hour, each owed singly to one channel. */
function fill(db: string): void {
  const store = openStore(db, { monitorVersion: 'test' });
  const at = new Date().toISOString();
  const report = {
    ...{ ruleTitle: 'A rule', why: 'Because.', respond: [], falsePositives: [], facts: [] },
    ...{ objectId: null, openedBy: 'x', isStable: true },
  };
  store.transaction(() => {
    const { instance_id: instanceId } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
    for (let index = 0; index < FINDINGS; index++) {
      const id = store.findings.open({
        ...{ instanceId, rule: 'a_rule', fingerprint: `f${index}`, isState: false, level: 'high' },
        ...{ title: `Title ${index}`, subject: `s${index}`, firstSeenAt: at, lastSeenAt: at },
        ...{ report: JSON.stringify(report), ruleSha256: 'x', configSha256: 'x', monitorVersion: 'x', createdAt: at },
      });
      store.deliveries.owe(id, 'slack', 'alert', false, at);
    }
  });
  store.close();
}

describe('two processes that deliver five hundred findings from one database', () => {
  it(
    'lose none and repeat none but after a crash, whatever the receiver answers and however often they are killed',
    async () => {
      const place = makeFolder();
      const db = path.join(place.folder, 'octowatch.db');
      fill(db);
      const receiver = await startMoodyReceiver();
      const killed = new Set<number>();
      const children: (ChildProcess & { sender?: number })[] = [];
      let senders = 0;
      const start = (index: number) => {
        senders += 1;
        const orders: DeliveryOrders = { db, slackUrl: `${receiver.url}/${senders}` };
        const sender = senders;
        const child = spawn(process.execPath, [CHILD.pathname, JSON.stringify(orders)], {
          stdio: ['pipe', 'ignore', 'ignore'],
          env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE },
        });
        children[index] = Object.assign(child, { sender });
      };
      const kill = async (index: number) => {
        const child = children[index];
        if (!child) return;
        const ended = new Promise((resolve) => child.once('close', resolve));
        killed.add(child.sender ?? 0);
        child.kill('SIGKILL');
        await ended;
      };
      const store = openStore(db, { monitorVersion: 'test' });
      const pending = () =>
        store.db.prepare("SELECT count(*) FROM _deliveries WHERE state = 'pending'").pluck().get() as number;

      start(0);
      start(1);
      while (pending() > 0) {
        await pause(100 + Math.random() * 400);
        const victim = Math.random() < 0.5 ? 0 : 1;
        // On a busy machine a process needs a while to begin: who is killed before does nothing at all.
        const sent = receiver.accepted.filter((one) => one.sender === children[victim]?.sender).length;
        if (sent < 5 || killed.size >= KILLS) continue;
        await kill(victim);
        start(victim);
      }
      const killedBeforeTheEnd = new Set(killed);
      await Promise.all([kill(0), kill(1)]);

      const times = Map.groupBy(receiver.accepted, (one) => one.finding);
      expect([...times.keys()].sort((a, b) => a - b)).toEqual(
        Array.from({ length: FINDINGS }, (_, index) => index + 1),
      );
      for (const acceptances of times.values()) {
        // Whoever sent a message that was sent again was killed before it could note that it was taken.
        for (const { sender } of acceptances.slice(0, -1)) expect(killedBeforeTheEnd).toContain(sender);
        expect(new Set(acceptances.map((one) => one.sender)).size).toBe(acceptances.length);
      }
      expect(killedBeforeTheEnd.size).toBeGreaterThan(1);
      expect(store.db.prepare('SELECT state, count(*) AS n FROM deliveries GROUP BY state').all()).toEqual([
        { state: 'sent', n: FINDINGS },
      ]);
      store.close();
      receiver.close();
      place.remove();
    },
    TIMEOUT_MS,
  );
});

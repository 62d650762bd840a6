import { openStore } from '../../src/store/index.ts';

/** Writes journal entries and findings in small transactions until it is killed, or so many of them. */
export type ChainChildOrders = {
  readonly db: string;
  readonly transactions: number;
  readonly killBefore: number | null;
};

const orders = JSON.parse(process.argv[2] ?? '{}') as ChainChildOrders;
let statements = 0;
const store = openStore(orders.db, {
  monitorVersion: 'test',
  onStatement() {
    statements += 1;
    if (statements === orders.killBefore) process.kill(process.pid, 'SIGKILL');
  },
});
const at = new Date().toISOString();
for (let index = 0; index < orders.transactions; index++) {
  store.transaction(() => {
    store.journal.add(at, 'tested', String(process.pid), { index });
    store.findings.addEvent(1, `Events-${process.pid}-${index}`, at);
    store.findings.refreshSpan(1);
    store.journal.add(at, 'tested again', String(process.pid), { index });
  });
}
store.close();

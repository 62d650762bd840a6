import type { Chain } from './chain.ts';
import type { Db } from './database.ts';
import type { journalTable } from './journal.ts';

/** What work on the chain itself needs of a store. */
export type ChainedStore = {
  readonly db: Db;
  readonly chain: Chain;
  readonly journal: ReturnType<typeof journalTable>;
  readonly transaction: Chain['transaction'];
};

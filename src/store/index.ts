import { toInstant } from '../lib/clock.ts';
import { acknowledgementTable } from './acknowledgements.ts';
import { apiKeyTable } from './api-keys.ts';
import { backlogTable } from './backlog.ts';
import { coverageTable } from './coverage.ts';
import { immediate, openDatabase } from './database.ts';
import { deliveryTable } from './deliveries.ts';
import { digestFacts } from './digest-facts.ts';
import { digestTable } from './digests.ts';
import { eventTable } from './events.ts';
import { findingTable } from './findings.ts';
import { gapTable } from './gaps.ts';
import { instanceTable } from './instances.ts';
import { inventoryTable } from './inventory.ts';
import { journalTable } from './journal.ts';
import { leaseTable } from './leases.ts';
import { migrate } from './migrate.ts';
import { owedDetailTable } from './owed-details.ts';
import { quarantineTable } from './quarantine.ts';
import { reportFacts } from './report-facts.ts';
import { signalTable } from './signals.ts';

export type { Acknowledgement } from './acknowledgements.ts';
export type { KeyReading } from './api-keys.ts';
export type { BacklogRow } from './backlog.ts';
export type { DueDelivery } from './deliveries.ts';
export type { DigestFindingRow, DigestSpan, DigestWindowRow } from './digest-facts.ts';
export type { DigestTarget, DueDigest } from './digests.ts';
export type { QueuedRow, ReplayRow } from './events.ts';
export type { FindingRow } from './findings.ts';
export type { OwedRow } from './owed-details.ts';
export { newHolder } from './process-identity.ts';
export { CORRELATION_INPUTS, type MatchRow } from './signals.ts';

export type Store = ReturnType<typeof openStore>;

/**
 * Opens (or makes) the database and brings its schema up to date. Every write of the program goes through what this
 * returns; writes that belong together go into one `transaction`. Throws OctowatchError when that is not possible.
 */
export function openStore(
  file: string,
  options: { monitorVersion: string; nowMs?: number; onStatement?: (sql: unknown) => void },
) {
  const db = openDatabase(file, options.onStatement);
  migrate(db, toInstant(options.nowMs ?? Date.now()));
  return {
    db,
    file,
    instances: instanceTable(db),
    leases: leaseTable(db),
    backlog: backlogTable(db),
    gaps: gapTable(db),
    events: eventTable(db),
    owedDetails: owedDetailTable(db),
    quarantine: quarantineTable(db),
    coverage: coverageTable(db),
    inventory: inventoryTable(db),
    apiKeys: apiKeyTable(db),
    signals: signalTable(db),
    findings: findingTable(db),
    acknowledgements: acknowledgementTable(db),
    reportFacts: reportFacts(db),
    deliveries: deliveryTable(db),
    digests: digestTable(db),
    digestFacts: digestFacts(db),
    journal: journalTable(db, options.monitorVersion),
    /** `BEGIN IMMEDIATE` … `COMMIT`: all of `work` is stored, or nothing. `work` must not await anything. */
    transaction: <T>(work: () => T): T => immediate(db, work),
    close: () => db.close(),
  };
}

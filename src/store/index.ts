import { toInstant } from '../lib/clock.ts';
import { acknowledgementTable } from './acknowledgements.ts';
import { addressTable } from './addresses.ts';
import { apiKeyTable } from './api-keys.ts';
import { backlogTable } from './backlog.ts';
import { createChain } from './chain.ts';
import { coverageTable } from './coverage.ts';
import { openDatabase } from './database.ts';
import { deliveryTable } from './deliveries.ts';
import { digestFacts } from './digest-facts.ts';
import { digestTable } from './digests.ts';
import { eventTable } from './events.ts';
import { findingTable } from './findings.ts';
import { firstSeenTable } from './first-seen.ts';
import { freezeTable } from './freezes.ts';
import { gapTable } from './gaps.ts';
import { instanceTable } from './instances.ts';
import { inventoryTable } from './inventory.ts';
import { journalTable } from './journal.ts';
import { keyEvidence } from './key-evidence.ts';
import { leaseTable } from './leases.ts';
import { migrate } from './migrate.ts';
import { noticeTable } from './notices.ts';
import { owedDetailTable } from './owed-details.ts';
import { postureTable } from './posture.ts';
import { quarantineTable } from './quarantine.ts';
import { rejudgementTable } from './rejudgements.ts';
import { reportFacts } from './report-facts.ts';
import { ruleNeedTable } from './rule-needs.ts';
import { ruleReportFacts } from './rule-report-facts.ts';
import { ruleVersionTable } from './rule-versions.ts';
import { serverWordTable } from './server-words.ts';
import { signalTable } from './signals.ts';
import { stateRulesJudged } from './state-rules-judged.ts';
import { upgradeTable } from './upgrades.ts';

export type { Acknowledgement } from './acknowledgements.ts';
export { ADDRESS_REMEDY, addressNotice, addressTrust } from './addresses.ts';
export { keyIdentities } from './api-keys.ts';
export type { BacklogRow } from './backlog.ts';
export { chainHead } from './chain.ts';
export { CHAINED, type Chained, type ChainedRow, chainedTables, contentHash } from './chain-content.ts';
export { eraseContent } from './chain-erase.ts';
export {
  BEFORE_FIRST,
  CHAIN_FORMAT,
  type ChainKey,
  chainKey,
  type LinkKind,
  linkHash,
  TABLE_OF,
} from './chain-link.ts';
export { linkOlderRows } from './chain-older.ts';
export { checkpointBefore, checkpointContent, prunedContent, pruneRows } from './chain-prune.ts';
export type { DueDelivery } from './deliveries.ts';
export type { DigestFindingRow, DigestSpan, DigestWindowRow } from './digest-facts.ts';
export type { DigestTarget, DueDigest } from './digests.ts';
export { erasePerson, type PersonTraces, rewriteFile, tracesOf } from './erase-person.ts';
export type { QueuedRow, ReplayRow } from './events.ts';
export type { FindingRow } from './findings.ts';
export { schemaState } from './migrate.ts';
export type { OwedRow } from './owed-details.ts';
export { createEraser, findPeople, type PersonNames } from './person.ts';
export { personalValues } from './personal-facts.ts';
export type { PostureRow } from './posture.ts';
export { newHolder } from './process-identity.ts';
export type { RejudgementRow } from './rejudgements.ts';
export { type ReplayedFindingRow, replayedFacts } from './replayed-facts.ts';
export {
  type Cutoffs,
  countDue,
  FIRST_PLACE,
  type Prunable,
  pruneBeside,
  pruneStep,
} from './retention.ts';
export type { ReportedFindingRow } from './rule-report-facts.ts';
export type { KnownRule, RuleInForce } from './rule-versions.ts';
export type { ServerWords } from './server-words.ts';
export { CORRELATION_INPUTS, type CorrelationInputRow, type MatchRow } from './signals.ts';
export type { OwedUpgrade } from './upgrades.ts';

export type Store = ReturnType<typeof openStore>;

/**
 * Opens (or makes) the database and brings its schema up to date. Every write of the program goes through what this
 * returns; writes that belong together go into one `transaction`. Throws OctowatchError when that is not possible.
 */
export function openStore(
  file: string,
  options: {
    monitorVersion: string;
    nowMs?: number;
    /** The clock of the chain's links; the machine's unless given. */
    now?: () => number;
    /** OCTOWATCH_CHAIN_KEY; without one the chain is not sealed. */
    chainKey?: string | null;
    onStatement?: (sql: unknown) => void;
  },
) {
  const db = openDatabase(file, options.onStatement);
  migrate(db, toInstant(options.nowMs ?? Date.now()));
  const chain = createChain(db, { secret: options.chainKey ?? null, now: options.now ?? Date.now });
  return {
    db,
    file,
    chain,
    instances: instanceTable(db),
    leases: leaseTable(db),
    backlog: backlogTable(db),
    gaps: gapTable(db),
    events: eventTable(db, chain),
    addresses: addressTable(db),
    firstSeen: firstSeenTable(db),
    freezes: freezeTable(db),
    serverWords: serverWordTable(db),
    owedDetails: owedDetailTable(db),
    quarantine: quarantineTable(db),
    coverage: coverageTable(db),
    inventory: inventoryTable(db),
    apiKeys: apiKeyTable(db),
    keyEvidence: keyEvidence(db),
    signals: signalTable(db),
    findings: findingTable(db, chain),
    acknowledgements: acknowledgementTable(db, chain),
    reportFacts: reportFacts(db),
    ruleReportFacts: ruleReportFacts(db),
    deliveries: deliveryTable(db),
    notices: noticeTable(db),
    digests: digestTable(db),
    digestFacts: digestFacts(db),
    ruleNeeds: ruleNeedTable(db),
    ruleVersions: ruleVersionTable(db),
    upgrades: upgradeTable(db),
    stateRulesJudged: stateRulesJudged(db),
    posture: postureTable(db),
    rejudgements: rejudgementTable(db),
    journal: journalTable(db, chain, options.monitorVersion),
    /** `BEGIN IMMEDIATE` … `COMMIT`: all of `work` is stored with its links in the chain, or nothing. `work` must not await anything. */
    transaction: chain.transaction,
    close: () => db.close(),
  };
}

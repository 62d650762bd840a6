// exportPack is not among these: it loads what writes Parquet, and only `export` has use for that.
export { coverageStatement } from './coverage-statement.ts';
export type { CoverageStatement } from './coverage-types.ts';
export { openReadOnly, reasonNotToWrite } from './database-file.ts';
export { describeViews } from './describe-views.ts';
export { explainFinding } from './explain-finding.ts';
export type { Explanation } from './explanation.ts';
export { cellText, createRowFormatter, ROW_FORMATS } from './format.ts';
export { type KeyReason, type LedgerKey, RANKING, rankedKeysSql, readLedger } from './key-ledger.ts';
export { type PackVerdict, verifyPack } from './pack-verify.ts';
export type { Cell, CutReason, QueryParameter } from './query-protocol.ts';
export { endOfStatement, firstKeyword, parameterNames, tokensOf } from './query-text.ts';
export { bindParameters, findQuestion, loadQuestions } from './questions.ts';
export {
  DEFAULT_DEADLINE_MS,
  DEFAULT_MAX_ROWS,
  type QuerySummary,
  type RunningQuery,
  runQuery,
  streamQuery,
} from './run-query.ts';
export { sampleRows } from './sample.ts';
export { takeSnapshot } from './snapshot.ts';
export { unseenCategories } from './unseen-categories.ts';
export { type Verification, verifyChain } from './verify.ts';

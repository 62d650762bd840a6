/** The Sigma engine: everything other folders may use of it. docs/sigma.md describes what it understands. */

export { compileRules } from './compile-rules.ts';
export type { CompiledCorrelation, CompiledFilter, CompiledRule, SigmaMatch } from './compiled.ts';
export { CORRELATION_COLUMNS, CORRELATION_INDEX, type CorrelationRow, correlationSql } from './correlation-sql.ts';
export type { LogSource, SigmaDocument, SigmaRule } from './document.ts';
export { explainCondition, explainDetection } from './explain.ts';
export { groupKeyOf, groupValues } from './group-key.ts';
export { explainMismatch } from './mismatch.ts';
export type { Mistake } from './mistakes.ts';
export { parseSigmaFile } from './parse-file.ts';
export type { RuleSet } from './rule-set.ts';

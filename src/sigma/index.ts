/** The Sigma engine: everything other folders may use of it. docs/sigma.md describes what it understands. */

export type { CompileOptions } from './compile-rules.ts';
export { compileRules } from './compile-rules.ts';
export type { CompiledCorrelation, CompiledRule, SigmaMatch } from './compiled.ts';
export type { CorrelationRow } from './correlation-sql.ts';
export { CORRELATION_COLUMNS, CORRELATION_INDEX, correlationSql } from './correlation-sql.ts';
export type { LogSource, RuleLevel, RuleStatus, SigmaCorrelation, SigmaDocument, SigmaRule } from './document.ts';
export { RULE_LEVELS, RULE_STATUSES } from './document.ts';
export type { SigmaRecord } from './fields.ts';
export { groupKeyOf, groupValues } from './group-key.ts';
export type { Mistake, Place } from './mistakes.ts';
export type { ParseOptions } from './parse-file.ts';
export { parseSigmaFile } from './parse-file.ts';
export type { RuleSet } from './rule-set.ts';
export type { Threshold } from './threshold.ts';

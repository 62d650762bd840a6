/** The Sigma engine: everything other folders may use of it. docs/sigma.md describes what it understands. */

export { compileRules } from './compile-rules.ts';
export type { CompiledCorrelation, CompiledFilter, CompiledRule, CorrelationMember, SigmaMatch } from './compiled.ts';
export { correlationInput, groupValues, recordOfHit } from './correlation-input.ts';
export { CORRELATION_COLUMNS, CORRELATION_INDEX, type CorrelationRow, correlationSql } from './correlation-sql.ts';
export type { LogSource, SigmaDocument, SigmaRule } from './document.ts';
export { explainDetection } from './explain.ts';
export { explainWindow } from './explain-correlation.ts';
export type { FieldSchema, JsonSchema } from './field-schema.ts';
export { compileField, type SigmaRecord } from './fields.ts';
export { sigmaFileSchema } from './file-schema.ts';
export { explainMismatch } from './mismatch.ts';
export type { Mistake } from './mistakes.ts';
export { parseSigmaFile } from './parse-file.ts';
export type { RuleSet } from './rule-set.ts';

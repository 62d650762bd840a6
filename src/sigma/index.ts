/** The Sigma engine: everything other folders may use of it. docs/sigma.md describes what it understands. */

export { compileRules } from './compile/rules.ts';
export type { CompiledCorrelation, CompiledFilter, CompiledRule, SigmaMatch, TimeSpan } from './compiled.ts';
export { correlationInput, groupValues, recordOfHit } from './correlate/input.ts';
export {
  CORRELATION_COLUMNS,
  CORRELATION_INDEX,
  type CorrelationRow,
  correlationSql,
  enoughSql,
} from './correlate/sql.ts';
export type { LogSource, SigmaDocument, SigmaFilter, SigmaRule } from './document.ts';
export { explainWindow } from './explain/correlation.ts';
export { explainDetection } from './explain/detection.ts';
export { explainMismatch } from './explain/mismatch.ts';
export { compileField, type SigmaRecord } from './match/fields.ts';
export { compilePossibility, namedValues } from './match/possible.ts';
export { RuleSet } from './match/rule-set.ts';
export type { Mistake } from './mistakes.ts';
export { parseSigmaFile } from './read/parse-file.ts';
export type { FieldSchema, JsonSchema } from './schema/field-schema.ts';
export { sigmaFileSchema } from './schema/file-schema.ts';

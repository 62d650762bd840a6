export { createDetector, type DetectBatch, type Detector, type JudgedEvent } from './detector.ts';
export type { DetectContext } from './findings.ts';
export { type MonitorCondition, raiseCondition, settleCondition } from './monitor-conditions.ts';
export { buildReport } from './report.ts';
export {
  API_KEY_SOURCE,
  AUDIT_SOURCE,
  loadRulePack,
  type PackRule,
  type RuleAdjustment,
  type RulePack,
} from './rule-pack.ts';
export { applyKeyRules, type KeyRecord } from './state-rules.ts';

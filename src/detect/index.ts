export { acknowledge, reopenLapsed } from './acknowledge.ts';
export type { DetectContext } from './context.ts';
export type { CorrectionTally } from './correction.ts';
export { burstsIn, correlationReader, evidenceOf } from './correlate.ts';
export { createDetector, type Detector, type JudgedEvent } from './detector.ts';
export {
  daysLeft,
  exceptionState,
  type RuleException,
} from './exceptions.ts';
export {
  compileException,
  type DraftTest,
  type ExceptionDraft,
  literalValue,
  renderException,
  testOfValue,
  wildcardValue,
} from './exceptions-draft.ts';
export { isLongBefore } from './finding-state.ts';
export { createLeaveOut, growthWithoutPersonal } from './leave-out.ts';
export { MONITOR_RULES, raiseCondition, settleCondition } from './monitor-conditions.ts';
export { partOfPack } from './part-of-pack.ts';
export { type PostureFacts, postureOf } from './posture.ts';
export { watchPosture } from './posture-watch.ts';
export { ageFindings, oweReminders } from './repeats.ts';
export { buildReport } from './report.ts';
export { retireInstances } from './retire.ts';
export { areRulesChanged, ruleChanges, thresholdsIn } from './rule-changes.ts';
export { API_KEY_SOURCE, loadRulePack, type PackRule, type RuleAdjustment, type RulePack } from './rule-pack.ts';
export { ruleFileSchema } from './rule-schema.ts';
export { describeUnknown, rulesOnServer } from './rules-and-server.ts';
export { rulesInForce } from './rules-in-force.ts';
export { applyKeyRules, type KeyRecord } from './state-rules.ts';
export { correlationWith, observedMeets, type RuleLimit, ruleLimit, ruleWith, stricterNumbers } from './tighter.ts';

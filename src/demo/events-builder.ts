/** Builders of audit events: pure functions from facts to the JSON a server would send. */
export { apiKeyCreated, loginFailed, loginSucceeded, userCreated } from './account-events.ts';
export { type ActingUser, type Actor, apiKeyActor, sessionActor, systemActor } from './actors.ts';
export {
  type DeploymentFacts,
  deploymentFailed,
  deploymentQueued,
  deploymentStarted,
  deploymentSucceeded,
} from './deployment-events.ts';
export { documentModified, machineHealthy, releaseCreated } from './document-events.ts';
export { auditEvent, type EventHead, toOccurred } from './event-shape.ts';
export type { Named } from './message-text.ts';
export { applyEdits, type VariableSetEdit, variable, variableSetModified } from './variable-events.ts';

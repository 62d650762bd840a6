/** Builders of audit events: pure functions from facts to the JSON a server would send. */
export { apiKeyCreated, apiKeyDeleted, loginFailed, loginSucceeded, userCreated } from './account-events.ts';
export { apiKeyActor, sessionActor, systemActor } from './actors.ts';
export {
  type DeploymentFacts,
  deploymentFailed,
  deploymentQueued,
  deploymentStarted,
  deploymentSucceeded,
} from './deployment-events.ts';
export {
  documentCreated,
  documentDeleted,
  documentModified,
  machineHealthy,
  releaseCreated,
} from './document-events.ts';
export { auditEvent } from './event-shape.ts';
export { runbookRunQueued, runbookRunStarted, runbookRunSucceeded } from './runbook-events.ts';
export { apiKeyRejected, loginBanned, rateLimitExceeded } from './sign-in-events.ts';
export { applyEdits, variable, variableSetModified } from './variable-events.ts';

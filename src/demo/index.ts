/** The one entry to the simulated server: other folders and tests import nothing beside it. */
export { fullAccess, monitorAccess, unrestricted } from './access.ts';
export type { Company, ExpectedFinding } from './companies/company.ts';
export { buildNoisyCompany } from './companies/noisy-company.ts';
export { buildQuietCompany } from './companies/quiet-company.ts';
export * from './events-builder.ts';
export { type SimulatedOctopus, startSimulatedOctopus } from './server.ts';
export { createSimulatedState, type SimulatedState } from './state.ts';
export { buildStory, STORY, type Story, storyAnchor } from './story.ts';
export type { WireEvent, WireVariableSet } from './wire.ts';

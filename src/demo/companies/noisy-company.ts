import { atPortal } from '../chronicle.ts';
import { documentModified } from '../document-events.ts';
import { localTime } from '../local-time.ts';
import { createRandom } from '../random.ts';
import type { SimulatedState } from '../state.ts';
import { STORY } from '../story.ts';
import { PEOPLE } from '../story-cast.ts';
import { type Company, timesBefore } from './company.ts';
import { tellNoisyAuditTrail } from './noisy-audit-trail.ts';
import { FREEZE_DAYS_AGO, tellNoisyDeployments } from './noisy-deployments.ts';
import { NOISY_FINDINGS } from './noisy-findings.ts';
import { tellNoisyKeyUse } from './noisy-key-use.ts';
import { JOBS, noisyAccess, noisyKeys } from './noisy-keys.ts';
import { NOISY_REGISTER } from './noisy-register.ts';
import { NOISY_OWNERS, noisyVariableSets, tellNoisySecrets } from './noisy-secrets.ts';
import { tellNoisySignIns } from './noisy-sign-ins.ts';
import { tellCompany, ZONE_YAML } from './quiet-company.ts';

const MINUTE_MS = 60_000;
const KEYS_SEED = 22;

/**
 * The quiet company, and beside it a scene for each rule that must make it fire. It must yield exactly its list of
 * findings. The same for the same moment, which should be a `storyAnchor`.
 */
export function buildNoisyCompany(nowMs: number): Company {
  const keys = noisyKeys(nowMs, createRandom(KEYS_SEED));
  const { state, events } = tellCompany(nowMs, {
    users: Object.values(JOBS),
    access: noisyAccess(),
    keys: Object.values(keys),
    variableSets: noisyVariableSets(),
    owners: NOISY_OWNERS,
    tell(chronicle, times) {
      tellNoisyDeployments(chronicle, keys, times);
      tellNoisySecrets(chronicle, times);
      tellNoisySignIns(chronicle, times);
      tellNoisyKeyUse(chronicle, keys, times);
      tellNoisyAuditTrail(chronicle, times);
    },
  });
  return {
    state,
    nowMs,
    events,
    files: { 'keys.yml': NOISY_REGISTER, 'octowatch.yaml': `${ZONE_YAML}${freezeYaml(nowMs)}` },
    expected: NOISY_FINDINGS,
    goesOn: () => enableMover(state, nowMs + 10 * MINUTE_MS),
  };
}

function freezeYaml(nowMs: number): string {
  const { year, month, day } = localTime(timesBefore(nowMs).at(FREEZE_DAYS_AGO, 12), STORY.zone);
  const date = [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
  return `calendar:\n  freezes:\n    - { from: ${date}, to: ${date}, name: Stocktaking }\n`;
}

/** Somebody enables an account that had been disabled, and its key lives again. */
function enableMover(state: SimulatedState, atMs: number): void {
  const { displayName: name, id } = JOBS.mover;
  state.users = state.users.map((user) => (user.id === id ? { ...user, isActive: true } : user));
  state.addEvent(
    documentModified({
      id: 'Events-990001',
      at: atMs,
      actor: atPortal(PEOPLE.amara),
      documentType: 'User',
      document: { id, name },
      spaceId: null,
      differences: [{ path: '/IsActive', op: 'replace', value: true }],
    }),
  );
}

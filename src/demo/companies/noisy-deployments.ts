import type { Actor } from '../actors.ts';
import { atPortal, type Chronicle, triggerActor, withKey } from '../chronicle.ts';
import { documentDeleted, documentModified } from '../document-events.ts';
import { runbookRunQueued, runbookRunStarted, runbookRunSucceeded } from '../runbook-events.ts';
import { PEOPLE, PROJECTS, type Project } from '../story-cast.ts';
import { setIdOf } from '../story-variables.ts';
import type { Times } from './company.ts';
import type { NoisyKeys } from './noisy-keys.ts';

/** The Saturday of the freeze, in days before the present. */
export const FREEZE_DAYS_AGO = 16;
const FREEZE = { id: 'DeploymentFreezes-3', name: 'Stocktaking' };

/** Deployments to production that somebody should look at. */
export function tellNoisyDeployments(chronicle: Chronicle, keys: NoisyKeys, times: Times): void {
  const { at, workday } = times;
  const { checkout, prices, royalties, stock, storefront } = PROJECTS;
  const deploy = (atMs: number, actor: Actor, project: Project) =>
    chronicle.deploy({ atMs, actor, project, stage: project.stages.production });

  deploy(workday(20, 21, 42), atPortal(PEOPLE.chiara, true), checkout);
  deploy(at(12, 3), triggerActor, prices);
  deploy(at(FREEZE_DAYS_AGO, 11), atPortal(PEOPLE.femi, true), royalties);
  deploy(workday(27, 14), withKey(PEOPLE.devika, keys.personal), storefront);
  deploy(workday(7, 22, 5), withKey(PEOPLE.devika, keys.personal, true), storefront);
  deploy(workday(25, 13, 30), atPortal(PEOPLE.hugo), checkout);

  const editedMs = workday(13, 14);
  chronicle.editVariables(editedMs, atPortal(PEOPLE.ines), setIdOf(stock), [
    { kind: 'value', name: 'Database:Password', value: 'demo-6' },
  ]);
  deploy(workday(13, 14, 35), atPortal(PEOPLE.ines), stock);

  tellFreezes(chronicle, times);
  deploy(workday(33, 15), atPortal(PEOPLE.chiara), storefront);
  runInProduction(chronicle, workday(23, 11, 20), 951);
  runInProduction(chronicle, workday(3, 20, 20), 952);
}

/** That freezes belong to no space, and that changes of them are ordinary events of documents, is INF. */
function tellFreezes(chronicle: Chronicle, { workday }: Times): void {
  const head = { documentType: 'Deployment freeze', document: FREEZE, spaceId: null };
  const movedMs = workday(36, 10);
  const differences = [{ path: '/End', op: 'replace', value: '2026-01-01T00:00:00.000+00:00' }];
  chronicle.note(movedMs, (id) =>
    documentModified({ ...head, id, at: movedMs, actor: atPortal(PEOPLE.greta), differences }),
  );
  const deletedMs = workday(33, 14, 30);
  chronicle.note(deletedMs, (id) => documentDeleted({ ...head, id, at: deletedMs, actor: atPortal(PEOPLE.chiara) }));
}

function runInProduction(chronicle: Chronicle, atMs: number, number: number): void {
  const { id, name, spaceId, stages } = PROJECTS.storefront;
  const run = {
    id: `RunbookRuns-${number}`,
    spaceId,
    runbook: { id: 'Runbooks-32', name: 'Restart the shop' },
    project: { id, name },
    environment: stages.production,
  };
  chronicle.note(atMs, (eventId) => runbookRunQueued({ id: eventId, at: atMs, actor: atPortal(PEOPLE.amara), run }));
  chronicle.note(atMs + 2000, (eventId) => runbookRunStarted({ id: eventId, at: atMs + 2000, run }));
  chronicle.note(atMs + 60_000, (eventId) => runbookRunSucceeded({ id: eventId, at: atMs + 60_000, run }));
}

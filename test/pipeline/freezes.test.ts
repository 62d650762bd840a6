import { describe, expect, it } from 'vitest';
import { documentCreated, documentDeleted, sessionActor } from '../../src/demo/index.ts';
import { alice, NOON, queuedByKey, started } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function freezeOf(fromMs: number, toMs: number) {
  return {
    Id: 'DeploymentFreezes-7',
    Name: 'Quarter end',
    Start: new Date(fromMs).toISOString(),
    End: new Date(toMs).toISOString(),
    ProjectEnvironmentScope: { 'Projects-1': ['Environments-1'] },
    RecurringSchedule: null,
  };
}

const madeAt = (at: number) =>
  documentCreated({
    ...{ id: 'Events-900', at, actor: sessionActor(alice, '192.0.2.10'), spaceId: null },
    ...{ documentType: 'DeploymentFreeze', document: { id: 'DeploymentFreezes-7', name: 'Quarter end' } },
  });
const deletedAt = (at: number) =>
  documentDeleted({
    ...{ id: 'Events-901', at, actor: sessionActor(alice, '192.0.2.10'), spaceId: null },
    ...{ documentType: 'DeploymentFreeze', document: { id: 'DeploymentFreezes-7', name: 'Quarter end' } },
  });

const deployedAt = (stage: Stage, at: number, number: number) => {
  stage.state.addEvent(queuedByKey(`Events-${number}0`, at, number));
  stage.state.addEvent(started(`Events-${number}1`, at + 5000, number));
};
const found = (stage: Stage) =>
  stage.rows(
    "SELECT level, subject FROM findings WHERE rule = 'off_hours_production_deploy' AND status = 'open' ORDER BY first_seen_at",
  );
/** Lets the daemon read on without reading the inventory, as it does for an hour. */
async function readAgain(stage: Stage, untilMs: number) {
  stage.clock.advance(untilMs - stage.clock.now());
  await stage.runOnce();
}

describe("a deployment freeze of Octopus's own", () => {
  it('makes a deployment of its project to its environment grave, and the finding names it', async () => {
    const stage = await startStage();
    stage.state.deploymentFreezes = [freezeOf(NOON - 4 * HOUR, NOON + HOUR)];
    deployedAt(stage, NOON - 3 * HOUR, 1);

    await stage.runOnce();

    expect(found(stage)).toEqual([{ level: 'critical', subject: 'Deployments-1' }]);
    expect(stage.rows('SELECT freeze_name, is_off_hours FROM deployments')).toEqual([
      { freeze_name: 'Quarter end', is_off_hours: 1 },
    ]);
    expect(stage.printed.join('\n')).toMatch(/Freeze +Quarter end/);
    expect(stage.rows('SELECT freeze_id, name, known_from, gone_at FROM deployment_freezes')).toEqual([
      { freeze_id: 'DeploymentFreezes-7', name: 'Quarter end', known_from: null, gone_at: null },
    ]);
  });

  it('is for nothing where the server is too old to have any', async () => {
    const stage = await startStage();
    stage.state.serverVersion = '2024.1.5000';
    stage.state.deploymentFreezes = [freezeOf(NOON - 4 * HOUR, NOON + HOUR)];
    deployedAt(stage, NOON - 3 * HOUR, 1);

    await stage.runOnce();

    expect(found(stage)).toEqual([]);
    expect(stage.log.filter((line) => line.level === 'warn' && JSON.stringify(line).includes('freeze'))).toEqual([]);
  });

  it('that is made and deleted counts for what was deployed meanwhile, and for nothing before and after', async () => {
    const stage = await startStage();
    await stage.runOnce();
    const at = (minutes: number) => NOON + minutes * MINUTE;
    deployedAt(stage, at(2), 1);
    stage.clock.advance(5 * MINUTE);
    await stage.runOnce();
    stage.state.deploymentFreezes = [freezeOf(at(10), at(600))];
    stage.state.addEvent(madeAt(at(10)));
    deployedAt(stage, at(20), 2);
    await readAgain(stage, at(21));
    stage.state.deploymentFreezes = [];
    stage.state.addEvent(deletedAt(at(30)));
    await readAgain(stage, at(31));
    deployedAt(stage, at(40), 3);

    await readAgain(stage, at(41));

    expect(found(stage)).toEqual([{ level: 'critical', subject: 'Deployments-2' }]);
  });

  it('of which only the next reading tells makes what was stored meanwhile judged again', async () => {
    const stage = await startStage();
    await stage.runOnce();
    const app = stage.createApp();
    stage.state.deploymentFreezes = [freezeOf(NOON + MINUTE, NOON + 10 * HOUR)];
    // The reading that stores the deployment fails to read the list of freezes.
    stage.server.faults.next({ kind: 'status', status: 403, path: /deploymentfreezes/ });
    deployedAt(stage, NOON + 2 * MINUTE, 1);
    stage.clock.advance(3 * MINUTE);
    await app.runOnce();
    const before = found(stage);

    await readAgain(stage, NOON + 5 * MINUTE);

    expect(before).toEqual([]);
    expect(found(stage)).toEqual([{ level: 'critical', subject: 'Deployments-1' }]);
    expect(
      stage.printed.filter((text) => text.includes('after a change of deployment freezes of Octopus')),
    ).toHaveLength(1);
  });
});

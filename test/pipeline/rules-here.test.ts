import { writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { coverageStatement } from '../../src/audit/index.ts';
import { toInstant } from '../../src/lib/clock.ts';
import { queuedByAlice } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const DAY = 86_400_000;

const event = (name: string, category: string) => `title: ${name}
name: ${name}
status: test
logsource: { product: octopus, service: audit }
detection: { s: { Category: ${category} }, condition: s }
level: low
octowatch:
  examples:
    fires: [{ name: yes, records: [{ at: "+00:00", Category: ${category.replace(/[[\]]/g, '').split(',')[0]} }] }]
    quiet: [{ name: no, records: [{ at: "+00:00", Category: Something }] }]
`;

async function startWith(...rules: string[]): Promise<Stage> {
  const stage = await startStage({ env: { OCTOWATCH_RULES: 'rules.yml', OCTOWATCH_BACKFILL: '60d' } });
  writeFileSync(path.join(stage.folder, 'rules.yml'), rules.join('---\n'));
  return stage;
}

const said = (stage: Stage, rule: string) =>
  stage.log.filter((line) => (line.data as { rule?: string }).rule === rule).map((line) => [line.level, line.data]);

function statementOf(stage: Stage) {
  const db = new Database(stage.db, { readonly: true });
  try {
    const to = toInstant(stage.clock.now());
    return coverageStatement(db, toInstant(stage.clock.now() - DAY), to, to);
  } finally {
    db.close();
  }
}

describe('the rules, when they meet a server', () => {
  it('that can never fire there are a warning, those that can in part a remark, the others nothing', async () => {
    const stage = await startWith(
      event('dead_rule', 'LoginBand'),
      event('half_rule', '[LoginFailed, LoginMangled]'),
      event('good_rule', 'LoginFailed'),
    );
    await stage.runOnce();

    expect(said(stage, 'dead_rule')).toEqual([
      ['warn', { instance: 'default', rule: 'dead_rule', missing: expect.stringContaining('no category `LoginBand`') }],
    ]);
    expect(said(stage, 'half_rule')).toEqual([
      ['info', { instance: 'default', rule: 'half_rule', missing: expect.stringContaining('`LoginMangled`') }],
    ]);
    expect(said(stage, 'good_rule')).toEqual([]);
  });

  it('are not judged where the server gives no lists, which is said', async () => {
    const stage = await startWith(event('dead_rule', 'LoginBand'));
    stage.server.faults.next({
      kind: 'status',
      status: 404,
      path: /\/api\/events\/(categories|documenttypes)/,
      times: 9,
    });
    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(said(stage, 'dead_rule')).toEqual([]);
    expect(stage.log.map((line) => line.text)).toContainEqual(
      expect.stringContaining('no list of its event categories'),
    );
  });

  it('wait for categories that never came: the coverage statement says so after thirty days', async () => {
    const stage = await startWith(
      event('failed', 'LoginFailed'),
      event('any_sign_in', '[LoginFailed, LoginSucceeded]'),
      event('deploys', 'DeploymentQueued'),
    );
    stage.state.addEvent(queuedByAlice('Events-1', stage.clock.now() - 40 * DAY, 1));
    stage.state.addEvent(queuedByAlice('Events-2', stage.clock.now() - DAY, 2));
    await stage.runOnce();
    const { instances, sentence } = statementOf(stage);

    expect(instances[0]?.unseen.map((one) => one.text)).toEqual([
      'no sign-in events (LoginFailed, LoginSucceeded) in 30 days: your identity provider may not report to Octopus (rules any_sign_in, failed)',
    ]);
    expect(sentence).toContain('; no sign-in events in 30 days');
  });

  it('have said nothing of what never came while less than thirty days are stored', async () => {
    const stage = await startWith(event('failed', 'LoginFailed'));
    stage.state.addEvent(queuedByAlice('Events-1', stage.clock.now() - 29 * DAY, 1));
    await stage.runOnce();

    expect(statementOf(stage).instances[0]?.unseen).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { documentModified, loginSucceeded, sessionActor } from '../../src/demo/index.ts';
import { judgedRecord } from '../support/judged.ts';
import { alice, NOON } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SINGLE = /\/api\/events\/Events-\d/;
const actor = sessionActor(alice, '192.0.2.10');

/** The retention of the audit log is set to 30 days; the document holds a secret beside it. */
function retentionEdit(id: string) {
  return documentModified({
    ...{ id, at: NOON - HOUR, actor, spaceId: null, documentType: 'Server settings' },
    document: { id: 'serversettings-retention', name: 'Retention' },
    differences: [
      { op: 'replace', path: '/Days', value: 30 },
      { op: 'replace', path: '/SmtpPassword', value: 'fictional-secret' },
    ],
  });
}

function singles(stage: Stage): string[] {
  return stage.server.requests.filter(({ path }) => SINGLE.test(path)).map(({ path }) => path);
}

describe('the details of an edit of a setting', () => {
  it('are read once, singly, and stored without any text of the document', async () => {
    const stage = await startStage();
    stage.state.addEvent(retentionEdit('Events-1'));

    await stage.runOnce();
    const first = singles(stage);
    await stage.runOnce();

    expect(first).toEqual(['/api/events/Events-1']);
    expect(singles(stage)).toEqual([]);
    expect(judgedRecord(stage.db, 'Events-1')).toMatchObject({
      'Change.Evidence': 'diff',
      'Change.Paths': ['replace /Days', 'replace /SmtpPassword'],
      'Change.Values': ['/Days=30'],
    });
    expect(stage.column('SELECT raw FROM _event_documents').join()).not.toContain('fictional-secret');
  });

  it.each([403, 404])('refused with %i leave it judged without, and nothing owed', async (status) => {
    const stage = await startStage();
    stage.state.addEvent(retentionEdit('Events-1'));
    stage.server.faults.next({ kind: 'status', status, path: SINGLE, times: 100 });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(judgedRecord(stage.db, 'Events-1')).toMatchObject({ 'Change.Evidence': 'none' });
    expect(stage.rows('SELECT * FROM _owed_details')).toEqual([]);
  });

  it('that cannot be read for the time being are asked for again, and given up on after a day', async () => {
    const stage = await startStage();
    stage.state.addEvent(retentionEdit('Events-1'));
    stage.server.faults.next({ kind: 'status', status: 503, path: SINGLE, times: 1000 });

    await stage.runOnce();
    expect(stage.rows('SELECT * FROM _owed_details')).toHaveLength(1);

    stage.clock.advance(DAY + HOUR);
    await stage.runOnce();
    expect(stage.rows('SELECT * FROM _owed_details')).toEqual([]);
    expect(judgedRecord(stage.db, 'Events-1')).toMatchObject({ 'Change.Evidence': 'none' });
  });

  it('are not asked for where a project is edited, an account of a space, or somebody signs in', async () => {
    const stage = await startStage();
    const edit = (id: string, document: { id: string; name: string }) =>
      documentModified({ id, at: NOON - HOUR, actor, spaceId: 'Spaces-1', documentType: 'Document', document });
    stage.state.addEvent(edit('Events-1', { id: 'Projects-1', name: 'Web Shop' }));
    stage.state.addEvent(edit('Events-2', { id: 'Accounts-1', name: 'Cloud' }));
    stage.state.addEvent(loginSucceeded({ id: 'Events-3', at: NOON - HOUR, user: alice, ipAddress: '192.0.2.10' }));

    await stage.runOnce();

    expect(singles(stage)).toEqual([]);
    expect(judgedRecord(stage.db, 'Events-2')).not.toHaveProperty('Change.Evidence');
  });
});

import { describe, expect, it } from 'vitest';
import { healthCheck, NOON, passwordEdit } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SINGLE = /\/api\/events\/Events-\d/;

function singles(requests: readonly { readonly path: string }[]): number {
  return requests.filter((one) => SINGLE.test(one.path)).length;
}

describe('the details of an edit of variables', () => {
  it('are read once, singly, and never again', async () => {
    const stage = await startStage();
    stage.state.addEvent(passwordEdit('Events-1', NOON - HOUR));
    stage.state.addEvent(healthCheck('Events-2', NOON - HOUR));
    await stage.runOnce();
    const first = singles(stage.server.requests);

    await stage.runOnce();

    expect(first).toBe(1);
    expect(singles(stage.server.requests)).toBe(0);
    expect(stage.rows('SELECT variable_name, change, is_sensitive FROM variable_edits')).toEqual([
      { variable_name: 'Db.Password', change: 'value', is_sensitive: 1 },
    ]);
  });

  it.each([403, 404])(
    'refused with %i, like the set, are a low finding that says it cannot be told',
    async (status) => {
      const stage = await startStage();
      stage.state.addEvent(passwordEdit('Events-1', NOON - HOUR));
      const body = { ErrorMessage: 'You do not have permission' };
      stage.server.faults.next({ kind: 'status', status, body, path: SINGLE, times: 100 });
      stage.server.faults.next({ kind: 'status', status, body, path: /\/variables\//, times: 100 });

      const { isComplete } = await stage.runOnce();

      expect(isComplete).toBe(true);
      expect(stage.finding('sensitive_variable_edit')).toMatchObject({ level: 'low', status: 'open' });
      expect(String(stage.finding('sensitive_variable_edit')?.['title'])).toContain('not visible to the monitor');
      expect(stage.rows('SELECT * FROM _owed_details')).toEqual([]);
    },
  );

  it('that stay unreadable for a day are given up: the edit is told as low, without them', async () => {
    const stage = await startStage();
    stage.state.addEvent(passwordEdit('Events-1', NOON - HOUR));
    stage.server.faults.next({ kind: 'status', status: 500, path: SINGLE, times: 1000 });
    await stage.runOnce();
    const early = stage.finding('sensitive_variable_edit');
    stage.clock.advance(DAY);

    await stage.runOnce();

    expect(early).toBeUndefined();
    expect(stage.finding('sensitive_variable_edit')).toMatchObject({ level: 'low' });
    expect(stage.rows('SELECT * FROM _owed_details')).toEqual([]);
  });

  it('that fail by the dozen take no more than half a minute of a cycle, and all are found when the server is well', async () => {
    const stage = await startStage();
    for (let index = 1; index <= 12; index++)
      stage.state.addEvent(passwordEdit(`Events-${index}`, NOON - 9 * HOUR + index * 40 * MINUTE));
    stage.server.faults.next({ kind: 'status', status: 500, path: SINGLE, times: 1000 });
    const first = await stage.runOnce();
    const tookMs = stage.clock.now() - NOON;
    const owed = stage.column('SELECT count(*) FROM _owed_details')[0];
    stage.server.faults.clear();
    stage.clock.advance(MINUTE);

    await stage.runOnce();

    expect(first.isComplete).toBe(true);
    expect(owed).toBe(12);
    expect(tookMs).toBeLessThan(30 * SECOND);
    expect(stage.findings().map((row) => row['level'])).toEqual(Array.from({ length: 12 }, () => 'high'));
    expect(stage.column('SELECT count(*) FROM _owed_details')).toEqual([0]);
  });

  it('refused because the key died in between stay owed until it lives again', async () => {
    const stage = await startStage();
    stage.state.addEvent(passwordEdit('Events-1', NOON - HOUR));
    stage.server.faults.next({ kind: 'status', status: 401, body: { ErrorMessage: 'not valid' }, path: SINGLE });
    const refused = await stage.runOnce();
    const owed = stage.column('SELECT count(*) FROM _owed_details')[0];

    const healed = await stage.runOnce();

    expect([refused.isComplete, healed.isComplete]).toEqual([false, true]);
    expect(owed).toBe(1);
    expect(stage.finding('sensitive_variable_edit')).toMatchObject({ level: 'high' });
  });
});

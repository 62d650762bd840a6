import { describe, expect, it } from 'vitest';
import { openLedger } from './ledger.ts';

const at = (hour: string) => `2026-10-01T${hour}:00.000Z`;

describe('saved questions about what was read', () => {
  function polled() {
    const ledger = openLedger();
    ledger.window(at('00:00'), at('06:00'), { skew: -3.5, setAside: 1 });
    // Windows overlap, and one lies within another.
    ledger.window(at('05:00'), at('12:00'), { skew: 1 });
    ledger.window(at('06:00'), at('07:00'));
    ledger.window(at('12:00'), at('13:00'), { outcome: 'failed: timeout' });
    ledger.window(at('12:30'), at('13:00'), { outcome: 'failed: 503', finishedAt: at('14:00') });
    ledger.window(at('13:00'), at('18:00'));
    ledger.window(at('18:00'), at('19:00'), { outcome: 'short', missing: 4 });
    ledger.window(at('18:00'), at('19:00'), { finishedAt: at('23:00') });
    ledger.window(at('19:00'), at('20:00'));
    ledger.window(at('21:00'), at('24:00').replace('01T24', '02T00'));
    ledger.event({ id: 'Events-1', at: at('01:00'), category: 'Modified' });
    ledger.event({ id: 'Events-2', at: '2026-10-02T00:00:00.000Z', category: 'Modified' });
    return ledger;
  }

  it('coverage adds up the time that lies in windows that came whole', () => {
    const rows = polled().ask('coverage');

    expect(rows).toEqual([
      {
        instance: 'default',
        begin_at: '2026-10-01T00:00:00.000Z',
        end_at: '2026-10-02T00:00:00.000Z',
        statement: expect.stringContaining('91.66 % of the time covered, 2 gaps, 120 min; the server counted'),
        covered_percent: 91.666,
        gaps: 2,
        gap_minutes: 120,
        windows: 8,
        failed_windows: 2,
        events_stored: 1,
        events_missing: 0,
        set_aside: 1,
        shrunken_periods: 0,
        largest_clock_skew_seconds: 3.5,
        last_read_at: '2026-10-02T00:00:00.000Z',
      },
    ]);
  });

  it('coverage judges the time before the first window when it is asked for', () => {
    const rows = polled().ask('coverage', { from: '2026-09-30', to: '2026-10-01' });

    expect(rows).toEqual([
      expect.objectContaining({ begin_at: '2026-09-30T00:00:00.000Z', gaps: 3, gap_minutes: 26 * 60 }),
    ]);
  });

  it('coverage counts a window as a gap that came short and was not read whole later', () => {
    const ledger = openLedger();
    ledger.window(at('00:00'), at('02:00'), { finishedAt: at('02:00') });
    ledger.window(at('01:00'), at('02:00'), { outcome: 'short', missing: 4, setAside: 1, finishedAt: at('03:00') });

    expect(ledger.ask('coverage')).toEqual([
      expect.objectContaining({ events_missing: 4, covered_percent: 50, gaps: 1 }),
    ]);
    expect(ledger.ask('coverage-gaps')).toEqual([expect.objectContaining({ minutes: 60, reason: 'short' })]);

    ledger.window(at('00:30'), at('02:00'), { finishedAt: at('04:00') });

    expect(ledger.ask('coverage')).toEqual([
      expect.objectContaining({ events_missing: 0, covered_percent: 100, gaps: 0 }),
    ]);
    expect(ledger.ask('coverage-gaps')).toEqual([]);
  });

  it('coverage-gaps names each gap and what the last attempt within it ended with', () => {
    const rows = polled().ask('coverage-gaps');

    expect(rows.map((row) => Object.values(row).slice(1))).toEqual([
      [at('20:00'), at('21:00'), 60, 0, 0, 'not attempted'],
      [at('12:00'), at('13:00'), 60, 0, 2, 'failed: 503'],
    ]);
  });

  it('elements-set-aside lists what could not be read, of the period', () => {
    const { store, instanceId, ask, ...ledger } = openLedger();
    ledger.event({ id: 'Events-1', at: '2026-10-01', category: 'Modified' });
    store.quarantine.add(instanceId, at('01:00'), { reason: 'no Occurred', maskedRaw: '{"Id":"…"}' });
    store.quarantine.add(instanceId, '2026-01-01T00:00:00.000Z', { reason: 'no Id', maskedRaw: '{}' });

    expect(ask('elements-set-aside').map((row) => row['reason'])).toEqual(['no Occurred']);
  });
});

describe('saved questions about the monitor', () => {
  it('audit-configuration-changes lists changed configuration and rules, and what Octopus says of its own audit', () => {
    const ledger = openLedger();
    ledger.journal('2026-09-30', 'config_loaded', 'aaa');
    ledger.journal('2026-10-01', 'rules_loaded', 'r1');
    ledger.journal('2026-10-02', 'config_loaded', 'aaa');
    ledger.journal('2026-10-03', 'config_loaded', 'bbb');
    ledger.journal('2026-10-03', 'started', 'run');
    const modified = { at: '2026-10-04', category: 'Modified' } as const;
    ledger.event({ ...modified, id: 'Events-1', related: ['Subscriptions-1'], message: 'Subscription x was modified' });
    ledger.event({ ...modified, id: 'Events-2', message: 'Audit stream was modified' });
    ledger.event({ ...modified, id: 'Events-3', message: 'Project x was modified', related: ['Projects-1'] });

    const rows = ledger.ask('audit-configuration-changes', { from: '2026-10-01' });

    expect(rows.map((row) => [row['side'], row['what'], row['detail'], row['source']])).toEqual([
      ['octopus', 'Modified', 'Subscription x was modified', 'Events-1'],
      ['octopus', 'Modified', 'Audit stream was modified', 'Events-2'],
      ['monitor', 'config_loaded', 'aaa → bbb', 'journal entry 4'],
      ['monitor', 'rules_loaded', '(first) → r1', 'journal entry 2'],
    ]);
  });

  it('monitor-starts-and-stops and monitor-user-acts share the journal without what goes by itself', () => {
    const ledger = openLedger();
    ledger.event({ id: 'Events-1', at: '2026-10-05', category: 'Modified' });
    for (const action of [
      'started',
      'config_loaded',
      'finding_opened',
      'query_run',
      'digest_sent',
      'exported',
      'stopped',
    ])
      ledger.journal('2026-10-02', action, 'x');
    ledger.journal('2026-01-02', 'query_run', 'long ago');

    const starts = ledger.ask('monitor-starts-and-stops');
    const acts = ledger.ask('monitor-user-acts');

    expect(starts.map((row) => row['action'])).toEqual(['stopped', 'started']);
    expect(acts.map((row) => row['action'])).toEqual(['exported', 'query_run']);
  });
});

describe('saved questions about findings and alerts', () => {
  function found() {
    const ledger = openLedger();
    const opened = ledger.finding({ rule: 'a', at: '2026-10-01', events: ['Events-1', 'apikeys-9'] });
    const acknowledged = ledger.finding({ rule: 'b', at: '2026-10-02', level: 'high' });
    const resolved = ledger.finding({ rule: 'a', at: '2026-09-03' });
    const grave = ledger.finding({ rule: 'c', at: '2026-10-03', level: 'critical' });
    const by = { by: 'bob', note: 'CHG-1', until: '2026-12-01' };
    ledger.store.transaction(() => {
      ledger.store.findings.resolve(resolved, 'aged', '2026-09-20T12:00:00.000Z');
      ledger.store.acknowledgements.add(acknowledged, by, '2026-10-02T15:00:00.000Z');
    });
    ledger.journal('2026-10-02T15:00:00.000Z', 'finding_acknowledged', String(acknowledged), { rule: 'b', ...by });
    ledger.event({ id: 'Events-1', at: '2026-10-01', category: 'Modified', message: 'Something was modified' });
    ledger.event({ id: 'Events-2', at: '2026-10-11', category: 'Modified' });
    return { ledger, opened, acknowledged, resolved, grave };
  }

  it('findings-by-rule-and-month counts them by what became of them', () => {
    const { ledger } = found();

    const rows = ledger.ask('findings-by-rule-and-month', { from: '2026-09-04' });

    expect(rows.map((row) => [row['month'], row['rule'], row['open'], row['acknowledged'], row['resolved']])).toEqual([
      ['2026-10', 'a', 1, 0, 0],
      ['2026-10', 'b', 0, 1, 0],
      ['2026-10', 'c', 1, 0, 0],
    ]);
    expect(ledger.ask('findings-by-rule-and-month')).toHaveLength(4);
  });

  it('findings-without-acknowledgement lists the open ones, the gravest first, by age', () => {
    const { ledger, opened, grave } = found();

    const all = ledger.ask('findings-without-acknowledgement');
    const old = ledger.ask('findings-without-acknowledgement', { days: 9 });

    expect(all.map((row) => [row['finding_id'], row['age_days']])).toEqual([
      [grave, 8],
      [opened, 10],
    ]);
    expect(old.map((row) => row['finding_id'])).toEqual([opened]);
  });

  it('acknowledgements tells who took on what, how soon, until when and why', () => {
    const { ledger, acknowledged } = found();

    const rows = ledger.ask('acknowledgements');

    expect(rows).toEqual([
      expect.objectContaining({
        finding_id: acknowledged,
        acknowledged_by: 'bob',
        hours_after: 3,
        acknowledged_until: '2026-12-01',
        note: 'CHG-1',
        status_now: 'acknowledged',
      }),
    ]);
  });

  it('finding-evidence gives the events of one finding, and the object where there is no event', () => {
    const { ledger, opened } = found();

    const rows = ledger.ask('finding-evidence', { finding: opened });

    expect(rows.map((row) => [row['event_id'], row['message']])).toEqual([
      ['apikeys-9', null],
      ['Events-1', 'Something was modified'],
    ]);
    expect(ledger.ask('finding-evidence')).toEqual([]);
  });

  it('exceptions-and-what-they-hid counts what signals-hidden lists', () => {
    const ledger = openLedger();
    ledger.event({ id: 'Events-1', at: '2026-10-05', category: 'Modified' });
    const signal = { rule: 'a', at: '2026-10-01', hiddenBy: 'release_week' } as const;
    ledger.signal({ ...signal, event: 'Events-1' });
    ledger.signal({ ...signal, event: 'Events-2', at: '2026-10-02' });
    ledger.signal({ ...signal, event: 'Events-3', hiddenBy: null });
    ledger.signal({ ...signal, event: 'Events-4', hiddenBy: 'other', rule: 'b' });
    ledger.signal({ ...signal, event: 'Events-5', at: '2026-01-01' });

    const counted = ledger.ask('exceptions-and-what-they-hid');
    const listed = ledger.ask('signals-hidden', { exception: 'release_week' });

    expect(counted.map((row) => [row['exception'], row['rule'], row['signals_hidden'], row['events']])).toEqual([
      ['release_week', 'a', 2, 2],
      ['other', 'b', 1, 1],
    ]);
    expect(listed.map((row) => row['event_id'])).toEqual(['Events-2', 'Events-1']);
    expect(ledger.ask('signals-hidden')).toHaveLength(3);
  });

  it('alert-delivery counts by channel and kind how long it took; alerts-not-delivered lists the rest', () => {
    const { ledger, opened, grave } = found();
    const { deliveries } = ledger.store;
    ledger.store.transaction(() => {
      for (const id of [opened, grave]) deliveries.owe(id, 'slack', 'alert', false, '2026-10-03T12:00:00.000Z');
      deliveries.owe(grave, 'ops', 'alert', false, '2026-10-03T12:00:00.000Z');
      deliveries.markSent([1], '2026-10-01T12:00:30.000Z');
      deliveries.markFailed([2], 'no_service', '2026-10-03T12:00:10.000Z');
    });

    const counted = ledger.ask('alert-delivery');
    const owed = ledger.ask('alerts-not-delivered');

    expect(counted).toEqual([
      expect.objectContaining({ channel: 'ops', deliveries: 1, sent: 0, pending: 1, failed: 0, longest_seconds: null }),
      expect.objectContaining({ channel: 'slack', deliveries: 2, sent: 1, pending: 0, failed: 1, longest_seconds: 30 }),
    ]);
    expect(owed.map((row) => [row['channel'], row['state'], row['finding_id'], row['last_error']])).toEqual([
      ['slack', 'failed', grave, 'no_service'],
      ['ops', 'pending', grave, null],
    ]);
    expect(ledger.ask('alert-delivery', { to: '2026-10-01' }).map((row) => row['sent'])).toEqual([1]);
  });
});

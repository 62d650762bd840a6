import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import { displayWidth } from '../../src/lib/width.ts';
import type { Notice } from '../../src/model/message.ts';
import { createConsoleChannel } from '../../src/notify/index.ts';
import { describeFitting } from './channel-contract.ts';
import { HOSTILE, hostileReport, noticesOf, reportOf } from './reports.ts';

const never = new AbortController().signal;

async function printed(notice: Notice, look: { colour?: boolean; width?: number } = {}): Promise<string> {
  let text = '';
  const channel = createConsoleChannel({
    name: 'console',
    write: (part) => {
      text += part;
    },
    colour: look.colour ?? false,
    width: look.width ?? 80,
  });
  expect(await channel.send(notice, never)).toEqual({ outcome: 'sent' });
  return text;
}

describe('createConsoleChannel', () => {
  it('prints an alert in full', async () => {
    const text = await printed({ kind: 'alert', report: reportOf() });

    expect(text).toBe(`[HIGH] Production deployment outside business hours: mara.holt deployed
  Harbour Web 4.2.0 to Production (night)
Why          Deployed at 03:14 local time; business hours are Monday to Friday
             08:00 to 18:00.
When         Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC), 1
             event
Who          mara.holt (human)
What         Harbour Web 4.2.0
Where        Production
Address      198.51.100.7
Finding      42, rule off_hours_production_deploy, instance default, open
Evidence
  Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC) Events-7001
  Deploy to Production started for Harbour Web 4.2.0
    https://octopus.example.test/app#/Spaces-1/events?from=a&to=b
What to do
  1. Ask mara.holt whether the deployment was agreed.
  2. Compare it with the change calendar.
It can be harmless when
  - An agreed maintenance window
Query
  SELECT e.*
  FROM finding_events f
  JOIN events e ON e.event_id = f.event_id
  WHERE f.finding_id = 42
Settle it
  octowatch ack 42 --note "…"
  octowatch exceptions add --finding 42 --owner NAME --approved-by OTHER --reason "…" --expires 90d

`);
  });

  it('prints a summary by level, each finding with rule, title and time', async () => {
    const reports = [
      reportOf({ findingId: 1, level: 'low', title: 'first' }),
      reportOf({ findingId: 2, level: 'critical', title: 'second' }),
    ];

    const text = await printed({ kind: 'summary', reports, reason: 'found in history' });

    expect(text).toMatch(
      /^2 findings: found in history\n\[CRITICAL\].*second\n {2}Finding 2, rule off_hours_production_deploy/,
    );
    expect(text.indexOf('second')).toBeLessThan(text.indexOf('first'));
  });

  it('prints that a finding is resolved', async () => {
    const text = await printed({ kind: 'resolved', report: reportOf({ status: 'resolved' }) });

    expect(text).toContain('[RESOLVED] Production deployment outside business hours');
  });

  it('says when a finding began and ended and how many events are not shown', async () => {
    const report = reportOf({ eventCount: 9, lastSeenAt: '2026-11-21T02:20:00.000Z', timeZone: 'UTC' });

    const text = await printed({ kind: 'alert', report });

    expect(text).toContain('Sat 2026-11-21 02:14:05 UTC to Sat 2026-11-21 02:20:00 UTC');
    expect(text).toContain('…and 8 more');
  });

  it.each(noticesOf(hostileReport(), HOSTILE))(
    'lets hostile text in a notice of kind %s neither colour, turn nor forge a line',
    async (_, notice) => {
      const text = await printed(notice);

      expect(text.endsWith('\n\n')).toBe(true);
      for (const line of text.split('\n')) expect(line).toBe(printable(line));
      expect(text).not.toMatch(/^forged/m);
    },
  );

  it('says in a repeat what is new and how it has grown, before why it was flagged', async () => {
    const report = reportOf({ eventCount: 7, lastSeenAt: '2026-11-21T08:40:00.000Z' });
    const growth = { newEvents: 3, sinceAt: '2026-11-21T08:10:00.000Z', novelties: ['address 203.0.113.9'] };

    const text = await printed({ kind: 'repeat', report, growth });

    expect(text).toContain(
      'New          address 203.0.113.9\nGrowing      7th event, 3 new since 09:10\nWhy          Deployed',
    );
  });

  it('says in a reminder since when nobody has acknowledged it', async () => {
    const notice: Notice = { kind: 'reminder', report: reportOf(), sinceAt: '2026-11-21T02:15:00.000Z' };

    expect(await printed(notice, { width: 200 })).toContain(
      'Still open   nobody has acknowledged it since Sat 2026-11-21 03:15:00 Europe/Berlin (2026-11-21 02:15:00 UTC)\n',
    );
  });

  it('prints findings about keys under their owners', async () => {
    const of = (findingId: number, owner: string) =>
      reportOf({ findingId, facts: [{ label: 'Owner', value: owner }], title: `key ${findingId}` });

    const text = await printed({ kind: 'keys', instance: 'eu', reports: [of(1, 'ann'), of(2, 'ben'), of(3, 'ann')] });

    expect(text.split('\n').filter((line) => /findings|Owner|key/.test(line))).toEqual([
      '3 findings about API keys of eu, by owner',
      'Owner ann',
      '[HIGH] Production deployment outside business hours: key 1',
      '[HIGH] Production deployment outside business hours: key 3',
      'Owner ben',
      '[HIGH] Production deployment outside business hours: key 2',
    ]);
  });

  it('prints the daily sign of life as one line', async () => {
    expect(await printed({ kind: 'alive', text: 'alive, covered to 07:59' })).toBe('alive, covered to 07:59\n\n');
  });

  describeFitting(() => createConsoleChannel({ name: 'console', write: () => undefined, colour: false, width: 80 }));

  it('wraps to the width, wide characters counted double and long words broken', async () => {
    const report = reportOf({ title: '展開'.repeat(60), why: 'y'.repeat(300), evidence: [], sql: 'SELECT 1' });

    const text = await printed({ kind: 'alert', report }, { width: 50 });

    // Commands are there to be copied whole.
    const lines = text.split('\n').filter((line) => !line.startsWith('  octowatch '));
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(50);
    expect(text.replace(/\s/g, '')).toContain('y'.repeat(300));
  });

  it('colours only when told to', async () => {
    const notice = { kind: 'alert', report: reportOf({ level: 'critical' }) } as const;

    const coloured = await printed(notice, { colour: true });

    expect(coloured.startsWith('\u001b[1;97;41m[CRITICAL]')).toBe(true);
    expect(await printed(notice)).not.toContain('\u001b');
  });

  it('asks for another try when nobody reads', async () => {
    const channel = createConsoleChannel({
      name: 'console',
      write: () => {
        throw new Error('write EPIPE');
      },
      colour: false,
      width: 80,
    });

    const result = await channel.send({ kind: 'alert', report: reportOf() }, never);

    expect(result).toMatchObject({ outcome: 'retry', reason: 'it could not be printed: write EPIPE' });
  });

  it('prints nothing when it was stopped before', async () => {
    const parts: string[] = [];
    const channel = createConsoleChannel({
      name: 'console',
      write: (part) => parts.push(part),
      colour: false,
      width: 80,
    });

    const result = await channel.send({ kind: 'alert', report: reportOf() }, AbortSignal.abort());

    expect(result.outcome).toBe('retry');
    expect(parts).toEqual([]);
  });
});

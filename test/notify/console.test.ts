import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import { displayWidth } from '../../src/lib/width.ts';
import type { Notice } from '../../src/model/message.ts';
import { createConsoleChannel } from '../../src/notify/index.ts';
import { HOSTILE, reportOf } from './reports.ts';

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

    expect(text).toBe(`[HIGH] Production deployment outside business hours: mara.holt deployed Harbour
Web 4.2.0 to Production (night)
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

  it.each(['alert', 'resolved'] as const)(
    'lets hostile text in an %s neither colour, turn nor forge a line',
    async (kind) => {
      const facts = [{ label: HOSTILE, value: 'x'.repeat(10_000) }];

      const text = await printed({
        kind,
        report: reportOf({ title: HOSTILE, why: HOSTILE, facts, sql: HOSTILE, instance: HOSTILE, rule: HOSTILE }),
      });

      for (const line of text.split('\n')) expect(line).toBe(printable(line));
      expect(text).not.toMatch(/^forged/m);
    },
  );

  it('wraps to the width, wide characters counted double and long words broken', async () => {
    const report = reportOf({ title: '展開'.repeat(60), why: 'y'.repeat(300), evidence: [], sql: 'SELECT 1' });

    const text = await printed({ kind: 'alert', report }, { width: 50 });

    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(50);
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

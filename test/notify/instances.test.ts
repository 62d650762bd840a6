import { describe, expect, it } from 'vitest';
import { createZone } from '../../src/lib/zone.ts';
import { renderConsoleMessage } from '../../src/notify/console-message.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { renderSlackMessage } from '../../src/notify/slack-message.ts';
import { webhookDocument } from '../../src/notify/webhook-document.ts';
import { describeAlive } from '../../src/pipeline/digest-alive.ts';
import { digestFinding, fullCoverage, quietDay } from './digest-reports.ts';
import { noticesOf, reportOf } from './reports.ts';

const LOOK = { width: 100, colour: false };
const aboutFindings = noticesOf(reportOf({ isOneOfSeveral: true }), 'default').filter(([kind]) => kind !== 'alive');

describe('with several instances', () => {
  it.each(aboutFindings)('a message of kind %s says which before all else', (kind, notice) => {
    const slack = renderSlackMessage(notice);
    const console = renderConsoleMessage(notice, LOOK);
    const { findings } = webhookDocument(notice, '1');

    const [first = '', second = ''] = slack.text.split('\n');
    // A list has its own first line; each finding of it says where it is.
    expect(kind === 'summary' ? second : first).toContain('default');
    expect(JSON.stringify(slack.blocks)).toContain('default');
    expect(console.split('\n').slice(0, 2).join('\n')).toContain('default');
    expect(findings.map((one) => one.instance)).toEqual(findings.map(() => 'default'));
  });

  it('a summary for Slack keeps the same title of two instances apart, each with its place', () => {
    const report = (findingId: number, instance: string) => reportOf({ findingId, instance, title: 'the same' });
    const reports = [report(1, 'eu'), report(2, 'us'), report(3, 'eu')];

    const { blocks, text } = renderSlackMessage({ kind: 'summary', reports, reason: 'many at once' });

    expect(blocks[2]).toMatchObject({
      text: {
        text: [
          '*[HIGH] Production deployment outside business hours* · rule `off_hours_production_deploy`',
          '• the same (2 times) · eu: finding 1, finding 3',
          '• the same · finding 2 · Sat 2026-11-21 03:14 · us',
        ].join('\n'),
      },
    });
    expect(text.split('\n').slice(1)).toEqual(
      ['eu', 'us', 'eu'].map((place) => `• [HIGH] ${place} · the same (off_hours_production_deploy)`),
    );
  });

  it('the daily line says of each how far it is covered, and where the gaps are', () => {
    const toAt = '2026-11-22T08:00:00.000Z';
    const gap = { fromAt: '2026-11-22T01:00:00.000Z', toAt: '2026-11-22T02:00:00.000Z' };
    const report = quietDay({
      ...{ localDate: '2026-11-22', toAt },
      coverage: [
        fullCoverage({ instance: 'eu', coveredToAt: toAt }),
        fullCoverage({ instance: 'us', coveredToAt: '2026-11-22T07:59:00.000Z', gaps: [gap] }),
      ],
    });

    const line = describeAlive(report, createZone('UTC'));

    expect(line).toContain('alive: eu covered to 08:00 UTC, us covered to 07:59 UTC, 1 gap on us; open: none');
  });

  it('the digest says of a finding where it is, also of an instance that is watched no more', () => {
    const finding = digestFinding({ findingId: 7, instance: 'gone' });

    const { html, text } = renderDigest(quietDay({ instances: ['default'], stillOpen: [finding] }));

    for (const mail of [html, text]) expect(mail).toContain('instance gone');
  });
});

describe('with the one instance that nobody named', () => {
  const notices = noticesOf(reportOf()).filter(([kind]) => kind !== 'alive' && kind !== 'keys');

  it.each(notices)('the first words of a message of kind %s do not name it', (_, notice) => {
    const slack = renderSlackMessage(notice).text;
    const [console] = renderConsoleMessage(notice, LOOK).split('\n');

    expect(`${slack}\n${console}`).not.toContain('default');
  });
});

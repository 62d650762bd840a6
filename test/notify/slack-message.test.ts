import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import type { FindingReport, Level } from '../../src/model/finding.ts';
import { LEVELS } from '../../src/model/finding.ts';
import type { Notice } from '../../src/model/message.ts';
import type { SlackMessage } from '../../src/notify/slack-message.ts';
import { MAX_SUMMARY_FINDINGS, renderSlackMessage } from '../../src/notify/slack-message.ts';
import { HOSTILE, reportOf } from './reports.ts';

/** All text of a message, as Slack counts it. */
function textsOf(message: SlackMessage): string[] {
  const texts: string[] = [];
  JSON.stringify(message, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

function expectWithinLimits(message: SlackMessage): void {
  expect(message.blocks.length).toBeLessThanOrEqual(50);
  for (const block of message.blocks) {
    if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
    if (block.type === 'section' && 'text' in block) expect(block.text.text.length).toBeLessThanOrEqual(3000);
    if (block.type === 'section' && 'fields' in block) {
      expect(block.fields.length).toBeLessThanOrEqual(10);
      for (const field of block.fields) expect(field.text.length).toBeLessThanOrEqual(2000);
    }
    if (block.type === 'context') expect(block.elements.length).toBeLessThanOrEqual(10);
  }
  const texts = textsOf(message);
  expect(texts.every((text) => text.length > 0)).toBe(true);
  expect(texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThanOrEqual(12_000);
}

describe('an alert for Slack', () => {
  const message = renderSlackMessage({ kind: 'alert', report: reportOf() });
  const all = textsOf(message).join('\n');

  it('begins with the decision line', () => {
    expect(message.blocks[0]).toEqual({
      type: 'header',
      text: {
        type: 'plain_text',
        text: '[HIGH] Production deployment outside business hours: mara.holt deployed Harbour Web 4.2.0 to Production (night)',
        emoji: false,
      },
    });
  });

  it('carries rule name and title in the plain fallback too', () => {
    expect(message.text).toContain('[HIGH] Production deployment outside business hours: mara.holt deployed');
    expect(message.text).toContain('off_hours_production_deploy');
    expect(message.text).toContain('finding 42');
  });

  it.each([
    ['why', 'Deployed at 03:14 local time; business hours'],
    ['who', '*Who*\nmara.holt (human)'],
    ['local and UTC time', 'Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC)'],
    ['the rule', '`off_hours_production_deploy`'],
    ['a link to the evidence', '<https://octopus.example.test/app#/Spaces-1/events?from=a&amp;to=b|Events-7001>'],
    ['steps', '1. Ask mara.holt whether the deployment was agreed.\n2. Compare it'],
    ['harmless explanations', '• An agreed maintenance window'],
    ['SQL with its line breaks', '```\nSELECT e.*\nFROM finding_events f\n'],
  ])('shows %s', (_, expected) => {
    expect(all).toContain(expected);
  });

  it('repeats a decision line below the header when that had to cut it', () => {
    const title = `${'Harbour '.repeat(25)}end`;

    const [header, section] = renderSlackMessage({ kind: 'alert', report: reportOf({ title }) }).blocks;

    expect(header?.type === 'header' && header.text.text.endsWith('…')).toBe(true);
    expect(JSON.stringify(section)).toContain(`Harbour end*`);
  });

  it('says how many events it does not show', () => {
    const [line] = reportOf().evidence;
    const evidence = Array.from({ length: 40 }, (_, n) => ({
      ...line,
      eventId: `Events-${n}`,
    })) as FindingReport['evidence'];

    const texts = textsOf(renderSlackMessage({ kind: 'alert', report: reportOf({ evidence, eventCount: 90 }) })).join(
      '\n',
    );

    expect(texts).toContain('…and 84 more');
  });

  it('leaves the link away when the address could be a script or is too long', () => {
    const [line] = reportOf().evidence;
    const evidence = [
      { ...line, url: 'javascript:alert(1)' },
      { ...line, url: `https://octopus.example.test/${'x'.repeat(500)}` },
    ] as FindingReport['evidence'];

    const texts = textsOf(renderSlackMessage({ kind: 'alert', report: reportOf({ evidence }) })).join('\n');

    expect(texts).not.toContain('javascript');
    expect(texts).not.toMatch(/<http/);
    expect(texts).toContain('Events-7001');
  });

  it('shows no empty part when the finding carries no facts, evidence or steps', () => {
    const bare = reportOf({ facts: [], evidence: [], respond: [], falsePositives: [] });

    const types = renderSlackMessage({ kind: 'alert', report: bare }).blocks.map((block) => block.type);

    expect(types).toEqual(['header', 'section', 'section', 'section', 'section', 'context']);
  });
});

describe('hostile text for Slack', () => {
  const facts = [
    { label: 'Project', value: '<!channel> *x* <http://evil|click>' },
    { label: 'Client', value: `Mozilla ${'A<&>`*_~'.repeat(1250)}` },
  ];
  const message = renderSlackMessage({ kind: 'alert', report: reportOf({ facts, title: HOSTILE, why: HOSTILE }) });
  const all = textsOf(message).join('\n');

  it('can neither mention nor link', () => {
    expect(all).not.toMatch(/<[!@#]/);
    expect(all).not.toMatch(/@(channel|here|everyone)/i);
    expect(all).not.toContain('<http://evil');
    expect(all).toContain('&lt;!channel&gt; ∗x∗ &lt;http://evil|click&gt;');
  });

  it('can neither format, colour, turn nor forge a line', () => {
    expect(all).not.toMatch(/\*x\*|(?<!\w)_y_|~z~/);
    for (const line of all.split('\n')) expect(line).toBe(printable(line));
    expect(all.split('\n')).not.toContain('forged line');
    expect(all.split('```')).toHaveLength(3);
  });

  it('is kept to the limits', () => {
    expectWithinLimits(message);
  });

  it('leaves names with underscores inside as they are', () => {
    const texts = textsOf(
      renderSlackMessage({ kind: 'alert', report: reportOf({ title: 'my_web__app and _this_' }) }),
    ).join('\n');

    expect(texts).toContain('my_web__app and ＿this＿');
  });

  it.each(LEVELS)('a rule name cannot leave its code span at level %s', (level: Level) => {
    const { text } = renderSlackMessage({ kind: 'alert', report: reportOf({ level, rule: 'x` <!here> `y' }) });

    expect(text).toContain("`x' &lt;!here&gt; 'y`");
  });
});

describe('a resolved finding for Slack', () => {
  it('names the rule, the title and that it is over', () => {
    const message = renderSlackMessage({ kind: 'resolved', report: reportOf({ status: 'resolved' }) });

    expect(message.text).toContain('[RESOLVED] Production deployment outside business hours: mara.holt');
    expect(message.text).toContain('off_hours_production_deploy');
  });
});

describe('a summary for Slack', () => {
  const reports = [
    reportOf({ findingId: 1, level: 'low', title: 'first' }),
    reportOf({ findingId: 2, level: 'critical', title: 'second' }),
    reportOf({ findingId: 3, level: 'medium', title: 'third', rule: 'unused_api_key', ruleTitle: 'Unused API key' }),
  ];
  const message = renderSlackMessage({ kind: 'summary', reports, reason: 'many at once' });

  it('names every finding with level, rule, title and time, the most serious first', () => {
    const sections = textsOf(message).filter((text) => text.startsWith('*['));

    expect(sections).toEqual([
      '*[CRITICAL] Production deployment outside business hours: second*\nrule `off_hours_production_deploy` · finding 2 · Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC)',
      '*[MEDIUM] Unused API key: third*\nrule `unused_api_key` · finding 3 · Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC)',
      '*[LOW] Production deployment outside business hours: first*\nrule `off_hours_production_deploy` · finding 1 · Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC)',
    ]);
  });

  it('names them all in the plain fallback too', () => {
    expect(message.text).toMatch(/^3 findings: many at once\n.*second.*\n.*third \(unused_api_key\)\n.*first/);
  });

  it('says how many are left out if it is given too many', () => {
    const many = Array.from({ length: MAX_SUMMARY_FINDINGS + 7 }, (_, findingId) => reportOf({ findingId }));

    const texts = textsOf(renderSlackMessage({ kind: 'summary', reports: many, reason: 'x' })).join('\n');

    expect(texts).toContain('…and 7 more');
  });
});

describe('whatever the text', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom(
      HOSTILE,
      '',
      '&'.repeat(9000),
      '\u202e'.repeat(9000),
      '\ud800'.repeat(900),
      '😀'.repeat(4000),
      '`'.repeat(5000),
    ),
  );
  const report = fc.record({
    title: nasty,
    ruleTitle: nasty,
    rule: nasty,
    why: nasty,
    instance: nasty,
    sql: nasty,
    timeZone: fc.constantFrom('UTC', 'America/Argentina/ComodRivadavia', 'Not/AZone'),
    lastSeenAt: fc.constantFrom('2026-11-22T00:00:00.000Z', 'never'),
    respond: fc.array(nasty, { maxLength: 12 }),
    falsePositives: fc.array(nasty, { maxLength: 12 }),
    facts: fc.array(fc.record({ label: nasty, value: nasty }), { maxLength: 14 }),
    evidence: fc.array(
      fc.record({
        eventId: nasty,
        occurredAt: fc.constantFrom('2026-11-22T00:00:00.000Z', 'never'),
        text: nasty,
        url: fc.oneof(
          fc.constant(null),
          nasty.map((text) => `https://octopus.example.test/app#/${text}`),
        ),
      }),
      { maxLength: 12 },
    ),
  });
  const notice: fc.Arbitrary<Notice> = fc.oneof(
    report.map((given) => ({ kind: 'alert', report: reportOf(given) }) as const),
    report.map((given) => ({ kind: 'resolved', report: reportOf(given) }) as const),
    fc
      .tuple(fc.array(report, { minLength: 1, maxLength: MAX_SUMMARY_FINDINGS }), nasty)
      .map(([all, reason]) => ({ kind: 'summary', reports: all.map(reportOf), reason }) as const),
  );

  it('a message stays within the limits, mentions nobody and links only into Octopus', () => {
    fc.assert(
      fc.property(notice, (given) => {
        const message = renderSlackMessage(given);

        expectWithinLimits(message);
        for (const text of textsOf(message)) {
          expect(text).not.toMatch(/@(channel|here|everyone)/i);
          expect(text.replaceAll('<https://octopus.example.test/', '')).not.toContain('<');
          expect(text.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('the fullest message possible stays within the limits', () => {
    const long = '&'.repeat(5000);
    const [line] = reportOf().evidence;
    const full = reportOf({
      title: long,
      ruleTitle: long,
      rule: long,
      why: long,
      sql: long,
      instance: long,
      monitorVersion: long,
      timeZone: 'America/Argentina/ComodRivadavia',
      lastSeenAt: '2026-11-22T00:00:00.000Z',
      respond: Array.from({ length: 20 }, () => long),
      falsePositives: Array.from({ length: 20 }, () => long),
      facts: Array.from({ length: 20 }, () => ({ label: long, value: long })),
      evidence: Array.from({ length: 20 }, () => ({
        occurredAt: line?.occurredAt ?? '',
        eventId: long,
        text: long,
        url: `https://octopus.example.test/${'x'.repeat(190)}`,
      })),
    });

    expectWithinLimits(renderSlackMessage({ kind: 'alert', report: full }));
    const reports = Array.from({ length: MAX_SUMMARY_FINDINGS }, () => full);
    expectWithinLimits(renderSlackMessage({ kind: 'summary', reports, reason: long }));
  });
});

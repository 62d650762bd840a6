import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import type { FindingReport, Level } from '../../src/model/finding.ts';
import { LEVELS } from '../../src/model/finding.ts';
import type { Notice } from '../../src/model/message.ts';
import type { SlackMessage } from '../../src/notify/slack-blocks.ts';
import { fittingInto } from '../../src/notify/slack-listing.ts';
import { renderSlackMessage } from '../../src/notify/slack-message.ts';
import { HOSTILE, hostileReport, noticesOf, reportOf } from './reports.ts';

/** All text of a message, as Slack counts it. */
function textsOf(message: SlackMessage): string[] {
  const texts: string[] = [];
  JSON.stringify(message, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

function shown(notice: Notice): string {
  return textsOf(renderSlackMessage(notice)).join('\n');
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
    ['how often', '*When and how often*\nSat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC) · 1 event'],
    ['how to acknowledge it', '*Acknowledge it:* `octowatch ack 42 --note "…"`'],
    [
      'how to except it',
      '`octowatch exceptions add --finding 42 --owner NAME --approved-by OTHER --reason "…" --expires 90d`',
    ],
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

    expect(texts).toContain('…and 85 more');
  });

  it('says what is usual beside what was observed', () => {
    const usual = '14 DeploymentQueued by mara.holt in the 30 days before: 0 outside business hours.';

    expect(shown({ kind: 'alert', report: reportOf({ usual }) })).toContain(`to 18:00.\n*Usual:* ${usual}`);
  });

  it('names the API key that acted in the decision line, unless the title does', () => {
    const facts = [{ label: 'API key', value: '"deploy-laptop" (API-XYZ)' }];
    const own = reportOf({ facts, title: 'API key "deploy-laptop" of mara.holt was never used' });

    const [first] = renderSlackMessage({ kind: 'alert', report: reportOf({ facts }) }).blocks;

    expect(JSON.stringify(first)).toContain('Production (night), API key \\"deploy-laptop\\"');
    expect(renderSlackMessage({ kind: 'alert', report: own }).text).toMatch(/: API key "deploy-laptop" of [^"]*$/);
  });

  it('links to the deployment as well as to the audit page', () => {
    const [line] = reportOf().evidence;
    const deployment = {
      id: 'Deployments-901',
      url: 'https://octopus.example.test/app#/Spaces-1/deployments/Deployments-901',
    };
    const evidence = [{ ...line, deployment }] as FindingReport['evidence'];

    expect(shown({ kind: 'alert', report: reportOf({ evidence }) })).toContain(
      `|Events-7001> <${deployment.url}|Deployments-901> Deploy to Production`,
    );
  });

  it('does not offer to except what the monitor finds about itself', () => {
    const text = shown({ kind: 'alert', report: reportOf({ rule: 'monitor_poll_failing' }) });

    expect(text).toContain('octowatch ack 42');
    expect(text).not.toContain('exceptions');
  });

  it('lists all of two hundred tenants in one message', () => {
    const values = Array.from({ length: 200 }, (_, index) => `Tenant ${index} Limited`);

    const message = renderSlackMessage({
      kind: 'alert',
      report: reportOf({ facts: [{ label: 'Tenants', value: 'Tenant 0 and more', values }] }),
    });

    expectWithinLimits(message);
    const listed = textsOf(message).join('\n');
    expect(listed).toContain('*Tenants* (200)');
    for (const tenant of values) expect(listed).toMatch(new RegExp(`\\b${tenant}\\b`));
  });

  it('shows the command that acknowledges a release to two hundred tenants as a whole', () => {
    const companions = Array.from({ length: 199 }, (_, index) => index + 1001);

    const text = shown({ kind: 'alert', report: reportOf({ companions }) });

    expect(text).toContain(`*Acknowledge all 200:* \`octowatch ack 42 ${companions.join(' ')} --note "…"\``);
  });

  it('names no half of a command: of too many findings it acknowledges the first, and says so', () => {
    const companions = Array.from({ length: 999 }, (_, index) => index + 1001);

    expect(shown({ kind: 'alert', report: reportOf({ companions }) })).toContain(
      '*Acknowledge it, and so the 999 others that the query shows:* `octowatch ack 42 --note "…"`',
    );
  });

  it('says how many tenants it leaves out when there is no room for all', () => {
    const values = Array.from({ length: 1000 }, (_, index) => `Tenant ${index} of the very long name`);

    const message = renderSlackMessage({
      kind: 'alert',
      report: reportOf({ facts: [{ label: 'Tenants', value: 'Tenant 0 and more', values }] }),
    });

    expectWithinLimits(message);
    const listed = textsOf(message).join('\n');
    const named = listed.match(/of the very long name/g)?.length ?? 0;
    expect(named).toBeGreaterThan(150);
    expect(listed).toContain(`…and ${1000 - named} more: the query below shows all.`);
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

    expect(types).toEqual(['header', 'section', 'section', 'section', 'section', 'section', 'context']);
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

describe('a repeat for Slack', () => {
  const report = reportOf({ eventCount: 7, lastSeenAt: '2026-11-21T08:40:00.000Z' });
  const growth = { newEvents: 3, sinceAt: '2026-11-21T08:10:00.000Z', novelties: ['address 203.0.113.9', 'actor bob'] };

  it('says what is new before anything else, then how it has grown', () => {
    const { blocks, text } = renderSlackMessage({ kind: 'repeat', report, growth });

    expect(blocks[2]).toMatchObject({
      text: { text: '*New in it:* address 203.0.113.9 · actor bob\n*Growing:* 7th event, 3 new since 09:10' },
    });
    expect(text).toContain(' · new: address 203.0.113.9, actor bob · 7th event, 3 new since 09:10 · ');
    expect(text.startsWith('[HIGH] Production deployment')).toBe(true);
  });

  it('says only how it has grown when nothing in it is new, with the day if that was another', () => {
    const sinceAt = '2026-11-20T08:10:00.000Z';

    const text = shown({ kind: 'repeat', report, growth: { newEvents: 3, sinceAt, novelties: [] } });

    expect(text).toContain('*Growing:* 7th event, 3 new since Fri 2026-11-20 09:10\n');
    expect(text).not.toContain('New in it');
  });

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [11, '11th'],
    [12, '12th'],
    [13, '13th'],
    [21, '21st'],
    [112, '112th'],
  ])('counts %i as the %s event', (eventCount, expected) => {
    const given = { kind: 'repeat', report: { ...report, eventCount }, growth } as const;

    expect(shown(given)).toContain(`*Growing:* ${expected} event, 3 new`);
  });

  it('says that a state, which has no further events, became graver', () => {
    const text = shown({ kind: 'repeat', report, growth: { newEvents: 0, sinceAt: growth.sinceAt, novelties: [] } });

    expect(text).toContain('*Growing:* it has become graver since 09:10: now high');
  });

  it('names some of many novelties and counts the others', () => {
    const novelties = Array.from({ length: 40 }, (_, index) => `address 203.0.113.${index}`);

    expect(shown({ kind: 'repeat', report, growth: { ...growth, novelties } })).toContain('203.0.113.4 · 35 more');
  });
});

describe('a reminder for Slack', () => {
  it('says since when nobody has acknowledged it, and how to', () => {
    const given: Notice = { kind: 'reminder', report: reportOf(), sinceAt: '2026-11-21T02:15:00.000Z' };

    expect(shown(given)).toContain(
      '*Nobody has acknowledged it* since this was told here on Sat 2026-11-21 03:15:00 Europe/Berlin (2026-11-21 02:15:00 UTC).',
    );
    expect(shown(given)).toContain('octowatch ack 42');
    expect(renderSlackMessage(given).text).toContain('nobody has acknowledged it since Sat 2026-11-21 03:15:00');
  });
});

describe('findings about API keys for Slack', () => {
  const key = (findingId: number, owner: string, purpose: string, level: Level) =>
    reportOf({
      findingId,
      level,
      rule: 'unused_api_key',
      title: `API key "${purpose}" of ${owner} has not been used for 120 days`,
      subject: `apikeys-${findingId}`,
      facts: [
        { label: 'Who', value: owner },
        { label: 'API key', value: `"${purpose}" (API-X${findingId})` },
      ],
    });
  const reports = [key(1, 'svc-a', 'old', 'low'), key(2, 'svc-b', 'spare', 'high'), key(3, 'svc-a', 'trial', 'medium')];

  it('stand under their owners, whoever has the gravest first, each key by purpose, id, rule and finding', () => {
    const [, , list] = renderSlackMessage({ kind: 'keys', instance: 'eu', reports }).blocks;

    expect(list).toMatchObject({
      text: {
        text: [
          '*svc-b*',
          '• [HIGH] API key "spare" of svc-b has not been used for 120 days · `apikeys-2` · rule `unused_api_key` · finding 2',
          '*svc-a*',
          '• [MEDIUM] API key "trial" of svc-a has not been used for 120 days · `apikeys-3` · rule `unused_api_key` · finding 3',
          '• [LOW] API key "old" of svc-a has not been used for 120 days · `apikeys-1` · rule `unused_api_key` · finding 1',
        ].join('\n'),
      },
    });
  });

  it('say in the fallback how many there are and which is the gravest', () => {
    const { text } = renderSlackMessage({ kind: 'keys', instance: 'eu', reports });

    expect(text).toMatch(/^3 findings about API keys of eu\n• \[HIGH\].*"spare".*\(unused_api_key\)\n/);
  });
});

describe('the daily sign of life for Slack', () => {
  it('is one line', () => {
    const text = 'Octowatch is alive, covered to 07:59 Europe/London, no gaps, open: 1 high';

    expect(renderSlackMessage({ kind: 'alive', text })).toMatchObject({ text, blocks: [{ text: { text } }] });
  });
});

describe('a summary for Slack', () => {
  const reports = [
    reportOf({ findingId: 1, level: 'low', title: 'first' }),
    reportOf({ findingId: 2, level: 'critical', title: 'second', eventCount: 4 }),
    reportOf({ findingId: 3, level: 'medium', title: 'third', rule: 'unused_api_key', ruleTitle: 'Unused API key' }),
    reportOf({ findingId: 4, level: 'low', title: 'fourth', instance: 'eu' }),
  ];
  const message = renderSlackMessage({ kind: 'summary', reports, reason: 'many at once' });

  it('names every finding under its level, rule and rule title, the most serious first', () => {
    expect(message.blocks[2]).toMatchObject({
      text: {
        text: [
          '*[CRITICAL] Production deployment outside business hours* · rule `off_hours_production_deploy`',
          '• second · finding 2 · 4 events · Sat 2026-11-21 03:14',
          '*[MEDIUM] Unused API key* · rule `unused_api_key`',
          '• third · finding 3 · Sat 2026-11-21 03:14',
          '*[LOW] Production deployment outside business hours* · rule `off_hours_production_deploy`',
          '• first · finding 1 · Sat 2026-11-21 03:14',
          '• fourth · finding 4 · Sat 2026-11-21 03:14 · eu',
        ].join('\n'),
      },
    });
    expect(JSON.stringify(message.blocks[1])).toContain('Times are Europe/Berlin.');
  });

  it('names them all in the plain fallback too, the gravest first', () => {
    expect(message.text).toMatch(
      /^4 findings: many at once\n• \[CRITICAL\] second .*\n.*third \(unused_api_key\)\n.*first.*\n.*fourth [^\n]*$/,
    );
  });

  it('brings five hundred ordinary findings into few messages and leaves none out', () => {
    const all = Array.from({ length: 500 }, (_, index) =>
      reportOf({ findingId: index, title: `mara.holt deployed Harbour Web 4.2.${index} to Production (night)` }),
    );
    const named = new Set<string>();
    let messages = 0;

    for (let rest = all; rest.length > 0; messages += 1) {
      const part = rest.slice(0, fittingInto(rest, 'summary'));
      rest = rest.slice(part.length);
      const one = renderSlackMessage({ kind: 'summary', reports: part, reason: 'x' });
      expectWithinLimits(one);
      for (const [, id] of textsOf(one)
        .join('\n')
        .matchAll(/Web 4\.2\.(\d+) to Production .night. · finding \1 /g))
        named.add(id ?? '');
      if (rest.length > 0) expect(textsOf(one).join('').length).toBeGreaterThan(10_800);
    }

    expect(named.size).toBe(500);
    expect(messages).toBeLessThanOrEqual(6);
  });

  it('names a release to two hundred tenants once, with each tenant and its finding, in one message', () => {
    const all = Array.from({ length: 200 }, (_, findingId) =>
      reportOf({ findingId, facts: [{ label: 'Tenant', value: `Customer ${findingId}` }] }),
    );

    const one = renderSlackMessage({ kind: 'summary', reports: all, reason: 'one release' });

    expect(fittingInto(all, 'summary')).toBe(200);
    expectWithinLimits(one);
    const text = textsOf(one).join('\n');
    for (const { findingId } of all) expect(text).toContain(`finding ${findingId} (Customer ${findingId})`);
    expect(text.match(/• mara\.holt deployed/g)).toHaveLength(1);
    expect(text).toContain('(200 times)');
  });

  it('says how many are left out if it is given too many', () => {
    const many = Array.from({ length: 300 }, (_, findingId) =>
      reportOf({ findingId, title: `${'x'.repeat(200)}${findingId}` }),
    );
    const fitting = fittingInto(many, 'summary');

    expect(shown({ kind: 'summary', reports: many, reason: 'x' })).toContain(
      `…and ${300 - fitting} more: \`octowatch findings\``,
    );
    expect(shown({ kind: 'summary', reports: many.slice(0, fitting), reason: 'x' })).not.toContain(' more: `octowatch');
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
    fc.tuple(report, nasty).chain(([given, word]) => {
      return fc.constantFrom(...noticesOf(reportOf(given), word).map(([, one]) => one));
    }),
    fc
      .tuple(fc.array(report, { minLength: 1, maxLength: 60 }), nasty, fc.boolean())
      .map(([given, word, isSummary]): Notice => {
        const reports = given.map(reportOf);
        return isSummary ? { kind: 'summary', reports, reason: word } : { kind: 'keys', instance: word, reports };
      }),
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
      { numRuns: 200 },
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

    for (const [, one] of noticesOf(full, long)) expectWithinLimits(renderSlackMessage(one));
    const values = Array.from({ length: 500 }, () => long);
    const many = { label: long, value: long, values };
    const companions = Array.from({ length: 215 }, (_, index) => index + 1000);
    const tenants = { ...full, facts: [...full.facts, many, many], companions };
    expectWithinLimits(renderSlackMessage({ kind: 'alert', report: tenants }));
    const novelties = Array.from({ length: 20 }, () => long);
    const growth = { newEvents: 1e9, sinceAt: '2026-11-20T00:00:00.000Z', novelties };
    const grown = renderSlackMessage({ kind: 'repeat', report: tenants, growth });
    expectWithinLimits(grown);
    expect(textsOf(grown).join('\n')).toContain(' more: the query below shows all.');
    const reports = Array.from({ length: 600 }, () => full);
    expectWithinLimits(renderSlackMessage({ kind: 'summary', reports, reason: long }));
    expectWithinLimits(renderSlackMessage({ kind: 'keys', instance: long, reports }));
  });

  it('what is said to fit is shown whole', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 120 }), nasty, (given, word) => {
        const reports = given.map((one, findingId) => reportOf({ ...one, findingId }));
        const fitting = reports.slice(0, fittingInto(reports));

        for (const kind of ['summary', 'keys'] as const) {
          const text = shown(
            kind === 'summary' ? { kind, reports: fitting, reason: word } : { kind, instance: word, reports: fitting },
          );
          for (const { findingId } of fitting) expect(text).toMatch(new RegExp(`finding ${findingId}\\b`));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a hostile report is harmless in every kind of notice', () => {
    for (const [, one] of noticesOf(hostileReport(), HOSTILE)) {
      const message = renderSlackMessage(one);
      expectWithinLimits(message);
      for (const text of textsOf(message)) {
        expect(text).not.toMatch(/<[!@#]|@(channel|here|everyone)/i);
        // Inside code nothing is formatted.
        expect(text.replace(/`[^`]*`/g, '')).not.toMatch(/\*x\*|(?<!\w)_y_|~z~|<http:\/\/evil/);
        for (const line of text.split('\n')) expect(line).toBe(printable(line));
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/lib/width.ts';
import type { DigestReport } from '../../src/model/digest.ts';
import { LEVELS } from '../../src/model/finding.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { CHIPS, DARK, LIGHT } from '../../src/notify/digest-colours.ts';
import { digestFinding, fullCoverage, fullDay, quietDay } from './digest-reports.ts';

const TO = 'Octopus audit to Sun 22 Nov 08:00 (Europe/London): ';

function keys(count: number, given: { level?: 'medium' | 'critical'; findingId?: number } = {}): DigestReport['keys'] {
  return [
    {
      owner: 'Platform team',
      instance: 'default',
      keys: Array.from({ length: count }, (_, index) => ({
        keyId: `apikeys-${index}`,
        purpose: `deploys ${index}`,
        hint: null,
        problem: 'never used',
        level: given.level ?? 'medium',
        findingId: (given.findingId ?? 500) + index,
      })),
    },
  ];
}

function headingsOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.filter((_, index) => /^-+$/.test(lines[index + 1] ?? '')).map((line) => line.replace(/ \(\d+\)$/, ''));
}

describe('the subject carries the verdict', () => {
  it('counts what needs action by level, and the keys', () => {
    const needsAction = [
      digestFinding({ findingId: 1, level: 'critical' }),
      ...[2, 3, 4].map((findingId) => digestFinding({ findingId, level: 'high' })),
    ];

    const { subject } = renderDigest(quietDay({ needsAction, keys: keys(5) }));

    expect(subject).toBe(`${TO}1 critical, 3 high, 5 keys need action`);
  });

  it.each([
    [{ needsAction: [digestFinding({ level: 'medium' })] }, '1 medium needs action'],
    [{ keys: keys(1) }, '1 key needs action'],
    [{ needsAction: [digestFinding()], keys: keys(1) }, '1 high, 1 key need action'],
  ])('speaks of one thing in the singular', (given, said) => {
    expect(renderDigest(quietDay(given)).subject).toBe(TO + said);
  });

  it('says all quiet when nothing needs action and everything was read', () => {
    const { subject } = renderDigest(quietDay({ opened: [digestFinding({ level: 'low' })] }));

    expect(subject).toBe(`${TO}all quiet, coverage 100 %`);
  });

  it.each([
    ['a part was not read', fullCoverage({ share: 0.87 }), 'coverage only 87 %'],
    ['almost all was read', fullCoverage({ share: 0.99996 }), 'coverage only 99.9 %'],
    [
      'there is a gap',
      fullCoverage({ gaps: [{ fromAt: '2026-11-22T01:00:00Z', toAt: '2026-11-22T01:01:00Z' }] }),
      '99.9 %',
    ],
    ['the server counted more than was stored', fullCoverage({ serverTotal: 5219 }), 'coverage only 99.9 %'],
    ['nothing was ever read', fullCoverage({ coveredToAt: null, share: 0 }), 'coverage only 0 %'],
  ])('does not call a day quiet when %s', (_case, coverage, said) => {
    const { subject, html, text } = renderDigest(quietDay({ coverage: [coverage] }));

    expect(subject).toContain(said);
    expect(subject).toContain('nothing found, but');
    for (const part of [subject, html, text]) {
      expect(part).not.toMatch(/quiet, coverage/i);
      expect(part).not.toContain('100 %');
    }
    expect(text).toContain('Not everything was read');
    expect(text).toContain('[INCOMPLETE]');
  });

  it('does not call a day quiet on which no instance was read at all', () => {
    expect(renderDigest(quietDay({ coverage: [] })).subject).toBe(`${TO}nothing found, but nothing was read`);
  });

  it('names the instance that was read least', () => {
    const coverage = [fullCoverage({ instance: 'eu', share: 0.9 }), fullCoverage({ instance: 'us', share: 0.5 })];

    const { subject } = renderDigest(quietDay({ needsAction: [digestFinding()], coverage }));

    expect(subject).toBe(`${TO}1 high needs action; coverage only 50 % at us`);
  });

  it('says what else is wrong with a quiet day', () => {
    const undelivered = [
      { channel: 'slack', state: 'failed' as const, count: 2, lastError: 'Slack answered 404' },
      { channel: 'hook', state: 'pending' as const, count: 1, lastError: null },
    ];

    expect(renderDigest(quietDay({ undelivered })).subject).toBe(
      `${TO}nothing needs action, coverage 100 %, 3 messages undelivered`,
    );
    expect(renderDigest(quietDay({ coverage: [fullCoverage({ setAside: 1 })] })).subject).toBe(
      `${TO}all quiet, coverage 100 %, 1 element set aside`,
    );
  });
});

describe('keys that are being rotated', () => {
  it('stand there with what is left to do, and need no action by themselves', () => {
    const { rotations, instances } = fullDay();

    const { subject, text } = renderDigest(quietDay({ rotations, instances }));

    const section = text
      .slice(text.indexOf('API keys being rotated (3)'), text.indexOf('Coverage'))
      .replace(/\s+/g, ' ');
    expect(section).toContain('[OLD KEY USED] Harbour pipeline of svc-harbour');
    expect(section).toContain('The new key was made 12 days ago, and the old one was used after that');
    expect(section).toContain('[STALLED] Terraform of svc-eu old key apikeys-9 · instance harbour-eu');
    expect(section).toContain('The new key was made less than a day ago');
    expect(subject).toBe(renderDigest(quietDay({ instances })).subject);
  });
});

describe('the mail', () => {
  it('has its sections in the order people act', () => {
    expect(headingsOf(renderDigest(fullDay()).text)).toEqual([
      'Needs action',
      'New',
      'Still open',
      'Resolved',
      'Trend',
      'Rules on trial',
      'API keys by owner',
      'API keys being rotated',
      'Exceptions',
      'Undelivered alerts',
      'Coverage',
      'What counts as production',
      'To see more',
    ]);
  });

  it('says the same in both parts', () => {
    const { html, text } = renderDigest(fullDay());
    const words = (part: string) => part.replace(/\s+/g, ' ');
    const shown = words(html.replace(/<style>.*?<\/style>/gs, '').replace(/<[^>]*>/g, ' ')).replaceAll('&quot;', '"');

    for (const said of [
      'failed sign-ins of admin from 203.0.113.66, then one that succeeded',
      'open for 9 days, acknowledged by theo.brandt',
      'nothing new for seven days',
      'no audited write for 212 days; reads are not audited',
      'hid 14 signals',
      'Slack answered 503',
      '1904 of 1931 events the server counted are stored, 26 missing',
      'Sun 22 Nov 03:10 to 03:50 (40 min)',
      'the key cannot see the space Finance'.slice(4),
      'Environments: Production, Production EU, Live',
      'Sandbox',
      'octowatch ack 61 --note "why it is all right"',
      'Octowatch 0.1.0',
    ]) {
      expect(words(text)).toContain(said);
      expect(shown).toContain(said);
    }
  });

  it('prints both ends of the time with the zone', () => {
    const { html, text } = renderDigest(quietDay());

    for (const part of [html, text])
      expect(part).toContain('Sat 21 Nov 2026 08:00 to Sun 22 Nov 2026 08:00 (Europe/London)');
  });

  it.each([
    [
      'a day on which the clocks go back',
      '2026-10-24T07:00:00Z',
      '2026-10-25T08:00:00Z',
      'Sat 24 Oct 2026 08:00 to Sun 25 Oct 2026 08:00 (Europe/London), 25 h',
    ],
    [
      'a day on which they go forward',
      '2026-03-28T08:00:00Z',
      '2026-03-29T07:00:00Z',
      'Sat 28 Mar 2026 08:00 to Sun 29 Mar 2026 08:00 (Europe/London), 23 h',
    ],
    [
      'the days after an outage',
      '2026-11-19T08:00:00Z',
      '2026-11-22T08:00:00Z',
      'Thu 19 Nov 2026 08:00 to Sun 22 Nov 2026 08:00 (Europe/London), 3 days',
    ],
  ])('says how long %s was', (_case, fromAt, toAt, said) => {
    expect(renderDigest(quietDay({ fromAt, toAt })).text).toContain(`${said}\n`);
  });

  it('says so when the zone is only assumed', () => {
    const { html, text } = renderDigest(quietDay({ timeZone: 'UTC', isTimeZoneAssumed: true }));

    for (const part of [html, text]) expect(part).toContain('OCTOWATCH_TIMEZONE is not set');
  });

  it('is in UTC and says so when the zone is none', () => {
    expect(renderDigest(quietDay({ timeZone: 'Mars/<b>Base' })).subject).toContain('Sun 22 Nov 08:00 (UTC)');
  });

  it('names a key once, unless it is critical', () => {
    const ofKey = (findingId: number, level: 'medium' | 'critical') =>
      digestFinding({ findingId, level, title: `key of finding ${findingId}` });

    const { subject, text } = renderDigest(
      quietDay({
        needsAction: [ofKey(700, 'critical'), ofKey(500, 'medium')],
        opened: [ofKey(501, 'medium')],
        keys: [...keys(2), ...keys(1, { level: 'critical', findingId: 700 })],
      }),
    );

    expect(subject).toBe(`${TO}1 critical, 3 keys need action`);
    expect(text).toContain('[CRITICAL] key of finding 700');
    expect(text).not.toContain('key of finding 50');
    expect(text).not.toContain('New (');
  });

  it('leaves out what is empty, but never the coverage', () => {
    const quiet = quietDay({ resolved: [], trend: LEVELS.map((level) => ({ level, perDay: 0, meanPerDay: 0 })) });

    const { text } = renderDigest(quiet);

    expect(headingsOf(text)).toEqual(['Needs action', 'Trend', 'Coverage', 'What counts as production', 'To see more']);
    expect(text).toContain('No finding was opened, neither now nor in the seven days before.');
  });

  it('warns when nothing counts as production', () => {
    const { text } = renderDigest(quietDay({ production: { environments: [], spacesWithout: ['Default'] } }));

    expect(text).toContain('off-hours deployments cannot be found');
    expect(text).toContain('[CHECK] A space has no production environment\n  Default');
  });

  it('draws the trend with bars of table cells, to one scale', () => {
    const trend = [
      { level: 'high' as const, perDay: 8, meanPerDay: 2 },
      { level: 'low' as const, perDay: 0, meanPerDay: 4 },
    ];

    const { html, text } = renderDigest(quietDay({ trend, resolved: [] }));

    const widths = [...html.matchAll(/<td width="(\d+)%"/g)].map(([, width]) => Number(width));
    expect(widths).toEqual([100, 25, 50]);
    expect(html).toContain('<strong>8</strong>');
    expect(text).toMatch(/^high +8 {2}#{28} {2}mean 2$/m);
    expect(text).toMatch(/^low +0 +mean 4$/m);
  });

  it('needs nothing from elsewhere and no image, script, link or form', () => {
    const { html } = renderDigest(fullDay());

    expect(html).not.toMatch(/<(?:img|a|script|link|iframe|form|svg|object)\b|url\(|@import|https?:/i);
    expect(html).not.toMatch(/position:|float:|display:(?:flex|grid)|var\(/i);
  });

  it('is told in a language, with headings in order, and tables that only lay out say so', () => {
    const { html } = renderDigest(fullDay());

    expect(html).toContain('<html lang="en" dir="ltr">');
    expect(html.match(/<h1/g)).toHaveLength(1);
    const layout = html.replace(/<!--\[if mso\]>.*?<!\[endif\]-->/gs, '');
    expect(layout.match(/<table /g)?.length).toBe(layout.match(/<table role="presentation" /g)?.length);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain('@media (prefers-color-scheme:dark)');
  });

  it('is readable in light and in dark', () => {
    const pairs = [
      ...Object.values(CHIPS).map(({ background, text }) => [background, text] as const),
      ...[LIGHT, DARK].flatMap(
        (palette) =>
          [
            [palette.card, palette.text],
            [palette.card, palette.muted],
            [palette.code, palette.text],
            [palette.notice, palette.noticeText],
          ] as const,
      ),
    ];

    for (const [background, text] of pairs)
      expect(contrast(background, text), `${text} on ${background}`).toBeGreaterThan(4.5);
  });
});

describe('a very long day', () => {
  const many = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));

  it.each([
    ['ordinary', 'mara.holt deployed Harbour Web to Production (night) '],
    ['hostile', '<&"\'<&"\'<&"\'<&"\''],
    ['wide', '漢字かな交じり文'],
  ])('stays below what Gmail clips with %s texts, and says how much it leaves out', (_case, piece) => {
    const text = piece.repeat(40);
    const finding = (findingId: number) => digestFinding({ findingId, title: text, ruleTitle: text, instance: text });
    const report = quietDay({
      instances: many(300, () => text),
      needsAction: many(2_000, (index) => finding(index)),
      opened: many(2_000, (index) => finding(10_000 + index)),
      stillOpen: many(2_000, (index) => finding(20_000 + index)),
      resolved: many(2_000, (index) => finding(30_000 + index)),
      staged: many(500, () => ({ rule: text, findings: 3 })),
      keys: many(400, (owner) => ({
        owner: text,
        instance: text,
        keys: many(5, (index) => ({
          keyId: text,
          purpose: text,
          hint: text,
          problem: text,
          level: 'high',
          findingId: 50_000 + owner * 5 + index,
        })),
      })),
      rotations: many(500, () => ({
        instance: text,
        account: text,
        purpose: text,
        keyId: text,
        state: 'stalled',
        days: 9,
      })),
      exceptions: many(500, () => ({
        name: text,
        owner: text,
        reason: text,
        ticket: text,
        expires: text,
        daysLeft: 3,
        hiddenSignals: 9,
      })),
      undelivered: many(500, () => ({ channel: text, state: 'failed', count: 1, lastError: text })),
      coverage: many(500, () =>
        fullCoverage({
          instance: text,
          share: 0.5,
          visibility: text,
          addresses: text,
          gaps: many(500, () => ({ fromAt: text, toAt: text })),
        }),
      ),
      production: { environments: many(500, () => text), spacesWithout: many(500, () => text) },
      monitorVersion: text,
    });

    const digest = renderDigest(report);

    expect(Buffer.byteLength(digest.html)).toBeLessThan(100_000);
    expect(digest.subject.length).toBeLessThan(250);
    expect(digest.text).toContain('Needs action (2000)');
    const actions = digest.text.slice(digest.text.indexOf('Needs action'), digest.text.indexOf('New (2000)'));
    const shown = actions.match(/^\* /gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(0);
    expect(actions).toContain(`…and ${2_000 - shown} more:\n  octowatch findings --status open`);
    expect(digest.html).toContain(`and ${2_000 - shown} more: `);
    for (const line of digest.text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(78);
  });

  it('names forty findings that need action as long as they are ordinary', () => {
    const { text, html } = renderDigest(
      quietDay({ needsAction: many(41, (findingId) => digestFinding({ findingId })) }),
    );

    expect(text.match(/^\* \[HIGH\]/gm)).toHaveLength(40);
    expect(html).toContain('and 1 more: ');
  });
});

/** Contrast of two colours after WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/lib/width.ts';
import type { DigestReport } from '../../src/model/digest.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { fullDay } from './digest-reports.ts';
import { HOSTILE } from './reports.ts';

const VOID_TAGS = new Set(['meta', 'br', '!doctype']);
/** What is a word of ours and no text of anybody's: levels, states, instants, the zone. */
const OURS = new Set([
  'level',
  'state',
  'fromAt',
  'toAt',
  'firstSeenAt',
  'lastSeenAt',
  'createdAt',
  'coveredToAt',
  'timeZone',
]);

/** The report with every text that anybody may have typed replaced by what `write` says. */
function rewritten(value: unknown, write: () => string, key = ''): unknown {
  if (typeof value === 'string') return OURS.has(key) ? value : write();
  if (Array.isArray(value)) return value.map((each) => rewritten(each, write, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rewritten(each, write, name)]));
}

function reportOf(write: () => string): DigestReport {
  return rewritten(fullDay(), write) as DigestReport;
}

/** Every tag in order, with its attributes; text between is left out. */
function tagsOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

function expectBalanced(html: string): void {
  const open: string[] = [];
  for (const tag of tagsOf(html)) {
    const name = /^<\/?(!?[a-z0-9]+)/i.exec(tag)?.[1]?.toLowerCase();
    if (name === undefined || VOID_TAGS.has(name) || tag.startsWith('<!--')) continue;
    if (tag.startsWith('</')) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
}

/** Mail programs make links of these by themselves. */
const LINK = /[a-z]:\/\/|\bwww\.[a-z]|\b(?:javascript|data|mailto):/i;

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '<',
          '>',
          '"',
          "'",
          '&',
          '&lt;',
          '</td>',
          '<script>',
          '<!--',
          '-->',
          ']]>',
          '<![endif]-->',
          '</style>',
          '\r\n',
        ],
        ...[
          '\n\nCoverage\n--------',
          'http://evil.example/x',
          'www.evil.example',
          'evil.example/login',
          'javascript:alert(1)',
        ],
        ...[
          '\u202e',
          '\u200b',
          '\u0000',
          '\u001b[31m',
          '\ud800',
          '漢',
          '👩‍👩‍👧',
          '\u0301',
          ' ',
          'x'.repeat(300),
          '=?utf-8?q?x?=',
        ],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.constant(HOSTILE),
);

describe('texts that anybody may have typed', () => {
  const plainTags = tagsOf(renderDigest(reportOf(() => 'x')).html);

  it('never become markup: the tags are the same as those around a plain letter', () => {
    fc.assert(
      fc.property(fc.infiniteStream(nasty), (texts) => {
        const { html } = renderDigest(reportOf(() => texts.next().value ?? ''));

        expect(tagsOf(html)).toEqual(plainTags);
        expectBalanced(html);
      }),
      { numRuns: 60 },
    );
  });

  it('never become a link, a control character or a turned line in any part', () => {
    fc.assert(
      fc.property(fc.infiniteStream(nasty), (texts) => {
        const { subject, html, text } = renderDigest(reportOf(() => texts.next().value ?? ''));

        for (const part of [subject, html, text]) {
          expect(part).not.toMatch(LINK);
          expect(part.isWellFormed()).toBe(true);
          expect(part).not.toMatch(/(?!\n)\p{Cc}|\u200b|\u200e|\u200f|[\u202a-\u202e]|[\u2066-\u2069]/u);
        }
        expect(subject).not.toContain('\n');
      }),
      { numRuns: 60 },
    );
  });

  it('never forge a heading of the plain part or leave its 78 columns', () => {
    const headings = underlined(renderDigest(reportOf(() => 'x')).text);
    fc.assert(
      fc.property(fc.infiniteStream(nasty), (texts) => {
        const { text } = renderDigest(reportOf(() => texts.next().value ?? ''));

        expect(underlined(text)).toEqual(headings);
        for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(78);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['-'.repeat(40), '-'.repeat(78), '='.repeat(200), '* [CRITICAL] x', '! x'])(
    'forge no heading or row out of many names like %j',
    (text) => {
      const rendered = renderDigest(reportOf(() => text)).text;
      const ordinary = renderDigest(reportOf(() => 'x')).text;

      expect(underlined(rendered)).toEqual(underlined(ordinary));
      expect(rendered.match(/^[*!] /gm)).toEqual(ordinary.match(/^[*!] /gm));
    },
  );

  it('appear as they were typed where they are harmless', () => {
    const { html, text } = renderDigest(reportOf(() => 'R&D <prod> "4.2.0"'));

    expect(html).toContain('R&amp;D &lt;prod&gt; &quot;4.2.0&quot;');
    expect(text).toContain('R&D <prod> "4.2.0"');
  });
});

function underlined(text: string): string[] {
  const lines = text.split('\n');
  return lines.filter((_, index) => /^(?:-+|=+)$/.test(lines[index + 1] ?? ''));
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadRulePack } from '../../src/detect/index.ts';
import { createZone } from '../../src/lib/zone.ts';

const RULE = `title: Edit
name: edit
logsource: { product: octopus, service: audit }
detection: { s: { Category: Modified }, condition: s }
octowatch:
  examples:
    fires: [{ name: f, records: [{ at: "+00:00", Category: Modified }] }]
    quiet: [{ name: q, records: [{ at: "+00:00", Category: Created }] }]
`;
const TERMS = {
  owner: 'ann',
  approved_by: 'bob',
  reason: 'planned',
  ticket: 'CHG-1',
  from: '2026-03-01',
  expires: '2026-03-31',
};

/** A filter whose terms begin in line 9, the first in line 10. */
function filter(terms: object | string | null, logsource = '{ product: octopus }', name = 'quiet'): string {
  const lines =
    typeof terms === 'string'
      ? `octowatch: ${terms}\n`
      : `octowatch:\n${Object.entries(terms ?? {})
          .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`)
          .join('')}`;
  return `title: Quiet
name: ${name}
logsource: ${logsource}
filter:
  rules: [edit]
  s:
    Username: carol
  condition: not s
${terms === null ? '' : lines}`;
}

function load(text: string, options: Parameters<typeof loadRulePack>[2] = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-exceptions-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'exception.yml'), text);
  writeFileSync(path.join(folder, 'rule.yml'), RULE);
  return loadRulePack([folder], {}, options);
}

function mistakes(text: string): string[] {
  return load(text).mistakes.map(({ file, line, column, message }) => {
    return `${path.basename(file)}:${line}:${column}: ${message}`;
  });
}

describe('an exception file', () => {
  it('says who answers for it, why, and when it holds', () => {
    const pack = load(filter(TERMS), { zone: createZone('Europe/London') });

    expect(pack.mistakes).toEqual([]);
    expect([...pack.exceptions.values()]).toMatchObject([
      {
        ...{ name: 'quiet', title: 'Quiet', rules: ['edit'], owner: 'ann', approvedBy: 'bob', reason: 'planned' },
        ...{ ticket: 'CHG-1', from: '2026-03-01', expires: '2026-03-31' },
        // The clocks of London go forward on 29 March.
        inForce: { fromMs: Date.parse('2026-03-01T00:00:00Z'), untilMs: Date.parse('2026-03-31T23:00:00Z') },
      },
    ]);
  });

  it('may begin at an instant, have a number for its ticket or none, and last 365 days', () => {
    const { ticket, ...unticketed } = TERMS;
    const instant = load(filter({ ...TERMS, from: '2026-03-01T09:30:00+02:00' }));
    const numbered = load(filter({ ...TERMS, ticket: 4711 }));
    const none = load(filter({ ...unticketed, expires: '2027-03-01' }));

    expect(instant.exceptions.get('quiet')?.inForce.fromMs).toBe(Date.parse('2026-03-01T07:30:00Z'));
    expect(numbered.exceptions.get('quiet')?.ticket).toBe('4711');
    expect(none.exceptions.get('quiet')).toMatchObject({ ticket: null, expires: '2027-03-01' });
    expect([...instant.mistakes, ...numbered.mistakes, ...none.mistakes]).toEqual([]);
  });

  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(TERMS).filter(([name]) => !names.includes(name)));
  const NEEDS = (...names: string[]) =>
    `an exception needs ${names.map((name) => `\`${name}\``).join(', ')} under \`octowatch\`: who answers for it, why, and when it ends`;

  it.each<[string, string, string[]]>([
    ['no terms', filter(null), [`1:1: ${NEEDS('owner', 'approved_by', 'reason', 'from', 'expires')}`]],
    ['empty terms', filter('{}'), [`9:1: ${NEEDS('owner', 'approved_by', 'reason', 'from', 'expires')}`]],
    [
      'terms that are a list',
      filter('[a]'),
      ['9:1: `octowatch` takes a map of owner, approved_by, reason, ticket, from and expires'],
    ],
    ['nobody who approved it', filter(without('approved_by')), [`9:1: ${NEEDS('approved_by')}`]],
    ['no end', filter(without('expires', 'reason')), [`9:1: ${NEEDS('reason', 'expires')}`]],
    [
      'an owner who approved it himself',
      filter({ ...TERMS, approved_by: ' ANN ' }),
      ['11:3: `octowatch.approved_by` must be somebody else than `owner`'],
    ],
    ['an empty reason', filter({ ...TERMS, reason: '  ' }), ['12:3: `octowatch.reason` must not be empty']],
    ['a number for its owner', filter({ ...TERMS, owner: 5 }), ['10:3: `octowatch.owner` takes text']],
    [
      "a rule's attribute",
      filter({ ...TERMS, window: '24h' }),
      ['16:3: `octowatch` of a filter knows no attribute `window`'],
    ],
    [
      'an end that does not exist',
      filter({ ...TERMS, expires: '2026-02-30' }),
      ['15:3: `octowatch.expires` takes a date that exists, as YYYY-MM-DD, not "2026-02-30"'],
    ],
    [
      'an end that is an instant',
      filter({ ...TERMS, expires: '2026-03-31T00:00:00Z' }),
      ['15:3: `octowatch.expires` takes a date that exists, as YYYY-MM-DD, not "2026-03-31T00:00:00Z"'],
    ],
    [
      'an end before its beginning',
      filter({ ...TERMS, expires: '2026-02-28' }),
      ['15:3: `octowatch.expires` lies before `from`'],
    ],
    [
      'more than 365 days',
      filter({ ...TERMS, expires: '2027-03-02' }),
      ['15:3: `octowatch.expires` is 366 days after `from`; an exception may be given for at most 365'],
    ],
    [
      'a beginning without an offset',
      filter({ ...TERMS, from: '2026-03-01T09:30:00' }),
      [
        '14:3: `octowatch.from` takes a date (YYYY-MM-DD) or an instant (2026-11-23T09:00:00Z), not "2026-03-01T09:30:00"',
      ],
    ],
    [
      'a beginning that does not exist',
      filter({ ...TERMS, from: '2026-02-30T00:00:00Z' }),
      [
        '14:3: `octowatch.from` takes a date (YYYY-MM-DD) or an instant (2026-11-23T09:00:00Z), not "2026-02-30T00:00:00Z"',
      ],
    ],
    [
      'several mistakes',
      filter({ ...without('owner'), from: 'soon', approver: 'x' }),
      [
        `9:1: ${NEEDS('owner')}`,
        '15:3: `octowatch` of a filter knows no attribute `approver`',
        '13:3: `octowatch.from` takes a date (YYYY-MM-DD) or an instant (2026-11-23T09:00:00Z), not "soon"',
      ],
    ],
  ])('with %s is refused, each mistake at its place, and hides nothing', (_what, text, expected) => {
    const pack = load(text);

    expect(mistakes(text)).toEqual(expected.map((one) => `exception.yml:${one}`));
    expect(pack.exceptions.size).toBe(0);
    expect(pack.ruleSet.match({ Category: 'Modified', Username: 'carol' })[0]?.rejectedBy).toBeNull();
  });

  it.each([
    '{ product: octopus, service: audit }',
    '{ service: audit }',
    '{ product: OCTOPUS }',
    '{ category: api_key }',
  ])('needs its terms where its log source is %s', (logsource) => {
    expect(mistakes(filter(null, logsource)).join('\n')).toContain('an exception needs');
  });

  it('of another product needs no terms, and one that has some keeps to them', () => {
    const windows = RULE.replace('{ product: octopus, service: audit }', '{ product: windows }').replace(
      'name: edit',
      'name: elsewhere',
    );
    const plain = filter(null, '{ product: windows }').replace('[edit]', '[elsewhere]');
    const dated = filter(TERMS, '{ product: windows }', 'dated')
      .replace('[edit]', '[elsewhere]')
      .replace('carol', 'eve');
    const pack = load([windows, plain, dated].join('---\n'));
    const rejectedBy = (user: string, at: string) =>
      pack.ruleSet.match({ Category: 'Modified', Username: user }, { product: 'windows' }, Date.parse(at))[0]
        ?.rejectedBy;

    expect(pack.mistakes).toEqual([]);
    expect([...pack.exceptions.keys()]).toEqual(['dated']);
    expect(rejectedBy('carol', '2020-01-01')).toBe('quiet');
    expect(rejectedBy('eve', '2026-03-15')).toBe('dated');
    expect(rejectedBy('eve', '2026-04-15')).toBeNull();
  });

  it('needs no terms where rules need no examples (rules eval), but what terms it has must be right', () => {
    expect(load(filter(null), { areExamplesRequired: false }).mistakes).toEqual([]);
    expect(load(filter({ owner: 'ann' }), { areExamplesRequired: false }).mistakes).toHaveLength(1);
  });
});

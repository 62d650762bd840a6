import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { anEnvironment } from './sample.ts';

const named = (name: string) => anEnvironment({ name });

const PRODUCTION = [
  'Prod',
  'prod',
  'PROD',
  'Production',
  'PRODUCTION',
  'prd',
  'PRD',
  'Live',
  'LIVE',
  'Prod2',
  '2Prod',
  '01-Prod',
  'prod_eu',
  'EU Prod',
  'ProdEU',
  'EUProd',
  'EuProduction',
  'prodEast',
  'Production (EU)',
  'Prod-01-West',
  'prod.us',
  'eu/prod',
  'Live 2',
  'live-eu',
  'Production Support Team Live',
  'Test EU Prod',
  'Prod Blue',
  'ＰＲＯＤ',
  'Prod 本番',
  'Prod本番',
  'Pr\u200bod',
  'PRD01',
  'Azure Prod',
];
const OTHER = [
  'Pre-Prod',
  'PreProd',
  'preprod',
  'preproduction',
  'Pre Production',
  'nonprod',
  'Non-Prod',
  'NonProd',
  'NONPROD',
  'Prod Support',
  'ProdSupport',
  'test-live',
  'liveTest',
  'Live Demo',
  'Demo Prod',
  'Prod-Test',
  'Pre 2 Prod',
  'pre_01_prod',
  'PREProd',
  'Prod Live Test',
  'Dev',
  'Staging',
  'Test',
  'UAT',
  'Delivery',
  'Alive',
  'Reproduction',
  'Product',
  'Products',
  'Productivity',
  'Liverpool',
  'prodigy',
  '',
  '---',
  '42',
];

describe('createProductionMatcher without configuration', () => {
  const matcher = createProductionMatcher();

  test.each(PRODUCTION)('takes %j for production', (name) => {
    expect([matcher.isProduction(named(name)), matcher.explain(named(name))]).toEqual([
      true,
      expect.stringMatching(/as a word$/),
    ]);
  });

  test.each(OTHER)('does not take %j for production', (name) => {
    expect([matcher.isProduction(named(name)), matcher.explain(named(name))]).toEqual([
      false,
      expect.stringMatching(/stands beside|no word/),
    ]);
  });

  test('says what stood beside the word', () => {
    expect(matcher.explain(named('Pre-Prod EU'))).toBe('"Pre" stands beside "Prod" in its name');
    expect(matcher.explain(named('ProdEU2'))).toBe('its name holds "Prod" as a word');
  });

  test('looks at the name alone', () => {
    expect(matcher.isProduction(anEnvironment({ name: 'Blue', slug: 'prod', tags: ['Stage/Prod'] }))).toBe(false);
  });
});

describe('createProductionMatcher with configuration', () => {
  test.each([
    ['a name', 'Blue', true],
    ['a name, whatever the case', 'bLUE', true],
    ['a slug', 'blue-1', true],
    ['an id', 'environments-77', true],
    ['a tag', 'Stage/Customer facing', true],
    ['a star', 'Bl*', true],
    ['stars in a tag', '*/customer*', true],
    ['a part of the name', 'Blu', false],
    ['a star that must not overlap', 'Blue*e', false],
    ['the default word', 'prod', false],
    ['regular expression characters', 'B.ue', false],
    ['nothing', '', false],
  ])('compares %s', (_, pattern, expected) => {
    const environment = anEnvironment({
      id: 'Environments-77',
      name: 'Blue',
      slug: 'blue-1',
      tags: ['Stage/Customer facing'],
    });

    expect(createProductionMatcher([pattern]).isProduction(environment)).toBe(expected);
  });

  test('switches the default off, also by an empty list', () => {
    expect(createProductionMatcher(['blue']).isProduction(named('Production'))).toBe(false);
    expect(createProductionMatcher([]).isProduction(named('Production'))).toBe(false);
  });

  test('says which pattern matched what', () => {
    expect(createProductionMatcher(['x', 'sta*']).explain(named('Stage'))).toBe('its name matches "sta*"');
    expect(createProductionMatcher(['x']).explain(named('Stage'))).toMatch(/no configured/);
  });

  test('matches stars as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 });

    fc.assert(
      fc.property(pattern, text, (glob, name) => {
        const regex = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        const environment = { id: '#', name, slug: null, tags: [] };

        expect(createProductionMatcher([glob]).isProduction(environment)).toBe(regex.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  test('stays fast on a pattern and a name made to be slow', () => {
    const matcher = createProductionMatcher([`${'a*'.repeat(200)}b`]);
    const started = performance.now();

    expect(matcher.isProduction(named('a'.repeat(100_000)))).toBe(false);
    expect(createProductionMatcher().isProduction(named('Aa'.repeat(100_000)))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

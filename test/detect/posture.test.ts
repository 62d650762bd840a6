import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { postureFacts } from '../../src/app-posture.ts';
import { loadConfig } from '../../src/config.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { type Posture, postureOf, weakenings } from '../../src/detect/posture.ts';
import type { Strength } from '../../src/detect/strength.ts';
import { LEVELS } from '../../src/model/finding.ts';
import { openStore } from '../../src/store/index.ts';
import { NOON } from '../support/small-history.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-posture-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A rule with a level by case, one with two limits on one field, a correlation, and one without a named limit. */
const RULES = `title: a
name: by_case
status: stable
logsource: { product: other }
detection: { s: { Category: X }, night: { Hour: 3 }, condition: s }
level: medium
octowatch: { levels: [{ when: night, level: high }] }
---
title: b
name: limited
status: test
logsource: { product: other }
detection: { s: { Age|gte: 30 }, t: { Age|lt: 365 }, condition: s and t }
level: low
octowatch: { threshold: Age }
---
title: c
name: counted
status: test
correlation: { type: event_count, rules: [by_case], generate: true, timespan: 1h, condition: { gt: 4 } }
level: low
---
title: d
name: unnamed_limit
status: test
logsource: { product: other }
detection: { s: { Size|lte: 10 }, condition: s }
level: low
`;

const store = openStore(':memory:', { monitorVersion: 'test' });
const { instance_id } = store.instances.ensure('default', '', 0);
store.inventory.save(instance_id, {
  users: [],
  spaces: [],
  environments: ['Production', 'Live', 'Staging'].map((name) => ({
    id: name,
    name,
    slug: null,
    spaceId: null,
    tags: [],
  })),
  apiKeys: [],
  access: [],
  readAt: '2026-03-01T00:00:00.000Z',
  complete: { users: false, spaces: false, environmentSpaceIds: [], apiKeyUserIds: [] },
  problems: [],
});
afterAll(() => store.close());

/** The posture of a configuration and rules, on a server with the environments Production, Live and Staging. */
function posture(yaml: string, rules = RULES): Posture {
  writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
  writeFileSync(path.join(folder, 'rules.yml'), rules);
  const config = loadConfig({ env: { OCTOWATCH_RULES: 'rules.yml' }, cwd: folder, needs: 'rules' });
  const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders: config.placeholders });
  const facts = postureFacts(config, store, [{ id: instance_id, name: 'default' }]);
  return postureOf(pack, facts);
}

const found = (before: Posture, after: Posture) =>
  weakenings(before, after, NOON).map((one) => [one.subject, one.level, one.before, one.after]);

describe('a configuration', () => {
  it.each([
    [
      'another zone',
      'timezone: Europe/Berlin',
      'timezone: Europe/Paris',
      [['time zone', 'medium', 'Europe/Berlin', 'Europe/Paris']],
    ],
    [
      'a longer evening',
      'calendar: {hours: {mon-fri: "08:00-18:00"}}',
      'calendar: {hours: {mon-fri: "08:00-20:00"}}',
      [['business hours', 'medium', 'Mon-Fri 08:00-18:00 UTC', 'Mon-Fri 08:00-20:00 UTC']],
    ],
    [
      'the same hours a day later',
      'calendar: {hours: {mon: "08:00-18:00"}}',
      'calendar: {hours: {tue: "08:00-18:00"}}',
      [['business hours', 'medium', 'Mon 08:00-18:00 UTC', 'Tue 08:00-18:00 UTC']],
    ],
    [
      'a night shift from Sunday on, which reaches into the Monday that was free',
      'calendar: {hours: {tue: "08:00-18:00"}}',
      'calendar: {hours: {tue: "08:00-18:00", sun: "22:00-06:00"}}',
      [['business hours', 'medium', 'Tue 08:00-18:00 UTC', 'Tue 08:00-18:00, Sun 22:00-06:00 UTC']],
    ],
    [
      'a holiday less',
      'calendar: {holidays: [2026-04-03, 2026-04-06]}',
      'calendar: {holidays: [2026-04-06]}',
      [['holidays', 'medium', '2026-04-03', 'not there']],
    ],
    [
      'a freeze that ends sooner',
      'calendar: {freezes: [{from: 2026-03-01, to: 2026-03-09}]}',
      'calendar: {freezes: [{from: 2026-03-01, to: 2026-03-08}]}',
      [['freezes', 'medium', '2026-03-01T00:00:00.000Z to 2026-03-10T00:00:00.000Z', 'not there']],
    ],
    [
      'a pattern of production less',
      'production: [Production, Live]',
      'production: [Production]',
      [['production', 'high', 'Production, Live', 'Production without Live']],
    ],
    [
      'a pattern that fits nothing yet less',
      'production: [Production, Prod-*]',
      'production: [Production]',
      [['production', 'high', 'Production, Prod-*', 'Production']],
    ],
    [
      'patterns that leave out what the usual words had',
      '',
      'production: [Prod*]',
      [['production', 'high', 'by the usual words', 'Prod* without Live']],
    ],
    [
      'a lower level, for the whole rule',
      '',
      'rules: {by_case: {level: low}}',
      [['by_case: level', 'medium', 'medium', 'low']],
    ],
    [
      'one level for all cases, which lowers one of them',
      '',
      'rules: {by_case: {level: medium}}',
      [['by_case: level', 'medium', 'high when night', 'medium when night']],
    ],
    [
      'a stable rule switched off, with the correlation over it',
      '',
      'rules: {by_case: {enabled: false}}',
      [
        ['by_case', 'high', 'in force', 'switched off'],
        ['counted', 'medium', 'in force', 'gone'],
      ],
    ],
    [
      'a limit of a correlation raised',
      '',
      'rules: {counted: {threshold: 5}}',
      [['counted: threshold', 'medium', 'more than 4', 'more than 5']],
    ],
    [
      'a limit from above lowered',
      '',
      'rules: {unnamed_limit: {threshold: 9}}',
      [['unnamed_limit: threshold', 'medium', 'at most 10', 'at most 9']],
    ],
  ])('is weaker by %s', (_, before, after, expected) => {
    expect(found(posture(before), posture(after))).toEqual(expected);
  });

  it.each([
    ['a holiday less that is over', 'calendar: {holidays: [2026-02-16]}', 'calendar: {holidays: []}'],
    ['a freeze less that is over', 'calendar: {freezes: [{from: 2026-01-01, to: 2026-02-01}]}', ''],
    [
      'a freeze whose past part was cut off',
      'calendar: {freezes: [{from: 2026-01-01, to: 2026-03-09}]}',
      'calendar: {freezes: [{from: 2026-03-02, to: 2026-03-09}]}',
    ],
    ['shorter hours', 'calendar: {hours: {mon-fri: "08:00-20:00"}}', 'calendar: {hours: {mon-fri: "09:00-17:00"}}'],
    ['the default hours written down', '', 'calendar: {hours: {mon-fri: ["08:00-12:00", "12:00-18:00"]}}'],
    ['patterns that say what the usual words had', '', 'production: [Production, Live]'],
    ['one pattern more', 'production: [Production]', 'production: [Production, Live]'],
    ['a higher level', '', 'rules: {limited: {level: high}}'],
    ['a limit of a correlation lowered', '', 'rules: {counted: {threshold: 3}}'],
    ['a limit from above raised', '', 'rules: {unnamed_limit: {threshold: 11}}'],
  ])('is not weaker by %s', (_, before, after) => {
    expect(found(posture(before), posture(after))).toEqual([]);
  });
});

describe('a rule that only counts for a correlation', () => {
  const COUNTED = RULES.replace('generate: true, ', '');

  it('is missed through the correlation alone when it is switched off, and through nothing when that one is', () => {
    const before = posture('', COUNTED);
    const subjects = (yaml: string) => found(before, posture(yaml, COUNTED)).map(([subject]) => subject);

    expect(subjects('rules: {by_case: {enabled: false}}')).toEqual(['counted']);
    expect(subjects('rules: {counted: {enabled: false}}')).toEqual(['counted']);
  });
});

describe('the text of a rule', () => {
  it.each([
    ['status: stable', 'status: test', [['by_case: status', 'medium', 'stable', 'test']]],
    [
      'Age|gte: 30',
      'Age|gte: 31',
      [['limited: threshold', 'medium', 'at least 30 and less than 365', 'at least 31 and less than 365']],
    ],
    [
      'Age|gte: 30',
      'Age|gt: 30',
      [['limited: threshold', 'medium', 'at least 30 and less than 365', 'more than 30 and less than 365']],
    ],
    [
      'Age|lt: 365',
      'Age|lt: 364',
      [['limited: threshold', 'medium', 'at least 30 and less than 365', 'at least 30 and less than 364']],
    ],
    ['Age|lt: 365', 'Age|lte: 365', []],
    ['status: test', 'status: stable', []],
    ['title: a', 'title: other', []],
  ])('with %j changed to %j is weaker in %j', (before, after, expected) => {
    expect(found(posture(''), posture('', RULES.replace(before, after)))).toEqual(expected);
  });

  it('that is gone is weaker by the rule alone, not by its parts', () => {
    const withoutLast = RULES.slice(0, RULES.lastIndexOf('---'));

    expect(found(posture(''), posture('', withoutLast))).toEqual([['unnamed_limit', 'medium', 'in force', 'gone']]);
  });
});

describe('any two postures', () => {
  const level = fc.constantFrom(...LEVELS);
  const instant = fc.integer({ min: NOON - 1e9, max: NOON + 1e9 });
  const limit = fc.record({
    operator: fc.constantFrom('gt', 'gte', 'lt', 'lte'),
    value: fc.integer({ min: 0, max: 5 }),
  });
  const kinds: { [K in Strength['kind']]: fc.Arbitrary<Extract<Strength, { kind: K }>> } = {
    rule: fc.record({ kind: fc.constant('rule'), isOn: fc.boolean(), isStable: fc.boolean() }),
    level: fc.record({
      kind: fc.constant('level'),
      level,
      when: fc.dictionary(fc.constantFrom('night', 'system'), level),
    }),
    status: fc.record({ kind: fc.constant('status'), status: fc.constantFrom('stable', 'test', 'experimental') }),
    threshold: fc.record({ kind: fc.constant('threshold'), limits: fc.array(limit, { maxLength: 2 }) }),
    exception: fc.record({
      kind: fc.constant('exception'),
      expires: fc.constantFrom('2026-02-01', '2026-12-25', null),
      untilMs: fc.option(instant),
    }),
    hours: fc.record({
      kind: fc.constant('hours'),
      text: fc.string(),
      week: fc.array(fc.tuple(fc.nat(10079), fc.integer({ min: 10080, max: 11500 })), { maxLength: 2 }),
    }),
    holidays: fc.record({
      kind: fc.constant('holidays'),
      dates: fc.array(fc.constantFrom('2026-02-01', '2026-03-02', '2026-12-25')),
    }),
    freezes: fc.record({
      kind: fc.constant('freezes'),
      spans: fc.array(fc.tuple(instant, instant).map(([a, b]) => ({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }))),
    }),
    production: fc.record({
      kind: fc.constant('production'),
      patterns: fc.option(fc.array(fc.constantFrom('Prod', 'Live'))),
      environments: fc
        .array(fc.record({ id: fc.constantFrom('1', '2'), name: fc.string(), isProduction: fc.boolean() }), {
          maxLength: 2,
        })
        .map((all) => all.filter((one, index) => all.findIndex(({ id }) => id === one.id) === index)),
    }),
    zone: fc.record({ kind: fc.constant('zone'), name: fc.constantFrom('UTC', 'Asia/Tokyo') }),
    places: fc.record({ kind: fc.constant('places'), text: fc.constantFrom('a everywhere', 'a for tag "Asia"') }),
    window: fc.record({
      kind: fc.constant('window'),
      text: fc.constantFrom('Mon 20:00-22:00', 'Tue 20:00-22:00'),
      untilMs: fc.constantFrom(null, NOON - 1, NOON + 1),
    }),
  };
  const any = fc
    .record(kinds, { requiredKeys: [] })
    .map((parts): Posture => new Map(Object.entries(parts).flatMap(([key, part]) => (part ? [[key, part]] : []))));

  it('a posture is not weaker than itself, nor than itself read back from JSON', () => {
    fc.assert(
      fc.property(any, (one) => {
        const stored = new Map(JSON.parse(JSON.stringify([...one])) as [string, Strength][]);
        expect(weakenings(one, one, NOON)).toEqual([]);
        expect(weakenings(stored, one, NOON)).toEqual([]);
      }),
    );
  });

  it('another level is weaker one way or the other', () => {
    fc.assert(
      fc.property(kinds.level, kinds.level, (a, b) => {
        fc.pre(a.level !== b.level);
        const [before, after] = [new Map([['a', a]]), new Map([['a', b]])];
        expect([...weakenings(before, after, NOON), ...weakenings(after, before, NOON)]).not.toEqual([]);
      }),
    );
  });

  it('a weakening says two different things', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        // The texts of hours are made up here.
        const told = weakenings(a, b, NOON).filter((one) => one.subject !== 'hours');
        for (const one of told) expect(one.before).not.toBe(one.after);
      }),
    );
  });
});

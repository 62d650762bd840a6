import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTerms } from '../../src/detect/exceptions.ts';
import { compileException, literalValue, loadRulePack, renderException, testOfValue } from '../../src/detect/index.ts';
import { formatEpochDay } from '../../src/lib/local-date.ts';
import { createZone } from '../../src/lib/zone.ts';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

/** Zones whose clocks change at midnight, by half an hour, late in the evening, or that once left out a whole day. */
const ZONES = [
  ...['UTC', 'Europe/London', 'America/New_York', 'America/Sao_Paulo', 'Asia/Beirut', 'Africa/Cairo'],
  ...['Australia/Lord_Howe', 'America/Santiago', 'Pacific/Apia', 'Asia/Kathmandu', 'America/Havana'],
] as const;
const zones = new Map(ZONES.map((name) => [name, createZone(name)]));

/** The local date as the machine's own calendar writes it. */
const calendars = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
  ]),
);

/** Every day on which some of these clocks change. */
const changes = ZONES.flatMap((name) => {
  const zone = zones.get(name);
  const found: number[] = [];
  for (let at = Date.UTC(2011, 0, 1); at < Date.UTC(2027, 0, 1); at += DAY) {
    if (zone?.localTime(at).offsetMinutes !== zone?.localTime(at + DAY).offsetMinutes) found.push(at);
  }
  return found.map((at) => ({ name, at }));
});

type Exception = {
  readonly from: string;
  readonly fromMs: number | null;
  readonly expires: string;
  readonly user: string;
};

const RULE = `title: Edit
name: edit
logsource: { product: octopus, service: audit }
detection: { s: { Category: Modified }, condition: s }
`;

function filterText({ from, expires, user }: Exception, index: number): string {
  return `title: F
name: f${index}
logsource: { product: octopus, service: audit }
filter: { rules: [edit], s: { Username: [${user}] }, condition: not s }
octowatch: { owner: ann, approved_by: bob, reason: r, from: '${from}', expires: '${expires}' }
`;
}

/** Near midnight, near a change of clocks, or anywhere. */
const moment = fc.oneof(
  fc.constantFrom(...changes).chain(({ name, at }) =>
    fc.record({
      name: fc.constant(name),
      at: fc.integer({ min: -2, max: 3 * 1440 }).map((min) => at + min * MINUTE),
    }),
  ),
  fc.record({
    name: fc.constantFrom(...ZONES),
    at: fc.integer({ min: Date.UTC(2011, 0, 1), max: Date.UTC(2027, 0, 1) }),
  }),
);

const scene = moment.chain(({ name, at }) => {
  const zone = zones.get(name) ?? createZone('UTC');
  const exception = fc
    .record({
      begins: fc.integer({ min: -3, max: 2 }),
      lasts: fc.integer({ min: 0, max: 3 }),
      offsetMs: fc.option(fc.integer({ min: -2 * DAY, max: DAY })),
      user: fc.constantFrom('carol', 'eve', 'carol, eve'),
    })
    .map(({ begins, lasts, offsetMs, user }): Exception => {
      const fromMs = offsetMs === null ? null : at + offsetMs;
      const firstDay = fromMs === null ? zone.localTime(at).epochDay + begins : zone.localTime(fromMs).epochDay;
      return {
        from: fromMs === null ? formatEpochDay(firstDay) : new Date(fromMs).toISOString(),
        fromMs,
        expires: formatEpochDay(firstDay + lasts),
        user,
      };
    });
  // The event itself, and the very edges of its day.
  const event = fc.oneof(
    fc.constant(at),
    fc.integer({ min: -2 * 1440, max: 2 * 1440 }).map((minutes) => at + minutes * MINUTE),
    fc
      .record({ day: fc.integer({ min: -1, max: 2 }), ms: fc.constantFrom(-1, 0, 1) })
      .map(({ day, ms }) => zone.epochMsOf({ ...dateOf(zone.localTime(at).epochDay + day), hour: 0, minute: 0 }) + ms),
  );
  return fc.record({
    name: fc.constant(name),
    exceptions: fc.array(exception, { minLength: 1, maxLength: 3 }),
    events: fc.array(fc.record({ at: event, user: fc.constantFrom('carol', 'eve', 'dave') }), {
      minLength: 1,
      maxLength: 8,
    }),
  });
});

function dateOf(epochDay: number) {
  const [year = 0, month = 1, day = 1] = formatEpochDay(epochDay).split('-').map(Number);
  return { year, month, day };
}

test('an event is hidden by the first exception about it whose days hold its local day, whatever the clocks do', () => {
  let hidden = 0;
  let shown = 0;
  fc.assert(
    fc.property(scene, ({ name, exceptions, events }) => {
      const zone = zones.get(name) ?? createZone('UTC');
      const { documents } = parseSigmaFile([RULE, ...exceptions.map(filterText)].join('---\n'), 'f.yml');
      const inForce = new Map(
        documents.flatMap((document) => {
          const { terms } = document.kind === 'filter' ? readTerms(document, zone, true) : { terms: null };
          return terms ? [[document, terms.inForce] as const] : [];
        }),
      );
      const { ruleSet } = compileRules(documents, { inForce });

      for (const { at, user } of events) {
        const localDate = calendars.get(name as (typeof ZONES)[number])?.format(at) ?? '';
        const expected = exceptions.findIndex(
          (one) =>
            one.user.split(', ').includes(user) &&
            localDate <= one.expires &&
            (one.fromMs === null ? localDate >= one.from : at >= one.fromMs),
        );
        const [match] = ruleSet.match(
          { Category: 'Modified', Username: user },
          { product: 'octopus', service: 'audit' },
          at,
        );
        expect(match?.rejectedBy).toBe(expected < 0 ? null : `f${expected}`);
        if (expected < 0) shown += 1;
        else hidden += 1;
      }
    }),
    { numRuns: 1500 },
  );
  // Neither of the two is rare, or the test would say little.
  expect(Math.min(hidden, shown)).toBeGreaterThan(1000);
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(
      '\\',
      '*',
      '?',
      "'",
      '"',
      ':',
      '#',
      ' ',
      '\n',
      '\t',
      '{',
      '&',
      '%',
      '-',
      'a',
      '\u0085',
      '\u202e',
      '\u{1f600}',
    ),
    maxLength: 20,
  }),
  fc.constantFrom(
    'null',
    'true',
    '~',
    '12',
    '1e3',
    '0x1F',
    '-',
    '',
    ' a ',
    '|',
    '>',
    '!x',
    '@x',
    '`x`',
    '\ufeff',
    '---',
    '...',
  ),
);

test('a value of an event comes back from the file as it is, and nothing but it is hidden', () => {
  const pack = loadRulePack([new URL('../../rules', import.meta.url).pathname]);
  const zone = createZone('UTC');
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase();
  fc.assert(
    fc.property(text, text, text, (value, other, said) => {
      const file = renderException([
        {
          ...{ title: `T ${said}`, name: 'an_exception', id: '3db9fbd8-c942-472d-a108-f2eb86077a80' },
          ...{ date: '2026-03-01', logsource: { product: 'octopus', service: 'audit' }, rules: ['failed_sign_in'] },
          tests: [testOfValue('UserAgent', value), testOfValue('Strange field: #', 'x')],
          ...{ owner: `o ${said}`, approvedBy: `a ${said}`, reason: `r ${said}`, ticket: `t ${said}` },
          ...{ from: '2026-03-01', expires: '2026-03-31' },
        },
      ]);
      const [filter] = compileException(file, pack, zone);
      const record = (userAgent: unknown) => ({ UserAgent: userAgent, 'Strange field: #': 'x' });

      expect(filter?.admits(record(value))).toBe(false);
      expect(filter?.document.custom['octowatch']).toMatchObject({ owner: `o ${said}`, reason: `r ${said}` });
      fc.pre(!same(value, other));
      expect(filter?.admits(record(other))).toBe(true);
      expect(filter?.admits(record(undefined))).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test('wildcards of Sigma and backslashes are made plain', () => {
  expect(literalValue('a*b?c\\d\\*')).toBe('a\\*b\\?c\\\\d\\\\\\*');
});

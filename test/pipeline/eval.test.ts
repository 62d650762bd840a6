import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type EvalMatch, evaluateLines, loadRulesForEval } from '../../src/pipeline/eval.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const LOGIN = `title: login failed
name: failed
logsource: { product: vpn }
detection: { s: { Event: failed }, condition: s }
---
title: logged in
name: success
logsource: { product: vpn }
detection: { s: { Event: success }, condition: s }
`;
const correlation = (title: string, section: string, head = ''): string =>
  `---\ntitle: ${title}\n${head}correlation: { timespan: 10m, ${section} }\n`;
const failed = (minute: number, more: Record<string, unknown> = {}) => ({
  Event: 'failed',
  Occurred: at(minute),
  ...more,
});
const success = (minute: number, more: Record<string, unknown> = {}) => ({
  Event: 'success',
  Occurred: at(minute),
  ...more,
});

function at(minute: number): string {
  return new Date(Date.UTC(2026, 2, 2, 12, minute)).toISOString();
}

async function evaluate(rules: string, records: readonly unknown[], timeField = 'Occurred') {
  files += 1;
  const file = path.join(folder, `${files}.yml`);
  writeFileSync(file, rules);
  const pack = loadRulesForEval([file]);
  expect(pack.mistakes).toEqual([]);
  const problems: string[] = [];
  const lines = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)));
  const matches: EvalMatch[] = [];
  await evaluateLines(pack, asStream(lines), timeField, {
    onMatches: (found) => {
      matches.push(...found);
    },
    onBadLine: ({ line, problem }) => problems.push(`${line}: ${problem}`),
  });
  return { matches: matches.map(({ rule, line }) => `${line} ${rule}`), problems };
}

async function* asStream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe('rules eval', () => {
  it.each([
    [
      'event_count',
      'type: event_count, rules: [failed], condition: {gte: 2}',
      [failed(0), failed(1), failed(2)],
      ['2 C'],
    ],
    [
      'event_count by group',
      'type: event_count, rules: [failed], group-by: [User], condition: {gte: 2}',
      [failed(0, { User: 'a' }), failed(1, { User: 'b' }), failed(2, { User: 'a' })],
      ['3 C'],
    ],
    [
      'the group of those without the field',
      'type: event_count, rules: [failed], group-by: [User], condition: {gte: 2}',
      [failed(0), failed(1, { User: 'b' }), failed(2, { User: null })],
      ['3 C'],
    ],
    [
      'value_count',
      'type: value_count, rules: [failed], condition: {gte: 2, field: User}',
      [failed(0, { User: 'a' }), failed(1, { User: 'a' }), failed(2, { User: 'A' })],
      ['3 C'],
    ],
    ['temporal', 'type: temporal, rules: [failed, success]', [success(0), failed(1), failed(2)], ['2 C']],
    [
      'temporal as an expression',
      'type: temporal, condition: success and not failed',
      [failed(0), success(5), success(11)],
      ['3 C'],
    ],
    [
      'temporal_ordered',
      'type: temporal_ordered, rules: [failed, success]',
      [success(0), failed(1), success(12), success(2)],
      ['4 C'],
    ],
    [
      'value_sum',
      'type: value_sum, rules: [failed], condition: {gt: 10, field: Bytes}',
      [failed(0, { Bytes: 6 }), failed(1, { Bytes: '5' })],
      ['2 C'],
    ],
    [
      'value_avg',
      'type: value_avg, rules: [failed], condition: {lt: 3, field: Bytes}',
      [failed(0, { Bytes: 4 }), failed(1, { Bytes: 1 })],
      ['2 C'],
    ],
    [
      'value_percentile',
      'type: value_percentile, rules: [failed], condition: {gte: 5, field: Bytes, percentile: 90}',
      [failed(0, { Bytes: 1 }), failed(1, { Bytes: 9 })],
      ['2 C'],
    ],
    [
      'generate inside the section',
      'type: event_count, rules: [failed], condition: {gte: 2}, generate: true',
      [failed(0), failed(1)],
      ['1 login failed', '2 C', '2 login failed'],
    ],
  ])('runs %s', async (_what, section, records, expected) => {
    const { matches } = await evaluate(LOGIN + correlation('C', section), records);

    expect(matches.filter((match) => !match.endsWith('logged in'))).toEqual(expected);
  });

  it('runs a chain to its end and prints no part of it', async () => {
    const rules =
      LOGIN +
      correlation('break-in', 'type: temporal_ordered, rules: [burst, success], group-by: [User]') +
      correlation(
        'burst',
        'type: event_count, rules: [failed], group-by: [User], condition: {gte: 2}',
        'name: burst\n',
      );
    const records = [
      failed(0, { User: 'a' }),
      success(1, { User: 'a' }),
      failed(2, { User: 'a' }),
      success(3, { User: 'b' }),
      success(4, { User: 'a' }),
    ];

    expect((await evaluate(rules, records)).matches).toEqual(['5 break-in']);
  });

  it('prints generate at the top level as the same', async () => {
    const rules =
      LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 2}', 'generate: true\n');

    expect((await evaluate(rules, [failed(0), failed(1)])).matches).toEqual([
      '1 login failed',
      '2 C',
      '2 login failed',
    ]);
  });

  it('completes a count within one instant at the line that comes last', async () => {
    const rules = LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 11}');

    expect(
      (
        await evaluate(
          rules,
          Array.from({ length: 12 }, () => failed(0)),
        )
      ).matches,
    ).toEqual(['11 C']);
  });

  it('takes lines in any order of time', async () => {
    const rules = LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 3}');

    expect((await evaluate(rules, [failed(9), failed(40), failed(1), failed(5)])).matches).toEqual(['1 C']);
  });

  it('finds the time in any field, nested or flat, as text or as seconds or milliseconds', async () => {
    const rules = LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 2}');
    const seconds = Date.UTC(2026, 2, 2) / 1000;
    const times = [
      [seconds, (seconds + 60) * 1000],
      ['2026-03-02 00:00:00', '2026-03-02T02:01:00+02:00'],
    ];

    for (const [first, second] of times) {
      const nested = [
        { Event: 'failed', meta: { time: first } },
        { Event: 'failed', 'meta.time': second },
      ];
      expect((await evaluate(rules, nested, 'meta.time')).matches).toEqual(['2 C']);
    }
  });

  it('says which lines it cannot read or place in time, keeps their numbers and goes on', async () => {
    const rules = LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 2}');
    const records = ['', failed(0), '{"Event":', '[1]', { Event: 'failed', Occurred: 'soon' }, '  ', failed(1)];

    const { matches, problems } = await evaluate(rules, records);

    expect(matches).toEqual(['7 C']);
    expect(problems).toEqual([
      expect.stringMatching(/^3: not JSON/),
      '5: field Occurred holds no time, so correlations cannot count the record',
    ]);
  });

  it('leaves out what a filter rejects, also from correlations', async () => {
    const filter =
      '---\ntitle: F\nlogsource: { product: vpn }\nfilter: { rules: [failed], test: { User: test }, condition: not test }\n';
    const rules =
      LOGIN + correlation('C', 'type: event_count, rules: [failed], condition: {gte: 2}, generate: true') + filter;

    expect((await evaluate(rules, [failed(0, { User: 'test' }), failed(1, { User: 'a' })])).matches).toEqual([
      '2 login failed',
    ]);
  });

  it('hands on what plain rules match while it still reads, and waits for whoever takes it', async () => {
    files += 1;
    const file = path.join(folder, `${files}.yml`);
    writeFileSync(file, LOGIN);
    let taken = 0;
    let isBusy = false;
    const takenWhenRead: number[] = [];
    async function* lines() {
      for (let read = 0; read < 2_500; read++) {
        expect(isBusy).toBe(false);
        takenWhenRead.push(taken);
        yield JSON.stringify(failed(0));
      }
    }

    await evaluateLines(loadRulesForEval([file]), lines(), 'Occurred', {
      async onMatches(matches) {
        isBusy = true;
        await new Promise((resolve) => setImmediate(resolve));
        taken += matches.length;
        isBusy = false;
      },
      onBadLine: () => undefined,
    });

    expect(takenWhenRead.at(-1)).toBe(2_000);
    expect(taken).toBe(2_500);
  });
});

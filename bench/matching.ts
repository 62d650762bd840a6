import { Engine } from 'json-rules-engine';
import { createZone } from '../src/enrich/index.ts';
import type { RuleSet } from '../src/sigma/index.ts';
import { bestUs, type Figure } from './figures.ts';
import { naiveMatches } from './naive.ts';
import { compile, type PlainRule, thirtyRules, variedRules } from './rules.ts';
import { eventsOfDay } from './workload.ts';

const SOURCE = { product: 'octopus', service: 'audit' };

export async function measureRules(): Promise<Figure[]> {
  const records = eventsOfDay(3).slice(0, 2000) as unknown as Record<string, unknown>[];
  const texts = records.map((record) => JSON.stringify(record));
  const some = records.slice(0, 200);
  const usual = thirtyRules();
  const ruleSet = compile(usual);
  const matchAll = (rules: RuleSet) => () => {
    for (const record of records) rules.match(record, SOURCE);
  };
  const keys = (rules: RuleSet, record: Record<string, unknown>) =>
    rules.match(record, SOURCE).map(({ rule }) => rule.key);
  const peer = peerOf(usual);
  const varied = variedRules();
  const variedSet = compile(varied);
  for (const record of some) {
    assertSame(keys(ruleSet, record), await peer(record), 'json-rules-engine');
    assertSame(keys(ruleSet, record), naiveMatches(usual, record), 'the naive interpreter');
  }
  for (const record of records)
    assertSame(keys(variedSet, record), naiveMatches(varied, record), 'the naive interpreter');
  const ours = bestUs(records.length, matchAll(ruleSet));
  const others = bestUs(records.length, matchAll(compile([...usual, ...thirtyRules(true)])));
  const oursVaried = bestUs(records.length, matchAll(variedSet));
  const parse = bestUs(records.length, () => {
    for (const text of texts) JSON.parse(text);
  });
  const naive = bestUs(records.length, () => {
    for (const record of records) naiveMatches(usual, record);
  });
  const naiveVaried = bestUs(records.length, () => {
    for (const record of records) naiveMatches(varied, record);
  });
  const startedAtMs = performance.now();
  for (const record of some) await peer(record);
  const peerUs = ((performance.now() - startedAtMs) * 1000) / some.length;
  return [
    { name: '30 rules, µs per event', value: ours, goal: null },
    { name: '30 rules against json-rules-engine', value: peerUs / ours, goal: 'at least 100' },
    { name: '30 rules against a naive interpreter', value: naive / ours, goal: null },
    { name: 'cost of 30 rules as a share of JSON.parse', value: ours / parse, goal: 'at most 0.25' },
    { name: 'cost of 30 further rules of other categories', value: others / ours - 1, goal: 'at most 0.05' },
    { name: '48 varied rules, 16 of them without a value to look up, µs per event', value: oursVaried, goal: null },
    { name: '48 varied rules against a naive interpreter', value: naiveVaried / oursVaried, goal: null },
  ];
}

function assertSame(ours: readonly string[], theirs: readonly string[], who: string): void {
  const all = (keys: readonly string[]) => keys.toSorted().join(', ');
  if (all(ours) !== all(theirs)) throw new Error(`the engine found [${all(ours)}], ${who} [${all(theirs)}]`);
}

/** json-rules-engine with the category first and by priority, which spares it the other facts. */
function peerOf(rules: readonly PlainRule[]): (record: Record<string, unknown>) => Promise<string[]> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  engine.addOperator(
    'startsWith',
    (value: unknown, prefix: string) => typeof value === 'string' && value.toLowerCase().startsWith(prefix),
  );
  engine.addOperator(
    'holds',
    (value: unknown, part: string) => typeof value === 'string' && value.toLowerCase().includes(part),
  );
  for (const { name, detection } of rules) {
    const selection = detection['selection'] as Readonly<Record<string, string>>;
    engine.addRule({
      conditions: {
        all: [
          { fact: 'Category', operator: 'equal', value: selection['Category'], priority: 10 },
          { fact: 'Username', operator: 'startsWith', value: selection['Username|startswith'] },
          { fact: 'Message', operator: 'holds', value: selection['Message|contains'] },
        ],
      },
      event: { type: name },
    });
  }
  return async (record) => (await engine.run(record)).events.map(({ type }) => type);
}

export function measureLocalTime(): Figure[] {
  const zone = createZone('Europe/London');
  const from = Date.UTC(2026, 0, 1);
  const instants = Array.from({ length: 100_000 }, (_, index) => from + index * 60_000);
  const us = bestUs(instants.length, () => {
    for (const instant of instants) zone.localTime(instant);
  });
  return [
    { name: 'local time, ns per event', value: us * 1000, goal: 'at most 50' },
    { name: 'local time: instants around changes of clocks that differ from Intl', value: differences(), goal: 'none' },
  ];
}

/** A second before and at every change of clocks from 2015 to 2037, in zones of each kind, against Intl. */
function differences(): number {
  let count = 0;
  for (const name of [
    'Europe/London',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
  ]) {
    const zone = createZone(name);
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: name,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    const shown = (ms: number) => {
      const { hour, minute } = zone.localTime(ms);
      return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    };
    let before = zone.localTime(Date.UTC(2015, 0, 1)).offsetMinutes;
    for (let ms = Date.UTC(2015, 0, 1); ms < Date.UTC(2038, 0, 1); ms += 1_800_000) {
      const { offsetMinutes } = zone.localTime(ms);
      if (offsetMinutes === before) continue;
      before = offsetMinutes;
      for (const instant of [ms - 1000, ms, ms + 1000]) if (shown(instant) !== format.format(instant)) count += 1;
    }
  }
  return count;
}

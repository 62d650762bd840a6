import { Engine } from 'json-rules-engine';
import { createZone } from '../src/enrich/index.ts';
import { compileRules, parseSigmaFile, type RuleSet } from '../src/sigma/index.ts';
import { bestUs, type Figure } from './figures.ts';
import { eventsOfDay } from './workload.ts';

const SOURCE = { product: 'octopus', service: 'audit' };
const CATEGORIES = ['DeploymentQueued', 'DeploymentStarted', 'Modified', 'Created', 'LoginFailed', 'MachineHealthy'];

/** Thirty rules of the usual kind: a category, a name that begins with something, a text that contains something. */
function thirtyRules(categories: readonly string[]) {
  return Array.from({ length: 30 }, (_, index) => ({
    category: categories[index % categories.length] as string,
    prefix: `person.${index}`,
    part: `release ${index}.`,
  }));
}

function compile(rules: ReturnType<typeof thirtyRules>): RuleSet {
  const text = rules.map(
    ({ category, prefix, part }, index) =>
      `title: Rule ${index} of ${category}\nname: rule_${index}_${category}\nlogsource: {product: octopus, service: audit}\ndetection:\n  a:\n    Category: ${category}\n    Username|startswith: ${prefix}\n    Message|contains: '${part}'\n  condition: a\n`,
  );
  const { documents, mistakes } = parseSigmaFile(text.join('---\n'), 'bench.yml');
  if (mistakes.length > 0) throw new Error(mistakes[0]?.message);
  return compileRules(documents).ruleSet;
}

export async function measureRules(): Promise<Figure[]> {
  const records = eventsOfDay(3).slice(0, 2000) as unknown as Record<string, unknown>[];
  const texts = records.map((record) => JSON.stringify(record));
  const rules = thirtyRules(CATEGORIES);
  const matchAll = (ruleSet: RuleSet) => () => {
    for (const record of records) ruleSet.match(record, SOURCE);
  };
  const ours = bestUs(records.length, matchAll(compile(rules)));
  const others = bestUs(records.length, matchAll(compile([...rules, ...thirtyRules(['TeamEdited', 'SpaceDeleted'])])));
  const parse = bestUs(records.length, () => {
    for (const text of texts) JSON.parse(text);
  });
  const peer = await measurePeer(rules, records.slice(0, 200));
  return [
    { name: '30 rules, µs per event', value: ours, goal: null },
    { name: '30 rules against json-rules-engine', value: peer / ours, goal: 'at least 100' },
    { name: 'cost of 30 rules as a share of JSON.parse', value: ours / parse, goal: 'at most 0.25' },
    { name: 'cost of 30 further rules of other categories', value: others / ours - 1, goal: 'at most 0.05' },
  ];
}

/** json-rules-engine with the category first and by priority, which spares it the other facts. */
async function measurePeer(
  rules: ReturnType<typeof thirtyRules>,
  records: readonly Record<string, unknown>[],
): Promise<number> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  engine.addOperator(
    'startsWith',
    (value: unknown, prefix: string) => typeof value === 'string' && value.toLowerCase().startsWith(prefix),
  );
  engine.addOperator(
    'holds',
    (value: unknown, part: string) => typeof value === 'string' && value.toLowerCase().includes(part),
  );
  for (const { category, prefix, part } of rules) {
    engine.addRule({
      conditions: {
        all: [
          { fact: 'Category', operator: 'equal', value: category, priority: 10 },
          { fact: 'Username', operator: 'startsWith', value: prefix },
          { fact: 'Message', operator: 'holds', value: part },
        ],
      },
      event: { type: category },
    });
  }
  const startedAtMs = performance.now();
  for (const record of records) await engine.run(record);
  return ((performance.now() - startedAtMs) * 1000) / records.length;
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

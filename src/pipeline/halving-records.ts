import {
  API_KEY_SOURCE,
  type PackRule,
  type RuleLimit,
  type RulePack,
  ruleWith,
  stricterNumbers,
} from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { FlatRecord } from '../model/record.ts';
import type { CompiledRule } from '../sigma/index.ts';
import type { Store } from '../store/index.ts';
import { countFindings, type Halving, halve, type SubjectSighting, unknown } from './halving.ts';
import type { KeysAsRead } from './keys-as-read.ts';

type Question = {
  readonly compiled: CompiledRule;
  readonly rule: PackRule;
  readonly field: string;
  readonly limit: RuleLimit;
};

/** A record that a rule matches, and what a finding of it is about. */
type Matching = { readonly record: FlatRecord; readonly sighting: SubjectSighting };

/** Every one of them is judged again. */
const MAX_MATCHES = 50_000;

/** Halves a rule about events by the records of its matches. What they were cannot be known of events that are gone. */
export function halveMatches(
  question: Question & {
    readonly store: Store;
    readonly fromMs: number;
    readonly recordOf: (instanceId: number, eventId: string) => FlatRecord | null;
  },
): Halving {
  const { store, compiled, rule, fromMs } = question;
  const { windowMs, subject } = rule.attributes;
  const matching: Matching[] = [];
  for (const match of store.ruleReportFacts.matchesSince(rule.name, toInstant(fromMs - windowMs))) {
    if (matching.length === MAX_MATCHES) return unknown(`it has more than ${MAX_MATCHES} matches`);
    const record = recordOfMatch(match);
    if (record === null) return unknown('events it matched are no longer stored');
    if (!compiled.matches(record)) return unknown('it matches events of the period no longer: it was changed since');
    const atMs = Date.parse(match.occurred_at);
    const about = subject.length === 0 ? [match.event_id] : subject.map((field) => record[field] ?? null);
    const sighting = { subject: JSON.stringify([match.instance_id, about]), fromMs: atMs, toMs: atMs };
    matching.push({ record, sighting });
  }
  return halveBy(question, matching, fromMs, (left) => countFindings(left, windowMs, fromMs));

  function recordOfMatch({ instance_id, event_id }: { instance_id: number; event_id: string }): FlatRecord | null {
    return question.recordOf(instance_id, event_id);
  }
}

/** Halves a rule about API keys by the keys that meet it as they were last read, whenever its findings opened. */
export function halveKeys(
  question: Question & { readonly pack: RulePack; readonly read: readonly KeysAsRead[] },
): Halving {
  const { rule, pack } = question;
  const { subject } = rule.attributes;
  const matching = question.read.flatMap(({ instanceId, readMs, keys }) =>
    keys.flatMap(({ keyId, record }): Matching[] => {
      const isMet = pack.ruleSet
        .match(record, API_KEY_SOURCE, readMs)
        .some((match) => match.rule.key === rule.name && match.rejectedBy === null);
      if (!isMet) return [];
      const about = subject.length === 0 ? [keyId] : subject.map((field) => record[field] ?? null);
      return [{ record, sighting: { subject: JSON.stringify([instanceId, about]), fromMs: readMs, toMs: readMs } }];
    }),
  );
  return halveBy(question, matching, 0, (left) => new Set(left.map((one) => one.subject)).size);
}

function halveBy(
  { compiled, field, limit }: Question,
  matching: readonly Matching[],
  fromMs: number,
  findingsIn: (left: SubjectSighting[]) => number,
): Halving {
  if (limit.stricter === null) return unknown(`it compares ${field} more than once`);
  const values = matching.flatMap(({ record, sighting }) =>
    sighting.fromMs >= fromMs ? numbersOf(record[field]) : [],
  );
  return halve(stricterNumbers(values, limit), limit, (value) => {
    const { matches } = value === limit.value ? compiled : ruleWith(compiled, field, value);
    return findingsIn(matching.filter(({ record }) => matches(record)).map(({ sighting }) => sighting));
  });
}

/** What of a field a comparison with a number could look at. */
function numbersOf(value: unknown): number[] {
  return [value].flat().flatMap((one) => {
    const number = typeof one === 'string' && one.trim() !== '' ? Number(one) : one;
    return typeof number === 'number' && Number.isFinite(number) ? [number] : [];
  });
}

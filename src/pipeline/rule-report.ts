import { MONITOR_RULES, type PackRule, type RulePack, ruleLimit } from '../detect/index.ts';
import type { createEventJudge } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { compareLevels, type Level } from '../model/finding.ts';
import type { ReportedFindingRow, Store } from '../store/index.ts';
import type { Halving } from './halving.ts';
import { halveCorrelation } from './halving-correlation.ts';
import { halveKeys, halveMatches } from './halving-records.ts';
import type { KeyKnowledge } from './key-records.ts';
import { type KeysAsRead, keysAsRead } from './keys-as-read.ts';
import { createRecordRecall } from './record-recall.ts';

/** What one rule found in a period, and what became of it. */
export type RuleReport = {
  readonly rule: string;
  readonly level: Level | null;
  /** Of the rule as loaded; `built-in` for what the monitor finds about itself, `off` and `gone` for what is not loaded. */
  readonly status: string;
  /** Findings that began in the period, those apart that were merged into another of the rule. */
  readonly findings: number;
  readonly perDay: number;
  /** How many of them somebody ever took on. */
  readonly acknowledged: number;
  /** From opening to the first acknowledgement; null when nobody took one on. */
  readonly medianSecondsToAcknowledge: number | null;
  /** Matches that exceptions hid. */
  readonly excepted: number;
  /** How many of the findings were resolved, by how. */
  readonly resolved: Readonly<Record<'ended' | 'aged' | 'configuration_changed' | 'superseded' | 'history', number>>;
  /** The most frequent first, at most three. */
  readonly subjects: readonly NoisySubject[];
  readonly limit: { readonly value: number; readonly isSettable: boolean } | null;
  /** Null for a rule without a limit. */
  readonly halving: Halving | null;
};

export type NoisySubject = {
  readonly subject: string;
  readonly findings: number;
  /** Of the rule's findings, from 0 to 1. */
  readonly share: number;
  /** The latest of them. */
  readonly findingId: number;
};

export type ReportQuestion = {
  readonly store: Store;
  readonly pack: RulePack;
  readonly judge: ReturnType<typeof createEventJudge>;
  readonly keys: KeyKnowledge;
  readonly fromMs: number;
  readonly nowMs: number;
  /** Only this rule, and that also when it found nothing; null for all that found or hid anything. */
  readonly only: string | null;
};

const DAY_MS = 86_400_000;
const MAX_SUBJECTS = 3;

/**
 * What the rules found since an instant, the noisiest first, and how many days that are: where the stored history begins
 * later, fewer than were asked for. Reads only.
 */
export function reportRules(question: ReportQuestion): { days: number; rules: RuleReport[] } {
  const { store, pack, fromMs, nowMs, only } = question;
  const days = Math.max(nowMs - Math.max(fromMs, historyFromMs(store)), 1) / DAY_MS;
  const opened = Map.groupBy(store.ruleReportFacts.openedSince(toInstant(fromMs)), (one) => one.rule);
  const hidden = Map.groupBy(store.ruleReportFacts.hiddenSince(toInstant(fromMs)), (one) => one.rule);
  const names = only === null ? new Set([...opened.keys(), ...hidden.keys()]) : [only];
  const halvingOf = createHalving(question);
  const rules = [...names]
    .map((name): RuleReport => {
      const findings = opened.get(name) ?? [];
      const waits = findings.flatMap(({ created_at, first_acknowledged_at: at }) =>
        at === null ? [] : [(Date.parse(at) - Date.parse(created_at)) / 1000],
      );
      const levels = [...findings, ...(hidden.get(name) ?? [])].map((one) => one.level);
      const rule = pack.rules.get(name);
      return {
        rule: name,
        level: rule?.level ?? levels.sort(compareLevels).at(-1) ?? null,
        status: statusOf(pack, name),
        findings: findings.length,
        perDay: findings.length / days,
        acknowledged: waits.length,
        medianSecondsToAcknowledge: median(waits),
        excepted: (hidden.get(name) ?? []).reduce((sum, one) => sum + one.signals, 0),
        resolved: resolutionsOf(findings),
        subjects: noisiest(findings),
        ...(rule ? halvingOf(rule) : { limit: null, halving: null }),
      };
    })
    .sort((a, b) => b.findings - a.findings || b.excepted - a.excepted || (a.rule < b.rule ? -1 : 1));
  return { days, rules };
}

function historyFromMs(store: Store): number {
  const begins = store.instances.all().flatMap(({ instance_id }) => store.digestFacts.historyFrom(instance_id) ?? []);
  return begins.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...begins.map((at) => Date.parse(at)));
}

function statusOf(pack: RulePack, name: string): string {
  if (MONITOR_RULES.includes(name)) return 'built-in';
  if (pack.switchedOff.some((document) => document.name === name)) return 'off';
  return pack.rules.get(name)?.status ?? 'gone';
}

/** What rests on whole readings is read once, and only if a rule asks for it. */
function createHalving({ store, pack, judge, keys, fromMs }: ReportQuestion) {
  const recordOf = createRecordRecall(store, judge);
  let read: readonly KeysAsRead[] | null = null;
  return (rule: PackRule): Pick<RuleReport, 'limit' | 'halving'> => {
    const field = rule.attributes.threshold;
    const correlation = pack.ruleSet.correlations.find((one) => one.key === rule.name);
    const compiled = pack.ruleSet.rules.find((one) => one.key === rule.name);
    const one = correlation ?? compiled;
    const limit = one ? ruleLimit(one, field) : null;
    if (!limit) return { limit: null, halving: null };
    const shown = { value: limit.value, isSettable: limit.isSettable };
    if (correlation)
      return { limit: shown, halving: halveCorrelation({ store, correlation, rule, limit, fromMs, recordOf }) };
    if (!compiled || field === null) return { limit: shown, halving: null };
    const asked = { compiled, rule, field, limit };
    if (rule.kind !== 'api_key') return { limit: shown, halving: halveMatches({ ...asked, store, fromMs, recordOf }) };
    read ??= keysAsRead(store, pack, keys);
    return { limit: shown, halving: halveKeys({ ...asked, pack, read }) };
  };
}

function resolutionsOf(findings: readonly ReportedFindingRow[]): RuleReport['resolved'] {
  const count = (resolution: string) => findings.filter((one) => one.resolution === resolution).length;
  return {
    ended: count('ended'),
    aged: count('aged'),
    configuration_changed: count('configuration_changed'),
    superseded: count('superseded'),
    history: count('history'),
  };
}

function noisiest(findings: readonly ReportedFindingRow[]): NoisySubject[] {
  return [...Map.groupBy(findings, (one) => one.subject)]
    .map(([subject, own]) => ({
      subject,
      findings: own.length,
      share: own.length / findings.length,
      findingId: own.at(-1)?.finding_id ?? 0,
    }))
    .sort((a, b) => b.findings - a.findings || (a.subject < b.subject ? -1 : 1))
    .slice(0, MAX_SUBJECTS);
}

function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

import { LEVELS, type Level } from '../model/finding.ts';
import { type ReplayedFindingRow, replayedFacts, type Store } from '../store/index.ts';

type Pair<Value> = { readonly before: Value; readonly after: Value };

/** What one rule yields in two backtests. */
export type RuleComparison = {
  readonly rule: string;
  readonly signals: Pair<number>;
  /** Those apart that were merged into another of the rule: the count of `rules report`. */
  readonly findings: Pair<number>;
  /** How many of the findings another rule's finding took in. */
  readonly takenIn: Pair<number>;
  readonly levels: Pair<LevelCounts>;
};

/** Findings by level, the gravest first; levels without any are left out. */
export type LevelCounts = ReadonlyMap<Level, number>;

export type Comparison = {
  /** Only what differs, and what was asked for; by name. */
  readonly rules: readonly RuleComparison[];
  /** Findings that stand (no other takes them in) before and not after, and the other way round; by time. */
  readonly gone: readonly ReplayedFindingRow[];
  readonly appeared: readonly ReplayedFindingRow[];
  /** Findings that stand in both, of another level. */
  readonly regraded: readonly Pair<ReplayedFindingRow>[];
};

/**
 * Compares two backtests of the same history. A finding is the same in both when it is of one rule and subject and some
 * of its time is in common; of one that falls into two parts the later ones are new. `named` are rules to show in any case.
 */
export function compareBacktests(before: Store, after: Store, named: ReadonlySet<string>): Comparison {
  const [a, b] = [countsOf(before), countsOf(after)];
  const names = [...new Set([...a.rules, ...b.rules, ...named])].sort();
  const rules = names.map((rule) => {
    const [left, right] = [a.of(rule), b.of(rule)];
    return {
      rule,
      signals: { before: left.signals, after: right.signals },
      findings: { before: left.findings, after: right.findings },
      takenIn: { before: left.takenIn, after: right.takenIn },
      levels: { before: left.levels, after: right.levels },
    };
  });
  const { gone, appeared, both } = matched(standing(a.findings), standing(b.findings));
  const differing = new Set([...gone, ...appeared].map((one) => one.rule));
  const regraded = both.filter((one) => one.before.level !== one.after.level);
  for (const { before: one } of regraded) differing.add(one.rule);
  return {
    rules: rules.filter((one) => named.has(one.rule) || differing.has(one.rule) || differs(one)),
    gone,
    appeared,
    regraded,
  };
}

function countsOf(store: Store) {
  const facts = replayedFacts(store.db);
  const signals = new Map(facts.signals().map((row) => [row.rule, row.signals]));
  const findings = facts.findings();
  const byRule = Map.groupBy(findings, (one) => one.rule);
  return {
    findings,
    rules: [...signals.keys(), ...byRule.keys()],
    of(rule: string) {
      const own = byRule.get(rule) ?? [];
      return {
        signals: signals.get(rule) ?? 0,
        findings: own.length,
        takenIn: own.filter((one) => one.is_taken_in === 1).length,
        levels: levelCounts(own),
      };
    },
  };
}

function levelCounts(findings: readonly ReplayedFindingRow[]): LevelCounts {
  const counts = LEVELS.map((level) => [level, findings.filter((one) => one.level === level).length] as const);
  return new Map(counts.filter(([, count]) => count > 0).toReversed());
}

function standing(findings: readonly ReplayedFindingRow[]): ReplayedFindingRow[] {
  return findings.filter((one) => one.is_taken_in === 0);
}

function differs({ signals, findings, takenIn, levels }: RuleComparison): boolean {
  const areLevelsSame = LEVELS.every((level) => levels.before.get(level) === levels.after.get(level));
  return !areLevelsSame || [signals, findings, takenIn].some((pair) => pair.before !== pair.after);
}

/** Pairs findings one to one, the earliest first. */
function matched(before: readonly ReplayedFindingRow[], after: readonly ReplayedFindingRow[]) {
  const key = (one: ReplayedFindingRow) => `${one.rule} ${one.fingerprint}`;
  const waiting = Map.groupBy(before, key);
  const both: Pair<ReplayedFindingRow>[] = [];
  const appeared: ReplayedFindingRow[] = [];
  const seen = new Set<ReplayedFindingRow>();
  for (const one of after) {
    const same = waiting
      .get(key(one))
      ?.find((old) => !seen.has(old) && old.first_seen_at <= one.last_seen_at && one.first_seen_at <= old.last_seen_at);
    if (!same) {
      appeared.push(one);
      continue;
    }
    seen.add(same);
    both.push({ before: same, after: one });
  }
  return { gone: before.filter((one) => !seen.has(one)), appeared, both };
}

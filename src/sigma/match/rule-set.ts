import type { CompiledCorrelation, CompiledFilter, CompiledRule, SigmaMatch, TimeSpan } from '../compiled.ts';
import type { LogSource } from '../document.ts';
import { Dispatch, type Dispatchable } from './dispatch.ts';
import type { SigmaRecord } from './fields.ts';
import type { Predicate } from './predicates.ts';
import { requiredEqualities } from './required-equality.ts';

type Candidate = Dispatchable & {
  readonly rule: CompiledRule;
  readonly admitted: SigmaMatch;
  /** Its filters, each with the match to give when it rejects: made once, so that matching allocates nothing for them. */
  readonly filters: readonly {
    readonly admits: Predicate;
    readonly rejected: SigmaMatch;
    readonly inForce: TimeSpan | null;
  }[];
  readonly index: number;
  seenAt: number;
  /** What became of the record at hand. */
  outcome: SigmaMatch;
};

const NO_MATCHES: readonly SigmaMatch[] = Object.freeze([]);

/** Compiled rules, indexed by log source and by the values they cannot do without. */
export class RuleSet {
  readonly rules: readonly CompiledRule[];
  /** Each stands behind those whose hits it counts: running them in this order, one run sees all of a chain. */
  readonly correlations: readonly CompiledCorrelation[];
  readonly filters: readonly CompiledFilter[];
  readonly #candidates: readonly Candidate[];
  readonly #everyRule: Dispatch<Candidate>;
  readonly #byLogSource = new Map<string, Dispatch<Candidate>>();
  readonly #visit: (candidate: Candidate) => void;
  // Records come in runs of one log source: its dispatch is found again by identity, without building a key.
  #lastLogSource: LogSource | undefined = undefined;
  #lastDispatch: Dispatch<Candidate>;
  #record: SigmaRecord = {};
  #atMs = Number.NaN;
  #found: Candidate[] | null = null;
  #generation = 0;

  constructor(
    rules: readonly CompiledRule[],
    correlations: readonly CompiledCorrelation[],
    filters: readonly CompiledFilter[] = [],
  ) {
    this.rules = rules;
    this.correlations = correlations;
    this.filters = filters;
    this.#candidates = rules.map((rule, index) => candidateOf(rule, index, filters));
    this.#everyRule = new Dispatch(this.#candidates);
    this.#lastDispatch = this.#everyRule;
    // One function for the life of the set: a closure per record would be the only thing allocated for it.
    this.#visit = (candidate) => {
      if (candidate.seenAt === this.#generation) return;
      candidate.seenAt = this.#generation;
      if (!candidate.rule.matches(this.#record)) return;
      candidate.outcome = outcomeOf(candidate, this.#record, this.#atMs);
      this.#found ??= [];
      this.#found.push(candidate);
    };
  }

  /**
   * The detection rules that match a record, in the order they were given, including those that do not yield on their
   * own and those that a filter rejects (`rejectedBy`). Rules meant for another log source are passed over; without `logsource` every rule is tried.
   * A filter that is in force for a time applies to records from it: `atMs` is when this one happened. Without it, all filters apply.
   */
  match(record: SigmaRecord, logsource?: LogSource, atMs: number = Number.NaN): readonly SigmaMatch[] {
    if (logsource !== this.#lastLogSource) {
      this.#lastLogSource = logsource;
      this.#lastDispatch = logsource ? this.#dispatchFor(logsource) : this.#everyRule;
    }
    this.#generation += 1;
    this.#record = record;
    this.#atMs = atMs;
    this.#found = null;
    this.#lastDispatch.visit(record, this.#visit);
    return inOrder(this.#found);
  }

  /** The same rules with nothing rejecting their matches. */
  withoutFilters(): RuleSet {
    return new RuleSet(this.rules, this.correlations);
  }

  #dispatchFor(logsource: LogSource): Dispatch<Candidate> {
    const key = `${logsource.product ?? ''}\n${logsource.service ?? ''}\n${logsource.category ?? ''}`;
    let dispatch = this.#byLogSource.get(key);
    if (!dispatch) {
      const meant = this.#candidates.filter(({ rule }) => isMeantFor(rule.document.logsource, logsource));
      dispatch = new Dispatch(meant);
      this.#byLogSource.set(key, dispatch);
    }
    return dispatch;
  }
}

function candidateOf(rule: CompiledRule, index: number, filters: readonly CompiledFilter[]): Candidate {
  const admitted: SigmaMatch = { rule, rejectedBy: null };
  const own = filters.filter((filter) => filter.rules.includes(rule.key));
  return {
    rule,
    admitted,
    filters: own.map(({ key, admits, inForce }) => ({ admits, inForce, rejected: { rule, rejectedBy: key } })),
    index,
    required: requiredEqualities(rule.document.detection),
    seenAt: 0,
    outcome: admitted,
  };
}

function outcomeOf(candidate: Candidate, record: SigmaRecord, atMs: number): SigmaMatch {
  for (const { admits, rejected, inForce } of candidate.filters) {
    // Put so that a record without a time (NaN) is outside of nothing.
    if (inForce !== null && (atMs < inForce.fromMs || atMs >= inForce.untilMs)) continue;
    if (!admits(record)) return rejected;
  }
  return candidate.admitted;
}

function inOrder(found: readonly Candidate[] | null): readonly SigmaMatch[] {
  if (!found) return NO_MATCHES;
  return found.toSorted((a, b) => a.index - b.index).map((candidate) => candidate.outcome);
}

function isMeantFor(rule: LogSource, record: LogSource): boolean {
  return (['product', 'service', 'category'] as const).every((part) => {
    return rule[part] === undefined || rule[part].toLowerCase() === record[part]?.toLowerCase();
  });
}

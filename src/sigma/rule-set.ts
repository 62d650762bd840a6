import type { CompiledCorrelation, CompiledRule, SigmaMatch } from './compiled.ts';
import { Dispatch, type Dispatchable } from './dispatch.ts';
import type { LogSource } from './document.ts';
import type { SigmaRecord } from './fields.ts';
import { requiredEqualities } from './required-equality.ts';

type Candidate = Dispatchable & {
  readonly rule: CompiledRule;
  readonly match: SigmaMatch;
  readonly index: number;
  seenAt: number;
};

const NO_MATCHES: readonly SigmaMatch[] = Object.freeze([]);

/** Compiled rules, indexed by log source and by the values they cannot do without. */
export class RuleSet {
  readonly rules: readonly CompiledRule[];
  readonly correlations: readonly CompiledCorrelation[];
  readonly #candidates: readonly Candidate[];
  readonly #everyRule: Dispatch<Candidate>;
  readonly #byLogSource = new Map<string, Dispatch<Candidate>>();
  readonly #visit: (candidate: Candidate) => void;
  // Records come in runs of one log source: its dispatch is found again by identity, without building a key.
  #lastLogSource: LogSource | undefined = undefined;
  #lastDispatch: Dispatch<Candidate>;
  #record: SigmaRecord = {};
  #found: Candidate[] | null = null;
  #generation = 0;

  constructor(rules: readonly CompiledRule[], correlations: readonly CompiledCorrelation[]) {
    this.rules = rules;
    this.correlations = correlations;
    this.#candidates = rules.map((rule, index) => ({
      rule,
      match: { rule },
      index,
      required: requiredEqualities(rule.document.detection),
      seenAt: 0,
    }));
    this.#everyRule = new Dispatch(this.#candidates);
    this.#lastDispatch = this.#everyRule;
    // One function for the life of the set: a closure per record would be the only thing allocated for it.
    this.#visit = (candidate) => {
      if (candidate.seenAt === this.#generation) return;
      candidate.seenAt = this.#generation;
      if (!candidate.rule.matches(this.#record)) return;
      this.#found ??= [];
      this.#found.push(candidate);
    };
  }

  /**
   * The detection rules that match a record, in the order they were given, including those that do not yield on their
   * own. Rules meant for another log source are passed over; without `logsource` every rule is tried.
   */
  match(record: SigmaRecord, logsource?: LogSource): readonly SigmaMatch[] {
    if (logsource !== this.#lastLogSource) {
      this.#lastLogSource = logsource;
      this.#lastDispatch = logsource ? this.#dispatchFor(logsource) : this.#everyRule;
    }
    this.#generation += 1;
    this.#record = record;
    this.#found = null;
    this.#lastDispatch.visit(record, this.#visit);
    return inOrder(this.#found);
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

function inOrder(found: readonly Candidate[] | null): readonly SigmaMatch[] {
  if (!found) return NO_MATCHES;
  return found.toSorted((a, b) => a.index - b.index).map((candidate) => candidate.match);
}

function isMeantFor(rule: LogSource, record: LogSource): boolean {
  return (['product', 'service', 'category'] as const).every((part) => {
    return rule[part] === undefined || rule[part].toLowerCase() === record[part]?.toLowerCase();
  });
}

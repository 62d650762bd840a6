import type { CidrTest } from '../lib/cidr.ts';
import type { TimePart } from './match/time-part.ts';
import type { Pattern } from './match/wildcard.ts';
import type { Place } from './mistakes.ts';
import type { Condition } from './read/condition.ts';
import type { CompareOperator, TextPosition } from './read/modifiers.ts';
import type { RegexTest } from './regex/regex.ts';

/** The detection section of a rule, read and checked but not yet compiled. */
export type Detection = {
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
};
export type Selection =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Selection[] }
  | { readonly kind: 'item'; readonly item: DetectionItem };

/** One field (null: a search of the whole record) and what its values are tested for. */
export type DetectionItem = {
  readonly field: string | null;
  readonly isAll: boolean;
  readonly isNegated: boolean;
  readonly tests: readonly ValueTest[];
  readonly place: Place;
};
export type ValueTest =
  | { readonly kind: 'text'; readonly pattern: Pattern; readonly isCased: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'exists'; readonly value: boolean }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly value: number;
      readonly timePart?: TimePart;
    }
  | { readonly kind: 'timePart'; readonly part: TimePart; readonly value: number }
  /** Holds where one of several holds: the forms that a single value of the file has come to. */
  | { readonly kind: 'any'; readonly of: readonly ValueTest[] }
  /** `pattern` and `network` are the texts of the file, for showing. */
  | { readonly kind: 'regex'; readonly test: RegexTest; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'cidr'; readonly test: CidrTest; readonly network: string }
  | { readonly kind: 'field'; readonly field: string; readonly position: TextPosition; readonly isCased: boolean };

import type { CONDITION_OPERATORS, CORRELATION_TYPES, RELATIONS, RULE_LEVELS, RULE_STATUSES } from '../document.ts';

// What each word of a rule file means, for editors to show beside it.

export const STATUS_NOTES = {
  stable: 'Proven: few false alarms in many places over a long time.',
  test: 'Needs some more tuning, but shows no obvious false alarms.',
  experimental: 'New, and may cause many false alarms.',
  deprecated: 'Replaced by another rule, which `related` names.',
  unsupported: 'Cannot be used as it is.',
} satisfies Record<(typeof RULE_STATUSES)[number], string>;

export const LEVEL_NOTES = {
  informational: 'Adds to what is known; nobody need look at it.',
  low: 'Worth a look at times, or together with others.',
  medium: 'To be looked at regularly.',
  high: 'To be looked at soon.',
  critical: 'To be looked at once: near certain to be an incident.',
} satisfies Record<(typeof RULE_LEVELS)[number], string>;

export const RELATION_NOTES = {
  derived: 'This rule was made from the other, which may stay in use.',
  obsolete: 'This rule takes the place of the other.',
  merged: 'This rule was put together from the others.',
  renamed: 'The other is this rule under its former id.',
  similar: 'Alike, for another log source or at another level.',
} satisfies Record<(typeof RELATIONS)[number], string>;

export const TYPE_NOTES = {
  event_count: 'How many events there are.',
  value_count: 'How many different values `field` has.',
  temporal: 'Which of the rules have events, in any order.',
  temporal_ordered: 'Whether all of the rules have events, in the order of the list.',
  value_sum: 'The sum of `field`.',
  value_avg: 'The mean of `field`.',
  value_percentile: 'The percentile of `field`, see `percentile`.',
  value_median: 'The median of `field`.',
  value_min: 'The least value of `field`.',
  value_max: 'The greatest value of `field`.',
} satisfies Record<(typeof CORRELATION_TYPES)[number], string>;

export const OPERATOR_NOTES = {
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
  eq: 'exactly',
  neq: 'anything but',
} satisfies Record<(typeof CONDITION_OPERATORS)[number], string>;

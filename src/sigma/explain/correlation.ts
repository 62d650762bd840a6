import { printable } from '../../lib/text.ts';
import type { CompiledCorrelation } from '../compiled.ts';
import type { Comparison, CorrelationType } from '../document.ts';
import { explainCondition } from './detection.ts';

const OPERATORS: Readonly<Record<Comparison['operator'], string>> = {
  gt: 'more than',
  gte: 'at least',
  lt: 'less than',
  lte: 'at most',
  eq: 'exactly',
  neq: 'other than',
};

/** Says in words when a correlation hits: what is observed in a window, and which limits hold. */
export function explainWindow(correlation: CompiledCorrelation): string {
  const { type, condition, rules } = correlation;
  if (condition.kind === 'present') return `rules with events: ${explainCondition(condition.expression)}`;
  if (type === 'temporal_ordered') return `all ${rules.length} rules have events, in the order of the list`;
  const limits = condition.comparisons.map(({ operator, value }) => `${OPERATORS[operator]} ${value}`).join(' and ');
  return `${observedBy(type, correlation)}: ${limits}`;
}

function observedBy(type: CorrelationType, { rules, valueFields, percentile }: CompiledCorrelation): string {
  const byRule = rules.map(({ key }) => (valueFields.get(key) ?? []).join(', '));
  const fields = printable([...new Set(byRule)].join(' or '));
  switch (type) {
    case 'event_count':
      return 'number of events';
    case 'temporal':
    case 'temporal_ordered':
      return 'number of rules that have events';
    case 'value_count':
      return `number of different values of ${fields}`;
    case 'value_sum':
      return `sum of ${fields}`;
    case 'value_avg':
      return `average of ${fields}`;
    case 'value_min':
      return `least value of ${fields}`;
    case 'value_max':
      return `greatest value of ${fields}`;
    case 'value_median':
      return `median of ${fields}`;
    case 'value_percentile':
      return `${percentile}th percentile of ${fields}`;
  }
}

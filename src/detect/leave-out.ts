import type { FindingReport } from '../model/finding.ts';
import type { Growth } from '../model/message.ts';
import type { PersonalFact } from '../model/personal.ts';
import { personalValues, type Store } from '../store/index.ts';

/** What stands where an address or user agent stood. */
const LEFT_OUT = '(left out)';

/** The label of the fact each one stands in. */
const LABELS: Readonly<Record<PersonalFact, string>> = { address: 'Address', userAgent: 'Client' };

type Report = Pick<FindingReport, 'findingId' | 'facts'>;

/** Makes what replaces the values of a finding's events in any text about it. */
export function createLeaveOut(
  store: Store,
  { findingId, facts }: Report,
  leaveOut: readonly PersonalFact[],
): (text: string) => string {
  if (leaveOut.length === 0) return (text) => text;
  const known = personalValues(store.db, findingId);
  const values = leaveOut.flatMap((fact) => [
    ...known[fact],
    ...facts.filter((one) => one.label === LABELS[fact]).map((one) => one.value),
  ]);
  // The longest first: what is a part of another would leave its rest.
  const forms = [...new Set(values)].sort((a, b) => b.length - a.length).map(escaped);
  if (forms.length === 0) return (text) => text;
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])(?<!\\p{N}\\.)(?:${forms.join('|')})(?![\\p{L}\\p{N}])(?!\\.\\p{N})`,
    'gu',
  );
  return (text) => text.replace(pattern, LEFT_OUT);
}

/**
 * A report without addresses or user agents: their facts are gone, and wherever a value of one of the finding's events
 * stands in a text (title, subject, why, usual, steps, other facts, evidence), `(left out)` does. Addresses of others,
 * which only Octopus's own text may name, stay.
 */
export function withoutPersonal(store: Store, report: FindingReport, leaveOut: readonly PersonalFact[]): FindingReport {
  if (leaveOut.length === 0) return report;
  const text = createLeaveOut(store, report, leaveOut);
  const labels = leaveOut.map((fact) => LABELS[fact]);
  return {
    ...report,
    title: text(report.title),
    subject: text(report.subject),
    why: text(report.why),
    ...(report.usual === undefined ? {} : { usual: text(report.usual) }),
    respond: report.respond.map(text),
    facts: report.facts
      .filter((fact) => !labels.includes(fact.label))
      .map((fact) => ({
        ...fact,
        value: text(fact.value),
        ...(fact.values === undefined ? {} : { values: fact.values.map(text) }),
      })),
    evidence: report.evidence.map((line) => ({ ...line, text: text(line.text) })),
  };
}

/** What is new in a finding, without the values: that there is a new address is still said. */
export function growthWithoutPersonal(growth: Growth, leaveOut: readonly PersonalFact[]): Growth {
  if (!leaveOut.includes('address')) return growth;
  const novelties = growth.novelties.map((one) => (one.startsWith('address ') ? `address ${LEFT_OUT}` : one));
  return { ...growth, novelties: [...new Set(novelties)] };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

import type { FindingReport, Level } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import type { FindingRow } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { factsOf } from './facts.ts';
import type { PackRule } from './rule-pack.ts';
import { renderSteps, renderSummary } from './summary.ts';

/** What a rule saw: what a finding is made of. */
export type Sighting = {
  readonly instanceId: number;
  readonly rule: PackRule;
  readonly level: Level;
  readonly because: string | null;
  readonly summary: string | null;
  /** Response steps in place of the rule's; null for the rule's own. */
  readonly respond: readonly string[] | null;
  readonly subject: readonly unknown[];
  readonly record: FlatRecord;
  /** Further values for the rule's texts, such as `Count`. */
  readonly extra: FlatRecord;
  readonly openedBy: string;
  readonly evidence: readonly { readonly eventId: string; readonly occurredAt: string }[];
};

/** The parts of a finding's text that are made when it opens. */
export type StoredReport = Pick<FindingReport, 'ruleTitle' | 'why' | 'respond' | 'falsePositives' | 'facts'> & {
  /** The object a state finding is about; null for findings about events. */
  readonly objectId: string | null;
  /** The event the texts were made from. */
  readonly openedBy: string;
  readonly isStable: boolean;
  /** The zone of the calendar that judged it, where that is not the business zone of everything. */
  readonly timeZone?: string;
};

/** Title and report of a finding, as they are stored. */
export function describe(
  context: DetectContext,
  sighting: Sighting,
  objectId: string | null,
): { title: string; report: string } {
  const { rule, because } = sighting;
  const calendar = calendarOf(context, sighting.record);
  const values = { ...sighting.record, ...sighting.extra, Calendar: calendar?.hours ?? context.calendar };
  const report: StoredReport = {
    ruleTitle: rule.title,
    why:
      [rule.attributes.why && renderSummary(rule.attributes.why, values), because].filter(Boolean).join(' ') ||
      (rule.description ?? rule.title),
    respond: renderSteps(sighting.respond ?? rule.attributes.respond, values),
    falsePositives: rule.falsePositives,
    facts: [...factsOf(sighting.record), ...(calendar ? [{ label: 'Calendar', value: calendar.hours }] : [])],
    objectId,
    openedBy: sighting.openedBy,
    isStable: rule.status === 'stable',
    ...(calendar ? { timeZone: calendar.timeZone } : {}),
  };
  const template = sighting.summary ?? rule.attributes.summary;
  return { title: template ? renderSummary(template, values) : rule.title, report: JSON.stringify(report) };
}

/** The calendar that judged a record, where there is more than one. */
function calendarOf({ calendars }: DetectContext, record: FlatRecord) {
  const name = record['Calendar.Name'];
  return typeof name === 'string' ? calendars?.get(name) : undefined;
}

/** Makes the texts of a finding about events anew from what it begins with, if that says something else. */
export function describeAnew(context: DetectContext, finding: FindingRow, sighting: Sighting): void {
  const { title, report } = describe(context, sighting, null);
  if (title !== finding.title || report !== finding.report)
    context.store.findings.describe(finding.finding_id, title, report);
}

/** Makes the texts anew when the event a finding was opened by is judged again. */
export function redescribe(context: DetectContext, finding: FindingRow, sighting: Sighting): void {
  const stored = JSON.parse(finding.report) as StoredReport;
  if (stored.openedBy !== sighting.openedBy) return;
  const { title, report } = describe(context, sighting, stored.objectId);
  context.store.findings.describe(finding.finding_id, title, report);
}

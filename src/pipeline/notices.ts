import { buildReport, growthWithoutPersonal } from '../detect/index.ts';
import { plural } from '../lib/text.ts';
import type { FindingReport } from '../model/finding.ts';
import type { Notice } from '../model/message.ts';
import type { PersonalFact } from '../model/personal.ts';
import type { DueDelivery, Store } from '../store/index.ts';
import type { PlannedMessage } from './plan-messages.ts';

export type NoticeOptions = {
  readonly store: Store;
  readonly timeZone: string;
  /** The portal's address of an instance, without a trailing slash. */
  readonly octopusUrlOf: (instanceId: number) => string;
  /** Whether messages have to say which instance they are about, whatever its name. */
  readonly hasSeveralInstances?: boolean;
  /** What of people messages must not carry. */
  readonly leaveOut?: readonly PersonalFact[];
};

/** The report of the finding a delivery is about; a brief one for lists of many. */
export function reportOf(options: NoticeOptions, delivery: DueDelivery, isBrief = false): FindingReport {
  const finding = options.store.findings.get(delivery.finding_id);
  if (!finding)
    throw new Error(`delivery ${delivery.delivery_id} is about finding ${delivery.finding_id}, which is not there`);
  const octopusUrl = options.octopusUrlOf(delivery.instance_id);
  const { timeZone, leaveOut = [], hasSeveralInstances = false } = options;
  return buildReport(options.store, finding, { timeZone, octopusUrl, isBrief, leaveOut, hasSeveralInstances });
}

/** What a planned message says on one channel. */
export function noticeOf(options: NoticeOptions, message: PlannedMessage, channel: string): Notice {
  const { deliveries } = message;
  const [first] = deliveries;
  if (!first) throw new Error('a message is about at least one delivery');
  if (message.kind === 'release') return { kind: 'alert', report: ofRelease(options, deliveries) };
  const isCorrection = first.is_correction === 1;
  if (message.kind === 'single' || (deliveries.length === 1 && !isCorrection))
    return singleNotice(options, first, channel);
  const reports = deliveries.map((one) => reportOf(options, one, true));
  if (message.kind === 'keys') return { kind: 'keys', instance: reports[0]?.instance ?? '', reports };
  return {
    kind: 'summary',
    reports,
    reason: isCorrection ? correctionOf(options.store, deliveries) : reasonOf(deliveries),
  };
}

function singleNotice(options: NoticeOptions, delivery: DueDelivery, channel: string): Notice {
  const report = reportOf(options, delivery);
  const told = options.store.deliveries.told(delivery.finding_id, channel);
  if (delivery.kind === 'resolved') return { kind: 'resolved', report };
  if (delivery.kind === 'reminder' && told) return { kind: 'reminder', report, sinceAt: told.first_sent_at };
  // A state does not grow, it grows worse: that is told as it is now.
  if (delivery.kind !== 'repeat' || !told || delivery.is_state === 1) return { kind: 'alert', report };
  const novelties = delivery.novelties === null ? [] : (JSON.parse(delivery.novelties) as string[]);
  const newEvents = Math.max(0, report.eventCount - told.told_events);
  const growth = { newEvents, sinceAt: told.last_sent_at, novelties };
  return { kind: 'repeat', report, growth: growthWithoutPersonal(growth, options.leaveOut ?? []) };
}

/** What was corrected, and how many findings of before no longer hold. */
function correctionOf(store: Store, deliveries: readonly DueDelivery[]): string {
  const closed = deliveries.filter((one) => one.kind === 'resolved').length;
  const ended = closed === 0 ? '' : `; ${closed} no longer ${closed === 1 ? 'holds' : 'hold'}`;
  const latest = store.rejudgements.latest();
  // Keys are judged as they are now: no history was judged again for them.
  if (!latest || deliveries.every((one) => one.is_state === 1)) return `the configuration has changed${ended}`;
  const changes = (JSON.parse(latest.changes) as string[]).join(', ');
  return `stored history was judged again after a change of ${changes}${ended}`;
}

function reasonOf(deliveries: readonly DueDelivery[]): string {
  if (deliveries.some((one) => one.is_catch_up === 1)) return 'found in events from before the monitor read them';
  if (deliveries.every((one) => one.rule === 'monitor_detection_weakened'))
    return 'the monitor detects less than at the start before';
  if (deliveries.every((one) => one.kind === 'reminder')) return 'nobody has acknowledged them yet';
  return deliveries.every((one) => one.kind === 'repeat') ? 'they have grown' : 'many findings at once';
}

/** One release that went to many tenants: the first finding, with the tenants of all. */
function ofRelease({ store, ...options }: NoticeOptions, deliveries: readonly DueDelivery[]): FindingReport {
  const reports = deliveries.map((one, index) => reportOf({ store, ...options }, one, index > 0));
  const [first] = reports;
  if (!first) throw new Error('a release is about at least one finding');
  const tenants = deliveries.flatMap((one) => store.findings.releaseOf(one.finding_id)?.tenant_name ?? []);
  const names = [...new Set(tenants)].sort();
  const times = reports.flatMap((one) => [one.firstSeenAt, one.lastSeenAt]).sort();
  return {
    ...first,
    title: `${first.title} (${plural(names.length, 'tenant')})`,
    firstSeenAt: times[0] ?? first.firstSeenAt,
    lastSeenAt: times.at(-1) ?? first.lastSeenAt,
    eventCount: reports.reduce((sum, one) => sum + one.eventCount, 0),
    facts: [
      ...first.facts.filter((fact) => fact.label !== 'Tenant'),
      { label: 'Tenants', value: names.join(', '), values: names },
    ],
    companions: reports.slice(1).map((one) => one.findingId),
    sql: `SELECT * FROM findings WHERE finding_id IN (${reports.map((one) => one.findingId).join(', ')})`,
  };
}

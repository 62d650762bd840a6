import { isLongBefore, type RulePack } from '../detect/index.ts';
import type { FlatRecord } from '../model/record.ts';
import type { ReplayRow, Store } from '../store/index.ts';
import { backtest } from './backtest.ts';
import type { Judge } from './stored-record.ts';

/** One finding that a correction of the configuration would change. */
export type FindingChange = {
  /** `history`: it would be found, and is so long before the monitor that nobody is told of it. */
  readonly change: 'opens' | 'closes' | 'level' | 'history';
  /** Null for one that is not there yet. */
  readonly findingId: number | null;
  readonly instance: string;
  readonly rule: string;
  readonly level: string;
  readonly firstSeenAt: string;
  readonly title: string;
};

/** What judging stored history again would come to. */
export type RejudgePreview = {
  readonly events: number;
  /** Events of which a derived column would be another, by what it would be: `off-hours`, `in hours`, `production`, …. */
  readonly eventChanges: ReadonlyMap<string, number>;
  readonly findings: readonly FindingChange[];
};

type StoredFinding = {
  finding_id: number;
  instance: string;
  rule: string;
  level: string;
  subject: string;
  status: string;
  resolution: string | null;
  first_seen_at: string;
  last_seen_at: string;
  title: string;
  events: string;
};

/** Before every instant as text. */
const BEGINNING_OF_TIME = '';

/**
 * What would become of stored events and findings if history were judged again by `judge`; nothing is written. Findings about keys
 * and the monitor itself follow from the next reading and are left out, as are those that are resolved for another reason.
 */
export async function previewRejudging(options: {
  readonly source: Store;
  readonly pack: RulePack;
  readonly judge: Judge;
  readonly calendar: string;
  readonly nowMs: number;
  readonly onProgress?: (events: number) => void;
}): Promise<RejudgePreview> {
  const eventChanges = new Map<string, number>();
  let events = 0;
  const replayed = await backtest({
    ...options,
    fromInstant: BEGINNING_OF_TIME,
    judging: 'anew',
    onRecord(row, record) {
      events += 1;
      for (const change of changesOf(row, record)) eventChanges.set(change, (eventChanges.get(change) ?? 0) + 1);
    },
  });
  try {
    const metAt = new Map(options.source.instances.all().map((one) => [one.name, one.created_at]));
    const isHistory = (finding: StoredFinding) =>
      isLongBefore(metAt.get(finding.instance) ?? null, finding, options.nowMs);
    const findings = compare(findingsOf(options.source), findingsOf(replayed), isHistory);
    return { events, eventChanges, findings };
  } finally {
    replayed.close();
  }
}

function changesOf(row: ReplayRow, record: FlatRecord): string[] {
  const isOffHours = record['OffHours'] === true;
  const isProduction = record['Environment.IsProduction'] ?? null;
  const wasProduction = row.is_production === null ? null : row.is_production === 1;
  return [
    ...(isOffHours === (row.is_off_hours === 1) ? [] : [isOffHours ? 'become off-hours' : 'are off-hours no more']),
    ...(isOffHours && row.is_off_hours === 1 && record['OffHoursReason'] !== row.off_hours_reason
      ? ['are off-hours for another reason']
      : []),
    ...(isProduction === wasProduction ? [] : [isProduction === true ? 'become production' : 'are production no more']),
  ];
}

/** Findings about events, with their events; one that was taken in by another of the same rule is part of that. */
function findingsOf({ db }: Store): StoredFinding[] {
  return db
    .prepare<[], StoredFinding>(
      `SELECT f.finding_id, i.name AS instance, f.rule, f.level, f.subject, f.status, f.resolution, f.first_seen_at, f.last_seen_at, f.title,
         (SELECT json_group_array(e.event_id) FROM _finding_events e WHERE e.finding_id = f.finding_id) AS events
       FROM _findings f JOIN _instances i USING (instance_id)
       WHERE f.is_state = 0 AND f.rule NOT LIKE 'monitor!_%' ESCAPE '!'
         AND NOT EXISTS (SELECT 1 FROM _findings o WHERE o.finding_id = f.superseded_by AND o.rule = f.rule)
       ORDER BY f.first_seen_at, f.finding_id`,
    )
    .all();
}

function compare(
  stored: readonly StoredFinding[],
  wanted: readonly StoredFinding[],
  isHistory: (finding: StoredFinding) => boolean,
): FindingChange[] {
  const keyOf = (finding: StoredFinding, eventId: string) =>
    JSON.stringify([finding.instance, finding.rule, finding.subject, eventId]);
  const byEvent = (findings: readonly StoredFinding[]) =>
    new Map(findings.flatMap((finding) => eventsOf(finding).map((id) => [keyOf(finding, id), finding] as const)));
  const holding = wanted.filter((finding) => finding.status !== 'resolved');
  // What was closed by an earlier correction is as good as not there: it would be open again.
  const known = stored.filter((finding) => finding.resolution !== 'configuration_changed');
  const wantedByEvent = byEvent(wanted);
  const knownByEvent = byEvent(known);
  const counterpart = (finding: StoredFinding, among: ReadonlyMap<string, StoredFinding>) =>
    eventsOf(finding).flatMap((id) => among.get(keyOf(finding, id)) ?? [])[0];
  return [
    ...known
      .filter((finding) => finding.status !== 'resolved' && !counterpart(finding, wantedByEvent))
      .map((finding) => changeOf('closes', finding.finding_id, finding)),
    ...holding
      .filter((finding) => !counterpart(finding, knownByEvent))
      .map((finding) => changeOf(isHistory(finding) ? 'history' : 'opens', null, finding)),
    ...known.flatMap((finding) => {
      const other = finding.status === 'resolved' ? undefined : counterpart(finding, wantedByEvent);
      return other && other.level !== finding.level ? [changeOf('level', finding.finding_id, other)] : [];
    }),
  ];
}

function eventsOf(finding: StoredFinding): string[] {
  return JSON.parse(finding.events) as string[];
}

function changeOf(change: FindingChange['change'], findingId: number | null, finding: StoredFinding): FindingChange {
  const { instance, level, rule, title } = finding;
  return { change, findingId, instance, rule, level, firstSeenAt: finding.first_seen_at, title };
}

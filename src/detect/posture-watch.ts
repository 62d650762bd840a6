import { toInstant } from '../lib/clock.ts';
import type { FindingRow, PostureRow } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { endFinding } from './finding-state.ts';
import { type ConditionReport, raiseCondition, restateCondition } from './monitor-conditions.ts';
import { type Posture, type Weakening, weakenings } from './posture.ts';
import type { Strength } from './strength.ts';

const RULE = 'monitor_detection_weakened';
/** JSON of what is not there. */
const NOTHING = 'null';

/**
 * Compares how strong detection is at this start with what was accepted before: a part that is weaker opens a finding, of
 * the first of the instances, which ends at a start that finds it as strong again. A finding that was acknowledged without
 * an end makes what it told the accepted strength and ends. The first start accepts what it has. Call inside the
 * transaction of the start, so that a crash neither loses a finding nor opens it twice.
 */
export function watchPosture(
  context: DetectContext,
  instanceIds: readonly [number, ...number[]],
  posture: Posture,
  nowMs: number,
): void {
  const { store } = context;
  const known = new Map(store.posture.all().map((row) => [row.subject, row]));
  const isFirstStart = known.size === 0;
  const findings = new Map(
    instanceIds.flatMap((id) => store.findings.unresolvedState(id, RULE)).map((one) => [one.subject, one]),
  );
  const agreed = [...findings.values()].filter((one) => store.acknowledgements.isForGood(one.finding_id));
  for (const { finding_id, subject } of agreed) {
    const row = known.get(subject);
    if (row?.found != null) known.set(subject, rowOf(context, subject, row.found, nowMs));
    endFinding(context, finding_id, nowMs);
    findings.delete(subject);
  }

  const weaker = isFirstStart ? [] : weakenings(acceptedOf(known), posture, nowMs);
  const byWeakness = new Map(weaker.map((one) => [one.subject, one]));
  for (const [subject, finding] of findings) {
    if (!byWeakness.has(subject)) endFinding(context, finding.finding_id, nowMs);
  }
  const subjects = new Set([...known.keys(), ...posture.keys()]);
  const rows = [...subjects].flatMap((subject): PostureRow[] => {
    const row = known.get(subject);
    const current = JSON.stringify(posture.get(subject) ?? null);
    const weakening = byWeakness.get(subject);
    if (weakening) {
      const finding = findings.get(subject);
      if (!finding || row?.found !== current) tell(context, instanceIds[0], weakening, row, finding, nowMs);
      return [{ ...(row ?? rowOf(context, subject, NOTHING, nowMs)), found: current }];
    }
    if (current === NOTHING) return row && isKeptForReturn(row) ? [{ ...row, found: null }] : [];
    return [row?.accepted === current ? { ...row, found: null } : rowOf(context, subject, current, nowMs)];
  });
  store.posture.replace(rows);
}

function acceptedOf(rows: ReadonlyMap<string, PostureRow>): Posture {
  const strengths = [...rows].map(([subject, row]) => [subject, JSON.parse(row.accepted) as Strength | null] as const);
  return new Map(strengths.filter((one): one is readonly [string, Strength] => one[1] !== null));
}

/** A rule that is gone may come back with a lower level; an exception that is gone is missed by nobody. */
function isKeptForReturn({ accepted }: PostureRow): boolean {
  const strength = JSON.parse(accepted) as Strength | null;
  return strength !== null && strength.kind !== 'exception' && strength.kind !== 'rule';
}

function rowOf(context: DetectContext, subject: string, accepted: string, nowMs: number): PostureRow {
  return { subject, accepted, accepted_at: toInstant(nowMs), monitor_version: context.monitorVersion, found: null };
}

/** Opens the finding of a part, or says in the one there is what the part has become since. */
function tell(
  context: DetectContext,
  instanceId: number,
  weakening: Weakening,
  row: PostureRow | undefined,
  finding: FindingRow | undefined,
  nowMs: number,
): void {
  const report = reportOf(context, weakening, row);
  if (finding) restateCondition(context, finding, RULE, report, nowMs);
  else raiseCondition(context, instanceId, RULE, report, nowMs);
}

function reportOf(context: DetectContext, weakening: Weakening, row: PostureRow | undefined): ConditionReport {
  const { subject, before, after, level } = weakening;
  const since = row && row.accepted !== NOTHING ? ` since the start of ${row.accepted_at}` : '';
  const then = row && row.monitor_version !== context.monitorVersion ? `, with Octowatch ${row.monitor_version}` : '';
  const now = then === '' ? '' : ` with Octowatch ${context.monitorVersion}`;
  return {
    subject,
    level,
    summary: `${subject}, was ${before}, is ${after}`,
    why: `What was accepted${since}${then}: ${before}. What this start found${now}: ${after}.`,
  };
}

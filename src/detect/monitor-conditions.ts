import { createHash } from 'node:crypto';
import { toInstant } from '../lib/clock.ts';
import type { Level } from '../model/finding.ts';
import type { FindingRow, RuleInForce } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { endFinding } from './finding-state.ts';
import { redescribe, type Sighting } from './finding-texts.ts';
import type { PackRule } from './rule-pack.ts';
import { openStateFinding } from './state-findings.ts';

/** What the monitor finds about itself: when it is blind, or nobody hears it. */
const CONDITIONS = {
  monitor_poll_failing: {
    title: 'The audit log cannot be read',
    level: 'high',
    respond: [
      'Run `octowatch doctor --health` on the host of the monitor and look at the last lines of its log.',
      'Until it is mended, look at the audit log in Octopus itself: nothing is being watched.',
    ],
  },
  monitor_visibility_shrunk: {
    title: 'The monitor sees less of Octopus than before',
    level: 'high',
    respond: [
      "Find out in the audit log who took permissions from the monitor's account, and why.",
      'Give them back; the time in between is then read again.',
    ],
  },
  monitor_incomplete: {
    title: 'Octopus counted more events than could be read',
    level: 'medium',
    respond: [
      'Compare the windows in view `coverage` (outcome `short`) with the audit page of Octopus.',
      "Check that the monitor's account may see events of every space, project, environment and tenant.",
    ],
  },
  monitor_key_expiring: {
    title: "The monitor's own API key is about to expire",
    level: 'medium',
    respond: [
      "Make a new key for the monitor's service account, set OCTOPUS_API_KEY, restart, then revoke the old key.",
    ],
  },
  monitor_delivery_failing: {
    title: 'Findings cannot be delivered',
    level: 'high',
    respond: [
      'Look at view `deliveries` (state `failed`, or `pending` with attempts) for what the receiver answered.',
      'Mend the channel; what is pending goes out by itself.',
    ],
  },
  monitor_detection_weakened: {
    title: 'The monitor detects less than before',
    level: 'medium',
    respond: [
      'Find out who changed the rules or octowatch.yaml, and who agreed to it; views `rule_versions` and `config_versions` hold both texts.',
      'If nobody did, put back what was there and restart: the finding then ends.',
      'If it is meant, acknowledge the finding with a note: from the next start on the new value is what counts.',
    ],
  },
  monitor_clock_skew: {
    title: 'The clocks of the monitor and of Octopus differ',
    level: 'low',
    respond: ['Set both machines to network time; until then, times of findings are those of the Octopus server.'],
  },
} as const satisfies Record<string, { title: string; level: Level; respond: readonly string[] }>;

export type MonitorCondition = keyof typeof CONDITIONS;

/** The names under which the monitor's own findings are routed. */
export const MONITOR_RULES: readonly string[] = Object.keys(CONDITIONS);

/** The conditions as they are in force; their text is what their findings' rule hash is of. */
export function conditionsInForce(): RuleInForce[] {
  return Object.entries(CONDITIONS).map(([rule, condition]) => {
    const source = JSON.stringify(condition);
    const { level } = condition;
    return { rule, kind: 'built_in', sha256: sha256(source), source, level, isEnabled: true, correlationSql: null };
  });
}

export type ConditionReport = {
  /** What is concerned: an instance's server, a key, a channel. Each subject has a finding of its own. */
  readonly subject: string;
  readonly summary: string;
  readonly why: string;
  /** Higher than the usual level of the condition, where it is worse. */
  readonly level?: Level;
};

/**
 * Opens a finding of the monitor about itself, once: while it is unresolved, further reports change nothing but a
 * level that rises.
 * Call inside a transaction.
 */
export function raiseCondition(
  context: DetectContext,
  instanceId: number,
  name: MonitorCondition,
  report: ConditionReport,
  nowMs: number,
): void {
  openStateFinding(context, sightingOf(instanceId, name, report, nowMs), report.subject, nowMs);
}

/** Says in a condition's unresolved finding what has become of it; nobody is told again. Call inside a transaction. */
export function restateCondition(
  context: DetectContext,
  finding: FindingRow,
  name: MonitorCondition,
  report: ConditionReport,
  nowMs: number,
): void {
  redescribe(context, finding, sightingOf(finding.instance_id, name, report, nowMs));
}

function sightingOf(instanceId: number, name: MonitorCondition, report: ConditionReport, nowMs: number): Sighting {
  const rule = asRule(name);
  return {
    instanceId,
    rule,
    level: report.level ?? rule.level,
    because: report.why,
    summary: '{Summary}',
    respond: null,
    subject: [report.subject],
    record: {},
    extra: { Summary: report.summary },
    openedBy: report.subject,
    evidence: [{ eventId: report.subject, occurredAt: toInstant(nowMs) }],
  };
}

/** Ends the findings of a condition, all of them or those about one subject. Call inside a transaction. */
export function settleCondition(
  context: DetectContext,
  instanceId: number,
  name: MonitorCondition,
  nowMs: number,
  isSettled: (subject: string) => boolean = () => true,
): void {
  for (const finding of context.store.findings.unresolvedState(instanceId, name)) {
    if (isSettled(finding.subject)) endFinding(context, finding.finding_id, nowMs);
  }
}

function asRule(name: MonitorCondition): PackRule {
  const { title, level, respond } = CONDITIONS[name];
  return {
    name,
    title,
    level,
    status: 'stable',
    sha256: sha256(JSON.stringify(CONDITIONS[name])),
    file: '(built in)',
    description: null,
    falsePositives: [],
    attributes: {
      subject: [],
      windowMs: 0,
      levels: [],
      summary: null,
      why: null,
      respond,
      supersedes: [],
      threshold: null,
      examples: { fires: [], quiet: [] },
    },
    kind: 'event',
    yieldsFindings: true,
    threshold: null,
    setThreshold: null,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

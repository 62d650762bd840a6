import { plural } from '../lib/text.ts';
import type { DigestFinding, DigestReport } from '../model/digest.ts';
import { compareLevels } from '../model/finding.ts';
import { capped, type DigestRow, type DigestSection, numbered } from './digest-document.ts';
import { plain } from './digest-plain.ts';
import { createLocalTime, describeDuration, type LocalTime } from './digest-time.ts';
import { actionable, withoutKeys } from './digest-verdict.ts';

/** How many of each list a digest names while it has room. */
const MOST = { needsAction: 40, opened: 25, stillOpen: 25, resolved: 20, staged: 20 } as const;

const RESOLUTIONS: Readonly<Partial<Record<string, string>>> = {
  ended: 'the condition ended',
  aged: 'nothing new for seven days',
  history: 'from the first back-fill, long over',
  superseded: 'taken in by a graver finding',
  configuration_changed: 'the configuration changed',
};

/** The findings of a digest, in the order people act: needs action, new, still open, resolved. `room` from 1 down to 0. */
export function findingSections(report: DigestReport, room: number): DigestSection[] {
  const time = createLocalTime(report.timeZone);
  const row = (finding: DigestFinding, says: string) => findingRow(finding, says, report, time);
  const isNew = (finding: DigestFinding) => Date.parse(finding.createdAt) > Date.parse(report.fromAt);
  const age = (finding: DigestFinding) => `open for ${describeDuration(finding.createdAt, report.toAt)}`;

  const urgent = actionable(report);
  const action = capped(urgent, MOST.needsAction * room, 'octowatch findings --status open');
  const opened = capped(withoutKeys(report.opened, report), MOST.opened * room, 'octowatch findings');
  const stillOpen = capped(withoutKeys(report.stillOpen, report), MOST.stillOpen * room, 'octowatch findings');
  const resolved = capped(report.resolved, MOST.resolved * room, 'octowatch findings --status resolved');
  const [first] = urgent;
  const idle =
    report.keys.length > 0
      ? 'Only API keys need action: they are listed by owner below.'
      : 'Nothing of level medium or above is open and unacknowledged.';

  return [
    {
      title: heading('Needs action', urgent),
      intro: first ? null : idle,
      rows: action.shown.map((finding) => row(finding, isNew(finding) ? 'new' : age(finding))),
      more: action.more,
      command: first ? `octowatch ack ${Math.trunc(first.findingId)} --note "why it is all right"` : null,
    },
    {
      title: heading('New', opened.shown, opened.more?.count),
      intro: null,
      rows: opened.shown.map((finding) => row(finding, acknowledgement(finding) ?? 'new')),
      more: opened.more,
      command: null,
    },
    {
      title: heading('Still open', stillOpen.shown, stillOpen.more?.count),
      intro: null,
      rows: stillOpen.shown.map((finding) =>
        row(finding, [age(finding), acknowledgement(finding)].filter((part) => part !== null).join(', ')),
      ),
      more: stillOpen.more,
      command: null,
    },
    {
      title: heading('Resolved', resolved.shown, resolved.more?.count),
      intro: null,
      rows: resolved.shown.map((finding) => row(finding, resolution(finding))),
      more: resolved.more,
      command: null,
    },
  ].filter(({ rows, intro }) => rows.length > 0 || intro !== null);
}

/** How many findings each level had, beside its mean; and the rules that are on trial. */
export function trendSections(report: DigestReport, room: number): DigestSection[] {
  const levels = report.trend.toSorted((a, b) => compareLevels(b.level, a.level));
  const most = Math.max(...levels.flatMap(({ perDay, meanPerDay }) => [perDay, meanPerDay]), 0);
  const staged = capped(report.staged, MOST.staged * room, 'octowatch rules list');
  const trend: DigestSection = {
    title: 'Trend',
    intro:
      most > 0
        ? 'Findings opened per day, and the mean of the seven days before.'
        : 'No finding was opened, neither now nor in the seven days before.',
    rows:
      most > 0
        ? levels.map(({ level, perDay, meanPerDay }) => ({
            kind: 'bar',
            level,
            value: describeRate(perDay),
            share: perDay / most,
            mean: describeRate(meanPerDay),
            meanShare: meanPerDay / most,
          }))
        : [],
    more: null,
    command: null,
  };
  if (report.staged.length === 0) return [trend];
  return [
    trend,
    {
      title: 'Rules on trial',
      intro: 'Rules of status test or experimental alert nobody; this is what they would have found.',
      rows: staged.shown.map(({ rule, findings }) => ({
        kind: 'item',
        chip: null,
        title: plain(rule, 80),
        details: [plural(findings, 'finding')],
        lines: [],
      })),
      more: staged.more,
      command: null,
    },
  ];
}

function findingRow(finding: DigestFinding, says: string, report: DigestReport, time: LocalTime): DigestRow {
  const when = `${plural(finding.eventCount, 'event')}, ${plain(time.span(finding.firstSeenAt, finding.lastSeenAt), 100)}`;
  const details = [plain(finding.ruleTitle, 100), when, says];
  if (isOneOfSeveral(finding, report)) details.push(`instance ${plain(finding.instance, 40)}`);
  details.push(numbered('finding', finding.findingId));
  return {
    kind: 'item',
    chip: { text: finding.level.toUpperCase(), tone: finding.level },
    title: plain(finding.title, 220),
    details,
    lines: [],
  };
}

/** Also where it is of an instance that is watched no more. */
function isOneOfSeveral(finding: DigestFinding, { instances }: DigestReport): boolean {
  return instances.length > 1 || !instances.includes(finding.instance);
}

function acknowledgement(finding: DigestFinding): string | null {
  return finding.acknowledgedBy === null ? null : `acknowledged by ${plain(finding.acknowledgedBy, 60)}`;
}

function resolution(finding: DigestFinding): string {
  const why = finding.resolution === null ? null : (RESOLUTIONS[finding.resolution] ?? plain(finding.resolution, 60));
  return why === null ? 'resolved' : `resolved: ${why}`;
}

function heading(title: string, shown: readonly DigestFinding[], rest = 0): string {
  return shown.length === 0 ? title : `${title} (${shown.length + rest})`;
}

function describeRate(perDay: number): string {
  return Number.isInteger(perDay) ? String(perDay) : perDay.toFixed(1);
}

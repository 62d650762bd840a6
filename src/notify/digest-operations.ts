import { plural } from '../lib/text.ts';
import type { DigestCoverage, DigestReport } from '../model/digest.ts';
import { capped, type DigestRow, type DigestSection, numbered } from './digest-document.ts';
import { plain } from './digest-plain.ts';
import { rotationSections } from './digest-rotations.ts';
import { createLocalTime, describeDuration, type LocalTime } from './digest-time.ts';
import { describeShare, isComplete, missingEvents } from './digest-verdict.ts';

const MOST = {
  keys: 40,
  exceptions: 15,
  undelivered: 10,
  upgrades: 5,
  instances: 20,
  gaps: 5,
  environments: 40,
  spaces: 20,
} as const;

/** API keys by owner, those being rotated, then the exceptions that hid something or end soon. */
export function hygieneSections(report: DigestReport, room: number): DigestSection[] {
  const sections: DigestSection[] = [];
  const keys = report.keys.flatMap((owner) => owner.keys.map((key) => ({ owner, key })));
  if (keys.length > 0) {
    const { shown, more } = capped(keys, MOST.keys * room, 'octowatch keys');
    const rows: DigestRow[] = [];
    let previous: unknown;
    for (const { owner, key } of shown) {
      if (owner !== previous) {
        const where = report.instances.length > 1 ? `, instance ${plain(owner.instance, 40)}` : '';
        rows.push({ kind: 'group', title: `Owner: ${plain(owner.owner, 80)}${where} (${owner.keys.length})` });
        previous = owner;
      }
      const hint = key.hint === null ? '' : ` (${plain(key.hint.replace(/[.…]+$/, ''), 30)}…)`;
      rows.push({
        kind: 'item',
        chip: { text: key.level.toUpperCase(), tone: key.level },
        title: `${key.purpose.trim() === '' ? 'Key without a purpose' : plain(key.purpose, 120)}${hint}`,
        details: [plain(key.keyId, 40), numbered('finding', key.findingId)],
        lines: [plain(key.problem, 300)],
      });
    }
    const title = `API keys by owner (${keys.length})`;
    sections.push({ title, intro: null, rows, more, command: null });
  }
  sections.push(...rotationSections(report, room));
  if (report.exceptions.length > 0) {
    const { shown, more } = capped(report.exceptions, MOST.exceptions * room, 'octowatch exceptions list');
    sections.push({
      title: `Exceptions (${report.exceptions.length})`,
      intro: 'Those that hid something, or end within fourteen days.',
      rows: shown.map((exception) => ({
        kind: 'item',
        chip: { text: daysLeft(exception.daysLeft), tone: exception.daysLeft <= 14 ? 'medium' : 'informational' },
        title: plain(exception.name, 120),
        details: [
          `hid ${plural(exception.hiddenSignals, 'signal')}`,
          `acts to the end of ${plain(exception.expires, 20)}`,
          `owner ${plain(exception.owner, 60)}`,
          ...(exception.ticket === null ? [] : [plain(exception.ticket, 60)]),
        ],
        lines: [plain(exception.reason, 200)],
      })),
      more,
      command: null,
    });
  }
  return sections;
}

/** Whether the monitor did its own work: alerts that did not arrive, what was read, what counts as production. */
export function operationSections(report: DigestReport, room: number): DigestSection[] {
  const sections: DigestSection[] = [];
  if (report.undelivered.length > 0) {
    const command = `octowatch query "SELECT * FROM deliveries WHERE state <> 'sent'"`;
    const { shown, more } = capped(report.undelivered, MOST.undelivered * room, command);
    sections.push({
      title: 'Undelivered alerts',
      intro: null,
      rows: shown.map(({ channel, state, count, lastError }) => ({
        kind: 'item',
        chip: state === 'failed' ? { text: 'REFUSED', tone: 'high' } : { text: 'WAITING', tone: 'medium' },
        title: `${plural(count, 'message')} to ${plain(channel, 60)}`,
        details: [state === 'failed' ? 'refused for good, not tried again' : 'still being tried'],
        lines: lastError === null ? [] : [plain(lastError, 240)],
      })),
      more,
      command: more === null ? command : null,
    });
  }
  if (report.upgrades) sections.push(upgradeSection(report.upgrades, room));
  sections.push(coverageSection(report, room), productionSection(report, room));
  return sections;
}

function upgradeSection(upgrades: readonly string[], room: number): DigestSection {
  const command = `octowatch query "SELECT * FROM journal WHERE action = 'upgraded'"`;
  const { shown, more } = capped(upgrades, MOST.upgrades * room, command);
  return {
    title: 'Changed rules',
    intro: null,
    rows: shown.map((line) => ({
      kind: 'item',
      chip: { text: 'CHANGED', tone: 'informational' },
      title: plain(line, 900),
      details: [],
      lines: [],
    })),
    more,
    command: null,
  };
}

function coverageSection(report: DigestReport, room: number): DigestSection {
  const time = createLocalTime(report.timeZone);
  const command = `octowatch query "SELECT * FROM coverage WHERE outcome <> 'read'"`;
  const { shown, more } = capped(report.coverage, MOST.instances * room, command);
  return {
    title: 'Coverage',
    intro:
      report.coverage.length === 0
        ? 'No instance was read: nothing here can be relied on.'
        : report.coverageStatement && plain(report.coverageStatement, 400),
    rows: shown.map((coverage) => coverageRow(coverage, report, time, room)),
    more,
    command: more === null && !report.coverage.every(isComplete) ? command : null,
  };
}

function coverageRow(coverage: DigestCoverage, report: DigestReport, time: LocalTime, room: number): DigestRow {
  const { gaps, windows, failedWindows, eventsStored, serverTotal, setAside, coveredToAt, visibility } = coverage;
  const details = [
    coveredToAt === null ? 'nothing was read yet' : `read to ${plain(time.short(coveredToAt), 60)}`,
    `${plural(windows, 'window')} polled${failedWindows > 0 ? `, ${failedWindows} failed` : ''}`,
  ];
  if (gaps.length === 0) details.push('no gaps');
  const missing = missingEvents(coverage);
  const lines: string[] = [];
  if (serverTotal === null)
    lines.push(`${plural(eventsStored, 'event')} stored; the server did not say how many there are`);
  else if (missing === 0) lines.push(`${plural(eventsStored, 'event')} stored, none missing by the server's count`);
  else lines.push(`${eventsStored} of ${serverTotal} events the server counted are stored, ${missing} missing`);
  if (setAside > 0) lines.push(`${plural(setAside, 'element')} set aside unread (view quarantine)`);
  const shownGaps = capped(gaps, MOST.gaps * room, '');
  for (const gap of shownGaps.shown) {
    const length = describeDuration(gap.fromAt, gap.toAt);
    lines.push(`gap ${plain(time.span(gap.fromAt, gap.toAt), 100)} (${length})`);
  }
  if (shownGaps.more) lines.push(`and ${plural(shownGaps.more.count, 'more gap')}`);
  for (const one of coverage.unseen) lines.push(plain(one, 240));
  if (coverage.addresses !== null) lines.push(plain(coverage.addresses, 240));
  lines.push(visibility === null ? 'nothing is known to be hidden from the monitor' : plain(visibility, 240));
  return {
    kind: 'item',
    chip: isComplete(coverage) ? { text: 'COMPLETE', tone: 'quiet' } : { text: 'INCOMPLETE', tone: 'high' },
    title: `${report.coverage.length > 1 || coverage.instance !== 'default' ? `${plain(coverage.instance, 60)}: ` : ''}${describeShare(coverage)}`,
    details,
    lines: lines.map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}`),
  };
}

function productionSection({ production }: DigestReport, room: number): DigestSection {
  const shown = capped(production.environments, MOST.environments * room, 'octowatch doctor');
  const spaces = capped(production.spacesWithout, MOST.spaces * room, 'octowatch doctor');
  const rest = shown.more === null ? '' : ` and ${shown.more.count} more`;
  const restOfSpaces = spaces.more === null ? '' : ` and ${spaces.more.count} more`;
  const names = shown.shown.map((name) => plain(name, 60)).join(', ');
  return {
    title: 'What counts as production',
    intro:
      names === ''
        ? 'No environment: off-hours deployments cannot be found. Name them in octowatch.yaml.'
        : `Environments: ${names}${rest}`,
    rows:
      spaces.shown.length === 0
        ? []
        : [
            {
              kind: 'item',
              chip: { text: 'CHECK', tone: 'medium' },
              title: `${production.spacesWithout.length === 1 ? 'A space has' : `${production.spacesWithout.length} spaces have`} no production environment`,
              details: [`${spaces.shown.map((name) => plain(name, 60)).join(', ')}${restOfSpaces}`],
              lines: [],
            },
          ],
    more: null,
    command: null,
  };
}

function daysLeft(days: number): string {
  if (days < 0) return 'ENDED';
  return days === 0 ? 'ENDS TODAY' : `${plural(days, 'day').toUpperCase()} LEFT`;
}

import { plural } from '../lib/text.ts';
import type { FindingReport } from '../model/finding.ts';
import { byOwner, bySeverity, ownerOf, placeOf, titleWithKey } from './decision.ts';
import { header, SLACK_LIMIT, type SlackBlock, type SlackMessage, section, sections, sizeOf } from './slack-blocks.ts';
import { slackCode, slackText } from './slack-text.ts';
import { describeMinute } from './when.ts';

/** Characters each part may take. */
const PART = { intro: 340, fallback: 500, rest: 80 } as const;

/** What is left for the list itself. */
const LIST = SLACK_LIMIT.message - SLACK_LIMIT.header - PART.intro - PART.fallback - PART.rest;

/**
 * One finding in a list. Those under the same heading stand together, and so do those of the same title and place, which
 * differ in their tenant at most: a release to 200 tenants is one title with 200 numbers.
 */
type Entry = {
  readonly heading: string;
  readonly title: string;
  /** ` · eu`, where it has to be said; else empty. */
  readonly place: string;
  /** What names it among those of its title. */
  readonly item: string;
  /** What is said besides of one that has its title for itself. */
  readonly detail: string;
};

/** Many findings in one message: each by its title under its rule, the gravest first. */
export function renderSummary(reports: readonly FindingReport[], reason: string): SlackMessage {
  const zone = reports[0]?.timeZone ?? 'UTC';
  const intro = `${slackText(reason, 160)}. Times are ${slackText(zone, 60)}. \`octowatch findings\` lists them with their numbers, \`octowatch ack\` settles them.`;
  const ordered = bySeverity(reports);
  return listing(`${plural(reports.length, 'finding')}: ${reason}`, intro, ordered.map(ruleEntry), ordered);
}

/** What is wrong with API keys, under the account each belongs to. */
export function renderKeys(instance: string, reports: readonly FindingReport[]): SlackMessage {
  const title = `${plural(reports.length, 'finding')} about API keys of ${instance}`;
  const owners = byOwner(reports);
  const intro = `By owner, ${plural(owners.length, 'owner')}. \`octowatch keys\` is the whole ledger, \`octowatch ack\` settles a finding.`;
  return listing(
    title,
    intro,
    owners.flatMap((owner) => owner.reports.map(keyEntry)),
    bySeverity(reports),
  );
}

/** How many of the first of these fit into one such message whole; without a kind, into either. At least 1. */
export function fittingInto(reports: readonly FindingReport[], kind?: 'summary' | 'keys'): number {
  const ruleSize = sizeMeter();
  const keySize = sizeMeter();
  const isTooMuch = (report: FindingReport) =>
    (kind !== 'keys' && ruleSize(ruleEntry(report)) > LIST) || (kind !== 'summary' && keySize(keyEntry(report)) > LIST);
  const tooMany = reports.findIndex(isTooMuch);
  return Math.max(1, tooMany === -1 ? reports.length : tooMany);
}

function listing(
  title: string,
  intro: string,
  entries: readonly Entry[],
  reports: readonly FindingReport[],
): SlackMessage {
  const size = sizeMeter();
  const tooMany = entries.findIndex((entry) => size(entry) > LIST);
  const shown = tooMany === -1 ? entries : entries.slice(0, tooMany);
  const groups = [...Map.groupBy(shown, (entry) => entry.heading)];
  const lines = groups.flatMap(([heading, under]) => [
    heading,
    ...[...Map.groupBy(under, sameLine).values()].flatMap(linesOf),
  ]);
  const blocks: SlackBlock[] = [header(title), section(intro), ...sections(lines)];
  const rest = entries.length - shown.length;
  if (rest > 0) blocks.push(section(`…and ${rest} more: \`octowatch findings\` lists them.`));
  return { text: fallback(title, reports, SLACK_LIMIT.message - sizeOf(blocks)), blocks };
}

/** What findings have in common that are told in one line. */
function sameLine({ title, place }: Entry): string {
  return JSON.stringify([title, place]);
}

/** Findings of one title and place; a line that would be longer than a section goes on in another. */
function linesOf(entries: readonly Entry[]): string[] {
  const [first, ...others] = entries;
  if (!first) return [];
  if (others.length === 0) return [`• ${first.title} · ${first.item}${first.detail}${first.place}`];
  const lines: string[] = [];
  let line = `• ${first.title} (${entries.length} times)${first.place}: ${first.item}`;
  for (const { item } of others) {
    if (line.length + item.length + 2 <= SLACK_LIMIT.section) line += `, ${item}`;
    else {
      lines.push(line);
      line = `  ${item}`;
    }
  }
  return [...lines, line];
}

/** Adds up what entries take at most, each heading and title once; gives the sum with the one given. */
function sizeMeter(): (entry: Entry) => number {
  const titles = new Map<string, Set<string>>();
  let sum = 0;
  return (entry) => {
    const { heading, item, detail } = entry;
    const title = sameLine(entry);
    const known = titles.get(heading) ?? new Set();
    if (!titles.has(heading)) sum += heading.length + 1;
    if (known.has(title)) sum += item.length + 3;
    // Bullet, separators and the end of the line; what it takes to say how often, should there be more of it.
    else sum += entry.title.length + entry.place.length + item.length + Math.max(detail.length + 6, 22);
    titles.set(heading, known.add(title));
    return sum;
  };
}

function ruleEntry(report: FindingReport): Entry {
  const seen = slackText(describeMinute(report.lastSeenAt, report.timeZone), 30);
  const times = report.eventCount > 1 ? ` · ${plural(report.eventCount, 'event')}` : '';
  const tenant = report.facts.find((fact) => fact.label === 'Tenant')?.value;
  return {
    heading: `*[${report.level.toUpperCase()}] ${slackText(report.ruleTitle, 160)}* · rule ${slackCode(report.rule, 70)}`,
    title: slackText(titleWithKey(report), 240),
    place: placeAfter(report),
    item: `${id(report)}${tenant === undefined ? '' : ` (${slackText(tenant, 40)})`}`,
    detail: `${times} · ${seen}${report.status === 'resolved' ? ' · no longer holds' : ''}`,
  };
}

function keyEntry(report: FindingReport): Entry {
  return {
    heading: `*${slackText(ownerOf(report), 120)}*`,
    title: `[${report.level.toUpperCase()}] ${slackText(titleWithKey(report), 200)}`,
    // All are of one instance, which stands above them.
    place: '',
    item: `${slackCode(report.subject, 60)} · rule ${slackCode(report.rule, 60)} · ${id(report)}`,
    detail: '',
  };
}

/**
 * The fallback names every finding as far as the blocks leave room, the gravest first, and says how many more there are:
 * phones show its beginning only, and what it takes the list cannot have.
 */
function fallback(title: string, reports: readonly FindingReport[], room: number): string {
  const lines = [slackText(title, 200)];
  let left = room - 200 - 30;
  for (const [index, report] of reports.entries()) {
    const level = report.level.toUpperCase();
    const line = `• [${level}] ${slackText(placeOf(report), 44)}${slackText(titleWithKey(report), 180)} (${slackText(report.rule, 50)})`;
    left -= line.length + 1;
    if (left < 0) return [...lines, `…and ${reports.length - index} more`].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
}

function placeAfter(report: FindingReport): string {
  return placeOf(report) === '' ? '' : ` · ${slackText(report.instance, 40)}`;
}

function id(report: FindingReport): string {
  return `finding ${report.findingId}`;
}

import { plural } from '../lib/text.ts';
import type { FindingReport } from '../model/finding.ts';
import { byOwner, bySeverity, decisionLine, ownerOf, titleWithKey } from './decision.ts';
import { header, SLACK_LIMIT, type SlackBlock, type SlackMessage, section, sections } from './slack-blocks.ts';
import { slackCode, slackText } from './slack-text.ts';
import { describeMinute } from './when.ts';

/** Characters each part may take. */
const PART = { intro: 400, heading: 260, line: 380, fallback: 600, fallbackLine: 160, rest: 100 } as const;

/** What is left for the list itself. */
const LIST = SLACK_LIMIT.message - SLACK_LIMIT.header - PART.intro - PART.fallback - PART.rest;

/** One finding in a list; lines under the same heading stand together, and the heading once. */
type Entry = { readonly heading: string; readonly line: string };

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

/** How many of the first of these fit into one such message whole, whichever of the two it is; at least 1. */
export function fittingInto(reports: readonly FindingReport[]): number {
  const ruleSize = sizeMeter();
  const keySize = sizeMeter();
  const tooMany = reports.findIndex(
    (report) => Math.max(ruleSize(ruleEntry(report)), keySize(keyEntry(report))) > LIST,
  );
  return Math.max(1, tooMany === -1 ? reports.length : tooMany);
}

function listing(
  title: string,
  intro: string,
  ungrouped: readonly Entry[],
  reports: readonly FindingReport[],
): SlackMessage {
  const entries = [...Map.groupBy(ungrouped, (entry) => entry.heading).values()].flat();
  const size = sizeMeter();
  const lines: string[] = [];
  let shown = 0;
  for (const entry of entries) {
    if (size(entry) > LIST) break;
    if (entries[shown - 1]?.heading !== entry.heading) lines.push(entry.heading);
    lines.push(entry.line);
    shown += 1;
  }
  const blocks: SlackBlock[] = [header(title), section(intro), ...sections(lines)];
  const rest = entries.length - shown;
  if (rest > 0) blocks.push(section(`…and ${rest} more: \`octowatch findings\` lists them.`));
  return { text: fallback(title, reports), blocks };
}

/** Adds up what entries take, each heading once; the sum with the one given. */
function sizeMeter(): (entry: Entry) => number {
  const headings = new Set<string>();
  let sum = 0;
  return ({ heading, line }) => {
    if (!headings.has(heading)) sum += heading.length + 1;
    headings.add(heading);
    sum += line.length + 1;
    return sum;
  };
}

function ruleEntry(report: FindingReport): Entry {
  const heading = `*[${report.level.toUpperCase()}] ${slackText(report.ruleTitle, 160)}* · rule ${slackCode(report.rule, 70)}`;
  const instance = report.instance === 'default' ? '' : ` · ${slackText(report.instance, 40)}`;
  const seen = slackText(describeMinute(report.lastSeenAt, report.timeZone), 30);
  const times = report.eventCount > 1 ? ` · ${plural(report.eventCount, 'event')}` : '';
  return { heading, line: `• ${id(report)}: ${slackText(titleWithKey(report), 240)}${times} · ${seen}${instance}` };
}

function keyEntry(report: FindingReport): Entry {
  const title = slackText(titleWithKey(report), 200);
  const about = `${slackCode(report.subject, 60)} · rule ${slackCode(report.rule, 60)} · ${id(report)}`;
  return {
    heading: `*${slackText(ownerOf(report), 120)}*`,
    line: `• [${report.level.toUpperCase()}] ${title} · ${about}`,
  };
}

/** Notifications show only the beginning: the gravest findings, and how many more there are. */
function fallback(title: string, reports: readonly FindingReport[]): string {
  const lines = [slackText(title, 200)];
  let room = PART.fallback - 200 - 40;
  for (const [index, report] of reports.entries()) {
    const line = `• ${slackText(decisionLine(report), 130)} (${slackText(report.rule, 50)})`;
    room -= line.length + 1;
    if (room < 0) return [...lines, `…and ${reports.length - index} more`].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
}

function id(report: FindingReport): string {
  return `finding ${report.findingId}`;
}

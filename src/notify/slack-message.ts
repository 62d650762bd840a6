import { plural } from '../lib/text.ts';
import type { Fact, FindingReport } from '../model/finding.ts';
import type { Growth, Notice } from '../model/message.ts';
import { commandsFor, decisionLine, growthLine } from './decision.ts';
import {
  context,
  fields,
  header,
  SLACK_LIMIT,
  type SlackBlock,
  type SlackMessage,
  section,
  sections,
  sizeOf,
} from './slack-blocks.ts';
import { renderKeys, renderSummary } from './slack-listing.ts';
import { slackCode, slackCodeBlock, slackLink, slackText } from './slack-text.ts';
import { describeSpan, describeWhen } from './when.ts';

/** Characters each part of an alert may take; with the counts they add up to less than Slack takes. */
const PART = {
  line: 400,
  novelty: 80,
  why: 600,
  usual: 250,
  fact: 140,
  value: 60,
  auditUrl: 220,
  deploymentUrl: 150,
  evidence: 110,
  step: 300,
  mistake: 120,
  sql: 800,
  command: 1110,
} as const;
const COUNT = { novelties: 5, facts: 10, evidence: 5, steps: 3, mistakes: 3 } as const;
/** A fact of more values than this has a part of its own. */
const MANY_VALUES = 5;

/** What a message that is not the first says before everything else; `line` is plain text for the fallback. */
type News = { readonly blocks: readonly SlackBlock[]; readonly line: string | null };

/** Renders a notice. Pure; every text that came from elsewhere is plain and cut, so Slack's limits hold by construction. */
export function renderSlackMessage(notice: Notice): SlackMessage {
  switch (notice.kind) {
    case 'alert':
      return renderAlert(notice.report, { blocks: [], line: null });
    case 'repeat':
      return renderAlert(notice.report, growthNews(notice.report, notice.growth));
    case 'reminder':
      return renderAlert(notice.report, reminderNews(notice.report, notice.sinceAt));
    case 'resolved':
      return renderResolved(notice.report);
    case 'summary':
      return renderSummary(notice.reports, notice.reason);
    case 'keys':
      return renderKeys(notice.instance, notice.reports);
    case 'alive':
      return { text: slackText(notice.text, 1000), blocks: [section(slackText(notice.text, 1000) || ' ')] };
  }
}

function growthNews(report: FindingReport, growth: Growth): News {
  const shown = growth.novelties.slice(0, COUNT.novelties).map((one) => slackText(one, PART.novelty));
  const rest = growth.novelties.length - shown.length;
  const novelties = rest > 0 ? [...shown, `${rest} more`] : shown;
  const grown = slackText(growthLine(report, growth), 120);
  const first = novelties.length > 0 ? [`*New in it:* ${novelties.join(' · ')}`] : [];
  const line = novelties.length > 0 ? `new: ${novelties.join(', ')} · ${grown}` : grown;
  return { blocks: [section([...first, `*Growing:* ${grown}`].join('\n'))], line };
}

function reminderNews(report: FindingReport, sinceAt: string): News {
  const since = slackText(describeWhen(sinceAt, report.timeZone), 100);
  return {
    blocks: [section(`*Nobody has acknowledged it* since this was told here on ${since}.`)],
    line: `nobody has acknowledged it since ${since}`,
  };
}

function renderAlert(report: FindingReport, news: News): SlackMessage {
  const line = decisionLine(report);
  const usual = report.usual === undefined ? '' : `\n*Usual:* ${slackText(report.usual, PART.usual)}`;
  const before: SlackBlock[] = [
    ...headline(report, line),
    ...news.blocks,
    section(`*Why it was flagged*\n${slackText(report.why, PART.why)}${usual}`),
    section(`*When and how often*\n${when(report)} · ${plural(report.eventCount, 'event')}`),
    ...factBlocks(report.facts.filter((fact) => !isLong(fact))),
  ];
  const after: SlackBlock[] = [
    ...evidenceBlocks(report),
    ...list('What to do', report.respond, COUNT.steps, (step, index) => `${index + 1}. ${slackText(step, PART.step)}`),
    ...list('It can be harmless when', report.falsePositives, COUNT.mistakes, mistakeLine),
    section(`*Look closer* with \`octowatch query\`\n${slackCodeBlock(report.sql, PART.sql)}`),
    section(
      commandsFor(report)
        .map(({ purpose, command }) => `*${purpose}:* ${slackCode(command, PART.command)}`)
        .join('\n'),
    ),
    footer(report),
  ];
  const parts = [
    slackText(line, PART.line),
    news.line,
    rule(report),
    id(report),
    when(report),
    slackText(report.why, 150),
  ];
  const text = parts.filter(Boolean).join(' · ');
  // A list of tenants may take whatever the rest leaves.
  const room = SLACK_LIMIT.message - text.length - sizeOf([...before, ...after]);
  return { text, blocks: [...before, ...longFacts(report.facts.filter(isLong), room), ...after] };
}

function mistakeLine(text: string): string {
  return `• ${slackText(text, PART.mistake)}`;
}

function renderResolved(report: FindingReport): SlackMessage {
  const line = decisionLine(report, 'RESOLVED');
  return {
    text: `${slackText(line, PART.line)} · ${rule(report)} · ${id(report)} · ${when(report)}`,
    blocks: [
      ...headline(report, line),
      section(`*When*\n${when(report)}\n*It was* ${report.level}: ${slackText(report.why, PART.why)}`),
      footer(report),
    ],
  };
}

function factBlocks(facts: readonly Fact[]): SlackBlock[] {
  const shown = facts.slice(0, COUNT.facts);
  if (shown.length === 0) return [];
  return [fields(shown.map(({ label, value }) => `*${slackText(label, 30)}*\n${slackText(value, PART.fact)}`))];
}

function isLong(fact: Fact): boolean {
  return (fact.values?.length ?? 0) > MANY_VALUES;
}

/** One after the other as far as there is room; at least the first says how much it leaves out. */
function longFacts(facts: readonly Fact[], room: number): SlackBlock[] {
  const blocks: SlackBlock[] = [];
  for (const fact of facts) {
    const left = room - sizeOf(blocks);
    if (blocks.length > 0 && left < PART.value * MANY_VALUES) break;
    blocks.push(...longFact(fact, left));
  }
  return blocks;
}

/** As many values as there is room for, and how many are left out. */
function longFact({ label, values = [] }: Fact, room: number): SlackBlock[] {
  const lines = [`*${slackText(label, 30)}* (${values.length})`];
  let left = room - (lines[0]?.length ?? 0) - 100;
  let line = '';
  for (const [index, value] of values.entries()) {
    const shown = slackText(value, PART.value);
    left -= shown.length + 2;
    if (left < 0) return sections([...lines, line, `…and ${values.length - index} more: the query below shows all.`]);
    if (line.length + shown.length + 4 > SLACK_LIMIT.section - 100) {
      lines.push(`${line},`);
      line = shown;
    } else line += line === '' ? shown : `, ${shown}`;
  }
  return sections([...lines, line]);
}

function evidenceBlocks(report: FindingReport): SlackBlock[] {
  const shown = report.evidence.slice(0, COUNT.evidence);
  if (shown.length === 0) return [];
  // Few events leave room for more of each.
  const maxText = Math.min(500, Math.floor((COUNT.evidence * PART.evidence) / shown.length));
  const lines = shown.map(({ occurredAt, eventId, url, deployment, text }) => {
    const audit = slackLink(url, eventId || 'event', PART.auditUrl, 25);
    const page = deployment ? ` ${slackLink(deployment.url, deployment.id, PART.deploymentUrl, 25)}` : '';
    return `• ${slackText(describeWhen(occurredAt, report.timeZone), 85)} ${audit}${page} ${slackText(text, maxText)}`;
  });
  const rest = Math.max(report.evidence.length, report.eventCount) - shown.length;
  if (rest > 0) lines.push(`…and ${rest} more: the query below shows every event.`);
  return [section(`*Evidence*\n${lines.join('\n')}`)];
}

function list(
  title: string,
  items: readonly string[],
  max: number,
  render: (item: string, index: number) => string,
): SlackBlock[] {
  if (items.length === 0) return [];
  const lines = items.slice(0, max).map(render);
  const rest = items.length - lines.length;
  return [section([`*${title}*`, ...lines, ...(rest > 0 ? [`…and ${rest} more in the rule.`] : [])].join('\n'))];
}

function footer(report: FindingReport): SlackBlock {
  return context([
    `${id(report)} · ${rule(report)} · ${report.status}`,
    `instance ${slackText(report.instance, 60)} · Octowatch ${slackText(report.monitorVersion, 30)}`,
  ]);
}

function rule(report: FindingReport): string {
  return `rule ${slackCode(report.rule, 70)}`;
}

function id(report: FindingReport): string {
  return `finding ${report.findingId}`;
}

function when(report: FindingReport): string {
  return slackText(describeSpan(report, report.timeZone), 180);
}

/** The decision line as header; a header is short, so a longer line is repeated below it. */
function headline(report: FindingReport, line: string): SlackBlock[] {
  const whole = slackText(line, PART.line);
  const repeated = whole.length > SLACK_LIMIT.header ? `*${whole}*\n` : '';
  return [header(line), section(`${repeated}${rule(report)} · ${id(report)}`)];
}

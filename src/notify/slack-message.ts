import { plural } from '../lib/text.ts';
import type { FindingReport } from '../model/finding.ts';
import type { Notice } from '../model/message.ts';
import { bySeverity, decisionLine } from './decision.ts';
import { slackCode, slackCodeBlock, slackLink, slackText } from './slack-text.ts';
import { describeSpan, describeWhen } from './when.ts';

/** A message in Slack's Block Kit with the plain fallback that notifications show. */
export type SlackMessage = { readonly text: string; readonly blocks: SlackBlock[] };

type Mrkdwn = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
type SlackBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'section'; readonly fields: Mrkdwn[] }
  | { readonly type: 'context'; readonly elements: Mrkdwn[] };

/**
 * How many findings a summary names at most. With at most 450 characters for each in the blocks and 220 in the fallback
 * it stays below 12,000 characters, which Slack takes, however long the titles are.
 */
export const MAX_SUMMARY_FINDINGS = 15;

/**
 * Characters each part may take. Slack refuses a section above 3,000, a field above 2,000, a header above 150, more than
 * 50 blocks, and messages far above 12,000 as a whole; these add up to less than 12,000.
 */
const PART = { header: 150, line: 400, why: 700, fact: 200, url: 220, step: 320, mistake: 160, sql: 1200 } as const;
const COUNT = { facts: 10, evidence: 6, steps: 5, mistakes: 3 } as const;

/** Renders a notice. Pure; every text that came from the audit log is plain and cut, so Slack's limits hold by construction. */
export function renderSlackMessage(notice: Notice): SlackMessage {
  switch (notice.kind) {
    case 'alert':
      return renderAlert(notice.report);
    case 'resolved':
      return renderResolved(notice.report);
    case 'summary':
      return renderSummary(notice.reports, notice.reason);
  }
}

function renderAlert(report: FindingReport): SlackMessage {
  const { facts, evidence, respond, falsePositives } = report;
  const blocks: SlackBlock[] = [
    ...headline(report, decisionLine(report)),
    section(`*Why it was flagged*\n${slackText(report.why, PART.why)}`),
    section(`*When*\n${when(report)} · ${plural(report.eventCount, 'event')}`),
  ];
  const shownFacts = facts.slice(0, COUNT.facts);
  if (shownFacts.length > 0) {
    const fields = shownFacts.map((fact) =>
      mrkdwn(`*${slackText(fact.label, 40)}*\n${slackText(fact.value, PART.fact)}`),
    );
    blocks.push({ type: 'section', fields });
  }
  if (evidence.length > 0) blocks.push(section(`*Evidence*\n${evidenceLines(report).join('\n')}`));
  if (respond.length > 0) {
    const steps = respond.slice(0, COUNT.steps).map((step, index) => `${index + 1}. ${slackText(step, PART.step)}`);
    blocks.push(section(`*What to do*\n${steps.join('\n')}`));
  }
  if (falsePositives.length > 0) {
    const mistakes = falsePositives.slice(0, COUNT.mistakes).map((line) => `• ${slackText(line, PART.mistake)}`);
    blocks.push(section(`*It can be harmless when*\n${mistakes.join('\n')}`));
  }
  blocks.push(section(`*Look closer* with \`octowatch query\`\n${slackCodeBlock(report.sql, PART.sql)}`));
  blocks.push(footer(report));
  const fallback = `${slackText(decisionLine(report), PART.line)} · ${rule(report)} · ${id(report)} · ${when(report)}`;
  return { text: `${fallback} · ${slackText(report.why, 300)}`, blocks };
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

function renderSummary(reports: readonly FindingReport[], reason: string): SlackMessage {
  const shown = bySeverity(reports).slice(0, MAX_SUMMARY_FINDINGS);
  const title = `${plural(reports.length, 'finding')}: ${reason}`;
  const lines = shown.map((report) => `• ${slackText(decisionLine(report), 150)} (${slackText(report.rule, 60)})`);
  const blocks: SlackBlock[] = [header(title), section(slackText(title, PART.line))];
  for (const report of shown) {
    blocks.push(
      section(`*${slackText(decisionLine(report), 250)}*\n${rule(report)} · ${id(report)} · ${last(report)}`),
    );
  }
  if (shown.length < reports.length) {
    blocks.push(section(`…and ${reports.length - shown.length} more: \`octowatch findings\` lists them.`));
  }
  return { text: [slackText(title, 200), ...lines].join('\n'), blocks };
}

function evidenceLines(report: FindingReport): string[] {
  const shown = report.evidence.slice(0, COUNT.evidence);
  // Few events leave room for more of each.
  const maxText = Math.min(600, Math.floor((COUNT.evidence * 110) / shown.length));
  const lines = shown.map((line) => {
    const link = slackLink(line.url, line.eventId || 'event', PART.url, 30);
    return `• ${slackText(describeWhen(line.occurredAt, report.timeZone), 85)} ${link} ${slackText(line.text, maxText)}`;
  });
  const rest = Math.max(report.evidence.length, report.eventCount) - shown.length;
  if (rest > 0) lines.push(`…and ${rest} more: the query below shows every event.`);
  return lines;
}

function footer(report: FindingReport): SlackBlock {
  const parts = [
    `${id(report)} · ${rule(report)} · ${report.status}`,
    `instance ${slackText(report.instance, 60)} · Octowatch ${slackText(report.monitorVersion, 30)}`,
  ];
  return { type: 'context', elements: parts.map(mrkdwn) };
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

function last(report: FindingReport): string {
  return slackText(describeWhen(report.lastSeenAt, report.timeZone), 85);
}

/** The decision line as header; a header is short, so a longer line is repeated below it. */
function headline(report: FindingReport, line: string): SlackBlock[] {
  const whole = slackText(line, PART.line);
  const repeated = whole.length > PART.header ? `*${whole}*\n` : '';
  return [header(line), section(`${repeated}${rule(report)} · ${id(report)}`)];
}

function header(text: string): SlackBlock {
  return { type: 'header', text: { type: 'plain_text', text: slackText(text, PART.header), emoji: false } };
}

function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(text) };
}

/** `verbatim` keeps Slack from finding links, channels and names in plain text by itself. */
function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

import { plural, printable } from '../lib/text.ts';
import { displayWidth } from '../lib/width.ts';
import { wrapText } from '../lib/wrap.ts';
import type { FindingReport, Level } from '../model/finding.ts';
import type { Growth, Notice } from '../model/message.ts';
import { byOwner, bySeverity, commandsFor, decisionLine, growthLine } from './decision.ts';
import { describeSpan, describeWhen } from './when.ts';

type Look = { readonly colour: boolean; readonly width: number };

/** ANSI attributes; a background for what must not be missed. */
const LEVEL_COLOURS: Readonly<Record<Level, string>> = {
  informational: '2',
  low: '36',
  medium: '33',
  high: '1;31',
  critical: '1;97;41',
};
const BOLD = '1';
const DIM = '2';
const LABEL_CELLS = 13;

/**
 * Renders a notice for a terminal, wrapped to its width, ending in an empty line. Everything shown is printable: text
 * from the audit log can neither colour nor forge lines.
 */
export function renderConsoleMessage(notice: Notice, look: Look): string {
  switch (notice.kind) {
    case 'alert':
      return block(renderAlert(notice.report, [], look));
    case 'repeat':
      return block(renderAlert(notice.report, growthLines(notice.report, notice.growth, look), look));
    case 'reminder':
      return block(renderAlert(notice.report, reminderLines(notice.report, notice.sinceAt, look), look));
    case 'resolved':
      return block([
        ...decision(notice.report, decisionLine(notice.report, 'RESOLVED'), look),
        ...entry('When', describeSpan(notice.report, notice.report.timeZone), look),
        ...entry('Finding', identity(notice.report), look),
      ]);
    case 'summary':
      return block([
        ...heading(`${plural(notice.reports.length, 'finding')}: ${notice.reason}`, look),
        ...bySeverity(notice.reports).flatMap((report) => listed(report, look)),
      ]);
    case 'keys':
      return block([
        ...heading(`${plural(notice.reports.length, 'finding')} about API keys of ${notice.instance}, by owner`, look),
        ...byOwner(notice.reports).flatMap(({ owner, reports }) => [
          ...heading(`Owner ${owner}`, look),
          ...reports.flatMap((report) => listed(report, look)),
        ]),
      ]);
    case 'alive':
      return block(hanging(notice.text, look));
  }
}

function heading(text: string, look: Look): string[] {
  return hanging(text, look).map((line) => paint(BOLD, line, look));
}

function listed(report: FindingReport, look: Look): string[] {
  const identified = `Finding ${identity(report)} · ${describeWhen(report.lastSeenAt, report.timeZone)}`;
  return [...decision(report, decisionLine(report), look), ...wrapText(identified, look.width, '  ')];
}

function growthLines(report: FindingReport, growth: Growth, look: Look): string[] {
  return [
    ...(growth.novelties.length > 0 ? entry('New', growth.novelties.join(', '), look) : []),
    ...entry('Growing', growthLine(report, growth), look),
  ];
}

function reminderLines(report: FindingReport, sinceAt: string, look: Look): string[] {
  return entry('Still open', `nobody has acknowledged it since ${describeWhen(sinceAt, report.timeZone)}`, look);
}

/** `news` is what a message that is not the first says before the rest. */
function renderAlert(report: FindingReport, news: readonly string[], look: Look): string[] {
  const lines = [
    ...decision(report, decisionLine(report), look),
    ...news,
    ...entry('Why', report.why, look),
    ...(report.usual === undefined ? [] : entry('Usual', report.usual, look)),
    ...entry('When', `${describeSpan(report, report.timeZone)}, ${plural(report.eventCount, 'event')}`, look),
    ...report.facts.flatMap((fact) => entry(fact.label, fact.values?.join(', ') ?? fact.value, look)),
    ...entry('Finding', identity(report), look),
  ];
  if (report.evidence.length > 0) {
    lines.push(paint(BOLD, 'Evidence', look));
    for (const line of report.evidence) {
      const text = `${describeWhen(line.occurredAt, report.timeZone)}  ${line.eventId}  ${line.text}`;
      lines.push(...wrapText(text, look.width, '  '));
      // An address is not wrapped: broken over lines nobody can open it.
      for (const url of [line.deployment?.url, line.url])
        if (url) lines.push(paint(DIM, `    ${printable(url)}`, look));
    }
    const rest = report.eventCount - report.evidence.length;
    if (rest > 0) lines.push(`  …and ${rest} more: the query below shows every event.`);
  }
  lines.push(...list('What to do', report.respond, (index) => `${index + 1}. `, look));
  lines.push(...list('It can be harmless when', report.falsePositives, () => '- ', look));
  // Not wrapped: both are there to be copied.
  lines.push(paint(BOLD, 'Query', look), ...report.sql.split('\n').map((line) => `  ${printable(line)}`));
  lines.push(paint(BOLD, 'Settle it', look), ...commandsFor(report).map(({ command }) => `  ${command}`));
  return lines;
}

function identity(report: FindingReport): string {
  return `${report.findingId}, rule ${report.rule}, instance ${report.instance}, ${report.status}`;
}

function decision(report: FindingReport, text: string, look: Look): string[] {
  return hanging(text, look).map((line) => paint(LEVEL_COLOURS[report.level], line, look));
}

/** Lines after the first are indented: where a text is wrapped, it cannot begin what looks like another message. */
function hanging(text: string, look: Look): string[] {
  const [first = '', ...rest] = wrapText(text, look.width, '  ');
  return [first.slice(2), ...rest];
}

function entry(label: string, text: string, look: Look): string[] {
  const shown = printable(label);
  if (displayWidth(shown) >= LABEL_CELLS)
    return [paint(BOLD, shown, look), ...wrapText(text, look.width, ' '.repeat(LABEL_CELLS))];
  const padding = ' '.repeat(LABEL_CELLS - displayWidth(shown));
  const indent = ' '.repeat(LABEL_CELLS);
  const [first = '', ...rest] = wrapText(text, look.width, indent);
  return [`${paint(BOLD, shown, look)}${padding}${first.slice(indent.length)}`, ...rest];
}

function list(title: string, items: readonly string[], bullet: (index: number) => string, look: Look): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap((item, index) => {
    const mark = bullet(index);
    const indent = ' '.repeat(2 + mark.length);
    const [first = '', ...rest] = wrapText(item, look.width, indent);
    return [`  ${mark}${first.slice(indent.length)}`, ...rest];
  });
  return [paint(BOLD, title, look), ...lines];
}

function paint(attributes: string, text: string, look: Look): string {
  return look.colour ? `\u001b[${attributes}m${text}\u001b[0m` : text;
}

function block(lines: readonly string[]): string {
  return `${lines.join('\n')}\n\n`;
}

import { describeDuration } from '../lib/duration.ts';
import { plural } from '../lib/text.ts';
import { wrapText } from '../lib/wrap.ts';
import type { RuleReport } from '../pipeline/rule-report.ts';
import { renderTable } from './table.ts';

type Look = { readonly width: number; readonly colour: boolean };

/** The period of both commands where none is named. */
export const DEFAULT_SINCE = '30d';

/** From so many findings in the period on a rule gets advice: fewer are read one by one. */
const NOISY_FROM = 5;
const COLUMNS = [
  ...['rule', 'level', 'status', 'findings', 'a day', 'acked', 'after', 'hidden', 'resolved'],
  ...['limit', 'halved by', 'noisiest'],
];
/** What a narrower screen goes without, below so many cells: json and csv have it. */
const NEEDS_CELLS: Readonly<Record<string, number>> = {
  ...{ status: 130, resolved: 130 },
  ...{ level: 100, 'a day': 100, after: 100, noisiest: 100 },
};

/**
 * What `octowatch rules report` shows a person: a row per rule that fits `width`, and below it what can be done about the
 * noisy ones. `since` is the period as it was asked for, for commands to type.
 */
export function ruleReportScreen(rules: readonly RuleReport[], since: string, days: number, look: Look): string {
  const period = `${plural(Math.round(days * 10) / 10, 'day')}`;
  if (rules.length === 0) return `No rule found or hid anything in ${period}.\n`;
  const shown = COLUMNS.filter((column) => look.width >= (NEEDS_CELLS[column] ?? 0));
  const rows = rules.map((rule) => cellsOf(rule).filter((_, index) => shown.includes(COLUMNS[index] ?? '')));
  const total = rules.reduce((sum, rule) => sum + rule.findings, 0);
  const advice = rules.flatMap((rule) => adviceOn(rule, since));
  const parts = [
    bold(`${plural(total, 'finding')} of ${plural(rules.length, 'rule')} in ${period}`, look),
    renderTable(shown, rows, look),
    advice.length === 0 ? '' : [bold('Too many?', look), ...advice.flatMap((line) => bullet(line, look))].join('\n'),
    wrapText(legend(shown), look.width, '').join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function legend(shown: readonly string[]): string {
  const after = shown.includes('after') ? ', after: the median time to that' : '';
  return `acked: taken on by somebody${after}. hidden: matches that exceptions hid. halved by: the limit that would have left at most half, and what it leaves. More: octowatch rules report --format json, docs/tuning.md.`;
}

function cellsOf(rule: RuleReport): string[] {
  const { medianSecondsToAcknowledge: seconds, limit } = rule;
  return [
    rule.rule,
    rule.level ?? '',
    rule.status,
    String(rule.findings),
    rule.perDay.toFixed(2),
    String(rule.acknowledged),
    seconds === null ? '' : describeDuration(seconds * 1000),
    String(rule.excepted),
    resolvedOf(rule),
    limit === null ? '' : String(limit.value),
    halvedBy(rule),
    noisiestOf(rule),
  ];
}

function resolvedOf({ resolved }: RuleReport): string {
  return Object.entries(resolved)
    .filter(([, count]) => count > 0)
    .map(([how, count]) => `${count} ${how.replaceAll('_', ' ')}`)
    .join(', ');
}

function halvedBy({ halving }: RuleReport): string {
  if (halving === null) return '';
  return halving.kind === 'found' ? `${halving.threshold}: ${halving.left} of ${halving.of}` : halving.kind;
}

/** Names that each stand once would say that one of them is noisier than the others. */
function noisiestOf({ findings, subjects }: RuleReport): string {
  const [first] = subjects;
  if (findings > 1 && first?.findings === 1) return 'each another';
  if (findings === 1) return first?.subject ?? '';
  return subjects.map(({ subject, findings: own, share }) => `${subject} ${own} (${percent(share)})`).join(', ');
}

/** One line of what would make a noisy rule quieter, where stored history shows that it would. */
function adviceOn({ rule, findings, subjects, limit, halving }: RuleReport, since: string): string[] {
  if (findings < NOISY_FROM) return [];
  if (halving?.kind === 'found' && limit?.isSettable === true) {
    const period = since === DEFAULT_SINCE ? '' : `--since ${since} `;
    const command = `octowatch rules backtest ${period}--set rules.${rule}.threshold=${halving.threshold}`;
    return [`${rule}: ${halving.threshold} leaves ${halving.left} of ${halving.of}: ${command}`];
  }
  const [first] = subjects;
  // An exception for what is half of it or less would still leave a noisy rule.
  if (!first || first.share <= 0.5) return [];
  const command = `octowatch exceptions add --finding ${first.findingId}`;
  return [
    `${rule}: ${first.findings} of ${findings} are about ${first.subject}; if that is as it should be: ${command}`,
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function bullet(text: string, { width }: Look): string[] {
  const [first = '', ...rest] = wrapText(text, width, '  ');
  return [`- ${first.trimStart()}`, ...rest];
}

function bold(text: string, { colour }: Look): string {
  return colour ? `\u001b[1m${text}\u001b[0m` : text;
}

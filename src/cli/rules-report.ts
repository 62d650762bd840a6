import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config.ts';
import { MONITOR_RULES, type RulePack } from '../detect/index.ts';
import { createEventJudge } from '../enrich/index.ts';
import { parseDuration } from '../lib/duration.ts';
import type { Halving } from '../pipeline/halving.ts';
import { type RuleReport, reportRules } from '../pipeline/rule-report.ts';
import { openExisting } from './existing-store.ts';
import type { OutputFormat } from './output.ts';
import { createUserJournal } from './query-journal.ts';
import { printRows, sayOnStderr, withFormat } from './rows.ts';
import { DEFAULT_SINCE, ruleReportScreen } from './rules-report-screen.ts';
import { configFor, findRule, loadRules, mentionMistakes } from './rules-source.ts';
import { lookOf } from './terminal.ts';

type ReportOptions = { rules?: string; since: Since; rule?: string; format: OutputFormat };
type Since = { readonly text: string; readonly ms: number };

/** Longer lines are hard to read, and a screen goes into a ticket as it is. */
const MAX_WIDTH = 160;

export function addRulesReport(rules: Command, rulesOption: readonly [string, string]): void {
  const command = rules
    .command('report')
    .description('what each rule found, what became of it, and the threshold that would have halved it')
    .option(...rulesOption)
    .addOption(
      new Option('--since <duration>', 'how far back')
        .argParser(readSince)
        .default(readSince(DEFAULT_SINCE), DEFAULT_SINCE),
    )
    .option('--rule <name>', 'only this rule (name, id or title), also when it found nothing');
  withFormat(command)
    .addHelpText(
      'after',
      `
Counts findings that began in the period, also those that were resolved since or that another rule's finding took in.
json and csv have every column; docs/tuning.md tells how thresholds are computed and what cannot be known.

Examples:
  $ octowatch rules report
  $ octowatch rules report --since 90d --rule repeated_auth_failures
  $ octowatch rules report --format csv`,
    )
    .action((options: ReportOptions) => report(options));
}

function report({ rules, since, rule, format }: ReportOptions): void {
  const config = configFor(rules);
  const pack = loadRules(config);
  mentionMistakes(pack.mistakes);
  const nowMs = Date.now();
  const store = openExisting(config);
  try {
    const only = rule === undefined ? null : nameOfRule(rule, pack, config);
    const question = {
      store,
      pack,
      judge: createEventJudge(config),
      keys: config,
      fromMs: nowMs - since.ms,
      nowMs,
      only,
    };
    const { days, rules: reports } = reportRules(question);
    if (format === 'table') {
      const { width, colour } = lookOf(process.stdout);
      const look = { width: Math.min(width, MAX_WIDTH), colour };
      process.stdout.write(ruleReportScreen(reports, since.text, days, look));
    } else printRows(FIELDS, reports.map(rowOf), format);
    createUserJournal(config.db, sayOnStderr, config.chainKey).add({
      action: 'query_run',
      object: 'rules report',
      detail: { rows: reports.length, since: since.text, ...(only === null ? {} : { rule: only }) },
    });
  } finally {
    store.close();
  }
}

/** What the monitor finds about itself has names too, and a rule that is switched off may have found something before. */
function nameOfRule(wanted: string, pack: RulePack, config: Config): string {
  const isOff = pack.switchedOff.some((document) => document.name === wanted);
  if (MONITOR_RULES.includes(wanted) || isOff) return wanted;
  return findRule([...pack.ruleSet.rules, ...pack.ruleSet.correlations], wanted, pack, config).key;
}

const FIELDS = [
  ...['rule', 'level', 'status', 'findings', 'findings_per_day', 'acknowledged', 'median_seconds_to_acknowledge'],
  ...['excepted', 'ended', 'aged', 'configuration_changed', 'superseded', 'history', 'noisiest_subjects'],
  ...['threshold', 'halving_threshold', 'halving_findings_left', 'halving_findings_of', 'halving_reason'],
];

function rowOf(rule: RuleReport): unknown[] {
  const { resolved, halving } = rule;
  return [
    ...[rule.rule, rule.level, rule.status, rule.findings, rounded(rule.perDay), rule.acknowledged],
    ...[rule.medianSecondsToAcknowledge, rule.excepted],
    ...[resolved.ended, resolved.aged, resolved.configuration_changed, resolved.superseded, resolved.history],
    rule.subjects.map(({ subject, findings, share }) => ({ subject, findings, share: rounded(share) })),
    rule.limit?.value ?? null,
    ...halvingCells(halving),
  ];
}

/** A number, or the word that says why there is none; nothing for a rule without a threshold. */
function halvingCells(halving: Halving | null): unknown[] {
  switch (halving?.kind) {
    case undefined:
      return [null, null, null, null];
    case 'found':
      return [halving.threshold, halving.left, halving.of, null];
    case 'none':
      return ['none', null, halving.of, halving.why];
    case 'unknown':
      return ['unknown', null, null, halving.why];
  }
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}

function readSince(text: string): Since {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('write it as 30d, 12h or 2w');
  return { text: text.replaceAll(/\s/g, ''), ms };
}

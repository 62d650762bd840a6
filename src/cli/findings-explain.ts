import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Explanation, explainFinding, openReadOnly } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { OctowatchError } from '../lib/errors.ts';
import { plural, printable } from '../lib/text.ts';
import { createUserJournal } from './query-journal.ts';
import { sayOnStderr } from './rows.ts';

/** Adds `explain ID` to `findings`. */
export function withExplain(findings: Command): void {
  findings
    .command('explain')
    .description('what a finding rests on: the rule as it was, its events, and SQL that derives it again')
    .argument('<id>', 'number of the finding', parseId)
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Works on a copy, on a snapshot and on the database of an audit pack too (OCTOWATCH_DB).

Examples:
  $ octowatch findings explain 17
  $ octowatch findings explain 17 --format json`,
    )
    .action((id: number, { format }: { format: 'text' | 'json' }) => run(id, format));
}

function run(id: number, format: 'text' | 'json'): void {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  const db = openReadOnly(config.db);
  let explanation: Explanation | null;
  try {
    explanation = explainFinding(db, id);
  } finally {
    db.close();
  }
  if (explanation === null)
    throw new OctowatchError(`there is no finding ${id}`, { hint: 'octowatch findings --status all lists them.' });
  process.stdout.write(format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : asText(explanation));
  createUserJournal(config.db, sayOnStderr, config.chainKey).add({
    action: 'query_run',
    object: 'findings explain',
    detail: { finding_id: id },
  });
}

function asText({ finding, why, facts, rule, configuration, events, derivation, notes }: Explanation): string {
  const ended = finding.resolution === null ? '' : `, ${finding.resolution} ${finding.resolved_at}`;
  const taken = finding.superseded_by === null ? '' : `, taken in by finding ${finding.superseded_by}`;
  const lines = [
    `Finding ${finding.finding_id}: ${finding.title}`,
    `  ${finding.level}, ${finding.status}${ended}${taken}; rule ${finding.rule}, instance ${finding.instance}`,
    `  ${plural(finding.event_count, 'event')} from ${finding.first_seen_at} to ${finding.last_seen_at}`,
    `  opened ${finding.created_at} by Octowatch ${finding.monitor_version}`,
    ...(why === null ? [] : ['', `Why: ${why}`]),
    ...facts.map(({ label, value }) => `  ${label}: ${value}`),
    '',
    `Rule, SHA-256 ${finding.rule_sha256}`,
  ];
  if (rule) {
    const until = rule.loaded_until === null ? 'still in force' : `until ${rule.loaded_until}`;
    const level = rule.level === null ? '' : `, level as configured: ${rule.level}`;
    lines.push(`  in force from ${rule.loaded_from}, ${until}${level}`, ...indented(rule.source));
  }
  lines.push('', `Configuration, SHA-256 ${finding.config_sha256}`);
  if (configuration) lines.push(`  ${JSON.stringify(configuration.description)}`);
  lines.push('', `Events (${events.length})`);
  for (const one of events) lines.push(`  ${one.event_id}  ${one.occurred_at}`);
  for (const { shows, sql } of derivation) lines.push('', `SQL: ${shows}`, ...indented(sql));
  if (notes.length > 0) lines.push('', ...notes.map((note) => `Note: ${note}`));
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split(/\r\n|[\r\n]/)
    .map((line) => `  ${line.replaceAll('\t', '    ')}`);
}

function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('it is the number of a finding.');
  return Number(text);
}

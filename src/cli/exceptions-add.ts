import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { compileException, type RulePack, renderException } from '../detect/index.ts';
import { createEventJudge } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { createZone, type Zone } from '../lib/zone.ts';
import { previewException } from '../pipeline/exception-preview.ts';
import {
  bySource,
  detectionsOf,
  type ExceptionTarget,
  type FindingQuestion,
  onlyThere,
  recordOfFinding,
  rulesOfFinding,
  targetsOfSubject,
} from '../pipeline/exception-target.ts';
import type { CompiledFilter } from '../sigma/index.ts';
import type { Store } from '../store/index.ts';
import { type DraftOptions, draftsOf } from './exceptions-drafts.ts';
import { userRulesFolder, writeNewFile } from './exceptions-folder.ts';
import { tellPreview } from './exceptions-preview.ts';
import { readWhere, warningsAbout } from './exceptions-where.ts';
import { openExisting } from './existing-store.ts';
import { configFor, findRule, loadRules, mentionMistakes, nearPath } from './rules-source.ts';

type AddOptions = DraftOptions & {
  rules?: string;
  finding?: string;
  rule?: string;
  where: string[];
  literally?: boolean;
  write?: boolean;
};

const PREVIEW_DAYS = 90;
const DAY_MS = 86_400_000;

export function addExceptionsAdd(exceptions: Command, rulesOption: readonly [string, string]): void {
  exceptions
    .command('add')
    .description('print an exception file, after showing what it would have hidden; --write stores it')
    .option('--finding <number>', 'except what this finding is about: the values of its subject')
    .option('--rule <name>', 'except matches of this rule (name, id or title); needs --where')
    .option(
      '--where <field=value>',
      'what must hold of a match; several: all of them, of one field: either. With --finding, a field alone takes its value',
      (text: string, previous: string[]) => [...previous, text],
      [],
    )
    .option('--literally', 'take * and ? in the values of --where for themselves, not for any text')
    .requiredOption('--owner <name>', 'who answers for it')
    .requiredOption('--approved-by <name>', 'who agreed to it; somebody else')
    .requiredOption('--reason <text>', 'why these matches need alert nobody')
    .requiredOption(
      '--expires <date>',
      'the last local day it acts on: 2026-12-31, or 90d from today; at most 365 days',
    )
    .option('--ticket <id>', 'where it was asked for')
    .option('--from <date>', 'the first local day it acts on (default: today)')
    .option('--name <name>', 'what signals it hides are suppressed_by, and the name of its file')
    .option('--write', 'store it in the last rules folder that is yours, and journal that')
    .option(...rulesOption)
    .addHelpText(
      'after',
      `
What the exception would have hidden in the last ${PREVIEW_DAYS} days is shown on stderr first, the file goes to stdout. It acts by the
time of the event, from the first to the end of the last day in OCTOWATCH_TIMEZONE; what it hides is stored and counted. Values
that come from a finding match literally; where several instances are watched, only on the instance of the finding. Values you give may hold the wildcards * and ?, fields the modifiers of Sigma.
A correlation's findings are excepted by hiding the events it counts.

octowatch run reads exceptions when it starts: start it again after --write. A finding that is open stays so: octowatch ack.

Examples:
  $ octowatch exceptions add --finding 17 --owner ann --approved-by bob --reason "break-glass key" --ticket CHG-12 --expires 90d
  $ octowatch exceptions add --finding 17 --where Actor.Name --where Project.Name --owner ann --approved-by bob \\
      --reason "releases at night" --expires 2026-12-31 --write
  $ octowatch exceptions add --rule off_hours_production_deploy --where 'Project.Name|startswith=Night' --owner ann \\
      --approved-by bob --reason "batch" --expires 30d > my-rules/night.yml`,
    )
    .action((options: AddOptions) => add(options));
}

function add(options: AddOptions): void {
  const config = configFor(options.rules);
  const pack = loadRules(config);
  mentionMistakes(pack.mistakes);
  const zone = createZone(config.timeZone);
  const nowMs = Date.now();
  const folder = options.write ? userRulesFolder(config.rulesPaths) : null;
  const isDatabaseNeeded = options.finding !== undefined || options.write === true;
  const store = isDatabaseNeeded || existsSync(config.db) ? openExisting(config) : null;
  try {
    const targets = findTargets(options, config, pack, store, nowMs);
    const text = renderException(draftsOf(targets, options, pack, zone, nowMs));
    const filters = compileException(text, pack, zone);
    const finding = options.finding === undefined ? undefined : store?.findings.get(Number(options.finding));
    const eventFindingId = finding?.is_state === 0 ? finding.finding_id : null;
    show(filters, targets, { config, pack, store, zone, nowMs, eventFindingId });
    if (folder !== null && store !== null) keep(text, folder, filters, store, nowMs);
    process.stdout.write(text);
  } finally {
    store?.close();
  }
}

function findTargets(
  { finding, rule, where, literally = false }: AddOptions,
  config: Config,
  pack: RulePack,
  store: Store | null,
  nowMs: number,
): ExceptionTarget[] {
  if ((finding === undefined) === (rule === undefined)) {
    throw new UsageError('an exception is made from --finding NUMBER or for --rule NAME, one of the two');
  }
  if (rule !== undefined) {
    if (where.length === 0) {
      throw new UsageError('--rule needs --where: what is to be hidden of its matches?', {
        hint: 'To switch off the whole rule, set rules.NAME.enabled to false in octowatch.yaml.',
      });
    }
    const found = findRule([...pack.ruleSet.rules, ...pack.ruleSet.correlations], rule, pack, config);
    return bySource(detectionsOf(found), readWhere(where, literally, null));
  }
  const question = questionAbout(finding ?? '', config, pack, store, nowMs);
  if (where.length === 0) return targetsOfSubject(question);
  const tests = readWhere(where, literally, () => recordOfFinding(question));
  return bySource(rulesOfFinding(question), onlyThere(question, tests));
}

function questionAbout(
  number: string,
  config: Config,
  pack: RulePack,
  store: Store | null,
  nowMs: number,
): FindingQuestion {
  const found = /^[1-9]\d{0,14}$/.test(number) ? store?.findings.get(Number(number)) : undefined;
  if (!store || !found) {
    throw new UsageError(`there is no finding ${printable(number)}`, { hint: 'octowatch findings lists them.' });
  }
  return { store, pack, judge: createEventJudge(config), keys: config, finding: found, nowMs };
}

type Surroundings = {
  readonly config: Config;
  readonly pack: RulePack;
  readonly store: Store | null;
  readonly zone: Zone;
  readonly nowMs: number;
  /** The finding about events that the exception is made from; null when it is not made from one. */
  readonly eventFindingId: number | null;
};

/** Says on stderr what the exceptions would have hidden. */
function show(filters: readonly CompiledFilter[], targets: readonly ExceptionTarget[], about: Surroundings): void {
  const { config, pack, store, zone, nowMs } = about;
  for (const [index, filter] of filters.entries()) {
    const tests = targets[index]?.tests ?? [];
    const warnings = warningsAbout(tests, filter.document.logsource.category);
    const fields = subjectFields(filter.rules, pack) ?? tests.map((test) => test.key.split('|')[0] ?? '');
    const preview =
      store &&
      previewException({
        ...{
          store,
          filter,
          zone,
          nowMs,
          keys: config,
          judge: createEventJudge(config),
          fromMs: nowMs - PREVIEW_DAYS * DAY_MS,
        },
        subjectOf: (record) => fields.map((field) => String(record[field] ?? '(unknown)')).join(' · '),
      });
    tellPreview(filter, preview, { days: PREVIEW_DAYS, warnings, eventFindingId: about.eventFindingId });
  }
}

function subjectFields(rules: readonly string[], pack: RulePack): readonly string[] | null {
  const [only] = rules;
  const own = rules.length === 1 && only !== undefined ? pack.rules.get(only)?.attributes.subject : undefined;
  return own && own.length > 0 ? own : null;
}

/** Stores the file and journals who did: both, or neither. */
function keep(text: string, folder: string, filters: readonly CompiledFilter[], store: Store, nowMs: number): void {
  const file = path.join(folder, `${filters[0]?.key}.yml`);
  store.transaction(() => {
    for (const { key, rules, document } of filters) {
      const { sha256, custom } = document;
      store.journal.add(toInstant(nowMs), 'exception_written', key, {
        file,
        rules,
        sha256,
        terms: custom['octowatch'],
      });
    }
    writeNewFile(file, text);
  });
  process.stderr.write(`written to ${nearPath(file)}; octowatch run takes it up when it is started again\n`);
}

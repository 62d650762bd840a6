import { applyKeyRules, createDetector, type DetectContext, type PackRule, type RulePack } from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import { suggestion } from '../lib/suggestion.ts';
import type { AuditEvent } from '../model/event.ts';
import { compareLevels, type Level } from '../model/finding.ts';
import type { Derived } from '../model/record.ts';
import type { RuleExample } from '../model/rule.ts';
import { openStore, type Store } from '../store/index.ts';
import { reasonsOf } from './example-reasons.ts';

/** What became of one example. */
export type ExampleOutcome = {
  readonly rule: string;
  readonly example: string;
  readonly promise: 'fires' | 'quiet';
  /** Every rule that fired, by name. */
  readonly fired: readonly string[];
  /** What they found, in the order in which it was found. */
  readonly findings: readonly ExampleFinding[];
  /** What is wrong; null when the example does what it promises. */
  readonly problem: string | null;
  /** For the author of the rule: which tests of which record made it so. Empty when nothing is wrong. */
  readonly reasons: readonly string[];
};
type ExampleFinding = { readonly rule: string; readonly level: Level; readonly title: string; readonly why: string };
type ExampleFailure = ExampleOutcome & { readonly problem: string };

/** A mistake in one rule can make hundreds fire. */
const MAX_LISTED = 10;
/** Examples are judged as if they began here: no rule may depend on when that is. */
const START_MS = Date.UTC(2026, 0, 5, 12);

/**
 * Runs the examples of every rule (or of one, by name) through the same matching, correlation SQL and findings as live
 * events, in a database in memory, without inventory, calendar or filters. Returns what became of each, in the order of
 * the rules, how many that were, and those that failed. Who runs examples again and again hands the database over
 * (`openExampleStore`): nothing of an example stays in it.
 */
export function runExamples(
  packInForce: RulePack,
  options: {
    readonly rule?: string;
    readonly onProgress?: (ran: number, total: number) => void;
    readonly store?: Store;
  } = {},
): { ran: number; outcomes: ExampleOutcome[]; failures: ExampleFailure[] } {
  // An exception of the user's must not make a rule look broken.
  const pack = { ...packInForce, ruleSet: packInForce.ruleSet.withoutFilters() };
  const examples = [...pack.rules.values()]
    .filter((rule) => options.rule === undefined || rule.name === options.rule)
    .flatMap((rule) => [
      ...rule.attributes.examples.fires.map((example) => ({ rule, example, promise: 'fires' as const })),
      ...rule.attributes.examples.quiet.map((example) => ({ rule, example, promise: 'quiet' as const })),
    ]);
  const store = options.store ?? openExampleStore();
  try {
    const outcomes = examples.map(({ rule, example, promise }, index): ExampleOutcome => {
      options.onProgress?.(index, examples.length);
      const findings = findingsOf(store, pack, rule, example);
      const fired = [...new Set(findings.map((one) => one.rule))].sort();
      const problem = problemOf(rule.name, example, promise === 'fires', findings, pack.rules.keys());
      const reasons = problem === null ? [] : reasonsOf(pack, rule.name, example, promise, fired);
      return { rule: rule.name, example: example.name, promise, fired, findings, problem, reasons };
    });
    const failures = outcomes.filter((outcome): outcome is ExampleFailure => outcome.problem !== null);
    return { ran: outcomes.length, outcomes, failures };
  } finally {
    if (!options.store) store.close();
  }
}

/** A database in memory for `runExamples`; whoever asked for it closes it. */
export function openExampleStore(): Store {
  return openStore(':memory:', { monitorVersion: 'examples' });
}

function problemOf(
  rule: string,
  example: RuleExample,
  shouldFire: boolean,
  findings: readonly ExampleFinding[],
  loaded: Iterable<string>,
): string | null {
  const fired = new Set(findings.map((one) => one.rule));
  if (shouldFire && !fired.has(rule)) return 'it should fire and stays quiet';
  if (!shouldFire && fired.has(rule)) return 'it should stay quiet and fires';
  const levels = findings.filter((one) => one.rule === rule).map((one) => one.level);
  const level = levels.sort(compareLevels).at(-1);
  if (shouldFire && example.level !== null && level !== example.level)
    return `its level is ${level}, not ${example.level}`;
  if (example.expect === null) return null;
  const unexpected = [...fired].filter((name) => !example.expect?.includes(name));
  const known = new Set(loaded);
  // A rule that is not loaded cannot fire, and proves nothing; one that nearly has the name of a loaded one is a slip.
  const slips = example.expect.filter((name) => !known.has(name)).map((name) => [name, suggestion(name, known)]);
  const slip = slips.find(([, meant]) => meant !== '');
  if (slip) return `\`expect\` names ${slip[0]}, which is no rule${slip[1]}`;
  const missing = example.expect.filter((name) => known.has(name) && !fired.has(name));
  if (unexpected.length > 0) return `rules fire that \`expect\` does not list: ${listed(unexpected)}`;
  return missing.length > 0 ? `rules of \`expect\` stay quiet: ${listed(missing)}` : null;
}

/** All names, unless they are too many to read. */
function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? [`${names.length - MAX_LISTED} more`] : [];
  return [...names.slice(0, MAX_LISTED), ...more].join(', ');
}

/** Thrown to take back what an example wrote; it carries what was found. */
class ExampleIsOver extends Error {
  readonly findings: readonly ExampleFinding[];
  constructor(findings: readonly ExampleFinding[]) {
    super('the example is over');
    this.findings = findings;
  }
}

/** Each example is a transaction that is rolled back, so that examples cannot touch one another. */
function findingsOf(store: Store, pack: RulePack, rule: PackRule, example: RuleExample): readonly ExampleFinding[] {
  try {
    return store.transaction(() => {
      throw new ExampleIsOver(judgeExample(store, pack, rule, example));
    });
  } catch (error) {
    if (error instanceof ExampleIsOver) return error.findings;
    throw error;
  }
}

function judgeExample(store: Store, pack: RulePack, rule: PackRule, example: RuleExample): ExampleFinding[] {
  const context: DetectContext = {
    store,
    configSha256: '',
    monitorVersion: 'examples',
    calendar: 'the calendar of the example',
    supersedes: new Map([...pack.rules.values()].map((one) => [one.name, one.attributes.supersedes])),
    channelsFor: () => [],
  };
  const { instance_id } = store.instances.ensure('example', 'https://octopus.example', 60_000);
  if (rule.kind === 'api_key') {
    const keys = example.records.map(({ fields }, index) => ({
      keyId: String(fields['KeyId'] ?? index),
      record: fields,
      stateReason: '',
    }));
    applyKeyRules(context, pack, instance_id, keys, () => true, START_MS);
  } else {
    const batch = createDetector(context, pack).begin(instance_id, START_MS, () => ({}));
    for (const [index, { atMs, fields }] of example.records.entries()) {
      const event = eventOf(`Events-${index + 1}`, toInstant(START_MS + atMs), fields);
      const eventPk = store.events.insert(instance_id, event, NOTHING_DERIVED, toInstant(START_MS), 'example');
      batch.judge({ eventPk, eventId: event.id, occurredAt: event.occurredAt, record: fields });
    }
    batch.finish();
  }
  return store.db
    .prepare<[number], ExampleFinding>(
      "SELECT rule, level, title, report ->> 'why' AS why FROM _findings WHERE instance_id = ? ORDER BY finding_id",
    )
    .all(instance_id);
}

function eventOf(id: string, occurredAt: string, fields: Readonly<Record<string, unknown>>): AuditEvent {
  return {
    id,
    occurredAt,
    category: String(fields['Category'] ?? 'Example'),
    userId: null,
    username: null,
    isService: null,
    identityEstablishedWith: null,
    userAgent: null,
    ipAddress: null,
    spaceId: null,
    message: null,
    messageReferences: [],
    relatedDocumentIds: [],
    comments: null,
    apiKeyId: null,
    apiKeyHint: null,
    variableChange: null,
    documentChange: null,
    raw: '{}',
  };
}

const NOTHING_DERIVED: Derived = {
  actorKind: null,
  actorName: null,
  apiKeyId: null,
  apiKeyPurpose: null,
  projectId: null,
  projectName: null,
  environmentId: null,
  environmentName: null,
  isProduction: null,
  isOffHours: false,
  offHoursReason: null,
  calendar: null,
  changeWindow: null,
  ticket: null,
  freeze: null,
  releaseVersion: null,
  tenantName: null,
  deploymentId: null,
  subjectAccount: null,
  variableSetId: null,
};

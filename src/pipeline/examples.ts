import { applyKeyRules, createDetector, type DetectContext, type PackRule, type RulePack } from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { AuditEvent } from '../model/event.ts';
import type { Derived } from '../model/record.ts';
import type { RuleExample } from '../model/rule.ts';
import { openStore, type Store } from '../store/index.ts';

/** One example that did not do what it promises. */
export type ExampleFailure = { readonly rule: string; readonly example: string; readonly problem: string };

/** Examples are judged as if they began here: no rule may depend on when that is. */
const START_MS = Date.UTC(2026, 0, 5, 12);

/**
 * Runs the examples of every rule through the same matching, correlation SQL and findings as live events, in a database
 * in memory, without inventory, calendar or filters. Returns how many ran and what failed.
 */
export function runExamples(packInForce: RulePack): { ran: number; failures: ExampleFailure[] } {
  // An exception of the user's must not make a rule look broken.
  const pack = { ...packInForce, ruleSet: packInForce.ruleSet.withoutFilters() };
  const store = openStore(':memory:', { monitorVersion: 'examples' });
  const failures: ExampleFailure[] = [];
  let ran = 0;
  try {
    for (const rule of pack.rules.values()) {
      const { fires, quiet } = rule.attributes.examples;
      for (const [example, shouldFire] of [
        ...fires.map((one) => [one, true] as const),
        ...quiet.map((one) => [one, false] as const),
      ]) {
        ran += 1;
        const fired = firedBy(store, pack, rule, example, ran);
        const problem = problemOf(rule.name, example, shouldFire, fired);
        if (problem) failures.push({ rule: rule.name, example: example.name, problem });
      }
    }
  } finally {
    store.close();
  }
  return { ran, failures };
}

function problemOf(rule: string, example: RuleExample, shouldFire: boolean, fired: ReadonlySet<string>): string | null {
  if (shouldFire && !fired.has(rule)) return 'it should fire and stays quiet';
  if (!shouldFire && fired.has(rule)) return 'it should stay quiet and fires';
  if (example.expect === null) return null;
  const unexpected = [...fired].filter((name) => !example.expect?.includes(name));
  const missing = example.expect.filter((name) => !fired.has(name));
  if (unexpected.length > 0) return `rules fire that \`expect\` does not list: ${unexpected.join(', ')}`;
  return missing.length > 0 ? `rules of \`expect\` stay quiet: ${missing.join(', ')}` : null;
}

/** Each example has an instance of its own in the one database, so that examples cannot touch one another. */
function firedBy(store: Store, pack: RulePack, rule: PackRule, example: RuleExample, number: number): Set<string> {
  const context: DetectContext = {
    store,
    configSha256: '',
    monitorVersion: 'examples',
    calendar: 'the calendar of the example',
    supersedes: new Map([...pack.rules.values()].map((one) => [one.name, one.attributes.supersedes])),
    channelsFor: () => [],
  };
  const { instance_id } = store.instances.ensure(`example-${number}`, 'https://octopus.example', 60_000);
  store.transaction(() => {
    if (rule.kind === 'api_key') {
      const keys = example.records.map(({ fields }, index) => ({
        keyId: String(fields['KeyId'] ?? index),
        record: fields,
        stateReason: '',
      }));
      applyKeyRules(context, pack, instance_id, keys, () => true, START_MS);
      return;
    }
    const batch = createDetector(context, pack).begin(instance_id, START_MS, () => ({}));
    for (const [index, { atMs, fields }] of example.records.entries()) {
      const event = eventOf(`Events-${index + 1}`, toInstant(START_MS + atMs), fields);
      const eventPk = store.events.insert(instance_id, event, NOTHING_DERIVED, toInstant(START_MS), 'example');
      batch.judge({ eventPk, eventId: event.id, occurredAt: event.occurredAt, record: fields });
    }
    batch.finish();
  });
  const rules = store.db
    .prepare<[number], string>('SELECT DISTINCT rule FROM _findings WHERE instance_id = ?')
    .pluck()
    .all(instance_id);
  return new Set(rules);
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
  releaseVersion: null,
  tenantName: null,
  deploymentId: null,
  subjectAccount: null,
  variableSetId: null,
};

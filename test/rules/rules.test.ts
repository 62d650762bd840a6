import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { TAXONOMY } from '../../src/enrich/index.ts';
import { compareLevels, LEVELS } from '../../src/model/finding.ts';
import { runExamples } from '../../src/pipeline/examples.ts';
import { TACTICS, TECHNIQUES, tacticsOf, techniquesOf } from './attack.ts';
import {
  detectionRulesOf,
  FINDING_RULES,
  folderOf,
  membersOf,
  RULES_FOLDER,
  SHIPPED_RULES,
  type ShippedRule,
  shippedPack,
} from './shipped.ts';

const FOLDERS = ['api-keys', 'audit-trail', 'deployments', 'sign-ins', 'variables'];
/** More rules that alert would be more than a team that has just installed Octowatch reads. */
const MOST_STABLE = 12;
/** The rules the product is named for: names, numbers and levels that people have built upon. */
const NAMED = {
  off_hours_production_deploy: { level: 'medium', threshold: null },
  sensitive_variable_edit: { level: 'medium', threshold: null },
  repeated_auth_failures: { level: 'medium', threshold: 5 },
  unused_api_key: { level: 'medium', threshold: 90 },
};

const byName = (rules: readonly ShippedRule[]) => rules.map((one) => [one.rule.name, one] as const);
const findings = byName(FINDING_RULES);
const counted = byName(SHIPPED_RULES.filter(({ rule }) => !rule.yieldsFindings));

describe('the shipped rules', () => {
  // Among the mistakes a rule is refused for: an identifier that is not used, an id or name that is taken, no examples.
  test('load without a mistake', () => {
    expect(shippedPack.mistakes).toEqual([]);
  });

  test('keep every promise of their examples', () => {
    expect(runExamples(shippedPack).failures).toEqual([]);
  });

  test('hold the four named rules with their numbers and levels', () => {
    const now = Object.keys(NAMED).map((name) => {
      const rule = shippedPack.rules.get(name);
      return [name, { level: rule?.level, threshold: rule?.threshold }];
    });

    expect(Object.fromEntries(now)).toEqual(NAMED);
    expect(Object.keys(NAMED).filter((name) => shippedPack.rules.get(name)?.status !== 'stable')).toEqual([]);
  });

  test(`are at most ${MOST_STABLE} that alert`, () => {
    const stable = FINDING_RULES.filter(({ rule }) => rule.status === 'stable');

    expect(stable.length).toBeLessThanOrEqual(MOST_STABLE);
    // Beneath medium nobody needs to be told at once.
    expect(stable.filter(({ rule }) => compareLevels(rule.level, 'medium') < 0)).toEqual([]);
  });

  test('lie in folders and files that say what they are', () => {
    const files = readdirSync(RULES_FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.ya?ml$/.test(file),
    );

    expect([...new Set(files.map((file) => path.dirname(file)))].filter((one) => !FOLDERS.includes(one))).toEqual([]);
    for (const file of files) {
      const own = SHIPPED_RULES.filter(({ rule }) => path.relative(RULES_FOLDER, rule.file) === file);
      const [first] = own.filter(({ rule }) => rule.yieldsFindings);
      // A file of several rules that are only counted is named for all of them.
      const name = first ?? (own.length === 1 ? own[0] : undefined);
      if (name) expect(path.basename(file)).toBe(`${name.rule.name.replaceAll('_', '-')}.yml`);
    }
  });

  test('have ids that are UUIDs, and no two the same', () => {
    const ids = SHIPPED_RULES.map(({ compiled }) => compiled.document.id ?? '');

    expect(
      ids.filter((id) => !/^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id)),
    ).toEqual([]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('take in only findings of rules that exist, that find, and that alert no more than they do', () => {
    for (const { rule } of FINDING_RULES) {
      for (const name of rule.attributes.supersedes) {
        const lower = shippedPack.rules.get(name);
        expect([rule.name, name, lower?.yieldsFindings]).toEqual([rule.name, name, true]);
        // What a rule takes in is not told: one that is in test would silence one that alerts.
        const silences = lower?.status === 'stable' && rule.status !== 'stable';
        expect([rule.name, name, silences]).toEqual([rule.name, name, false]);
        expect(lower?.attributes.supersedes).not.toContain(rule.name);
      }
    }
  });
});

describe.each(findings)('rule %s', (_name, shipped) => {
  const { rule, compiled } = shipped;
  const { document } = compiled;
  const { attributes } = rule;

  test('says what it is, who wrote it and when', () => {
    expect(document.name).toMatch(/^[a-z][a-z\d_]+$/);
    expect(document.title.length).toBeGreaterThan(10);
    expect((document.description ?? '').split(/\.\s/).length).toBeGreaterThan(1);
    expect(document.author).toBe('Octowatch');
    expect(document.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(['stable', 'test']).toContain(document.status);
    expect(FOLDERS).toContain(folderOf(shipped));
  });

  test('says where to read on, what can be harmless and what to do', () => {
    expect(document.references.length).toBeGreaterThan(0);
    for (const reference of document.references)
      expect(reference).toMatch(/^https:\/\/(octopus\.com\/docs\/|github\.com\/OctopusDeploy\/Issues\/issues\/\d+$)/);
    expect(document.falsepositives.length).toBeGreaterThan(0);
    expect(document.falsepositives.filter((one) => one.length < 15)).toEqual([]);
    for (const steps of [attributes.respond, ...attributes.levels.map((one) => one.respond ?? attributes.respond)]) {
      expect(steps.length).toBeGreaterThanOrEqual(2);
      expect(steps.length).toBeLessThanOrEqual(4);
    }
    expect(attributes.summary).not.toBeNull();
    expect(attributes.why).not.toBeNull();
    expect(attributes.levels.filter((one) => one.because === null)).toEqual([]);
  });

  test('is tagged with tactics and techniques of ATT&CK that belong together', () => {
    const tactics = tacticsOf(document.tags);
    const techniques = techniquesOf(document.tags);

    expect(document.tags.filter((tag) => !/^attack\.(t\d{4}(\.\d{3})?|[a-z-]+)$/.test(tag))).toEqual([]);
    expect(techniques.length).toBeGreaterThan(0);
    expect(tactics.filter((one) => !TACTICS.has(one))).toEqual([]);
    const served = techniques.map((id) => TECHNIQUES.get(id)?.tactics ?? []);
    expect(techniques.filter((_, index) => !served[index]?.some((one) => tactics.includes(one)))).toEqual([]);
    expect(tactics.filter((one) => !served.flat().includes(one))).toEqual([]);
  });

  test('uses only fields that its records have', () => {
    const known = new Set([...fieldsOfSource(shipped), ...extrasOf(shipped)]);
    const texts = [
      attributes.summary,
      attributes.why,
      ...attributes.respond,
      ...attributes.levels.flatMap((one) => [one.summary, one.because, ...(one.respond ?? [])]),
    ];
    const used = texts.flatMap((one) => [...(one ?? '').matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? ''));

    expect(used.filter((field) => !known.has(field))).toEqual([]);
    expect(attributes.subject.filter((field) => !fieldsOfSource(shipped).has(field))).toEqual([]);
  });

  test('states in each example exactly which rules fire', () => {
    const { fires, quiet } = attributes.examples;

    expect([...fires, ...quiet].filter((one) => one.expect === null).map((one) => one.name)).toEqual([]);
    expect(fires.filter((one) => !one.expect?.includes(rule.name))).toEqual([]);
  });

  test('has records in its examples that could come', () => {
    const known = fieldsOfSource(shipped);
    const { fires, quiet } = attributes.examples;

    const fields = [...fires, ...quiet].flatMap((one) => one.records.flatMap((record) => Object.keys(record.fields)));
    expect(fields.filter((field) => !known.has(field))).toEqual([]);
  });
});

describe.each(counted)('rule %s, which is only counted,', (_name, shipped) => {
  const { rule, compiled } = shipped;

  test('is counted by a correlation that finds', () => {
    const above = SHIPPED_RULES.filter((one) => membersOf(one.compiled).some((member) => member.key === rule.name));

    expect(above.length).toBeGreaterThan(0);
  });

  test('says what it counts, and claims nothing of its own', () => {
    expect(compiled.document.description ?? '').toContain('.');
    expect(rule.level).toBe(LEVELS[0]);
    expect([...rule.attributes.examples.fires, ...rule.attributes.examples.quiet]).toEqual([]);
    expect(rule.attributes.supersedes).toEqual([]);
  });
});

describe.each(byName(SHIPPED_RULES))('rule %s', (_name, { compiled }) => {
  test('tests and groups by fields that its records have', () => {
    const used =
      'timespanMs' in compiled
        ? [...compiled.groupFields.values(), ...compiled.valueFields.values()].flat()
        : compiled.fields;
    const known = fieldsOf(detectionRulesOf(compiled).map((one) => sourceOf(one.document.logsource.category)));

    expect(used.filter((field) => !known.has(field))).toEqual([]);
  });
});

function sourceOf(category: string | undefined): 'audit' | 'api_key' {
  return category === 'api_key' ? 'api_key' : 'audit';
}

function fieldsOf(sources: readonly ('audit' | 'api_key')[]): Set<string> {
  return new Set(TAXONOMY.filter(({ source }) => sources.includes(source)).map(({ field }) => field));
}

function fieldsOfSource({ rule }: ShippedRule): Set<string> {
  return fieldsOf([rule.kind === 'api_key' ? 'api_key' : 'audit']);
}

/** What texts may use beside the fields of the record (docs/writing-rules.md). */
function extrasOf({ rule, compiled }: ShippedRule): string[] {
  const own = 'timespanMs' in compiled ? ['Count', 'Observed', 'Timespan', ...compiled.groupBy] : [];
  return ['Calendar', 'Threshold', ...own, ...(rule.kind === 'api_key' ? ['StateReason'] : [])];
}

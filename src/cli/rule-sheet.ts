import type { PackRule, RulePack } from '../detect/index.ts';
import type { OctowatchAttributes } from '../model/rule.ts';
import {
  type CompiledCorrelation,
  type CompiledFilter,
  correlationSql,
  explainDetection,
  explainWindow,
} from '../sigma/index.ts';
import { CORRELATION_INPUTS } from '../store/index.ts';
import { type AnyRule, nearPath } from './rules-source.ts';

/** Everything `rules show` tells of a rule, as it is compiled and in force. */
export type RuleSheet = ReturnType<typeof sheetOf>;

/** Collects what is known of a rule, correlation or filter; plain JSON. */
export function sheetOf(one: AnyRule, pack: RulePack) {
  const { document } = one;
  const owner = pack.rules.get(one.key);
  return {
    rule: one.key,
    kind: 'admits' in one ? ('filter' as const) : (owner?.kind ?? 'event'),
    title: document.title,
    name: document.name,
    id: document.id,
    status: document.status,
    level: owner?.level ?? document.level,
    levelInFile: document.level,
    author: document.author,
    date: document.date,
    modified: document.modified,
    description: document.description,
    references: document.references,
    tags: document.tags,
    falsePositives: document.falsepositives,
    related: document.related,
    license: document.license,
    taxonomy: document.taxonomy,
    scope: document.scope,
    file: nearPath(document.file),
    line: document.place.line,
    sha256: document.sha256,
    logsource: document.kind === 'correlation' ? null : document.logsource,
    findsOnItsOwn: 'admits' in one ? null : one.yieldsOnItsOwn,
    countedBy: pack.ruleSet.correlations
      .filter((correlation) => correlation.rules.some((member) => member.key === one.key))
      .map((correlation) => correlation.key),
    fields: fieldsOf(one),
    ...detectionOf(one),
    correlation: 'timespanMs' in one ? correlationOf(one) : null,
    /** For a filter: the rules whose matches it looks at. */
    appliesTo: 'admits' in one ? one.rules : null,
    filters: 'matches' in one ? filtersOf(one.key, pack) : [],
    octowatch: owner && document.custom['octowatch'] !== undefined ? attributesOf(owner) : null,
  };
}

function fieldsOf(one: AnyRule): readonly string[] {
  if ('matches' in one) return one.fields;
  if ('admits' in one) return [];
  const fields = [...one.groupFields.values(), ...one.valueFields.values()].flat();
  return [...new Set(fields)];
}

function detectionOf(one: AnyRule) {
  if ('timespanMs' in one) return { detection: null, onlyWhen: [] };
  const detection = 'admits' in one ? one.document.filter.detection : one.document.detection;
  const { selections, condition, needed } = explainDetection(detection);
  return { detection: { selections, condition }, onlyWhen: 'admits' in one ? [] : needed };
}

function correlationOf(one: CompiledCorrelation) {
  return {
    type: one.type,
    rules: one.rules.map((member) => member.key),
    groupBy: one.groupBy.map((name, index) => ({
      name,
      fields: Object.fromEntries([...one.groupFields].map(([key, fields]) => [key, fields[index] ?? name])),
    })),
    timespanMs: one.timespanMs,
    condition: explainWindow(one),
    generate: one.document.correlation.generate,
    sql: correlationSql(one, CORRELATION_INPUTS),
  };
}

function filtersOf(rule: string, pack: RulePack) {
  return pack.ruleSet.filters
    .filter((filter) => filter.rules.includes(rule))
    .map(({ key, document }: CompiledFilter) => {
      const { selections, condition } = explainDetection(document.filter.detection);
      return { filter: key, file: nearPath(document.file), line: document.place.line, selections, condition };
    });
}

function attributesOf({ attributes, threshold }: PackRule) {
  const { examples, ...rest } = attributes;
  return {
    ...(rest satisfies Omit<OctowatchAttributes, 'examples'>),
    thresholdInForce: threshold,
    examples: { fires: examples.fires.map((one) => one.name), quiet: examples.quiet.map((one) => one.name) },
  };
}

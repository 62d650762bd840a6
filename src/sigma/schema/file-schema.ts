import { CONDITION_OPERATORS } from '../document.ts';
import {
  type FieldSchema,
  fieldMap,
  type JsonSchema,
  list,
  MODIFIER_NOTES,
  oneOrList,
  scalar,
  text,
} from './field-schema.ts';
import { LEVEL_NOTES, OPERATOR_NOTES, RELATION_NOTES, STATUS_NOTES, TYPE_NOTES } from './notes.ts';

/**
 * A JSON Schema of rule files for editors, one document at a time: rules, correlations and filters. Draft 07, the
 * newest that yaml-language-server handles in every version. It says less than the parser, and nothing that the parser
 * would refuse is what it asks for. `fields` are offered as names of fields; others stay allowed, as do custom attributes.
 * What these hold may be said apart for rules (correlations are some, too) and for filters.
 */
export function sigmaFileSchema(
  fields: readonly FieldSchema[],
  custom: {
    readonly rules: Readonly<Record<string, JsonSchema>>;
    readonly filters: Readonly<Record<string, JsonSchema>>;
  },
): JsonSchema {
  const refer = (kind: string, names: Readonly<Record<string, JsonSchema>>) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, { $ref: `#/definitions/${kind}_${name}` }]));
  const define = (kind: string, schemas: Readonly<Record<string, JsonSchema>>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`${kind}_${name}`, schema]));
  const ofRules = refer('rule', custom.rules);
  const ofFilters = refer('filter', custom.filters);
  const names = Object.keys({ ...ofRules, ...ofFilters });
  const has = (key: string): JsonSchema => ({ required: [key] });
  const without = (...keys: string[]): JsonSchema => Object.fromEntries(keys.map((key) => [key, false]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { ...HEAD, ...SECTIONS, ...Object.fromEntries(names.map((name) => [name, true])) },
    required: ['title'],
    if: has('correlation'),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
    then: { properties: { ...without('detection', 'filter'), ...ofRules } },
    else: {
      if: has('filter'),
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: { ...has('logsource'), properties: { ...without('detection'), ...ofFilters } },
      else: { required: ['logsource', 'detection'], properties: ofRules },
    },
    definitions: {
      identifier: {
        description:
          'A search identifier: fields that must all match, a list of such maps of which one must, or keywords.',
        anyOf: [{ $ref: '#/definitions/fields' }, list({ anyOf: [{ $ref: '#/definitions/fields' }, scalar] }), scalar],
      },
      fields: fieldMap(fields),
      ...define('rule', custom.rules),
      ...define('filter', custom.filters),
    },
  };
}

function word(description: string, meanings: Readonly<Record<string, string>>): JsonSchema {
  return {
    type: 'string',
    description,
    enum: Object.keys(meanings),
    // Not of JSON Schema itself: editors show them beside each word.
    markdownEnumDescriptions: Object.values(meanings),
  };
}

/** A day, with slashes too as Sigma 1 wrote it. */
const DAY: JsonSchema = {
  pattern: '^[0-9]{4}([-/])(0?[1-9]|1[0-2])\\1(0?[1-9]|[12][0-9]|3[01])$',
  patternErrorMessage: 'A date is written as YYYY-MM-DD.',
};

const HEAD: Readonly<Record<string, JsonSchema>> = {
  title: { ...text('What the rule finds, in a few words.'), maxLength: 256 },
  id: text('What the rule is known by everywhere and for good: a random UUID.'),
  name: text('A name by which correlations, filters and the configuration refer to the rule. No two rules share one.'),
  related: {
    ...list({
      type: 'object',
      required: ['id', 'type'],
      properties: { id: text('The id of the other rule.'), type: word('How the two are related.', RELATION_NOTES) },
    }),
    description: 'Rules that this one came from or took the place of.',
  },
  taxonomy: text('Whose names of fields the rule uses; `sigma` if left out.'),
  status: word('How far the rule is proven.', STATUS_NOTES),
  description: text('What the rule finds and why that matters.'),
  license: text('The licence of the rule, as an SPDX identifier.'),
  author: text('Who wrote the rule.'),
  references: {
    ...list(text()),
    description: 'Where the rule comes from: addresses of articles, papers, documentation.',
  },
  date: { ...text('When the rule was made, as YYYY-MM-DD.'), ...DAY },
  modified: { ...text('When the rule was changed last, as YYYY-MM-DD.'), ...DAY },
  fields: oneOrList(text(), 'Fields an analyst will want to see; nothing is matched by them.'),
  falsepositives: oneOrList(text(), 'What looks the same and is harmless.'),
  level: word('How much a match matters.', LEVEL_NOTES),
  tags: { ...list(text()), description: 'Labels such as attack.t1078, each with its namespace before the dot.' },
  scope: oneOrList(text(), 'What the rule is meant for, such as server or workstation.'),
};

const RULES_NOTE = 'The ids or names of the rules it is about.';

const COMPARISONS: JsonSchema = {
  type: 'object',
  properties: {
    ...Object.fromEntries(
      CONDITION_OPERATORS.map((operator) => [
        operator,
        { type: 'number', description: `Holds for ${OPERATOR_NOTES[operator]} this number.` },
      ]),
    ),
    field: oneOrList(text(), 'The field whose values are looked at; value_count takes several.'),
    percentile: { type: 'number', minimum: 0, maximum: 100, description: 'Which percentile; 50 if left out.' },
  },
  additionalProperties: false,
  anyOf: CONDITION_OPERATORS.map((operator) => ({ required: [operator] })),
};

const CORRELATION: JsonSchema = {
  type: 'object',
  description: 'What events of several rules, or many of one, must come to within a time.',
  properties: {
    type: word('What is observed.', TYPE_NOTES),
    rules: oneOrList({ ...text(), minLength: 1 }, RULES_NOTE),
    'group-by': oneOrList(text(), 'Fields (or aliases) whose values must be the same for events to count together.'),
    aliases: {
      type: 'object',
      description: 'Names for `group-by` that stand for another field in each rule: alias, to rule, to field.',
      additionalProperties: { type: 'object', additionalProperties: text('The field of this rule.') },
    },
    timespan: {
      ...text('How long back events count, such as 30s, 5m, 1h, 7d, 2w, 1M (a month) or 1y.'),
      pattern: '^[0-9]+[smhdwMy]$',
      patternErrorMessage: 'A timespan is a number and a unit: s, m, h, d, w, M (month) or y.',
    },
    condition: {
      description:
        'The number to compare with, such as {gte: 5}; for temporal types also which rules, such as `a and not b`.',
    },
    generate: { type: 'boolean', description: 'Whether the rules it is about also find something on their own.' },
  },
  required: ['type', 'timespan'],
  additionalProperties: false,
  if: { properties: { type: { enum: ['temporal', 'temporal_ordered'] } }, required: ['type'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: {
    properties: { condition: { anyOf: [COMPARISONS, { type: 'string', minLength: 1 }] } },
    anyOf: [{ required: ['rules'] }, { required: ['condition'] }],
  },
  else: { properties: { condition: COMPARISONS }, required: ['rules', 'condition'] },
};

const CONDITION_NOTE = 'How the search identifiers join: and, or, not, parentheses, `1 of selection*`, `all of them`.';

const SECTIONS: Readonly<Record<string, JsonSchema>> = {
  logsource: {
    type: 'object',
    description: 'Which records the rule is for; what is left out fits all.',
    properties: {
      product: text('The product, such as octopus or windows.'),
      service: text('A part of its logs, such as audit or sshd.'),
      category: text('A kind of records that several products write, such as process_creation.'),
      definition: text('What has to be set up for the records to be written.'),
    },
    anyOf: [{ required: ['product'] }, { required: ['service'] }, { required: ['category'] }],
  },
  detection: {
    type: 'object',
    description: `Search identifiers of any name, and the \`condition\` that joins them. ${MODIFIER_NOTES}`,
    properties: {
      condition: oneOrList({ type: 'string', minLength: 1 }, `${CONDITION_NOTE} Of a list, one must hold.`),
    },
    additionalProperties: { $ref: '#/definitions/identifier' },
    required: ['condition'],
    minProperties: 2,
  },
  correlation: CORRELATION,
  filter: {
    type: 'object',
    description: 'What holds for a match to count: rules, search identifiers, and the `condition` that joins these.',
    properties: {
      rules: oneOrList({ ...text(), minLength: 1 }, `${RULES_NOTE} \`any\`: all of this log source.`),
      condition: {
        type: 'string',
        minLength: 1,
        description: `${CONDITION_NOTE} A filter that hides says \`not selection\`.`,
      },
    },
    additionalProperties: { $ref: '#/definitions/identifier' },
    required: ['rules', 'condition'],
    minProperties: 3,
  },
  generate: { type: 'boolean', description: 'Of a correlation: whether its rules also find something on their own.' },
};

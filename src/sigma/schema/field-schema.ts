import { MODIFIERS } from '../read/modifiers.ts';

/** A JSON Schema, of which only `JSON.stringify` and editors make use. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A field to offer by name. */
export type FieldSchema = { readonly field: string; readonly description: string };

export const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] };

export function text(description?: string): JsonSchema {
  return { type: 'string', ...(description === undefined ? {} : { description }) };
}

export function list(items: JsonSchema): JsonSchema {
  return { type: 'array', items, minItems: 1 };
}

/** One of something, or a list. */
export function oneOrList(one: JsonSchema, description: string): JsonSchema {
  return { description, anyOf: [one, list(one)] };
}

export const MODIFIER_NOTES = `A field takes modifiers, as in \`Field|contains|all\`: ${MODIFIERS.join(', ')}.`;

/** What stands in a map of fields: any name, with modifiers that are known, and values such as these take. */
export function fieldMap(fields: readonly FieldSchema[]): JsonSchema {
  const followedBy = (...names: string[]): string => `\\|\\s*(${names.join('|')})\\s*(\\||$)`;
  return {
    type: 'object',
    minProperties: 1,
    description: `Fields that must all match. ${MODIFIER_NOTES}`,
    properties: Object.fromEntries(fields.map(({ field, description }) => [field, value(description)])),
    patternProperties: {
      [followedBy('exists')]: { type: 'boolean', description: 'Whether the field is there at all.' },
      [followedBy('lt', 'lte', 'gt', 'gte')]: oneOrList({ type: 'number' }, 'A number to compare with.'),
      [followedBy('all')]: { ...list(scalar), minItems: 2, description: 'Values that must all be there.' },
    },
    additionalProperties: value('A value, or a list of values of which one must match; `*` and `?` are wildcards.'),
    propertyNames: {
      pattern: `^[^|]*(\\|\\s*(${MODIFIERS.join('|')})\\s*)*$`,
      patternErrorMessage: `Unknown modifier. ${MODIFIER_NOTES}`,
    },
  };
}

function value(description: string): JsonSchema {
  return { description, anyOf: [scalar, { type: 'null' }, list(scalar)] };
}

/** As much of JSON Schema (draft 07) as the schema of rule files uses. A keyword it does not know is an error. */
export type Schema = {
  readonly [note in 'description' | 'title' | '$comment' | '$schema' | 'patternErrorMessage']?: string;
} & {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly markdownEnumDescriptions?: readonly string[];
} & { readonly [limit in 'minItems' | 'minLength' | 'maxLength' | 'minProperties' | 'minimum' | 'maximum']?: number };

type Check = (rule: never, value: unknown, at: string, schema: Schema, root: Schema) => string[];

const SILENT = ['description', 'title', '$comment', '$schema', 'definitions', 'patternErrorMessage'];
const BY_OTHERS = ['then', 'else', 'patternProperties', 'additionalProperties', 'markdownEnumDescriptions'];

const CHECKS: Readonly<Record<string, Check>> = {
  type: (types: string | string[], value, at) => {
    const isOne = [types]
      .flat()
      .some((type) => typeOf(value) === type || (type === 'integer' && Number.isInteger(value)));
    return isOne ? [] : [`${at} is no ${[types].flat().join(' or ')}`];
  },
  enum: (words: unknown[], value, at) => (words.includes(value) ? [] : [`${at} is none of ${words.join(', ')}`]),
  const: (word: unknown, value, at) => (value === word ? [] : [`${at} is not ${word}`]),
  pattern: (pattern: string, value, at) =>
    typeof value !== 'string' || new RegExp(pattern, 'u').test(value) ? [] : [`${at} is not like ${pattern}`],
  minLength: (least: number, value, at) =>
    typeof value === 'string' && value.length < least ? [`${at} is short`] : [],
  maxLength: (most: number, value, at) => (typeof value === 'string' && value.length > most ? [`${at} is long`] : []),
  minimum: (least: number, value, at) => (typeof value === 'number' && value < least ? [`${at} is small`] : []),
  maximum: (most: number, value, at) => (typeof value === 'number' && value > most ? [`${at} is large`] : []),
  minItems: (least: number, value, at) => (Array.isArray(value) && value.length < least ? [`${at} is short`] : []),
  minProperties: (least: number, value, at) =>
    isMap(value) && Object.keys(value).length < least ? [`${at} has too few keys`] : [],
  required: (keys: string[], value, at) =>
    isMap(value) ? keys.filter((key) => !(key in value)).map((key) => `${at || '/'} lacks ${key}`) : [],
  items: (items: Schema, value, at, _schema, root) =>
    Array.isArray(value) ? value.flatMap((one, index) => check(items, one, `${at}/${index}`, root)) : [],
  propertyNames: (names: Schema, value, at, _schema, root) =>
    isMap(value) ? Object.keys(value).flatMap((key) => check(names, key, `${at}/${key}`, root)) : [],
  properties: (_properties: unknown, value, at, schema, root) =>
    isMap(value) ? checkMap(schema, value, at, root) : [],
  anyOf: (choices: Schema[], value, at, _schema, root) => {
    const found = choices.map((choice) => check(choice, value, at, root));
    return found.some((one) => one.length === 0) ? [] : [`${at} is none of: ${found.flat().join('; ')}`];
  },
  if: (condition: Schema, value, at, schema, root) => {
    const branch = check(condition, value, at, root).length === 0 ? schema.then : schema.else;
    return branch ? check(branch, value, at, root) : [];
  },
  $ref: (name: string, value, at, _schema, root) => {
    const target = root.definitions?.[name.replace('#/definitions/', '')];
    if (!target) throw new Error(`the schema has no ${name}`);
    return check(target, value, at, root);
  },
};

/** What is wrong with a value, each with its path; empty when the schema admits it. */
export function violations(schema: Schema, value: unknown): string[] {
  return check(schema, value, '', schema);
}

function check(schema: Schema | boolean, value: unknown, at: string, root: Schema): string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${at} has no place here`];
  const isLonely = schema.properties === undefined && schema.additionalProperties !== undefined;
  const own = isLonely && isMap(value) ? checkMap(schema, value, at, root) : [];
  const rest = Object.entries(schema).flatMap(([keyword, rule]) => {
    if (SILENT.includes(keyword) || BY_OTHERS.includes(keyword)) return [];
    const known = CHECKS[keyword];
    if (!known) throw new Error(`the keyword ${keyword} at ${at} is not checked`);
    return known(rule as never, value, at, schema, root);
  });
  return [...own, ...rest];
}

function checkMap(schema: Schema, value: Record<string, unknown>, at: string, root: Schema): string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    const place = `${at}/${key}`;
    const named = schema.properties?.[key];
    const like = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) =>
      new RegExp(pattern, 'u').test(key),
    );
    const found = [...(named === undefined ? [] : [named]), ...like.map(([, each]) => each)];
    const applied = found.length > 0 ? found : [schema.additionalProperties ?? true];
    return applied.flatMap((each) => check(each, one, place, root));
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}

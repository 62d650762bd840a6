import type { z } from 'zod';
import { configFile } from './config-file.ts';

/** Stands in paths for what the user names (a rule, a channel) and for places in a list. */
const ANY = '*';

/** The keys that octowatch.yaml may have at a path; none where it takes no keys of its own. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let places: z.ZodType[] = branches(configFile);
  for (const step of path) places = places.flatMap((schema) => below(schema, step));
  return places.flatMap((schema) => [...fieldsOf(schema).keys()]).filter((key) => key !== ANY);
}

/** Every key of octowatch.yaml as a path, `instances.*.name`. */
export function allKeys(): readonly string[] {
  return keysBelow(configFile, []);
}

function keysBelow(schema: z.ZodType, path: readonly string[]): string[] {
  return branches(schema).flatMap((branch) =>
    [...fieldsOf(branch)].flatMap(([key, field]) => [
      ...(key === ANY ? [] : [[...path, key].join('.')]),
      ...keysBelow(field, [...path, key]),
    ]),
  );
}

function below(schema: z.ZodType, step: PropertyKey): z.ZodType[] {
  const fields = fieldsOf(schema);
  const field = fields.get(String(step)) ?? fields.get(ANY);
  return field ? branches(field) : [];
}

/** The forms a value may take: a schema without its wrapping, each option of a union. */
function branches(schema: z.ZodType): z.ZodType[] {
  const { def } = schema as z.ZodOptional<z.ZodType> | z.ZodUnion<readonly z.ZodType[]> | z.ZodString;
  if (def.type === 'optional') return branches(def.innerType);
  if (def.type === 'union') return def.options.flatMap(branches);
  return [schema];
}

function fieldsOf(schema: z.ZodType): ReadonlyMap<string, z.ZodType> {
  const { def } = schema as z.ZodObject | z.ZodRecord<z.ZodString, z.ZodType> | z.ZodArray<z.ZodType> | z.ZodString;
  if (def.type === 'object') return new Map(Object.entries(def.shape as Record<string, z.ZodType>));
  if (def.type === 'record') return new Map([[ANY, def.valueType]]);
  if (def.type === 'array') return new Map([[ANY, def.element]]);
  return new Map();
}

import { type FieldSchema, type JsonSchema, sigmaFileSchema } from '../sigma/index.ts';
import { attributesSchema } from './attributes.ts';
import { exceptionSchema } from './exceptions.ts';

/**
 * `docs/rule.schema.json`: the Sigma part with the fields of our records to choose from, and the attributes under
 * `octowatch`. A field of both log sources is offered once, with what it means in each.
 */
export function ruleFileSchema(taxonomy: readonly { readonly field: string; readonly meaning: string }[]): JsonSchema {
  const meanings = new Map<string, string[]>();
  for (const { field, meaning } of taxonomy) meanings.set(field, [...(meanings.get(field) ?? []), meaning]);
  const fields: FieldSchema[] = [...meanings].map(([field, found]) => ({ field, description: found.join('; or ') }));
  return {
    $comment: 'Written by `npx vitest run test/docs/rule-schema.test.ts -u`. Do not edit.',
    title: 'Octowatch rule',
    description: 'A Sigma rule, correlation or filter, with the attributes of Octowatch.',
    ...sigmaFileSchema(fields, { rules: { octowatch: attributesSchema() }, filters: { octowatch: exceptionSchema() } }),
  };
}

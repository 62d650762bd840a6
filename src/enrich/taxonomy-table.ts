import { API_KEY_FIELDS } from './taxonomy-api-key.ts';
import { AUDIT_FIELDS } from './taxonomy-audit.ts';
import { EDIT_FIELDS } from './taxonomy-edits.ts';
import type { TaxonomyField, TaxonomyRow } from './taxonomy-row.ts';

export type { TaxonomyField } from './taxonomy-row.ts';

/** Every field a record may hold; a test fails when a record holds another one. */
export const TAXONOMY_TABLE: readonly TaxonomyField[] = [
  ...toFields('audit', [...AUDIT_FIELDS, ...EDIT_FIELDS]),
  ...toFields('api_key', API_KEY_FIELDS),
];

function toFields(source: TaxonomyField['source'], rows: readonly TaxonomyRow[]): TaxonomyField[] {
  return rows.map(([field, type, appliesTo, meaning, origin]) => ({ field, type, source, appliesTo, meaning, origin }));
}

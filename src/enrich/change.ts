import type { AuditEvent } from '../model/event.ts';

/**
 * The fields `Change.*` of an edit of a document that is no variable set (docs/taxonomy.md); none for other events. Values
 * come as true, false or a number; what was text was never kept.
 */
export function changeFieldsOf({ documentChange }: AuditEvent): Readonly<Record<string, unknown>> {
  if (documentChange === null) return {};
  if (documentChange.evidence !== 'diff') return { 'Change.Evidence': 'none' };
  const { operations } = documentChange;
  const fields: Record<string, unknown> = { 'Change.Evidence': 'diff' };
  const values = operations.filter(({ value }) => value !== null).map(({ path, value }) => `${path}=${value}`);
  const lowered = operations.filter(
    ({ value, before }) => typeof value === 'number' && typeof before === 'number' && value < before,
  );
  const put = (field: string, list: readonly string[]) => {
    if (list.length > 0) fields[field] = [...new Set(list)];
  };
  put(
    'Change.Paths',
    operations.map(({ op, path }) => `${op} ${path}`),
  );
  put('Change.Values', values);
  put(
    'Change.Lowered',
    lowered.map(({ path }) => path),
  );
  return fields;
}

import type { MessageReference, VariableChange } from '../model/event.ts';
import type { JsonObject } from './json.ts';

type Context = {
  readonly relatedDocumentIds: readonly string[];
  readonly messageReferences: readonly MessageReference[];
  readonly isWithDiff: boolean;
};
export function reduceVariableChange(
  _item: JsonObject,
  _context: Context,
): { readonly change: VariableChange; readonly raw: string } | null {
  return null;
}

import { z } from 'zod';
import type { VariableChange } from '../model/event.ts';
import type { JsonObject } from './json.ts';
import type { TypedEdit } from './variable-facts.ts';

export type Reduced = {
  readonly evidence: VariableChange['evidence'];
  readonly edits: readonly TypedEdit[];
  readonly isSnapshot: boolean;
};

/** Marks what was reduced; part of what is stored, never change it. */
export const MARK = 'by Octowatch: values are never stored';

/** The event's JSON with its details reduced. */
export function reducedJson(item: JsonObject, { evidence, edits, isSnapshot }: Reduced): string {
  const changeDetails = {
    Reduced: MARK,
    Evidence: evidence,
    ...(isSnapshot ? { Snapshot: true } : {}),
    Variables: edits.map(({ name, change, type, isSensitive, scope }) => ({
      Name: name,
      Change: change,
      Type: type,
      IsSensitive: isSensitive,
      Scope: scope,
    })),
  };
  return withChangeDetails(item, changeDetails);
}

/** The event's JSON with other change details, and without the legacy ones. */
export function withChangeDetails(item: JsonObject, changeDetails: unknown): string {
  const entries = Object.entries(item).map(([key, value]): [string, unknown] => {
    if (/^changedetails$/i.test(key)) return [key, changeDetails];
    if (/^details$/i.test(key)) return [key, value === null ? null : '<reduced>'];
    return [key, value];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

const reduced = z.object({
  Reduced: z.literal(MARK),
  Evidence: z.enum(['diff', 'none', 'unreadable']),
  Variables: z.array(
    z.object({
      Name: z.string(),
      Change: z.enum(['added', 'removed', 'value', 'renamed', 'scope', 'type', 'made_plain', 'other']),
      IsSensitive: z.boolean().nullable(),
      Scope: z.record(z.string(), z.array(z.string())).nullable(),
    }),
  ),
});

/** Reads back what `reducedJson` wrote; null when it is something else. */
export function readReduced(changeDetails: unknown): VariableChange | null {
  const parsed = reduced.safeParse(changeDetails);
  if (!parsed.success) return null;
  return {
    evidence: parsed.data.Evidence,
    variables: parsed.data.Variables.map(({ Name, Change, IsSensitive, Scope }) => ({
      name: Name,
      change: Change,
      isSensitive: IsSensitive,
      scope: Scope,
    })),
  };
}

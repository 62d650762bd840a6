import { z } from 'zod';
import type { DocumentChange, DocumentOperation } from '../model/event.ts';
import { type ChangeDetails, isEmpty, readChangeDetails } from './change-details.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { parseOperations, valueAt } from './patch.ts';
import { MARK, withChangeDetails } from './reduced-details.ts';
import type { EventContext, EventSource } from './variables.ts';

/**
 * Documents whose edits are read singly. FACT octopus-api 2.2, 4.3, samples: prefixes of ids of users, roles, teams and
 * subscriptions; INF: that of freezes. Capitals differ between ids.
 */
const WATCHED_ID = /^(users|teams|userroles|scopeduserroles|subscriptions|deploymentfreezes)-/i;
/** May hold secrets: reduced where their details come by themselves, and never asked for. */
const DELICATE_ID = /^(accounts|certificates)-/i;
/** More places than any person's edit touches; beyond it the difference counts as unreadable, never as harmless. */
const MAX_OPERATIONS = 2000;
const MAX_PATH_LENGTH = 500;
/** How deep in a new value true, false and numbers are looked for. */
const MAX_DEPTH = 6;

/**
 * For a `Modified` event of a watched document, or of the system level (INF octopus-api 2.4: settings are there), and no
 * variable set: where the document was changed, and the event's JSON with `ChangeDetails` and `Details` reduced to that.
 * Null for other events. Of what stood or stands in a document only true, false and numbers are kept.
 */
export function reduceDocumentChange(
  item: JsonObject,
  context: EventContext,
): { readonly change: DocumentChange; readonly raw: string | null } | null {
  // Servers from before spaces say nothing of a space: there the ids alone tell.
  const isWatched = item['SpaceId'] === null || namesOne(context, WATCHED_ID);
  if (!isWatched && !namesOne(context, DELICATE_ID)) return null;
  if (!isWatched && 'ChangeDetails' in item && isEmpty(item['ChangeDetails']) && !item['Details']) return null;
  const stored = context.source === 'stored' ? readStored(item['ChangeDetails']) : null;
  if (stored !== null) return { change: stored, raw: null };

  const details = readChangeDetails(item);
  if (!isWatched && !details.isPresent) return null;
  const change = resolve(details, context.source);
  // An edit of a delicate document owes nothing: what did not come is not asked for.
  const isAsked = isWatched || change.evidence !== 'none';
  const shown: DocumentChange = isAsked ? change : { evidence: 'unreadable', operations: [] };
  return { change: shown, raw: details.isPresent ? withChangeDetails(item, toStored(shown)) : null };
}

/**
 * For an event of another category about such a document whose details came along: the event's JSON without what stood in
 * it (FACT octopus-api 3.1: the context of a Deleted event is the whole document). Null for other events.
 */
export function reduceOtherDocument(
  item: JsonObject,
  context: EventContext,
): { readonly change: null; readonly raw: string } | null {
  if (context.source === 'stored' || ('ChangeDetails' in item && isEmpty(item['ChangeDetails']) && !item['Details']))
    return null;
  if (!namesOne(context, WATCHED_ID) && !namesOne(context, DELICATE_ID)) return null;
  if (!readChangeDetails(item).isPresent) return null;
  return { change: null, raw: withChangeDetails(item, toStored({ evidence: 'none', operations: [] })) };
}

function namesOne({ relatedDocumentIds, messageReferences }: EventContext, pattern: RegExp): boolean {
  return (
    relatedDocumentIds.some((id) => pattern.test(id)) ||
    messageReferences.some(({ documentId }) => pattern.test(documentId))
  );
}

function resolve({ document, differences, legacyDetails }: ChangeDetails, source: EventSource): DocumentChange {
  const nothing = (evidence: DocumentChange['evidence']): DocumentChange => ({ evidence, operations: [] });
  if (document === undefined || differences === undefined) return nothing('unreadable');
  if (differences === null || (Array.isArray(differences) && differences.length === 0)) {
    // A list leaves differences out on request; one that was asked for and is empty says that nothing was changed.
    if (Array.isArray(differences) && document !== null && source === 'single') return nothing('diff');
    return nothing(source === 'single' && legacyDetails !== null ? 'unreadable' : 'none');
  }
  const patch = parseOperations(differences);
  if (patch === null) return nothing('unreadable');
  const operations: DocumentOperation[] = [];
  for (const { op, segments, value } of patch) {
    const isRemoval = op === 'remove' || op === 'move' || op === 'copy';
    collect(operations, { op, segments, value: isRemoval ? undefined : value, document }, 0);
    if (operations.length > MAX_OPERATIONS) return nothing('unreadable');
  }
  const isTooLong = operations.some(({ path }) => path.length > MAX_PATH_LENGTH);
  return isTooLong ? nothing('unreadable') : { evidence: 'diff', operations };
}

type Place = {
  readonly op: string;
  readonly segments: readonly string[];
  readonly value: unknown;
  readonly document: unknown;
};

/** Adds the operation, and for a new value with parts one more for each of them that is true, false or a number. */
function collect(into: DocumentOperation[], { op, segments, value, document }: Place, depth: number): void {
  if (into.length > MAX_OPERATIONS) return;
  const path = segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const isPlain = typeof value === 'boolean' || typeof value === 'number';
  if (depth === 0 || isPlain) {
    into.push({ op, path, value: isPlain ? value : null, before: isPlain ? before(document, segments, value) : null });
  }
  if (isPlain || typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return;
  for (const [key, part] of Object.entries(value))
    collect(into, { op, segments: [...segments, key], value: part, document }, depth + 1);
}

/**
 * The value before. UNKNOWN octopus-api 3.1 whether the document is the one before or after the change: where it holds the
 * new value, it tells nothing. Places within lists are left out, for earlier operations may have moved them.
 */
function before(document: unknown, segments: readonly string[], value: unknown): boolean | number | null {
  if (segments.some((segment) => /^(\d+|-)$/.test(segment))) return null;
  const found = isJsonObject(document) ? valueAt(document, segments) : undefined;
  const isPlain = typeof found === 'boolean' || typeof found === 'number';
  return isPlain && found !== value ? found : null;
}

const plain = z.union([z.boolean(), z.number()]).nullable();
const storedDetails = z.object({
  Reduced: z.literal(MARK),
  Evidence: z.enum(['diff', 'none', 'unreadable']),
  Operations: z.array(z.object({ Op: z.string(), Path: z.string(), Value: plain, Before: plain })),
});

function toStored({ evidence, operations }: DocumentChange): unknown {
  const shown = operations.map(({ op, path, value, before }) => ({ Op: op, Path: path, Value: value, Before: before }));
  return { Reduced: MARK, Evidence: evidence, Operations: shown };
}

/** Only of what was stored: a server that sent the mark could smuggle anything past the reduction. */
function readStored(changeDetails: unknown): DocumentChange | null {
  const parsed = storedDetails.safeParse(changeDetails);
  if (!parsed.success) return null;
  return {
    evidence: parsed.data.Evidence,
    operations: parsed.data.Operations.map(({ Op, Path, Value, Before }) => ({
      op: Op,
      path: Path,
      value: Value,
      before: Before,
    })),
  };
}

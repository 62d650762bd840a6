import type { MessageReference, VariableChange } from '../model/event.ts';
import { type ChangeDetails, isEmpty, readChangeDetails } from './change-details.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { parseOperations } from './patch.ts';
import { type Reduced, readReduced, reducedJson } from './reduced-details.ts';
import { resolveTenantVariables, touchesTenantVariables } from './tenant-variables.ts';
import type { Resolution } from './variable-facts.ts';
import { listedVariables, resolveVariables } from './variable-patch.ts';

/** What an event is about, and where it comes from. */
export type EventContext = {
  readonly relatedDocumentIds: readonly string[];
  readonly messageReferences: readonly MessageReference[];
  readonly source: EventSource;
};

/**
 * Where an event comes from: in a `list` differences are left out on request; read as a `single` one, a difference that
 * is missing is missing for good; a `stored` one was reduced before.
 */
export type EventSource = 'list' | 'single' | 'stored';

const VARIABLES_ID = /^(variableset|tenantvariables?)-/i;
/** INF octopus-api 3.1: sets like `variableset-Projects-1-s-3-ABCDE` are copies made for a release: noise. */
const SNAPSHOT_ID = /^variableset-.*-s-\d+-[A-Z0-9]+$/i;
/** What runs may name the set it runs with, and edits none. */
const RUNNING = /^(Deployment|Runbook|Machine)/;
const VARIABLES_PATH = /^\/(variables|projectvariables|libraryvariables)(\/|$)/i;
const VARIABLES_KEY = /^(variables|projectvariables|libraryvariables|variabletemplateid)$/i;

/**
 * For an event about a variable set (or tenant variables): what changed, and the event's JSON with `ChangeDetails` and
 * `Details` reduced to names, kinds of change, types and scopes. Null for every other event.
 *
 * No real event of this kind was ever recorded (UNKNOWN octopus-api 3.1). What is read here is inferred; whatever does
 * not fit becomes `unreadable`, and nothing of a difference is kept that was not understood to be harmless.
 */
export function reduceVariableChange(
  item: JsonObject,
  context: EventContext,
): { readonly change: VariableChange; readonly raw: string | null } | null {
  const ids = [
    ...context.relatedDocumentIds,
    ...context.messageReferences.map((reference) => reference.documentId),
  ].filter((id) => VARIABLES_ID.test(id));
  // Nearly every event of a list takes this way out.
  if (ids.length === 0 && 'ChangeDetails' in item && isEmpty(item['ChangeDetails'])) return null;
  // Only of what was stored: a server that sent the mark could smuggle anything past the reduction.
  const stored = context.source === 'stored' ? readReduced(item['ChangeDetails']) : null;
  if (stored !== null) return { change: stored, raw: null };
  const details = readChangeDetails(item);
  if (ids.length === 0 && !looksLikeVariables(details)) return null;
  if (!details.isPresent && RUNNING.test(String(item['Category']))) return null;

  const resolution = resolve(item, details, ids, context.source);
  const change: VariableChange = {
    evidence: resolution.evidence,
    variables: resolution.edits.map(({ name, change, isSensitive, scope }) => ({ name, change, isSensitive, scope })),
  };
  return { change, raw: details.isPresent ? reducedJson(item, resolution) : null };
}

function looksLikeVariables({ document, differences, brokenText }: ChangeDetails): boolean {
  if (isJsonObject(document)) {
    if (typeof document['Id'] === 'string' && VARIABLES_ID.test(document['Id'])) return true;
    if (Object.keys(document).some((key) => VARIABLES_KEY.test(key))) return true;
  }
  if (brokenText !== '' && /variable|sensitive/i.test(brokenText)) return true;
  if (!Array.isArray(differences))
    return isJsonObject(differences) && /variable/i.test(Object.keys(differences).join());
  return differences.some((operation: unknown) => {
    if (!isJsonObject(operation)) return false;
    const { path, value } = operation;
    if (typeof path === 'string' && VARIABLES_PATH.test(path)) return true;
    return isJsonObject(value) && Object.keys(value).some((key) => VARIABLES_KEY.test(key));
  });
}

type Reduction = Resolution & Reduced;

function resolve(item: JsonObject, details: ChangeDetails, ids: readonly string[], source: EventSource): Reduction {
  const { document, differences } = details;
  const documentId = isJsonObject(document) && typeof document['Id'] === 'string' ? [document['Id']] : [];
  const sets = [...ids, ...documentId].filter((id) => VARIABLES_ID.test(id));
  if (sets.length > 0 && sets.every((id) => SNAPSHOT_ID.test(id))) {
    return { evidence: 'diff', edits: [], isResolved: true, isSnapshot: true };
  }
  const nothing = { edits: [], isResolved: false, isSnapshot: false } as const;
  if (document === undefined || differences === undefined) return { ...nothing, evidence: 'unreadable' };

  if (differences === null || (Array.isArray(differences) && differences.length === 0)) {
    // FACT octopus-api 3.1: the context of a Deleted event is the whole deleted document; INF: the same for Created.
    const listed = listedVariables(document, item['Category']);
    if (listed !== null) return { ...listed, isSnapshot: false, evidence: listed.isResolved ? 'diff' : 'unreadable' };
    // A list leaves differences out on request, and how (null or an empty array) is not recorded.
    if (Array.isArray(differences) && document !== null && source === 'single') return { ...nothing, evidence: 'diff' };
    return { ...nothing, evidence: source === 'single' && details.legacyDetails !== null ? 'unreadable' : 'none' };
  }

  try {
    const operations = parseOperations(differences);
    if (operations === null) return { ...nothing, evidence: 'unreadable' };
    const resolution = touchesTenantVariables(document, operations)
      ? resolveTenantVariables(document, operations)
      : resolveVariables(document, operations);
    return { ...resolution, isSnapshot: false, evidence: resolution.isResolved ? 'diff' : 'unreadable' };
  } catch (error) {
    // Nesting deep enough to exhaust the stack is an answer nobody can read, not a reason to lose the event.
    if (error instanceof RangeError) return { ...nothing, evidence: 'unreadable' };
    throw error;
  }
}

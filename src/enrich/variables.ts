import type { AuditEvent, VariableEdit } from '../model/event.ts';
import { nameIn, ownerIdOf, variableSetIdOf } from './documents.ts';

/** One variable touched by one event, with the set it is in and that set's owner. */
export type OwnedVariableEdit = VariableEdit & { readonly variableSetId: string; readonly ownerName: string };

/** What is known from elsewhere of the variable set that an event touches. */
export type VariableLookups = {
  readonly serverVersion: string | null;
  readonly variableSetHasSensitive: boolean | null;
  readonly detailsRefused: string | null;
};

export type VariableFacts = {
  readonly variableSetId: string;
  readonly edits: readonly OwnedVariableEdit[];
  readonly isDetailOwed: boolean;
  /** The record's fields about the variable set. */
  readonly fields: Readonly<Record<string, unknown>>;
};

const LIBRARY_PREFIX = 'LibraryVariableSets-';
/** Before this version a set with a sensitive variable showed changes that nobody made (FACT: ISS#8521). */
const FIRST_RELIABLE_VERSION = [2024, 2, 7476] as const;

/**
 * What an event says of the variable set it touches; null for events that touch none (snapshots, which the server
 * writes for itself, are none).
 * @param isProductionId whether an environment is production, null when it is not known at all.
 */
export function variableFactsOf(
  event: AuditEvent,
  lookups: VariableLookups,
  isProductionId: (environmentId: string) => boolean | null,
): VariableFacts | null {
  const variableSetId = variableSetIdOf(event);
  if (variableSetId === null) return null;
  const ownerId = ownerIdOf(variableSetId);
  const ownerName = nameIn(event, ownerId) ?? nameIn(event, variableSetId) ?? ownerId;
  const change = event.variableChange;
  const edits = (change?.variables ?? []).map((edit) => ({ ...edit, variableSetId, ownerName }));
  const sensitive = [...new Set(edits.filter(({ isSensitive }) => isSensitive).map(({ name }) => name))];
  const reach = reachOf(edits, ownerId, isProductionId);
  const isReliable = isDiffReliable(lookups.serverVersion);

  const fields: Record<string, unknown> = {
    'VariableSet.Id': variableSetId,
    'VariableSet.Owner': ownerName,
    'Variables.Evidence': evidenceOf(event, lookups),
  };
  if (sensitive.length > 0) fields['Variables.Sensitive'] = sensitive;
  const madePlain = new Set(edits.filter(({ change: kind }) => kind === 'made_plain').map(({ name }) => name));
  if (madePlain.size > 0) fields['Variables.MadePlain'] = [...madePlain];
  // With no difference at hand none is known to be touched, which is not the same as none.
  if (change?.evidence === 'diff') fields['Variables.SensitiveCount'] = sensitive.length;
  if (edits.length > 0) fields['Variables.Changes'] = edits.map(({ name, change: kind }) => `${name}: ${kind}`);
  if (reach.length > 0) fields['Variables.Reach'] = reach;
  if (lookups.variableSetHasSensitive !== null) fields['Variables.SetHasSensitive'] = lookups.variableSetHasSensitive;
  if (isReliable !== null) fields['Variables.DiffReliable'] = isReliable;
  if (lookups.detailsRefused !== null) fields['Variables.DetailsRefused'] = lookups.detailsRefused;
  const isDetailOwed = change?.evidence === 'none' && lookups.detailsRefused === null;
  return { variableSetId, edits, isDetailOwed, fields };
}

/** `diff`: the touched variables are known; `set`: only whether the set holds sensitive ones; `none`: neither. */
function evidenceOf(event: AuditEvent, lookups: VariableLookups): 'diff' | 'set' | 'none' {
  if (event.variableChange?.evidence === 'diff') return 'diff';
  return lookups.variableSetHasSensitive === null ? 'none' : 'set';
}

/**
 * How far the touched variables reach; the sensitive ones alone, where any is (or may be) sensitive. A variable that no
 * environment and no machine limits counts as `unscoped`: a scope of roles or steps does not keep it out of production.
 */
function reachOf(
  edits: readonly VariableEdit[],
  ownerId: string,
  isProductionId: (environmentId: string) => boolean | null,
): string[] {
  const reach = new Set<string>();
  if (ownerId.startsWith(LIBRARY_PREFIX)) reach.add('library');
  const delicate = edits.filter(({ isSensitive }) => isSensitive !== false);
  for (const { scope } of delicate.length > 0 ? delicate : edits) {
    if (scope === null) continue;
    const environments = scope['Environment'] ?? [];
    const production = environments.map(isProductionId);
    if (production.includes(true)) reach.add('production');
    else if (environments.length === 0 && (scope['Machine'] ?? []).length === 0) reach.add('unscoped');
    // An environment that nobody knows may be production: then nothing is claimed.
    else if (!production.includes(null)) reach.add('limited');
  }
  return ['production', 'unscoped', 'library', 'limited'].filter((value) => reach.has(value));
}

function isDiffReliable(version: string | null): boolean | null {
  const match = /^(\d{1,5})\.(\d{1,5})\.(\d{1,9})(?!\d)/.exec(version ?? '');
  if (!match) return null;
  for (const [index, least] of FIRST_RELIABLE_VERSION.entries()) {
    const part = Number(match[index + 1]);
    if (part !== least) return part > least;
  }
  return true;
}

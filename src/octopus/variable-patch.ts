import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from './json.ts';
import { applyInside, indexOf, type PatchOperation } from './patch.ts';
import {
  idOf,
  isSensitive,
  namelessVariable,
  nameOf,
  type Resolution,
  scopeOf,
  type TypedEdit,
  typeOf,
} from './variable-facts.ts';
import { traceBack } from './variable-trace.ts';

/**
 * Finds the variables a difference touches. UNKNOWN whether the document in the event is the one before or after the
 * change (octopus-api 3.1): that is told by trying. If the difference is found already done in the document, it is the
 * one after, and operations are traced back from it; otherwise it is the one before, and the difference is applied to a
 * copy and the two compared, by `Id` and not by place (ISS#8521: before 2024.2.7476 places move without an edit).
 */
export function resolveVariables(document: unknown, operations: readonly PatchOperation[]): Resolution {
  const relevant = operations.flatMap((operation) => ofVariables(operation) ?? []);
  const variables = variablesOf(document);
  const trace = traceBack(variables, relevant);
  if (variables === null || trace.isAlreadyDone) return { edits: trace.edits, isResolved: trace.isResolved };
  return compareWithPatched(variables, relevant);
}

/** For a created or deleted set whose document is in the event: all its variables. Null when that does not apply. */
export function listedVariables(document: unknown, category: unknown): Resolution | null {
  const change = category === 'Deleted' ? 'removed' : category === 'Created' ? 'added' : null;
  const variables = variablesOf(document);
  if (change === null || variables === null) return null;
  return toResolution(variables.map((variable, n) => editOf(variable, n, change, isSensitive(variable))));
}

function variablesOf(document: unknown): readonly JsonObject[] | null {
  const list = isJsonObject(document) ? document['Variables'] : null;
  return Array.isArray(list) && list.every(isJsonObject) ? list : null;
}

/** The operation with its path below the list of variables; null when it is about something else. */
function ofVariables(operation: PatchOperation): PatchOperation | null {
  const { segments, from, value, op } = operation;
  if (op === 'test') return null;
  if (segments.length === 0 && isJsonObject(value)) return { op, segments: [], from: null, value: value['Variables'] };
  if (!/^variables$/i.test(segments[0] ?? '')) return null;
  return { op, segments: segments.slice(1), from: from?.slice(1) ?? null, value };
}

type Slot = { readonly origin: number | null; variable: JsonObject };

function compareWithPatched(before: readonly JsonObject[], operations: readonly PatchOperation[]): Resolution {
  const slots: Slot[] = before.map((variable, origin) => ({ origin, variable: structuredClone(variable) }));
  const lost: TypedEdit[] = [];
  for (const operation of operations) {
    if (applyToSlots(slots, operation)) continue;
    const place = operation.segments[0] ?? '?';
    lost.push({ name: namelessVariable(place), change: 'other', isSensitive: null, scope: null, type: null });
  }
  const pairs = pairUp(before, slots);
  const edits: TypedEdit[] = [];
  for (const [n, slot] of slots.entries()) {
    const old = pairs.get(slot);
    if (old === undefined) {
      edits.push(editOf(slot.variable, n, 'added', isSensitive(slot.variable)));
      continue;
    }
    const change = changeBetween(old, slot.variable);
    if (change === null) continue;
    const sides = [isSensitive(old), isSensitive(slot.variable)];
    const either = sides.includes(true) ? true : sides.includes(false) ? false : null;
    edits.push(editOf({ Name: old['Name'], ...slot.variable }, n, change, either));
  }
  const kept = new Set(pairs.values());
  for (const [n, old] of before.entries()) {
    if (!kept.has(old)) edits.push(editOf(old, n, 'removed', isSensitive(old)));
  }
  return toResolution([...edits, ...lost]);
}

/** Applies one operation to the list; false when it points nowhere. */
function applyToSlots(slots: Slot[], { op, segments, from, value }: PatchOperation): boolean {
  const [place, ...inner] = segments;
  if (place === undefined) {
    if (op !== 'remove' && !(Array.isArray(value) && value.every(isJsonObject))) return false;
    const list = op === 'remove' ? [] : (value as readonly JsonObject[]);
    slots.splice(
      0,
      slots.length,
      ...list.map((variable): Slot => ({ origin: null, variable: structuredClone(variable) })),
    );
    return true;
  }
  if (inner.length > 0) {
    const slot = slots[findSlot(slots, place)];
    return slot !== undefined && applyInside(slot.variable, inner, op, structuredClone(value));
  }
  if (op === 'move' || op === 'copy') {
    const source = from?.length === 1 ? findSlot(slots, from[0] ?? '') : -1;
    const slot = slots[source];
    if (slot === undefined) return false;
    if (op === 'move') slots.splice(source, 1);
    const target = place === '-' ? slots.length : indexOf(place, slots.length);
    if (target < 0) return false;
    slots.splice(target, 0, op === 'move' ? slot : { origin: null, variable: structuredClone(slot.variable) });
    return true;
  }
  if (op === 'add') {
    const target = place === '-' ? slots.length : indexOf(place, slots.length);
    if (target < 0 || !isJsonObject(value)) return false;
    slots.splice(target, 0, { origin: null, variable: structuredClone(value) });
    return true;
  }
  const index = findSlot(slots, place);
  const slot = slots[index];
  if (slot === undefined) return false;
  if (op === 'remove') slots.splice(index, 1);
  else if (op === 'replace' && isJsonObject(value)) slot.variable = structuredClone(value);
  else return false;
  return true;
}

/** The index of a variable given by place or, in case the list is addressed as a map, by id or name. */
function findSlot(slots: readonly Slot[], place: string): number {
  const index = indexOf(place, slots.length - 1);
  if (index >= 0) return index;
  return slots.findIndex(({ variable }) => variable['Id'] === place || variable['Name'] === place);
}

/** Which variable before is which after: by id, else by place, else by name and scope. */
function pairUp(before: readonly JsonObject[], slots: readonly Slot[]): Map<Slot, JsonObject> {
  const pairs = new Map<Slot, JsonObject>();
  const free = new Set(before);
  function pair(slot: Slot, old: JsonObject | undefined) {
    if (old === undefined || !free.has(old) || pairs.has(slot)) return;
    pairs.set(slot, old);
    free.delete(old);
  }
  const byId = new Map(before.flatMap((old) => (idOf(old) === null ? [] : [[idOf(old), old] as const])));
  for (const slot of slots) pair(slot, byId.get(idOf(slot.variable)));
  for (const slot of slots) {
    const old = slot.origin === null ? undefined : before[slot.origin];
    if (old && (idOf(slot.variable) === null || nameOf(old) === nameOf(slot.variable))) pair(slot, old);
  }
  const key = (variable: JsonObject) => JSON.stringify([nameOf(variable), scopeOf(variable) ?? {}]);
  const byName = new Map([...free].map((old) => [key(old), old]));
  for (const slot of slots) pair(slot, byName.get(key(slot.variable)));
  return pairs;
}

/** The weightiest difference between two states of one variable; null when they are the same. */
function changeBetween(old: JsonObject, now: JsonObject): TypedEdit['change'] | null {
  if (isSensitive(old) === true && isSensitive(now) === false) return 'made_plain';
  if (!isDeepStrictEqual(old['Value'] ?? null, now['Value'] ?? null)) return 'value';
  if (typeOf(old) !== typeOf(now) || isSensitive(old) !== isSensitive(now)) return 'type';
  if (!isDeepStrictEqual(scopeOf(old) ?? {}, scopeOf(now) ?? {})) return 'scope';
  if (nameOf(old) !== nameOf(now)) return 'renamed';
  return isDeepStrictEqual({ ...old, Id: null, Scope: null }, { ...now, Id: null, Scope: null }) ? null : 'other';
}

function editOf(
  variable: JsonObject,
  place: number,
  change: TypedEdit['change'],
  sensitive: boolean | null,
): TypedEdit {
  const name = nameOf(variable) ?? namelessVariable(place);
  return { name, change, isSensitive: sensitive, scope: scopeOf(variable), type: typeOf(variable) };
}

function toResolution(edits: readonly TypedEdit[]): Resolution {
  return { edits, isResolved: edits.every((edit) => !/^\(variable .*\)$/.test(edit.name)) };
}

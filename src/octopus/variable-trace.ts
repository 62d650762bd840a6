import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from './json.ts';
import { indexOf, type PatchOperation, valueAt } from './patch.ts';
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

const MAX_PLACE = 10_000;

/** A variable after the change, as far as known, and what the operations did to it. */
type Trace = {
  readonly place: string;
  known: JsonObject | null;
  /** Properties that operations set, with the values given. */
  readonly set: Record<string, unknown>;
  readonly touched: Set<string>;
  fate: 'kept' | 'added' | 'removed' | 'replaced';
};

/** How often an operation was found done, or not done, in the document; values apart, since hashes tell little. */
type Votes = { done: number; notDone: number; valueDone: number; valueNotDone: number };

/**
 * Walks the operations from the last to the first, from the list as it is after the change, and says which variables
 * they touched. Without a document (null) only what the operations say themselves is known. `isAlreadyDone` tells
 * whether the document really is the one after the change.
 */
export function traceBack(
  variables: readonly JsonObject[] | null,
  operations: readonly PatchOperation[],
): Resolution & { readonly isAlreadyDone: boolean } {
  const votes: Votes = { done: 0, notDone: 0, valueDone: 0, valueNotDone: 0 };
  const state: Trace[] = (variables ?? []).map((known, n) => newTrace(String(n), known));
  const all = new Set<Trace>();
  const ids = new Set((variables ?? []).map(idOf));
  let isResolved = true;

  function traceAt(place: string): Trace | null {
    const index = indexOf(place, MAX_PLACE);
    if (index < 0) return state.find(({ known }) => known?.['Id'] === place || known?.['Name'] === place) ?? null;
    if (variables !== null && index >= state.length) return null;
    while (state.length <= index) state.push(newTrace(String(state.length), null));
    return state[index] ?? null;
  }

  function undo({ op, segments, from, value }: PatchOperation): boolean {
    const [place, ...inner] = segments;
    if (place === undefined) return false;
    if (inner.length > 0) {
      const trace = traceAt(place);
      if (trace === null) return false;
      voteInside(trace, { op, segments: inner, from, value }, votes);
      const property = inner[0] ?? '';
      trace.touched.add(property);
      if (inner.length === 1 && op !== 'remove' && !Object.hasOwn(trace.set, property)) trace.set[property] = value;
      all.add(trace);
      return true;
    }
    if (op === 'remove') {
      const index = indexOf(place, state.length);
      const removed = newTrace(place, null);
      removed.fate = 'removed';
      all.add(removed);
      if (index >= 0) state.splice(index, 0, removed);
      return true;
    }
    if (op === 'move') {
      const target = indexOf(place, state.length - 1);
      const source = from?.length === 1 ? indexOf(from[0] ?? '', state.length - 1) : -1;
      const [trace] = target < 0 || source < 0 ? [] : state.splice(target, 1);
      if (trace) state.splice(source, 0, trace);
      return true;
    }
    if ((op !== 'add' && op !== 'replace') || !isJsonObject(value)) return false;
    const last = variables === null ? null : state.at(-1);
    const trace = (place === '-' ? last : traceAt(place)) ?? newTrace(place, null);
    const isDone =
      isDeepStrictEqual(trace.known, value) || (op === 'add' && idOf(value) !== null && ids.has(idOf(value)));
    votes[isDone ? 'done' : 'notDone'] += 1;
    trace.known = value;
    trace.fate = op === 'add' ? 'added' : trace.fate === 'kept' ? 'replaced' : trace.fate;
    all.add(trace);
    if (op === 'add' && state.includes(trace)) state.splice(state.indexOf(trace), 1);
    return true;
  }

  for (const operation of operations.toReversed()) {
    if (!undo(operation)) isResolved = false;
  }
  const edits = [...all].toReversed().map(toEdit);
  return {
    edits,
    isResolved: isResolved && [...all].every((trace) => nameOf({ ...trace.known, ...trace.set }) !== null),
    isAlreadyDone: votes.notDone === 0 && (votes.done > 0 || (votes.valueDone > 0 && votes.valueNotDone === 0)),
  };
}

function newTrace(place: string, known: JsonObject | null): Trace {
  return { place, known, set: {}, touched: new Set(), fate: 'kept' };
}

function voteInside({ known, touched }: Trace, { op, segments, value }: PatchOperation, votes: Votes): void {
  // A property that a later operation set says nothing of this one.
  if (known === null || touched.has(segments[0] ?? '')) return;
  const found = valueAt(known, segments);
  const parent = valueAt(known, segments.slice(0, -1));
  if (op === 'remove' && Array.isArray(parent)) return;
  let isDone = isDeepStrictEqual(found, value);
  if (op === 'remove') isDone = found === undefined;
  else if (Array.isArray(parent)) isDone = parent.some((element) => isDeepStrictEqual(element, value));
  if (segments[0] === 'Value') votes[isDone ? 'valueDone' : 'valueNotDone'] += 1;
  else votes[isDone ? 'done' : 'notDone'] += 1;
}

function toEdit(trace: Trace): TypedEdit {
  const variable = { ...trace.known, ...trace.set };
  const change = changeOf(trace);
  return {
    name: nameOf(variable) ?? namelessVariable(trace.place),
    change,
    isSensitive: change === 'made_plain' ? true : sensitivityOf(trace, variable),
    scope: trace.fate === 'removed' || (trace.known === null && trace.touched.has('Scope')) ? null : scopeOf(variable),
    type: typeOf(variable),
  };
}

/** The weightiest change the operations tell; what a property was before is not known here. */
function changeOf({ fate, touched, set }: Trace): TypedEdit['change'] {
  if (fate === 'added' || fate === 'removed') return fate;
  // It can only have been set to false where it was true.
  if (set['IsSensitive'] === false) return 'made_plain';
  if (fate === 'replaced' || touched.has('Value')) return 'value';
  if (touched.has('Type') || touched.has('IsSensitive')) return 'type';
  if (touched.has('Scope')) return 'scope';
  return touched.has('Name') ? 'renamed' : 'other';
}

function sensitivityOf({ touched, known, fate }: Trace, variable: JsonObject): boolean | null {
  if (fate === 'removed') return null;
  const now = isSensitive(variable);
  if (now === true || fate === 'added') return now;
  // Its type changed to a plain one: what it was before is known only if IsSensitive is told and was left alone.
  if (touched.has('Type') && typeof known?.['IsSensitive'] !== 'boolean') return null;
  return fate === 'replaced' ? null : now;
}

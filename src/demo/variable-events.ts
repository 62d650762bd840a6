import { createHash } from 'node:crypto';
import { auditEvent, type EventHead } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent, WireVariable, WireVariableSet } from './wire.ts';

/** One change of a variable set, by the variable's name as it was before. */
export type VariableSetEdit =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | { readonly kind: 'add'; readonly variable: WireVariable }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly newName: string }
  | { readonly kind: 'scope'; readonly name: string; readonly scope: WireVariable['Scope'] }
  | { readonly kind: 'make_plain'; readonly name: string; readonly value: string };

type Operation = { readonly path: string; readonly op: 'add' | 'remove' | 'replace'; readonly value?: unknown };

/** A variable as the server lists it; `isSensitive` sets its type too. */
export function variable(
  facts: { readonly id: string; readonly name: string; readonly value: string },
  options: { readonly isSensitive?: boolean; readonly scope?: WireVariable['Scope'] } = {},
): WireVariable {
  const isSensitive = options.isSensitive ?? false;
  return {
    Id: facts.id,
    Name: facts.name,
    Value: facts.value,
    Description: '',
    Type: isSensitive ? 'Sensitive' : 'String',
    IsSensitive: isSensitive,
    IsEditable: true,
    Prompt: null,
    Scope: options.scope ?? {},
  };
}

/**
 * `Modified` of a variable set. No payload of one was ever recorded: that `DocumentContext` is the set before the
 * change and `Differences` a JSON Patch to it is INF; that sensitive values appear only as freshly salted hashes is FACT
 * (vendor's auditing page). The owner's id is related since 2023.3.10200 (ISS#8275).
 */
export function variableSetModified(
  head: EventHead & {
    readonly before: WireVariableSet;
    readonly owner: Named;
    readonly edits: readonly VariableSetEdit[];
  },
): WireEvent {
  const { before, owner, id: salt } = head;
  const version: Operation = { path: '/Version', op: 'replace', value: before.Version + 1 };
  return auditEvent(head, {
    category: 'Modified',
    related: [before.Id, owner.id],
    message: ['Variable set for ', owner, ' was modified'],
    spaceId: before.SpaceId,
    change: {
      DocumentContext: { ...before, Variables: before.Variables.map((each) => withoutSecret(each, `${salt}-before`)) },
      Differences: [...head.edits.flatMap((edit) => operations(before, edit, salt)), version],
    },
  });
}

/** The set after the edits, one version later. */
export function applyEdits(before: WireVariableSet, edits: readonly VariableSetEdit[]): WireVariableSet {
  let variables = before.Variables;
  for (const edit of edits) {
    if (edit.kind === 'add') variables = [...variables, edit.variable];
    else if (edit.kind === 'remove') variables = variables.filter((each) => each.Name !== edit.name);
    else variables = variables.map((each) => (each.Name === edit.name ? edited(each, edit) : each));
  }
  return { ...before, Version: before.Version + 1, Variables: variables };
}

function edited(each: WireVariable, edit: Exclude<VariableSetEdit, { kind: 'add' | 'remove' }>): WireVariable {
  switch (edit.kind) {
    case 'value':
      return { ...each, Value: edit.value };
    case 'rename':
      return { ...each, Name: edit.newName };
    case 'scope':
      return { ...each, Scope: edit.scope };
    case 'make_plain':
      return { ...each, Type: 'String', IsSensitive: false, Value: edit.value };
  }
}

function operations(before: WireVariableSet, edit: VariableSetEdit, salt: string): readonly Operation[] {
  if (edit.kind === 'add') {
    return [{ path: `/Variables/${before.Variables.length}`, op: 'add', value: withoutSecret(edit.variable, salt) }];
  }
  const index = before.Variables.findIndex((each) => each.Name === edit.name);
  const old = before.Variables[index];
  if (!old) throw new Error(`${before.Id} has no variable ${edit.name}`);
  const path = `/Variables/${index}`;
  switch (edit.kind) {
    case 'remove':
      return [{ path, op: 'remove' }];
    case 'rename':
      return [{ path: `${path}/Name`, op: 'replace', value: edit.newName }];
    case 'scope':
      return [{ path: `${path}/Scope`, op: 'replace', value: edit.scope }];
    case 'value': {
      const value = withoutSecret({ ...old, Value: edit.value }, salt).Value;
      return [{ path: `${path}/Value`, op: 'replace', value }];
    }
    case 'make_plain':
      return [
        { path: `${path}/Type`, op: 'replace', value: 'String' },
        { path: `${path}/IsSensitive`, op: 'replace', value: false },
        { path: `${path}/Value`, op: 'replace', value: edit.value },
      ];
  }
}

function withoutSecret(each: WireVariable, salt: string): WireVariable {
  if (!each.IsSensitive) return each;
  return { ...each, Value: createHash('sha256').update(`${salt}:${each.Id}:${each.Value}`).digest('base64') };
}

import { isJsonObject, type JsonObject } from './json.ts';
import type { PatchOperation } from './patch.ts';
import type { Resolution, TypedEdit } from './variable-facts.ts';

const TENANT_KEY = /^(project|library)variables$/i;

/** Whether the difference is one of tenant variables, which are addressed by template and not by place. */
export function touchesTenantVariables(document: unknown, operations: readonly PatchOperation[]): boolean {
  if (operations.some(({ segments }) => TENANT_KEY.test(segments[0] ?? ''))) return true;
  if (!isJsonObject(document) || 'Variables' in document) return false;
  return Object.keys(document).some((key) => TENANT_KEY.test(key) || key === 'VariableTemplateId');
}

/**
 * Finds the tenant variables a difference touches. INF, from the shape of the tenant variables resource:
 * `/ProjectVariables/{project}/Variables/{environment}/{template}`, `/LibraryVariables/{set}/Variables/{template}`, with
 * the names in `Templates` beside `Variables`. Nothing of it was ever recorded: what does not fit stays unresolved.
 */
export function resolveTenantVariables(document: unknown, operations: readonly PatchOperation[]): Resolution {
  const edits: TypedEdit[] = [];
  let isResolved = true;
  for (const { op, segments, value } of operations) {
    if (op === 'test') continue;
    const [root = '', ownerId = '', list, ...path] = segments;
    const isProject = /^project/i.test(root);
    if (!TENANT_KEY.test(root) || list !== 'Variables') {
      if (TENANT_KEY.test(root) || /^\/?value/i.test(root)) isResolved = false;
      continue;
    }
    const environmentId = isProject ? (path[0] ?? null) : null;
    const rest = isProject ? path.slice(1) : path;
    const touched = rest[0] === undefined && isJsonObject(value) ? Object.entries(value) : [[rest[0], value] as const];
    for (const [templateId, templateValue] of touched) {
      const template = templateId === undefined ? null : findTemplate(document, root, ownerId, templateId);
      const name = template?.['Name'];
      if (typeof name !== 'string') isResolved = false;
      edits.push({
        name: typeof name === 'string' ? name : `(template ${templateId ?? 'unknown'})`,
        change: op === 'add' ? 'added' : op === 'remove' ? 'removed' : 'value',
        isSensitive: sensitivityOf(template, templateValue),
        scope: environmentId === null ? null : { Environment: [environmentId] },
        type: null,
      });
    }
  }
  return { edits, isResolved: isResolved && edits.length > 0 };
}

function findTemplate(document: unknown, root: string, ownerId: string, templateId: string): JsonObject | null {
  const owners = isJsonObject(document) ? document[root] : null;
  const owner = isJsonObject(owners) ? owners[ownerId] : null;
  const templates = isJsonObject(owner) ? owner['Templates'] : null;
  if (!Array.isArray(templates)) return null;
  return templates.filter(isJsonObject).find((template) => template['Id'] === templateId) ?? null;
}

function sensitivityOf(template: JsonObject | null, value: unknown): boolean | null {
  // A sensitive value is written as an object `{HasValue, …}`, never as text (INF octopus-api 3.4).
  if (isJsonObject(value) && 'HasValue' in value) return true;
  const settings = template?.['DisplaySettings'];
  if (!isJsonObject(settings)) return null;
  return settings['Octopus.ControlType'] === 'Sensitive';
}

import type { AuditEvent } from '../model/event.ts';

// Words of Octopus's document types whose ids are written otherwise. FACT: Users, UserRoles, ScopedUserRoles, Deployments,
// ProjectGroups, Machines are ids of document types; `apikeys-`, `variableset-`, `userroles-`, `teams-`, `deploymentprocess-`
// are prefixes of ids (samples; octopus-api.md 2.2, 3.1, 4.1, 4.3). INF: the words of the others.
const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['accounts', 'Accounts'],
  ['apikeys', 'ApiKeys'],
  ['auditstream', 'AuditStreams'],
  ['auditstreams', 'AuditStreams'],
  ['certificates', 'Certificates'],
  ['deploymentfreezes', 'DeploymentFreezes'],
  ['deploymentprocess', 'DeploymentProcesses'],
  ['deploymentsettings', 'DeploymentSettings'],
  ['eventarchives', 'EventArchives'],
  ['eventretention', 'EventRetention'],
  ['runbookprocess', 'RunbookProcesses'],
  ['runbookprocesses', 'RunbookProcesses'],
  ['scopeduserroles', 'ScopedUserRoles'],
  ['serversettings', 'ServerSettings'],
  ['subscriptions', 'Subscriptions'],
  ['teams', 'Teams'],
  ['tenantvariable', 'TenantVariables'],
  ['tenantvariables', 'TenantVariables'],
  ['userroles', 'UserRoles'],
  ['users', 'Users'],
  ['variableset', 'VariableSets'],
]);

/** INF: variable sets frozen into a release end in `-s-<n>-<code>`, as deployment processes do (FACT: samples, 2024.2). */
const SNAPSHOT = /-s-\d+-[A-Z0-9]+$/;
const VARIABLE_SET = 'variableset-';

/** The document types of an event's related documents, each once, in order of first mention. */
export function documentTypesOf(event: AuditEvent): string[] {
  const types = new Set<string>();
  for (const id of event.relatedDocumentIds) types.add(documentTypeOf(id));
  types.delete('');
  return [...types];
}

/** `Users-1` → Users, `apikeys-x` → ApiKeys, `variableset-Projects-1` → VariableSets; unknown prefixes as they are. */
function documentTypeOf(id: string): string {
  const dash = id.indexOf('-');
  const prefix = dash < 0 ? id : id.slice(0, dash);
  const word = TYPE_WORDS.get(prefix) ?? TYPE_WORDS.get(prefix.toLowerCase());
  // Snapshots are the server's own copies: a rule on VariableSets must not see them.
  if (word === 'VariableSets' && SNAPSHOT.test(id)) return 'VariableSetSnapshots';
  return word ?? prefix;
}

/** The variable set that an event touches, snapshots aside. */
export function variableSetIdOf(event: AuditEvent): string | null {
  return event.relatedDocumentIds.find((id) => id.toLowerCase().startsWith(VARIABLE_SET) && !SNAPSHOT.test(id)) ?? null;
}

/** `variableset-Projects-1` belongs to Projects-1 (octopus-api.md 3.1, INF before 2023.3.10200). */
export function ownerIdOf(variableSetId: string): string {
  return variableSetId.slice(VARIABLE_SET.length);
}

/**
 * The ids of one kind that an event names, by prefix and never by position; those that its message refers to come first,
 * for where there are several these are what the event is about.
 */
export function idsOf(event: AuditEvent, prefix: string): string[] {
  const related = event.relatedDocumentIds.filter((id) => id.startsWith(prefix));
  if (related.length === 1) return related;
  const referenced: string[] = [];
  for (const { documentId } of event.messageReferences) {
    // Old and migrated events may have no related documents at all (ISS#3351): then the references have to do.
    const isOurs = related.length === 0 ? documentId.startsWith(prefix) : related.includes(documentId);
    if (isOurs) referenced.push(documentId);
  }
  return referenced.length + related.length === 0 ? related : [...new Set([...referenced, ...related])];
}

/** What a message calls a document: the text its reference points to; null when it has none or points outside of it. */
export function nameIn(event: AuditEvent, id: string): string | null {
  for (const reference of event.messageReferences) {
    if (reference.documentId !== id) continue;
    const name = textAt(event.message, reference.start, reference.length);
    if (name !== null) return name;
  }
  return null;
}

/**
 * What a message calls the only document of a kind. INF: an event with one related document and one reference of a kind
 * means the same one by both, even if the ids differ (seen in edited samples of 2024.2; migrated data has dangling ids).
 */
export function onlyNameIn(event: AuditEvent, prefix: string): string | null {
  const related = event.relatedDocumentIds.filter((id) => id.startsWith(prefix));
  const references = event.messageReferences.filter(({ documentId }) => documentId.startsWith(prefix));
  const [reference] = references;
  if (related.length > 1 || references.length !== 1 || reference === undefined) return null;
  return textAt(event.message, reference.start, reference.length);
}

function textAt(message: string | null, start: number, length: number): string | null {
  if (message === null || !Number.isInteger(start) || !Number.isInteger(length)) return null;
  if (start < 0 || length <= 0 || start + length > message.length) return null;
  const text = message.slice(start, start + length);
  // Half a surrogate pair at an edge shows that the offsets count something else than UTF-16 units: better no name.
  if (!text.isWellFormed()) return null;
  return text.trim() || null;
}

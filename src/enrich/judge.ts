import type { AuditEvent } from '../model/event.ts';
import type { Derived, FlatRecord } from '../model/record.ts';
import { type Actor, actorOf, type QueuedDeployment } from './actor.ts';
import { type BusinessTimeOptions, createBusinessTime } from './business-time.ts';
import { DEFAULT_CALENDAR } from './calendar.ts';
import { changeFieldsOf } from './change.ts';
import { clientKindOf } from './client.ts';
import { documentTypesOf, idsOf, ownerIdOf, variableSetIdOf } from './documents.ts';
import { type FirstSeenPair, firstSeenPairs } from './first-seen.ts';
import { parseInstant } from './instant.ts';
import type { InventoryIndex } from './inventory-index.ts';
import type { RegisterIndex } from './key-register.ts';
import { networkOf } from './network.ts';
import { eventPlaceOf, placeOf } from './place.ts';
import type { ProductionMatcher } from './production.ts';
import { type KeyAct, registerFieldsOf } from './register-event.ts';
import { loginNameOf, signInMethodOf, subjectAccountOf } from './subject.ts';
import { type OwnedVariableEdit, type VariableLookups, variableFactsOf } from './variables.ts';

/** All that judging an event needs beyond the event and the configuration. */
export type Lookups = VariableLookups & {
  /** Name of the Octopus instance. */
  readonly instance: string;
  readonly inventory: InventoryIndex;
  /** Asked for `DeploymentStarted` only; null when it is not known. */
  readonly queued: QueuedDeployment | null;
  /** Asked for failed sign-ins and acts with an API key only; false when addresses are those of a proxy, so that they say nothing of who it was. */
  readonly areAddressesTrusted: boolean;
  /** The event's category in the server's own words; null when they are not known. */
  readonly categoryName: string | null;
  /** Ids of the monitor's own account and keys. */
  readonly ownIds: ReadonlySet<string>;
};

export type Judged = {
  readonly derived: Derived;
  readonly record: FlatRecord;
  readonly variableEdits: readonly OwnedVariableEdit[];
  /** What history must be asked for; the answers are fields of the record too. */
  readonly firstSeenPairs: readonly FirstSeenPair[];
  /** True when the event must be read singly for its difference before rules may judge it. */
  readonly isDetailOwed: boolean;
};

/**
 * Makes the function that turns an event into the flat record rules are written against (docs/taxonomy.md) and the facts
 * that are stored beside it. It is pure: the same event, lookups and configuration give the same answer at any time. A
 * fact that is not known is no key of the record.
 * @throws OctowatchError (from the returned function) when `occurredAt` is no instant.
 */
export function createEventJudge(
  options: BusinessTimeOptions & {
    readonly production: ProductionMatcher;
    /** What the company says of its API keys; without it the fields that rest on it are absent. */
    readonly register?: RegisterIndex | null;
  },
) {
  const { production, register = null } = options;
  const timeOf = createBusinessTime(options);

  return function judge(event: AuditEvent, lookups: Lookups): Judged {
    const { inventory } = lookups;
    const actor = actorOf(event, inventory, lookups.queued);
    const place = placeOf(event, inventory, production);
    const projectId = place.projectId ?? projectOfVariableSet(event);
    const deploymentId = idsOf(event, 'Deployments-')[0] ?? null;
    const runbookRunId = idsOf(event, 'RunbookRuns-')[0] ?? null;
    const isDeployment = deploymentId !== null || runbookRunId !== null;
    const where = eventPlaceOf(event, lookups, { ...place, projectId }, isDeployment);
    const atMs = parseInstant(event.occurredAt);
    const frozen = isDeployment ? inventory.freezes.covering(atMs, { ...place, projectId }) : null;
    const time = timeOf(atMs, where, frozen?.name ?? null);
    const variables = variableFactsOf(event, lookups, (id) => {
      const environment = inventory.environmentsById.get(id);
      if (environment) return production.isProduction(environment);
      return production.isProduction({ id, name: '', slug: null, tags: [] }) ? true : null;
    });
    const derived: Derived = {
      actorKind: actor.kind,
      actorName: actor.name,
      apiKeyId: actor.keyId,
      apiKeyPurpose: actor.keyPurpose,
      projectId,
      projectName: place.projectName,
      environmentId: place.environmentId,
      environmentName: place.environmentName,
      isProduction: place.isProduction,
      isOffHours: time.isOffHours,
      offHoursReason: time.reason,
      calendar: time.calendar === DEFAULT_CALENDAR ? null : time.calendar,
      changeWindow: time.changeWindow,
      ticket: time.ticket,
      freeze: time.freeze,
      releaseVersion: place.releaseVersion,
      tenantName: place.tenantName,
      deploymentId,
      subjectAccount: subjectAccountOf(event, lookups.areAddressesTrusted),
      variableSetId: variables?.variableSetId ?? null,
    };
    const record: Record<string, unknown> = {};
    const put = (field: string, value: unknown) => {
      if (value !== null) record[field] = value;
    };
    put('Instance', lookups.instance);
    putOctopusFields(put, event, actor);
    put('Actor.Kind', derived.actorKind);
    put('Actor.Name', derived.actorName);
    put('ApiKey.Id', derived.apiKeyId);
    put('ApiKey.Purpose', derived.apiKeyPurpose);
    put('ApiKey.Hint', actor.keyHint);
    put('Space.Name', event.spaceId === null ? null : (inventory.spacesById.get(event.spaceId)?.name ?? null));
    put('Project.Id', derived.projectId);
    put('Project.Name', derived.projectName);
    put('Environment.Id', derived.environmentId);
    put('Environment.Name', derived.environmentName);
    put('Environment.IsProduction', derived.isProduction);
    put('Release.Version', derived.releaseVersion);
    put('Tenant.Name', derived.tenantName);
    put('Deployment.Id', derived.deploymentId);
    put('RunbookRun.Id', runbookRunId);
    put('DocumentTypes', documentTypesOf(event));
    put('LocalTime', time.localTime);
    put('LocalDay', time.localDay);
    put('OffHours', time.isOffHours);
    put('OffHoursReason', time.reason);
    put('Calendar.Name', time.calendar);
    put('ChangeWindow.Name', time.changeWindow);
    put('ChangeWindow.Ticket', time.ticket);
    put('Freeze.Name', time.freeze);
    const loginName = loginNameOf(event, inventory);
    put('Subject.Account', derived.subjectAccount);
    put('Subject.Name', subjectNameOf(derived.subjectAccount, inventory));
    put('Subject.Login', loginName);
    put('SignIn.Method', signInMethodOf(event, loginName));
    const clientKind = clientKindOf(actor.userAgent);
    const network = networkOf(actor.ipAddress);
    put('Category.Name', lookups.categoryName);
    put('Client.Kind', clientKind);
    put('Network', lookups.areAddressesTrusted ? network : null);
    put('Monitor.IsTouched', isOneTouched(event, lookups.ownIds) || null);
    if (event.category === 'DeploymentStarted') {
      put('Deployment.IsQueueKnown', lookups.queued !== null);
      put('Deployment.QueuedInHours', lookups.queued === null ? null : !lookups.queued.isOffHours);
    }
    for (const [field, value] of Object.entries({ ...variables?.fields, ...changeFieldsOf(event) })) put(field, value);
    if (register) {
      const act = keyActOf(event, lookups, actor, derived);
      for (const [field, value] of Object.entries(registerFieldsOf(register, act, inventory))) put(field, value);
    }
    const isChangeOwed = event.documentChange?.evidence === 'none' && lookups.detailsRefused === null;
    return {
      derived,
      record,
      variableEdits: variables?.edits ?? [],
      firstSeenPairs: firstSeenPairs({
        ...{ userId: event.userId, category: event.category, isRunbookRun: runbookRunId !== null },
        ...{ apiKeyId: derived.apiKeyId, environmentId: derived.environmentId, network, clientKind },
      }),
      isDetailOwed: (variables?.isDetailOwed ?? false) || isChangeOwed,
    };
  };
}

/** The act as the register is asked about it: what starts was asked for when it was queued. */
function keyActOf(event: AuditEvent, lookups: Lookups, actor: Actor, derived: Derived): KeyAct {
  const { instance, areAddressesTrusted } = lookups;
  const queued = event.category === 'DeploymentStarted' ? lookups.queued : null;
  const { environmentId: id, environmentName: name } = derived;
  return {
    instance,
    account: actor.name,
    keyId: actor.keyId,
    purpose: actor.keyPurpose,
    hint: actor.keyHint,
    address: areAddressesTrusted ? actor.ipAddress : null,
    environment: id === null ? null : { id, name },
    askedForMs: parseInstant(queued?.occurredAt ?? event.occurredAt),
    isOffHours: queued?.isOffHours ?? derived.isOffHours,
  };
}

/** An account as people know it: the name of a known user, else what the account is counted by. */
function subjectNameOf(account: string | null, inventory: InventoryIndex): string | null {
  return account === null ? null : (inventory.usersById.get(account)?.username ?? account);
}

/** Whether an event is about one of these documents. Signing in is what an account is for, and touches none. */
function isOneTouched(event: AuditEvent, ids: ReadonlySet<string>): boolean {
  if (ids.size === 0 || event.category === 'LoginSucceeded' || event.category === 'LoginFailed') return false;
  const isOurs = (id: string) => ids.has(id);
  return event.relatedDocumentIds.some(isOurs) || event.messageReferences.some((one) => isOurs(one.documentId));
}

/** INF: events of old servers may name a project's variable set without the project itself. */
function projectOfVariableSet(event: AuditEvent): string | null {
  const variableSetId = variableSetIdOf(event);
  const ownerId = variableSetId === null ? '' : ownerIdOf(variableSetId);
  return ownerId.startsWith('Projects-') ? ownerId : null;
}

function putOctopusFields(put: (field: string, value: unknown) => void, event: AuditEvent, actor: Actor): void {
  put('Id', event.id);
  put('Category', event.category);
  put('UserId', event.userId);
  put('Username', event.username);
  put('IsService', event.isService);
  put('IdentityEstablishedWith', event.identityEstablishedWith);
  put('UserAgent', actor.userAgent);
  put('Occurred', event.occurredAt);
  put('Message', event.message);
  put('IpAddress', actor.ipAddress);
  put('SpaceId', event.spaceId);
  put('RelatedDocumentIds', event.relatedDocumentIds);
  put('Comments', event.comments);
  put('ApiKeyId', event.apiKeyId);
  put('ApiKeyHint', event.apiKeyHint);
}

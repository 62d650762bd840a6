import type { AuditEvent } from '../model/event.ts';
import type { EventPlace } from '../model/place.ts';
import { idsOf, nameIn, onlyNameIn } from './documents.ts';
import type { InventoryIndex } from './inventory-index.ts';
import type { ProductionMatcher } from './production.ts';

/** What an event was about and where; null for each part that is not known or does not apply. */
export type Place = {
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly environmentId: string | null;
  readonly environmentName: string | null;
  readonly isProduction: boolean | null;
  readonly releaseVersion: string | null;
  readonly tenantId: string | null;
  readonly tenantName: string | null;
};

type EnvironmentFacts = { readonly id: string; readonly name: string | null; readonly isProduction: boolean | null };

/** Reads project, environment, release and tenant of an event from its document ids and the references of its message. */
export function placeOf(event: AuditEvent, inventory: InventoryIndex, production: ProductionMatcher): Place {
  const project = namedDocument(event, 'Projects-');
  const environment = environmentOf(event, inventory, production);
  const tenant = namedDocument(event, 'Tenants-');
  return {
    projectId: project?.id ?? null,
    projectName: project?.name ?? null,
    environmentId: environment?.id ?? null,
    environmentName: environment?.name ?? null,
    isProduction: environment?.isProduction ?? null,
    releaseVersion: namedDocument(event, 'Releases-')?.name ?? null,
    tenantId: tenant?.id ?? null,
    tenantName: tenant?.name ?? null,
  };
}

function namedDocument(event: AuditEvent, prefix: string): { id: string; name: string | null } | null {
  const [id] = idsOf(event, prefix);
  return id === undefined ? null : { id, name: nameIn(event, id) ?? onlyNameIn(event, prefix) };
}

/**
 * The environment an event is about. Where it names several, those that its message refers to go before the others, and
 * among equals one that is production goes first, so that production is never hidden behind its neighbours.
 */
function environmentOf(
  event: AuditEvent,
  inventory: InventoryIndex,
  production: ProductionMatcher,
): EnvironmentFacts | null {
  const ids = idsOf(event, 'Environments-');
  const referenced = new Set(event.messageReferences.map(({ documentId }) => documentId));
  const ranked = ids.some((id) => referenced.has(id)) ? ids.filter((id) => referenced.has(id)) : ids;
  const candidates = ranked.map((id) => judgeEnvironment(event, id, inventory, production));
  return candidates.find(({ isProduction }) => isProduction) ?? candidates[0] ?? null;
}

/**
 * An environment counts as production by the name it had at the time of the event, or by what the inventory says of it
 * now: neither renaming it for an hour nor an unreadable message makes a production deployment look harmless.
 */
function judgeEnvironment(
  event: AuditEvent,
  id: string,
  inventory: InventoryIndex,
  production: ProductionMatcher,
): EnvironmentFacts {
  const known = inventory.environmentsById.get(id);
  const name = nameIn(event, id) ?? known?.name ?? onlyNameIn(event, 'Environments-');
  const candidate = { id, name: name ?? '', slug: known?.slug ?? null, tags: known?.tags ?? [] };
  if (production.isProduction(candidate) || (known && production.isProduction(known))) {
    return { id, name, isProduction: true };
  }
  // Configured slugs and tags cannot be compared with an environment that is not in the inventory.
  const isTold = known !== undefined || (name !== null && !production.isConfigured);
  return { id, name, isProduction: isTold ? false : null };
}

/** Where an event happened, with what the inventory knows of the place, for calendars, change windows and freezes. */
export function eventPlaceOf(
  event: AuditEvent,
  { instance, inventory }: { readonly instance: string; readonly inventory: InventoryIndex },
  place: Place,
  isDeployment: boolean,
): EventPlace {
  const { spaceId } = event;
  const { projectId, environmentId, tenantId } = place;
  const environment = environmentId === null ? undefined : inventory.environmentsById.get(environmentId);
  return {
    instance,
    space: spaceId === null ? null : { id: spaceId, name: inventory.spacesById.get(spaceId)?.name ?? null },
    project: projectId === null ? null : { id: projectId, name: place.projectName },
    environment:
      environmentId === null
        ? null
        : {
            id: environmentId,
            name: place.environmentName,
            slug: environment?.slug ?? null,
            tags: environment?.tags ?? [],
          },
    tenant: tenantId === null ? null : { id: tenantId, name: place.tenantName },
    isDeployment,
  };
}

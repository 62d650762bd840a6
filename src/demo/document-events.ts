import { systemActor } from './actors.ts';
import { auditEvent, type EventHead } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

/** A health check that went well: the noise of every audit log. */
export function machineHealthy(head: {
  readonly id: string;
  readonly at: number | string;
  readonly machine: Named;
  readonly environmentId: string;
  readonly spaceId: string;
}): WireEvent {
  return auditEvent(
    { id: head.id, at: head.at, actor: systemActor },
    {
      category: 'MachineHealthy',
      related: [head.machine.id, head.environmentId],
      message: ['Machine ', head.machine, ' is healthy'],
      spaceId: head.spaceId,
    },
  );
}

type Document = {
  readonly documentType: string;
  readonly document: Named;
  readonly related?: readonly string[];
  readonly spaceId: string | null;
};

/** Something came to be (INF: no recorded payload but that of a user). */
export function documentCreated(head: EventHead & Document): WireEvent {
  return lifeOfDocument(head, 'Created', 'created');
}

/** Something is gone. That the whole document is in the event is FACT (vendor script); it is left out here. */
export function documentDeleted(head: EventHead & Document): WireEvent {
  return lifeOfDocument(head, 'Deleted', 'deleted');
}

function lifeOfDocument(head: EventHead & Document, category: string, verb: string): WireEvent {
  return auditEvent(head, {
    category,
    related: [head.document.id, ...(head.related ?? [])],
    message: [`${head.documentType} `, head.document, ` was ${verb}`],
    spaceId: head.spaceId,
  });
}

/** A JSON Patch as events carry it. */
export type Differences = readonly { readonly path: string; readonly op: string; readonly value?: unknown }[];

/** `Tenant ExampleTenant was modified` with a JSON Patch (wording and patch: the vendor's documentation, 2026.3). */
export function documentModified(
  head: EventHead &
    Document & {
      readonly differences?: Differences;
      /** What the document held before the change, beside its id and name. */
      readonly before?: Readonly<Record<string, unknown>>;
    },
): WireEvent {
  const { document } = head;
  return auditEvent(head, {
    category: 'Modified',
    related: [document.id, ...(head.related ?? [])],
    message: [`${head.documentType} `, document, ' was modified'],
    spaceId: head.spaceId,
    change: {
      DocumentContext: { Id: document.id, Name: document.name, ...head.before },
      Differences: head.differences ?? [],
    },
  });
}

/** Creating a release is a `Created` event of a release (INF: no recorded payload). */
export function releaseCreated(
  head: EventHead & {
    readonly release: Named;
    readonly project: Named;
    readonly channelId: string;
    readonly spaceId: string;
  },
): WireEvent {
  return auditEvent(head, {
    category: 'Created',
    related: [head.release.id, head.project.id, head.channelId],
    message: ['Release ', head.release, ' of ', head.project, ' was created'],
    spaceId: head.spaceId,
  });
}

import { systemActor } from './actors.ts';
import { auditEvent, type EventHead } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

/** The documents a deployment's events refer to. The release's name is its version. */
export type DeploymentFacts = {
  readonly id: string;
  readonly spaceId: string;
  readonly project: Named;
  readonly release: Named;
  readonly environment: Named;
  readonly taskId: string;
  readonly channelId: string;
  readonly tenant?: Named;
};

type ServerEventHead = { readonly id: string; readonly at: number | string };

/**
 * `DeploymentQueued`: carries who decided. The text names a time also for immediate deployments, as servers before
 * 2024.1.12847 print it (ISS#8853); `plannedAt` is the start asked for, by default the event's own time.
 */
export function deploymentQueued(
  head: EventHead & { readonly deployment: DeploymentFacts; readonly plannedAt?: number | string },
): WireEvent {
  const { deployment } = head;
  const planned = describeMoment(new Date(head.plannedAt ?? head.at));
  return auditEvent(head, {
    category: 'DeploymentQueued',
    related: relatedTo(deployment),
    message: [
      'Scheduled to deploy ',
      deployment.project,
      ' release ',
      deployment.release,
      ' to ',
      deployment.environment,
      ` at ${planned}`,
      ...forTenant(deployment),
    ],
    spaceId: deployment.spaceId,
  });
}

/** `DeploymentStarted`: always by the server itself, without address or key (FACT: samples, 2023.1). */
export function deploymentStarted(head: ServerEventHead & { readonly deployment: DeploymentFacts }): WireEvent {
  return progress(head, 'DeploymentStarted', 'started');
}

export function deploymentSucceeded(head: ServerEventHead & { readonly deployment: DeploymentFacts }): WireEvent {
  return progress(head, 'DeploymentSucceeded', 'succeeded');
}

export function deploymentFailed(head: ServerEventHead & { readonly deployment: DeploymentFacts }): WireEvent {
  return progress(head, 'DeploymentFailed', 'failed');
}

function progress(
  head: ServerEventHead & { readonly deployment: DeploymentFacts },
  category: string,
  verb: string,
): WireEvent {
  const { deployment } = head;
  const { environment, project, release, tenant } = deployment;
  const name = `Deploy to ${environment.name}${tenant ? ` for ${tenant.name}` : ''}`;
  return auditEvent(
    { ...head, actor: systemActor },
    {
      category,
      related: relatedTo(deployment),
      message: [
        { id: deployment.id, name },
        ` ${verb} for `,
        project,
        ' release ',
        release,
        ' to ',
        environment,
        ...forTenant(deployment),
      ],
      spaceId: deployment.spaceId,
    },
  );
}

function relatedTo(deployment: DeploymentFacts): readonly string[] {
  const tenant = deployment.tenant ? [deployment.tenant.id] : [];
  const { id, project, release, environment, taskId, channelId } = deployment;
  return [id, project.id, release.id, environment.id, ...tenant, taskId, channelId];
}

function forTenant(deployment: DeploymentFacts): readonly (string | Named)[] {
  return deployment.tenant ? [' for ', deployment.tenant] : [];
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `Thursday, 02 March 2023 9:28 PM +00:00` (FACT: samples, 2023.1). */
function describeMoment(moment: Date): string {
  const day = String(moment.getUTCDate()).padStart(2, '0');
  const minute = String(moment.getUTCMinutes()).padStart(2, '0');
  const hour = moment.getUTCHours();
  const clock = `${hour % 12 || 12}:${minute} ${hour < 12 ? 'AM' : 'PM'}`;
  const weekday = WEEKDAYS[moment.getUTCDay()];
  return `${weekday}, ${day} ${MONTHS[moment.getUTCMonth()]} ${moment.getUTCFullYear()} ${clock} +00:00`;
}

import { systemActor } from './actors.ts';
import { auditEvent, type EventHead } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

/** The documents a run's events refer to. */
export type RunbookRunFacts = {
  readonly id: string;
  readonly spaceId: string;
  readonly runbook: Named;
  readonly project: Named;
  readonly environment: Named;
};

type RunHead = { readonly id: string; readonly at: number | string; readonly run: RunbookRunFacts };

/** Categories and wording of runbook runs are UNKNOWN; INF: they are made as those of deployments are. */
export function runbookRunQueued(head: EventHead & { readonly run: RunbookRunFacts }): WireEvent {
  const { environment, runbook } = head.run;
  return auditEvent(head, {
    category: 'RunbookRunQueued',
    related: relatedTo(head.run),
    message: ['Scheduled to run ', runbook, ' on ', environment],
    spaceId: head.run.spaceId,
  });
}

export function runbookRunStarted(head: RunHead): WireEvent {
  return progress(head, 'RunbookRunStarted', 'started');
}

export function runbookRunSucceeded(head: RunHead): WireEvent {
  return progress(head, 'RunbookRunSucceeded', 'succeeded');
}

function progress(head: RunHead, category: string, verb: string): WireEvent {
  const { id, environment, runbook, spaceId } = head.run;
  return auditEvent(
    { id: head.id, at: head.at, actor: systemActor },
    {
      category,
      related: relatedTo(head.run),
      message: [{ id, name: 'Run' }, ` ${verb} for `, runbook, ' on ', environment],
      spaceId,
    },
  );
}

function relatedTo({ environment, id, project, runbook }: RunbookRunFacts): readonly string[] {
  const number = id.slice('RunbookRuns-'.length);
  return [id, runbook.id, project.id, environment.id, `ServerTasks-${number}`];
}

import { isOffHours } from './local-time.ts';
import type { SimulatedState } from './state.ts';
import { STAGES } from './story-cast.ts';
import type { StoryKeys } from './story-keys.ts';
import type { WireEvent } from './wire.ts';

/**
 * What the four named rules must find, by rule: ids of deployments, ids of events, accounts (user id, or the name nobody
 * has), ids of keys. Computed from the events alone, by other means than the rules use.
 */
export type ExpectedSubjects = {
  readonly off_hours_production_deploy: readonly string[];
  readonly sensitive_variable_edit: readonly string[];
  readonly repeated_auth_failures: readonly string[];
  readonly unused_api_key: readonly string[];
};

export function expectedSubjects(
  events: readonly WireEvent[],
  state: SimulatedState,
  keys: StoryKeys,
  zone: string,
): ExpectedSubjects {
  return {
    off_hours_production_deploy: nightlyDeployments(events, zone),
    sensitive_variable_edit: secretEdits(events),
    repeated_auth_failures: signInBursts(events),
    unused_api_key: [keys.forgotten.id, keys.neverUsed.id].filter((id) => state.apiKeys.some((key) => key.id === id)),
  };
}

function nightlyDeployments(events: readonly WireEvent[], zone: string): readonly string[] {
  const production = STAGES.filter((stage) => stage.isProduction).map((stage) => stage.id);
  const found = new Set<string>();
  for (const { Category, Occurred, RelatedDocumentIds } of events) {
    if (Category !== 'DeploymentQueued' && Category !== 'DeploymentStarted') continue;
    const deploymentId = RelatedDocumentIds.find((id) => id.startsWith('Deployments-'));
    const isProduction = RelatedDocumentIds.some((id) => production.includes(id));
    if (deploymentId && isProduction && isOffHours(Date.parse(Occurred), zone)) found.add(deploymentId);
  }
  return [...found];
}

/** The story's sensitive variables are those whose names speak of a secret; its plain ones do not. */
const SPEAKS_OF_SECRET = /password|secret|token|adminkey/i;

type Patch = readonly { readonly path: string; readonly value?: unknown }[];
type Document = { readonly Variables: readonly { readonly Name: string }[] };

function secretEdits(events: readonly WireEvent[]): readonly string[] {
  return events
    .filter((event) => event.RelatedDocumentIds.some((id) => id.startsWith('variableset-')))
    .filter(({ ChangeDetails }) => {
      const { Variables } = ChangeDetails.DocumentContext as Document;
      return (ChangeDetails.Differences as Patch).some(({ path, value }) => {
        const index = /^\/Variables\/(\d+)/.exec(path)?.[1];
        const touched = index === undefined ? null : (Variables[Number(index)] ?? value);
        return SPEAKS_OF_SECRET.test(JSON.stringify(touched ?? ''));
      });
    })
    .map((event) => event.Id);
}

const BURST = { count: 5, withinMs: 600_000 };

/** Accounts with five failed sign-ins in ten minutes, each named once: the story gives none of them two bursts. */
function signInBursts(events: readonly WireEvent[]): readonly string[] {
  const byAccount = new Map<string, number[]>();
  for (const event of events) {
    if (event.Category !== 'LoginFailed') continue;
    const account = event.RelatedDocumentIds[0] ?? event.Message.split(' ').at(-1) ?? '';
    byAccount.set(account, [...(byAccount.get(account) ?? []), Date.parse(event.Occurred)]);
  }
  return [...byAccount]
    .filter(([, times]) =>
      times.some((time, index) => (times[index + BURST.count - 1] ?? Number.POSITIVE_INFINITY) - time < BURST.withinMs),
    )
    .map(([account]) => account);
}

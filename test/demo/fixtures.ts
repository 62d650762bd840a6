import {
  createSimulatedState,
  machineHealthy,
  type SimulatedOctopus,
  type SimulatedState,
  startSimulatedOctopus,
} from '../../src/demo/index.ts';

export const KEY = 'API-TEST0000000000000000000000';
export const START = Date.parse('2026-03-02T09:00:00Z');

/** A server with `count` events, one a second from `START` on. */
export async function serverWithEvents(
  count: number,
  options: { init?: Partial<SimulatedState>; virtualDirectory?: string } = {},
): Promise<SimulatedOctopus> {
  const state = createSimulatedState(options.init);
  for (let index = 0; index < count; index++) state.addEvent(event(index));
  const virtualDirectory = options.virtualDirectory ?? '';
  return startSimulatedOctopus({ state, apiKey: KEY, virtualDirectory });
}

export function event(index: number, at: number | string = START + index * 1000, spaceId = 'Spaces-1') {
  const machine = { id: 'Machines-1', name: 'web-1.example.com' };
  return machineHealthy({ id: `Events-${index}`, at, machine, environmentId: 'Environments-1', spaceId });
}

export async function get(server: SimulatedOctopus, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, { headers: { 'X-Octopus-ApiKey': KEY, ...headers } });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

export async function ids(server: SimulatedOctopus, path: string): Promise<string[]> {
  const { body } = await get(server, path);
  return body.Items.map((item: { Id: string }) => item.Id);
}

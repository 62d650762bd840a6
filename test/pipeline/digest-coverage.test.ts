import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../src/pipeline/digest-coverage.ts';
import { openStore } from '../../src/store/index.ts';
import { addFinding, addWindow } from '../support/digest-stage.ts';

const FROM = '2026-11-21T08:00:00.000Z';
const TO = '2026-11-22T08:00:00.000Z';
const LATER = '2026-11-22T09:00:00.000Z';

function start() {
  const store = openStore(':memory:', { monitorVersion: 'test', nowMs: Date.parse(TO) });
  const { instance_id: id } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
  const coverage = () => {
    const instance = store.instances.get('default');
    if (!instance) throw new Error('there is no instance');
    return coverageOf(store, instance, { from: FROM, to: TO, foundFrom: FROM, foundTo: LATER, stateTo: LATER });
  };
  const read = (from: string, to: string, more: Parameters<typeof addWindow>[4] = {}) =>
    addWindow(store, id, `2026-11-${from}:00.000Z`, `2026-11-${to}:00.000Z`, more);
  return { store, id, read, coverage };
}

describe('how much of a digest was watched', () => {
  it('is nothing before anything was read', () => {
    const { coverage } = start();

    expect(coverage()).toEqual({
      instance: 'default',
      coveredToAt: null,
      share: 0,
      windows: 0,
      failedWindows: 0,
      gaps: [{ fromAt: FROM, toAt: TO }],
      eventsStored: 0,
      serverTotal: null,
      setAside: 0,
      visibility: null,
      unseen: [],
      addresses: null,
    });
  });

  it('says that addresses tell nothing, since when and why', () => {
    const { store, id, coverage } = start();
    store.addresses.count(id, '2026-11-20', '203.0.113.9', 40);
    store.addresses.count(id, '2026-11-22', '203.0.113.9', 1);

    expect(coverage().addresses).toBe(
      "Facts about addresses are off since 2026-11-20: nearly all of people's events come from one address",
    );
  });

  it('is all of it when windows that overlap reach from before its begin to after its end', () => {
    const { read, coverage } = start();
    read('21T07:45', '21T20:00');
    read('21T19:45', '22T08:01');

    expect(coverage()).toMatchObject({ share: 1, gaps: [], coveredToAt: TO, windows: 2, serverTotal: 0 });
  });

  it('lacks what lies between two windows and after the last one', () => {
    const { read, coverage } = start();
    read('21T07:00', '21T14:00');
    read('21T20:00', '22T02:00');

    const { share, gaps } = coverage();

    expect(share).toBe(0.5);
    expect(gaps).toEqual([
      { fromAt: '2026-11-21T14:00:00.000Z', toAt: '2026-11-21T20:00:00.000Z' },
      { fromAt: '2026-11-22T02:00:00.000Z', toAt: TO },
    ]);
  });

  it('lacks a window that failed or fell short, until a later one reads it whole', () => {
    const { read, coverage } = start();
    read('21T08:00', '21T20:00');
    read('21T20:00', '22T02:00', { outcome: 'failed: timeout: no answer', serverTotal: null });
    read('22T02:00', '22T08:00', { outcome: 'short', serverTotal: 12, eventsSeen: 10 });

    expect(coverage()).toMatchObject({ share: 0.5, failedWindows: 1, windows: 2, serverTotal: 2, eventsStored: 0 });

    read('21T19:00', '22T08:00', { finishedAt: LATER });

    expect(coverage()).toMatchObject({ share: 1, gaps: [], serverTotal: 0 });
  });

  it('counts what is missing once, however often the tail read over it', () => {
    const { read, coverage } = start();
    read('21T08:00', '21T20:00');
    for (let minute = 10; minute < 40; minute++)
      read(`22T01:${minute}`, `22T01:${minute + 15}`, { outcome: 'short', serverTotal: 9, eventsSeen: 8 });
    read('22T05:00', '22T06:00', { outcome: 'short', serverTotal: 9, eventsSeen: 6 });

    expect(coverage().serverTotal).toBe(4);
  });

  it('lacks what a second reading found short, and what was read without all permissions', () => {
    const { store, id, read, coverage } = start();
    read('21T08:00', '22T08:00');
    store.gaps.record(id, '2026-11-21T10:00:00.000Z', '2026-11-21T13:00:00.000Z', 7);
    store.backlog.add(id, 'visibility', '2026-11-21T12:00:00.000Z', '2026-11-21T14:00:00.000Z');
    store.backlog.add(id, 'reread', '2026-11-20T12:00:00.000Z', '2026-11-22T07:00:00.000Z');

    const { share, gaps, serverTotal, coveredToAt } = coverage();

    expect(gaps).toEqual([{ fromAt: '2026-11-21T10:00:00.000Z', toAt: '2026-11-21T14:00:00.000Z' }]);
    expect(share).toBeCloseTo(20 / 24);
    expect(serverTotal).toBe(7);
    expect(coveredToAt).toBe(TO);
  });

  it('reaches only to where older time is still to be read', () => {
    const { store, id, read, coverage } = start();
    read('22T00:00', '22T08:00');
    store.backlog.add(id, 'outage', '2026-11-21T09:30:00.000Z', '2026-11-22T00:00:00.000Z');

    expect(coverage()).toMatchObject({ coveredToAt: '2026-11-21T09:30:00.000Z' });
  });

  it('says in words what the monitor cannot see', () => {
    const { store, id, coverage } = start();
    addFinding(store, id, {
      rule: 'monitor_visibility_shrunk',
      keyId: 'default',
      title: 'default: the account octowatch lost EventView',
      firstSeenAt: FROM,
    });
    expect(coverage().visibility).toBe('default: the account octowatch lost EventView');

    store.instances.setFacts(id, { version: '2018.1', installationId: null }, 'plain');

    expect(coverage().visibility).toContain('lost EventView The server gave only its plain list of events');
  });
});

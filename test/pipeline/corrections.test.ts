import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildStory, STORY, startSimulatedOctopus } from '../../src/demo/index.ts';
import { readRows } from '../support/canonical.ts';
import { differencesOf, judgedState } from '../support/corrected.ts';
import { createMonitor, type LogLine, makeFolder } from '../support/monitor.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const NOW = Date.parse('2026-11-16T07:40:00Z');

/** A monitor of the demo's company whose configuration can be written anew between two starts. */
async function startCompany() {
  const { state } = buildStory({ nowMs: NOW });
  const server = await startSimulatedOctopus({ state });
  const { folder, remove } = makeFolder();
  onTestFinished(async () => {
    await server.close();
    remove();
  });
  const clock = steppingClock(NOW);
  state.now = clock.now;
  return {
    clock,
    /** One `run --once` on a database of that name, by a configuration. */
    async run(name: string, yaml: string) {
      const log: LogLine[] = [];
      const printed: string[] = [];
      writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
      const db = path.join(folder, `${name}.db`);
      const env = {
        OCTOPUS_API_KEY: STORY.monitorApiKey,
        OCTOWATCH_TIMEZONE: '',
        OCTOWATCH_BACKFILL: `${STORY.days}d`,
      };
      const console = { write: (text: string) => printed.push(text), colour: false, width: 100 };
      await createMonitor({ octopusUrl: server.url, db, clock, env, log, console }).runOnce();
      return { db, log, printed };
    },
  };
}

describe('a corrected configuration', () => {
  it.each([
    ['the zone', 'timezone: Australia/Sydney\n', 'timezone: Europe/London\n'],
    ['the production list', 'timezone: Europe/London\nproduction: [Nothing]\n', 'timezone: Europe/London\n'],
    ['what counts as production, to less', 'timezone: Europe/London\nproduction: ["*"]\n', 'timezone: Europe/London\n'],
    [
      'hours, holidays and a freeze',
      'timezone: Europe/London\ncalendar: { hours: { mon-sun: "00:00-24:00" } }\n',
      `timezone: Europe/London
calendar:
  hours: { mon-fri: "09:00-17:00" }
  holidays: ["2026-11-11"]
  freezes: [{ from: 2026-11-01, to: 2026-11-12, name: Audit }]
`,
    ],
  ])('of %s leaves what a fresh start with the right one has', async (_, wrong, right) => {
    const company = await startCompany();
    await company.run('corrected', wrong);

    const { db } = await company.run('corrected', right);

    const fresh = await company.run('fresh', right);
    expect(differencesOf(db, fresh.db)).toEqual({});
    expect(judgedState(db)['openFindings']?.length).toBeGreaterThan(3);
    expect(readRows(db, 'SELECT * FROM _rejudgements WHERE finished_at IS NULL')).toEqual([]);
  });
});

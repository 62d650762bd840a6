import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { createApp } from '../app.ts';
import { bindParameters, findQuestion, runQuery } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { buildStory, STORY, startSimulatedOctopus, storyAnchor } from '../demo/index.ts';
import { systemClock } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { createLog } from './log.ts';
import { renderRows } from './output.ts';
import { lookOf } from './terminal.ts';

const TOUR = ['production-deployments-by-person', 'sensitive-variable-edits', 'failed-sign-ins-by-address-and-account'];

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole product against an embedded simulated Octopus; no credentials needed')
    .option('--keep <file>', 'where to put the database (default: a new temporary folder)')
    .option('--serve <port>', 'only run the simulated Octopus, for a monitor of your own to poll')
    .option('--listen <address>', 'address the simulated Octopus listens on', '127.0.0.1')
    .addHelpText(
      'after',
      `
The simulated company's ninety days end on the last Monday, 07:40 London time, so that its last hours lie at night.

Examples:
  $ octowatch demo
  $ octowatch demo --keep demo.db && OCTOWATCH_DB=demo.db octowatch query --schema
  $ octowatch demo --serve 8090`,
    )
    .action(async (options: { keep?: string; serve?: string; listen: string }) => {
      if (options.serve === undefined) process.exitCode = await demo(options.keep);
      else await serve(options.serve, options.listen);
    });
}

async function demo(keep: string | undefined): Promise<number> {
  const startedAtMs = Date.now();
  const nowMs = storyAnchor(startedAtMs);
  const story = buildStory({ nowMs });
  const server = await startSimulatedOctopus({ state: story.state });
  const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-demo-'));
  const db = keep ? path.resolve(keep) : path.join(folder, 'octowatch.db');
  // Only what the demo itself sets: it must not reach a real server, nor tell a real Slack channel.
  const env = {
    OCTOPUS_URL: server.url,
    OCTOPUS_API_KEY: STORY.monitorApiKey,
    OCTOWATCH_DB: db,
    OCTOWATCH_TIMEZONE: STORY.zone,
    OCTOWATCH_BACKFILL: `${STORY.days}d`,
  };
  const config = loadConfig({ env, cwd: folder, needs: 'poll' });
  // The story's clock: it stands at the story's end and goes on from there.
  const clock = { now: () => nowMs + (Date.now() - startedAtMs), sleep: systemClock.sleep };
  const look = lookOf(process.stdout);
  say(`Octowatch demo: a simulated Octopus at ${server.url} with ${STORY.days} days of a small fictional company.\n`);
  try {
    const app = createApp({
      config,
      log: await createLog(process.env['LOG_LEVEL'] ?? 'warn'),
      isOneShot: true,
      console: { write: (text) => process.stdout.write(text), ...look },
      clock,
    });
    const { isComplete } = await app.runOnce();
    await tour(db, look);
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    say(`Done in ${seconds} s. The database lies at ${db}`);
    say(`Ask it yourself:  OCTOWATCH_DB=${db} npx octowatch query "SELECT * FROM findings"`);
    return isComplete ? 0 : 1;
  } finally {
    await server.close();
  }
}

async function tour(db: string, look: { width: number; colour: boolean }): Promise<void> {
  say('What an auditor would ask:\n');
  for (const name of TOUR) {
    const question = findQuestion(name);
    const { columns, rows } = await runQuery({ dbFile: db, sql: question.sql, params: bindParameters(question) });
    say(`${question.title}\n  $ octowatch query --saved ${name}\n`);
    say(renderRows(columns, rows.slice(0, 8), 'table', look).text);
    if (rows.length > 8) say(`… and ${rows.length - 8} more rows\n`);
  }
}

async function serve(portText: string, host: string): Promise<void> {
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--serve takes a port, not "${portText}"`);
  const { state } = buildStory({ nowMs: storyAnchor(Date.now()) });
  state.now = () => Date.now();
  const server = await startSimulatedOctopus({ state, port, host });
  say(`A simulated Octopus listens at ${server.url}; its API key is ${STORY.monitorApiKey}. Stop it with Ctrl-C.`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await server.close();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { loadRulePack } from '../detect/index.ts';
import { OctowatchError } from '../lib/errors.ts';
import { plural } from '../lib/text.ts';
import { createZone } from '../lib/zone.ts';
import { createPruner, longestTimespanMs, type Pruner } from '../pipeline/prune.ts';
import { openStore } from '../store/index.ts';
import { VERSION } from '../version.ts';

export function addPrune(program: Command): void {
  program
    .command('prune')
    .description('remove what retention says is old; `octowatch run` does it once a day')
    .option('--dry-run', 'say what would go and change nothing')
    .addHelpText(
      'after',
      `
How long rows are kept is in octowatch.yaml under retention. What an open or acknowledged finding cites stays. The chain of
evidence still holds: octowatch verify tells how many links are of rows that retention has removed.

Examples:
  $ octowatch prune --dry-run
  $ octowatch prune`,
    )
    .action(async ({ dryRun }: { dryRun?: boolean }) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules' });
      if (!existsSync(config.db)) throw new OctowatchError(`there is no database at ${config.db}`);
      const zone = createZone(config.timeZone);
      const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders: config.placeholders, zone });
      const store = openStore(config.db, { monitorVersion: VERSION, chainKey: config.chainKey });
      try {
        store.chain.assertKey();
        const pruner = createPruner({
          store,
          retention: config.retention,
          longestTimespanMs: longestTimespanMs(pack.ruleSet.correlations),
        });
        const nowMs = Date.now();
        describe(pruner, nowMs);
        if (dryRun) process.stdout.write('Nothing was changed.\n');
        else await pruneAll(pruner, nowMs);
      } finally {
        store.close();
      }
    });
}

async function pruneAll(pruner: Pruner, nowMs: number): Promise<void> {
  while (!pruner.pruneSome(nowMs).isDone) await nextTurn();
  process.stdout.write('Done. Free space in the file is used again.\n');
}

const NOUNS = {
  events: ['event', 'events'],
  findings: ['resolved finding', 'resolved findings'],
  journal: ['journal entry', 'journal entries'],
  deliveries: ['delivery', 'deliveries'],
  coverage: ['polled window', 'polled windows'],
} as const;

function describe(pruner: Pruner, nowMs: number): void {
  const { counts, cutoffs } = pruner.due(nowMs);
  for (const kind of ['events', 'findings', 'journal', 'deliveries', 'coverage'] as const) {
    const before = cutoffs[kind];
    const what =
      before === null
        ? `${NOUNS[kind][1]}: kept for ever`
        : `${plural(counts[kind], NOUNS[kind][0], NOUNS[kind][1])} before ${before}`;
    process.stdout.write(`${what}\n`);
  }
}

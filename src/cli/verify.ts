import path from 'node:path';
import type { Command } from 'commander';
import { type Verification, verifyChain } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { createProgressLine, describeProgress } from './terminal.ts';
import { checkPack } from './verify-pack.ts';

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('recompute the chain of what was stored and name what was altered')
    .option('--head <hash>', 'a head from an old digest or log: it must be a link of this chain')
    .option('--db <file>', 'a copy of the database instead of the configured one')
    .option('--pack <folder>', 'check an audit pack instead; no database is needed')
    .addHelpText(
      'after',
      `
Every stored event, finding and journal entry is compared with its link, as of one moment; nothing is written. Exit code 0:
all holds; 3: something does not, and the first such thing is named. A chain that is sealed needs OCTOWATCH_CHAIN_KEY.

Examples:
  $ octowatch verify
  $ octowatch verify --head 41902:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  $ octowatch verify --db evidence/octowatch.db
  $ octowatch verify --pack octowatch-2026-10`,
    )
    .action(async (options: VerifyOptions) => {
      process.exitCode = await run(options);
    });
}

type VerifyOptions = { readonly head?: string; readonly db?: string; readonly pack?: string };

async function run(options: VerifyOptions): Promise<number> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  if (options.pack !== undefined) {
    if (options.head !== undefined || options.db !== undefined)
      throw new UsageError('--pack checks a folder of files: it goes with neither --head nor --db');
    return checkPack(options.pack, config.chainKey);
  }
  const progress = createProgressLine();
  const result = await verifyChain({
    dbFile: options.db === undefined ? config.db : path.resolve(options.db),
    secret: config.chainKey,
    head: options.head,
    onProgress: (links, ofLinks) =>
      progress.show(describeProgress(links, 'links verified', links / Math.max(1, ofLinks))),
  });
  progress.clear();
  const lines = result.broken ? brokenLines(result) : soundLines(result, options.head !== undefined);
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
  return result.broken ? 3 : 0;
}

function brokenLines({ broken, links, head }: Verification): string[] {
  const until = links === 0 || broken?.problem === 'head' ? [] : [`${many(links, 'link')} before that hold.`];
  return [
    `The chain is BROKEN: ${broken?.what}.`,
    ...until,
    ...(broken?.problem === 'head' && head ? [`head ${head.number}:${head.hash} (${head.storedAt})`] : []),
    'Keep the database as it is, with its -wal file, and compare it with a backup from before.',
  ];
}

function soundLines(result: Verification, isHeadGiven: boolean): string[] {
  const { links, rows, erased, pruned, head, droppedThrough, sealedFrom, keyId, found } = result;
  const lines = [
    `The chain holds: ${many(links, 'link')}; ${many(rows.event, 'event')}, ${many(rows.finding, 'finding')} and ${many(rows.journal, 'journal entry', 'journal entries')} are what was stored.`,
  ];
  if (erased > 0)
    lines.push(`Of ${many(erased, 'event')} the text was erased; what is left of them is as it was linked then.`);
  if (pruned > 0) lines.push(`${many(pruned, 'link')} are of rows that retention has removed.`);
  if (droppedThrough > 0)
    lines.push(
      `The chain begins at link ${droppedThrough + 1}: retention has dropped those before, and a checkpoint says so.`,
    );
  lines.push(head ? `head ${head.number}:${head.hash} (${head.storedAt})` : 'head none: nothing was stored yet');
  if (found)
    lines.push(
      `The head given is link ${found.number}${found.storedAt ? ` of ${found.storedAt}` : ''}: what was stored until then is what was stored then.`,
    );
  if (sealedFrom) {
    lines.push(`Sealed with key ${keyId} from link ${sealedFrom.number} (${sealedFrom.storedAt}) on.`);
  } else {
    lines.push(
      'NOT proven: the chain is not sealed with a key, so whoever can write the database can compute all of it anew (set OCTOWATCH_CHAIN_KEY, and keep it from them).',
    );
  }
  if (!isHeadGiven) {
    lines.push(
      'NOT proven: that nothing is missing at the end. A chain that was cut off is whole: give --head with a head from a digest or another place outside.',
    );
  }
  return lines;
}

/** `1 link`, `41,902 links`. */
function many(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : nouns}`;
}

import path from 'node:path';
import { verifyPack } from '../audit/index.ts';
import { plural, printable } from '../lib/text.ts';
import { createProgressLine } from './terminal.ts';

/** Checks an audit pack, prints what is wrong with it, and returns the exit code: 3 when something is. */
export function checkPack(folder: string, key: string | null): number {
  const progress = createProgressLine();
  const { problems, unproven, manifest, files } = verifyPack(path.resolve(folder), {
    key,
    onFile: (file, share) => progress.show(`${file} (${Math.floor(share * 100)} %)`),
  });
  progress.clear();
  const lines =
    problems.length > 0
      ? [
          `The pack is NOT what was exported: ${plural(problems.length, 'problem')}.`,
          ...problems.map((one) => `- ${one}`),
        ]
      : [`The pack is whole: ${plural(files, 'file')}, as the manifest says.`];
  if (manifest) {
    const { exported, period, rows } = manifest;
    lines.push(
      `Exported ${exported.at} by ${exported.osUser} on ${exported.host}, Octowatch ${exported.octowatch}`,
      `Period ${period.fromDay} to ${period.toDay} (UTC): ${plural(rows['events'] ?? 0, 'event')}, ${plural(rows['findings'] ?? 0, 'finding')}`,
      manifest.coverage,
      `Head of the chain then: ${manifest.chainHead ?? 'none'}`,
    );
  }
  lines.push(...unproven.map((one) => `Not proven: ${one}.`));
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
  return problems.length > 0 ? 3 : 0;
}

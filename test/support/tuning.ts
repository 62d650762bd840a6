import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadRulePack, type RulePack } from '../../src/detect/index.ts';
import { createCalendar, createEventJudge, createProductionMatcher, createZone } from '../../src/enrich/index.ts';
import { backtest } from '../../src/pipeline/backtest.ts';
import { replayedFacts, type Store } from '../../src/store/index.ts';

const calendar = createCalendar({ zone: createZone('UTC') });

export const tuningJudge = createEventJudge({ calendar, production: createProductionMatcher(undefined) });

/** A correlation named `tuned` over failed sign-ins whose condition is, in the file, `operator: limit`. */
export type TunedCorrelation = {
  readonly type: string;
  readonly groupBy: string;
  readonly field: string | null;
  readonly operator: string;
  readonly limit: number;
};

/** Loads it from a file, as anybody's rule is loaded. */
export function tunedPack(folder: string, { type, groupBy, field, operator, limit }: TunedCorrelation): RulePack {
  const file = path.join(folder, 'tuned.yml');
  const observed = field === null ? '' : `    field: ${field}\n`;
  writeFileSync(
    file,
    `title: Failed sign-in
name: failure
logsource: { product: octopus, service: audit }
detection: { selection: { Category: LoginFailed }, condition: selection }
---
title: Tuned
name: tuned
status: stable
level: medium
correlation:
  type: ${type}
  rules: [failure]
  group-by: [${groupBy}]
  timespan: 10m
  condition:
${observed}    ${operator}: ${limit}
octowatch: { window: 2h }
`,
  );
  const pack = loadRulePack([file], {}, { areExamplesRequired: false });
  if (pack.mistakes.length > 0) throw new Error(JSON.stringify(pack.mistakes));
  return pack;
}

/** How many findings of a rule a backtest over all stored history makes, whether another rule's took them in or not. */
export async function backtestFindings(source: Store, pack: RulePack, rule: string): Promise<number> {
  const replayed = await backtest({
    source,
    pack,
    judge: tuningJudge,
    calendar: calendar.describe(),
    fromInstant: '2000-01-01T00:00:00.000Z',
  });
  const findings = replayedFacts(replayed.db).findings();
  replayed.close();
  return findings.filter((one) => one.rule === rule).length;
}

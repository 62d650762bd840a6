import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRulePack } from '../../src/detect/index.ts';
import { makeFolder } from '../support/monitor.ts';

test('findings of rules about API keys cannot be taken in, for they would open anew at each reading', () => {
  const { folder, remove } = makeFolder();
  onTestFinished(remove);
  const file = path.join(folder, 'rules.yml');
  const rule = (name: string, source: string, more: string) =>
    `title: ${name}\nname: ${name}\nlogsource: {product: octopus, ${source}}\ndetection: {s: {Purpose: x}, condition: s}\n${more}`;
  writeFileSync(
    file,
    [
      rule('idle', 'category: api_key', ''),
      rule('act', 'service: audit', ''),
      rule('worse', 'category: api_key', 'octowatch:\n  supersedes: [act, idle]\n'),
    ].join('---\n'),
  );

  const { mistakes, rules } = loadRulePack([file], {}, { areExamplesRequired: false });

  expect(mistakes).toMatchObject([{ file, message: expect.stringContaining('`supersedes` names `idle`') }]);
  expect(rules.get('worse')?.attributes.supersedes).toEqual(['act']);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeViews } from '../../src/audit/index.ts';
import { openStore } from '../../src/store/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-views-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function migratedViews() {
  const file = path.join(folder, 'octowatch.db');
  openStore(file, { monitorVersion: 'test' }).close();
  return describeViews(file);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function renderViews(): string {
  const views = migratedViews().flatMap(({ view, description, columns }) => [
    `## \`${view}\``,
    '',
    description,
    '',
    '| column | meaning |',
    '| --- | --- |',
    ...columns.map((column) => `| \`${column.name}\` | ${cell(column.description)} |`),
    '',
  ]);
  return [
    '# Views: what auditors query',
    '',
    '<!-- Written from the migrations by `npx vitest run test/docs/views.test.ts -u`. Do not edit. -->',
    '',
    'The views are a contract: columns may be added, never renamed. Tables are private and begin with an underscore. Times are',
    'UTC text, `YYYY-MM-DDTHH:MM:SS.mmmZ`, which sorts and compares as it is. `octowatch query --schema` prints the same, and',
    'the file opens in any SQLite tool of version 3.40 or newer.',
    '',
    ...views,
    'Ready-made questions over these views: [questions.md](questions.md).',
    '',
  ].join('\n');
}

describe('docs/views.md', () => {
  test('is what the database says of its views', async () => {
    await expect(renderViews()).toMatchFileSnapshot('../../docs/views.md');
  });

  test('leaves no view and no column without a meaning', () => {
    const silent = migratedViews().flatMap(({ view, description, columns }) => [
      ...(description === '' ? [view] : []),
      ...columns.filter((column) => column.description === '').map((column) => `${view}.${column.name}`),
    ]);

    expect(silent).toEqual([]);
  });
});

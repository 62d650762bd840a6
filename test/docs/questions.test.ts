import { describe, expect, test } from 'vitest';
import { CONTROLS, type Framework } from '../../src/audit/controls.ts';
import { loadQuestions } from '../../src/audit/index.ts';
import { wrapText } from '../../src/lib/wrap.ts';

const FULL_NAMES = {
  'SOC 2': 'SOC 2 (Trust Services Criteria 2017, points of focus of 2022)',
  'ISO 27001': 'ISO/IEC 27001:2022, annex A',
  'PCI DSS': 'PCI DSS 4.0.1',
  NIST: 'NIST SP 800-53, revision 5',
} satisfies Record<Framework, string>;

function renderQuestions(): string {
  const questions = loadQuestions();
  const list = questions.flatMap(({ name, title, description, parameters, controls }) => [
    `## \`${name}\``,
    '',
    ...wrapText(`**${title}.** ${description}`, 120, ''),
    '',
    ...(parameters.length === 0
      ? []
      : [
          '| parameter | type | default | meaning |',
          '| --- | --- | --- | --- |',
          ...parameters.map(
            (one) => `| \`${one.name}\` | ${one.type} | ${one.default ?? 'none'} | ${one.description} |`,
          ),
          '',
        ]),
    ...wrapText(
      `Serves ${controls.map(({ framework, ids }) => `${framework} ${ids.join(', ')}`).join('; ')}.`,
      120,
      '',
    ),
    '',
  ]);
  const frameworks = (Object.keys(CONTROLS) as Framework[]).flatMap((framework) => [
    `### ${FULL_NAMES[framework]}`,
    '',
    '| control | in our words | questions |',
    '| --- | --- | --- |',
    ...Object.entries(CONTROLS[framework]).map(([id, meaning]) => {
      const serving = questions.filter((question) =>
        question.controls.some((one) => one.framework === framework && one.ids.includes(id)),
      );
      return `| ${id} | ${meaning} | ${serving.map((one) => `\`${one.name}\``).join(', ')} |`;
    }),
    '',
  ]);
  return [
    '# Saved questions',
    '',
    '<!-- Written from src/audit/questions by `npx vitest run test/docs/questions.test.ts -u`. Do not edit. -->',
    '',
    'Each is one statement over the [documented views](views.md) and answers without parameters; `octowatch query --list` lists',
    'them. Parameters are given with `--param name=value`: a `date` is a whole day, UTC, and the last day of a period belongs to',
    'it. FACT, INF and UNKNOWN say how sure it is what Octopus writes: stated by its vendor, inferred, or not found anywhere.',
    '',
    '```sh',
    'octowatch query --saved production-deployments-by-person --param from=2026-10-01 --param to=2026-10-31 --format csv',
    'octowatch query --saved production-deployments-off-hours --sample 25 --seed 2026-Q4',
    '```',
    '',
    'An answer serves a control as evidence that something was logged, reviewed or detected. It does not by itself show that the',
    'control works; the [coverage](#coverage) of the period belongs to every answer.',
    '',
    ...list,
    '## By control',
    '',
    ...frameworks,
  ].join('\n');
}

describe('docs/questions.md', () => {
  test('is what the questions say of themselves', async () => {
    await expect(renderQuestions()).toMatchFileSnapshot('../../docs/questions.md');
  });

  test('leaves no listed control without a question', () => {
    const idle = (Object.keys(CONTROLS) as Framework[]).flatMap((framework) =>
      Object.keys(CONTROLS[framework])
        .filter(
          (id) => !loadQuestions().some((q) => q.controls.some((c) => c.framework === framework && c.ids.includes(id))),
        )
        .map((id) => `${framework} ${id}`),
    );

    expect(idle).toEqual([]);
  });
});

import { MONITOR_RULES } from '../../src/detect/index.ts';
import { wrapText } from '../../src/lib/wrap.ts';
import { techniquesOf } from '../rules/attack.ts';
import { FINDING_RULES, folderOf, SHIPPED_RULES, type ShippedRule } from '../rules/shipped.ts';

const WIDTH = 120;
const ALERTING = 'stable';

/** The parts of the page, in the order of reading: the folders of `rules/`. */
const PARTS = {
  deployments: 'Deployments and runbooks',
  variables: 'Variables, accounts and certificates',
  'sign-ins': 'Sign-ins',
  'api-keys': 'API keys',
  'audit-trail': 'Guarding the audit trail',
};

/** The whole of `docs/rules.md`. */
export function renderRules(): string {
  return [
    '# Rules',
    '',
    '<!-- Written from rules/ by `npx vitest run test/docs/rules.test.ts -u`. Do not edit. -->',
    '',
    'The rules that are shipped. Those with a bold level alert (`status: stable`); the others are in `test`: what they find is stored',
    'and listed in the digest, and told to nobody until you make them `stable`. A second level is one to which circumstances raise',
    'or lower the finding; the section of the rule says which. `octowatch.yaml` switches rules off and sets levels and numbers',
    '([configuration.md](configuration.md)); [writing-rules.md](writing-rules.md) says how a rule is written.',
    '',
    '| rule | level | what it finds | ATT&CK |',
    '| --- | --- | --- | --- |',
    ...Object.keys(PARTS).flatMap((folder) => rulesOf(folder).map(row)),
    '',
    ...wrapped(`What Octowatch finds about itself has no file: ${named(MONITOR_RULES)} ([alerts.md](alerts.md)).`, ''),
    '',
    ...Object.entries(PARTS).flatMap(([folder, title]) => [`## ${title}`, '', ...rulesOf(folder).flatMap(paragraph)]),
  ].join('\n');
}

function rulesOf(folder: string): readonly ShippedRule[] {
  return FINDING_RULES.filter((one) => folderOf(one) === folder);
}

function row({ rule, compiled }: ShippedRule): string {
  const own = rule.status === ALERTING ? `**${rule.level}**` : rule.level;
  const others = [...new Set(rule.attributes.levels.map((one) => one.level))].filter((one) => one !== rule.level);
  const techniques = techniquesOf(compiled.document.tags).map(
    (id) => `[${id}](https://attack.mitre.org/techniques/${id.replace('.', '/')}/)`,
  );
  const cells = [`[\`${rule.name}\`](#${rule.name})`, [own, ...others].join(', '), rule.title, techniques.join(', ')];
  return `| ${cells.join(' | ')} |`;
}

function paragraph({ rule, compiled }: ShippedRule): string[] {
  const { levels, respond, supersedes } = rule.attributes;
  const alerts = rule.status === ALERTING ? 'it alerts' : 'in test, it does not alert';
  return [
    `### \`${rule.name}\``,
    '',
    ...wrapped(`**${rule.title}** (${rule.level}; ${alerts}). ${flat(rule.description ?? '')}`, ''),
    '',
    ...levels.flatMap((one) => item(`${one.level}, if \`${one.when}\`: ${one.because ?? ''}`)),
    ...item(`Can be harmless: ${rule.falsePositives.map(inSentence).join('; ')}.`),
    ...respond.flatMap((step, index) => item(`Step ${index + 1}: ${step}`)),
    ...(supersedes.length === 0 ? [] : item(`Takes in the findings of ${named(supersedes)}.`)),
    ...('timespanMs' in compiled ? item(`Counts ${named(compiled.rules.map((one) => one.key))}.`) : []),
    '',
  ];
}

/** How a correlation's halves are called: they have no section, for they find nothing alone. */
function named(names: readonly string[]): string {
  return names
    .map((name) =>
      SHIPPED_RULES.some(({ rule }) => rule.name === name && rule.yieldsFindings) ? link(name) : `\`${name}\``,
    )
    .join(', ');
}

function link(name: string): string {
  return `[\`${name}\`](#${name})`;
}

function item(text: string): string[] {
  const [first = '', ...rest] = wrapped(text, '  ');
  return [`- ${first.trimStart()}`, ...rest];
}

function wrapped(text: string, indent: string): string[] {
  return wrapText(text, WIDTH, indent);
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** "A person who …" within a sentence; words that are names keep their capital. */
function inSentence(text: string): string {
  return /^(An?|The|One|It|Its|Every|Somebody|Disk|Credentials|Operations|Automation|Servers) /.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}

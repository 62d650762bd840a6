import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { configFile } from '../../src/config-file.ts';
import { readKeyRegister } from '../../src/config-keys.ts';
import { KEYS_FIELDS } from '../../src/config-keys-file.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { MAY_WORDS } from '../../src/model/register.ts';
import type { OctowatchAttributes } from '../../src/model/rule.ts';
import { runExamples } from '../../src/pipeline/examples.ts';
import { CHECKOUT, readText } from '../support/checkout.ts';

const PAPERS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(CHECKOUT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const sources = readdirSync(path.join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readText(path.join('src', file)));
const readme = readText('README.md');
const configuration = readText('docs/configuration.md');
const rulesPage = readText('docs/writing-rules.md');

/** All commands as the program has them: each module of `src/cli/` exports functions that add theirs. */
async function allCommands(): Promise<{ name: string; help: string }[]> {
  const program = new Command('octowatch');
  for (const file of readdirSync(path.join(CHECKOUT, 'src/cli'))) {
    const module = (await import(path.join(CHECKOUT, 'src/cli', file))) as Record<string, unknown>;
    for (const [name, add] of Object.entries(module)) {
      // Subcommands are added by their own command, with an argument more.
      if (/^add[A-Z]/.test(name) && typeof add === 'function' && add.length === 1) add(program);
    }
  }
  return program.commands.flatMap((command) => leaves(command, command.name()));
}

function leaves(command: Command, name: string): { name: string; help: string }[] {
  if (command.commands.length > 0) return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return [{ name, help }];
}

const commands = await allCommands();

describe('commands', () => {
  it('are the ones this test knows how to find', () => {
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(['run', 'demo', 'query', 'rules check']));
  });

  it.each(commands)('$name is in the README and shows examples in its help', ({ name, help }) => {
    expect(readme).toMatch(new RegExp(`\\boctowatch(\\.js)? ${name}\\b|npm run ${name}\\b`));
    expect(help).toMatch(new RegExp(`\\nExamples:\\n(  \\$ .*\\n)*  \\$ (\\w+=\\S+ )*octowatch ${name}\\b`));
  });

  it('that are shown in a paper exist', () => {
    const known = new Set(commands.flatMap(({ name }) => [name, name.split(' ')[0] ?? '']));

    for (const paper of PAPERS) {
      const shown = [...codeOf(readText(paper)).matchAll(/^(?:\$ )?(?:\w+=\S+ )*octowatch (rules \w+|\w+)/gm)];
      expect(
        shown.map((match) => match[1] ?? '').filter((name) => !known.has(name)),
        paper,
      ).toEqual([]);
    }
  });
});

describe('settings', () => {
  const variables = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/env\['([A-Z_]+)'\]|'((?:OCTOWATCH|OCTOPUS|SLACK|LOG)_[A-Z_]+)'/g)].map(
        (match) => match[1] ?? match[2] ?? '',
      ),
    ),
  );
  // The terminal's own word about itself, no setting of ours.
  variables.delete('TERM');

  it.each([...variables].sort())('variable %s is documented', (name) => {
    expect(configuration).toContain(`\`${name}\``);
  });

  it('of the README exist', () => {
    const named = [...readme.matchAll(/\b(?:OCTOWATCH|OCTOPUS|SLACK|LOG)_[A-Z_]+\b/g)].map((match) => match[0]);

    // Further channels have the variable of their kind with their own name behind it.
    const isKnown = (name: string) =>
      variables.has(name.replace(/_FILE$/, '')) || /^SLACK_WEBHOOK_URL_[A-Z]+$/.test(name);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });

  it.each(Object.keys(configFile.shape))('key %s of octowatch.yaml is documented', (key) => {
    expect(configuration).toMatch(new RegExp(`\`${key}(\\.\\w+)?\``));
  });

  it('of the key register are in docs/keys.md, whose whole example loads', () => {
    const page = readText('docs/keys.md');
    const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-keys-'));
    const mistakes: string[] = [];

    const registers = yamlBlocks(page).map((block, index) => {
      const file = path.join(folder, `${index}.yml`);
      writeFileSync(file, block);
      return readKeyRegister(file, mistakes);
    });

    rmSync(folder, { recursive: true });
    expect(mistakes).toEqual([]);
    expect(registers.map((register) => register?.entries.length)).toEqual([4]);
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    const named = new Set(rows.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')));
    expect([...KEYS_FIELDS.entry, ...KEYS_FIELDS.match, ...MAY_WORDS].filter((name) => !named.has(name))).toEqual([]);
  });

  it('of octowatch.example.yaml load, and adjust rules that are shipped', () => {
    const config = loadConfig({
      env: {
        OCTOWATCH_CONFIG: 'octowatch.example.yaml',
        OCTOPUS_URL: 'https://octopus.example',
        OCTOPUS_API_KEY: 'API-X',
      },
      cwd: CHECKOUT,
      needs: 'poll',
    });

    const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments);
    expect(pack.mistakes).toEqual([]);
    expect([...pack.rules.keys()]).toEqual(expect.arrayContaining(Object.keys(config.ruleAdjustments)));
    expect(Object.keys(config.ruleAdjustments).length).toBeGreaterThan(0);
  });
});

describe('rules', () => {
  it('have all their attributes documented', () => {
    // Typed so that a new attribute does not compile until it stands here.
    const attributes = {
      subject: 'subject',
      windowMs: 'window',
      levels: 'levels',
      summary: 'summary',
      why: 'why',
      respond: 'respond',
      supersedes: 'supersedes',
      threshold: 'threshold',
      examples: 'examples',
    } satisfies Record<keyof OctowatchAttributes, string>;

    for (const name of Object.values(attributes)) expect(rulesPage).toContain(`| \`${name}\` |`);
  });

  it('shown whole in docs/writing-rules.md load and keep the promises of their examples', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-rules-'));
    for (const [index, block] of yamlBlocks(rulesPage).entries())
      writeFileSync(path.join(folder, `${index}.yml`), block);

    const pack = loadRulePack([folder]);
    const { ran, failures } = runExamples(pack);

    rmSync(folder, { recursive: true });
    expect([...pack.mistakes, ...failures]).toEqual([]);
    expect(ran).toBeGreaterThan(1);
  });

  it('shown in part in the README say what the shipped ones say', () => {
    const shipped = readdirSync(path.join(CHECKOUT, 'rules'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yml'))
      .map((file) => flat(readText(path.join('rules', file))))
      .join('\n');
    const blocks = yamlBlocks(readme).filter((block) => block.includes('detection:'));
    const names = blocks.flatMap((block) => [...block.matchAll(/^name: (\w+)$/gm)].map((match) => match[1] ?? ''));
    const texts = blocks.flatMap((block) => [...block.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ''));

    for (const name of names) expect(shipped).toContain(`name: ${name}`);
    for (const text of texts) expect(shipped).toContain(flat(text));
    expect(names).toEqual(['off_hours_production_deploy']);
  });
});

describe('papers', () => {
  it.each(PAPERS)('%s links only to files and headings that exist', (paper) => {
    const broken = [...readText(paper).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !leadsSomewhere(paper, target));

    expect(broken).toEqual([]);
  });

  it.each(PAPERS)('%s keeps its lines short', (paper) => {
    const long = readText(paper)
      .split('\n')
      .filter((line) => line.length > 140 && !/^\||\]\(|^octowatch /.test(line));

    expect(long).toEqual([]);
  });

  it('README begins with the two commands of the quick start, each in a block of its own', () => {
    const blocks = [...readme.matchAll(/^( *)```(\w*)\n(.*?)^ *```/gms)];

    expect(blocks.slice(0, 2).map((match) => [match[2], match[3]])).toEqual([
      ['sh', 'npm ci && npm run demo\n'],
      ['sh', 'npm ci && npm test\n'],
    ]);
    expect(readme.slice(0, blocks[0]?.index).split('\n').length).toBeLessThan(25);
  });

  it('docs/decisions.md gives a reason for every package', () => {
    const { dependencies, devDependencies } = JSON.parse(readText('package.json')) as Record<string, object>;
    const decisions = readText('docs/decisions.md').toLowerCase();

    const packages = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'));
    expect(packages.filter((name) => !decisions.includes(name.replace(/^@biomejs\//, '')))).toEqual([]);
  });
});

function leadsSomewhere(paper: string, target: string): boolean {
  const [file = '', heading] = target.split('#');
  const place = file === '' ? paper : path.join(path.dirname(paper), file);
  if (!existsSync(path.join(CHECKOUT, place))) return false;
  return heading === undefined || headingsOf(readText(place)).includes(heading);
}

function yamlBlocks(text: string): string[] {
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => match[1] ?? '');
}

/** As GitHub makes them: small letters, spaces to hyphens, punctuation dropped. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What stands in shell blocks and between backticks, one a line. */
function codeOf(text: string): string {
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map((match) => (match[1] ?? '').replace(/^ +/gm, ''));
  const inline = [...text.replace(/^ *```.*?^ *```/gms, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...blocks, ...inline].join('\n');
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}

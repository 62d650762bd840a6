import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DraftKey, draftRegister } from '../../src/cli/keys-draft.ts';
import { initRegister } from '../../src/cli/keys-init.ts';
import { readKeyRegister } from '../../src/config-keys.ts';
import { createRegisterIndex, createZone } from '../../src/enrich/index.ts';
import { makeFolder } from '../support/monitor.ts';
import { NOON, smallHistory } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';
import { octowatch } from './octowatch.ts';

const { folder, remove } = makeFolder();
afterAll(remove);
const ZONE = createZone('UTC');
const OPTIONS = { day: '2026-03-02', evidenceDays: 90 };

function aDraftKey(fields: Partial<DraftKey> = {}): DraftKey {
  return {
    ...{ instance: 'default', keyId: 'apikeys-1', account: 'svc-build', purpose: 'Nightly', hint: 'API-AA' },
    ...{ createdAt: '2026-01-05T09:00:00.000Z', expiresAt: null, state: 'used', powers: [] },
    ...{ addresses: new Set<string>(), environments: new Map<string, string>() },
    ...fields,
  };
}

function read(text: string) {
  const file = path.join(folder, 'keys.yml');
  writeFileSync(file, text);
  const mistakes: string[] = [];
  const register = readKeyRegister(file, mistakes);
  return { register, mistakes };
}

/** Each key's entry, as its place among the entries; -1 without one. */
function entriesOf(text: string, keys: readonly DraftKey[]): number[] {
  const { register, mistakes } = read(text);
  expect(mistakes).toEqual([]);
  const index = createRegisterIndex(register ?? { sha256: '', entries: [] }, ZONE);
  return keys.map(({ instance, account, purpose, keyId, hint }) => {
    const found = index.find({ instance, account, purpose, id: keyId, hint });
    return found ? (register?.entries.indexOf(found.entry) ?? -1) : -1;
  });
}

/** Takes the # away from every guess that is right without it. */
function withGuesses(text: string): string {
  return text.replace(/^( {4})# ((?:system|stored|breaks|may|networks|environments|hours|rotate): .*)$/gm, '$1$2');
}

describe('a drafted register', () => {
  it('has an entry per account and purpose, whatever the case, in which only the owner is missing', () => {
    const keys = [
      aDraftKey(),
      aDraftKey({ keyId: 'apikeys-2', purpose: 'NIGHTLY' }),
      aDraftKey({ keyId: 'apikeys-3', account: 'dana' }),
      aDraftKey({ keyId: 'apikeys-4', purpose: '' }),
    ];

    const { text, entries } = draftRegister(keys, OPTIONS);

    expect(entries).toBe(3);
    expect(entriesOf(text, keys)).toEqual([0, 0, 1, 2]);
    expect(read(text).register?.entries.map((entry) => entry.owner)).toEqual([null, null, null]);
    expect(text.match(/TODO who answers for it/g)).toHaveLength(3);
  });

  it('names the instance where there are several', () => {
    const keys = [aDraftKey(), aDraftKey({ instance: 'eu' })];

    const { text } = draftRegister(keys, OPTIONS);

    expect(entriesOf(text, keys)).toEqual([0, 1]);
  });

  it('guesses from what was seen, and each guess is right once its # is taken away', () => {
    const key = aDraftKey({
      powers: ['deploy', 'deploy_production', 'something new'],
      addresses: new Set(['203.0.113.5', '::1', '2001:db8::7', 'nowhere']),
      environments: new Map([
        ['Environments-1', 'Production: [EU], #1'],
        ['Environments-2', 'a\n    owner: me'],
      ]),
    });

    const { text } = draftRegister([key], OPTIONS);

    expect(read(text).register?.entries[0]).toMatchObject({ may: null, networks: null, rotateDays: null });
    expect(read(withGuesses(text))).toMatchObject({
      mistakes: [],
      register: {
        entries: [
          {
            may: ['deploy', 'deploy_production'],
            networks: ['203.0.113.5', '::1', '2001:db8::7'],
            environments: ['Production: [EU], #1', 'Environments-2'],
            ...{ hours: 'business', rotateDays: 180 },
          },
        ],
      },
    });
  });

  it('of a key whose purpose looks like a secret does not hold it', () => {
    const key = aDraftKey({ purpose: 'API-ABCDEFGHIJKLMNOPQRSTUVWXYZ' });

    const { text } = draftRegister([key], OPTIONS);

    expect(text).not.toContain('ABCDEFGHIJKLMNOP');
    expect(entriesOf(text, [key])).toEqual([0]);
  });

  it('is valid and matches every key it was made from, whatever accounts and purposes are called', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        ...[
          '',
          ' ',
          '*',
          'svc-*',
          '# x',
          '- match: {}',
          'a: b',
          'yes',
          'null',
          '~',
          '1e3',
          '&a',
          '*a',
          '!!map',
          '"',
          "'",
        ],
        ...[
          'a\nowner: me',
          'a\r\n- b',
          'a\u2028# b',
          'a\u0085b',
          '\ud800',
          '\ufeff',
          'İ',
          'ß',
          '\u001b[2J',
          '%TAG',
          '---',
        ],
        'API-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        `long ${'word '.repeat(60)}`,
      ),
    );
    const key = fc.record({ account: fc.option(hostile), purpose: hostile, hint: fc.option(hostile) });

    fc.assert(
      fc.property(fc.array(key, { maxLength: 8 }), hostile, (some, environment) => {
        const keys = some.map((fields, index) =>
          aDraftKey({
            ...fields,
            keyId: `apikeys-${index}`,
            addresses: new Set([environment]),
            environments: new Map([['Environments-1', environment]]),
          }),
        );

        const { text, entries } = draftRegister(keys, OPTIONS);

        const at = entriesOf(text, keys);
        expect(new Set(at).size).toBe(entries);
        expect(at.includes(-1)).toBe(false);
        const written = parse(text) as { keys: Record<string, unknown>[] };
        for (const entry of written.keys) expect(Object.keys(entry)).toEqual(['match', 'owner']);
      }),
      { numRuns: 200 },
    );
  });
});

describe('octowatch keys --init', () => {
  it('writes a register from the ledger once, never over a file, and keys then tells what it lacks', async () => {
    const stage = await startStage({ state: smallHistory() });
    await stage.runOnce();
    const at = { cwd: stage.folder, env: { OCTOWATCH_DB: stage.db } };
    const file = path.join(stage.folder, 'keys.yml');

    const first = await octowatch(['keys', '--init'], at);

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toBe(
      'keys.yml: 3 entries for 3 live keys. Complete what is marked TODO; until then nobody answers for them.\n',
    );
    const text = readFileSync(file, 'utf8');
    const written = parse(text) as { keys: { match: object }[] };
    expect(written.keys.map((entry) => entry.match)).toEqual([
      { account: 'octowatch', purpose: 'octowatch' },
      { account: 'svc-deploy', purpose: 'nightly release' },
      { account: 'svc-deploy', purpose: 'old pipeline' },
    ]);

    const second = await octowatch(['keys', '--init'], at);
    mkdirSync(path.join(stage.folder, 'sub'));
    const elsewhere = await octowatch(['keys', '--init', 'sub/mine.yml'], at);
    const nowhere = await octowatch(['keys', '--init', 'none/mine.yml'], at);

    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('keys.yml is there already and was left as it is');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(elsewhere.code).toBe(0);
    expect(readFileSync(path.join(stage.folder, 'sub/mine.yml'), 'utf8')).toBe(text);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(existsSync(path.join(stage.folder, 'none'))).toBe(false);

    writeFileSync(file, 'keys:\n  - { match: { account: nobody }, owner: me }\n');
    const keys = await octowatch(['keys', '--format', 'csv'], at);

    expect(keys.code).toBe(0);
    expect(keys.stderr).toBe('the key register: keys.yml:2 (account `nobody`) is about no key\n');
  });

  it('guesses from the acts of the last 90 days', async () => {
    const stage = await startStage({ state: smallHistory() });
    await stage.runOnce();
    const draft = async (name: string, nowMs: number) => {
      await initRegister({ db: stage.db }, path.join(stage.folder, name), nowMs);
      return readFileSync(path.join(stage.folder, name), 'utf8');
    };

    const soon = await draft('soon.yml', NOON);
    const late = await draft('late.yml', NOON + 91 * 86_400_000);

    expect(soon).toContain('    # networks: [203.0.113.5] # TODO check: seen in 90 days\n');
    expect(soon).toContain('    # environments: [Production] # TODO check: seen in 90 days\n');
    expect(late).not.toContain('203.0.113.5');
  });

  it('without a database says so, and a mistake in the register is wrong usage of every command', async () => {
    const { folder: place, remove: clear } = makeFolder();
    const none = await octowatch(['keys', '--init'], { cwd: place });
    writeFileSync(path.join(place, 'keys.yml'), 'keys:\n  - match: { account: a }\n    ownr: b\n');
    const wrong = await octowatch(['findings'], { cwd: place });
    clear();

    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('there is no database');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(
      /keys\.yml:2:5: `owner` is missing\n.*keys\.yml:3:5: unknown field `ownr`, did you mean/,
    );
  });
});

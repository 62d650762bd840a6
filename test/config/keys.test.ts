import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { readKeyRegister } from '../../src/config-keys.ts';
import { makeFolder } from '../support/monitor.ts';

const { folder, remove } = makeFolder();
afterAll(remove);

/** A secret in the form of a key; nothing that is said may hold it. */
const SECRET = 'API-ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const whole = `version: 1
keys:
  - match: { instance: eu-*, account: svc-release, purpose: "Release *", hint: API-REL }
    owner: platform team
    system: CI
    purpose: deploys
    stored: vault
    may: [read, deploy, deploy_production, deploy_all_spaces, edit_variables, manage_users, administer]
    networks: [198.51.100.0/24, "2001:db8::/32", 192.0.2.7]
    environments: ["Prod*", Environments-1]
    hours: { mon-fri: "08:00-18:00" }
    rotate: 26w
    breaks: releases
  - match: { id: apikeys-1 }
    owner: unassigned
    hours: business
`;

function read(text: string) {
  const file = path.join(folder, 'keys.yml');
  writeFileSync(file, text);
  const mistakes: string[] = [];
  const register = readKeyRegister(file, mistakes);
  return { register, said: mistakes.map((one) => one.replace(`${file}:`, '')) };
}

/** An entry whose first line is the third of the file, with `line` at the seventh column of the fifth. */
function withLine(line: string) {
  return read(`keys:\n  - match:\n      account: svc\n    owner: me\n    ${line}\n`);
}

describe('a key register', () => {
  it('is read with all its answers, and unassigned is no owner', () => {
    const { register, said } = read(whole);

    expect(said).toEqual([]);
    expect(register?.entries).toHaveLength(2);
    expect(register?.entries[0]).toMatchObject({
      place: 'keys.yml:3',
      match: { instance: 'eu-*', account: 'svc-release', purpose: 'Release *', hint: 'API-REL' },
      owner: 'platform team',
      networks: ['198.51.100.0/24', '2001:db8::/32', '192.0.2.7'],
      rotateDays: 182,
    });
    expect(register?.entries[1]).toMatchObject({ place: 'keys.yml:14', owner: null, may: null, hours: 'business' });
  });

  it('may be empty: then every key is without an entry', () => {
    expect(read('keys: []\n')).toMatchObject({ register: { entries: [] }, said: [] });
  });

  it('that is not there is none', () => {
    const mistakes: string[] = [];

    expect(readKeyRegister(path.join(folder, 'none.yml'), mistakes)).toBeNull();
    expect(mistakes).toEqual([]);
  });

  it.each([
    ['an empty file', '', '1:1: `keys` is missing: the list of entries'],
    ['a list', '- a\n', '1:1: a register begins with `keys:`, the list of its entries'],
    ['another version', 'version: 2\nkeys: []\n', '1:10: `version` must be 1'],
    ['keys that are no list', 'keys: {}\n', '1:7: `keys` must be a list of entries'],
    ['an entry that is a text', 'keys:\n  - x\n', '2:5: must be an entry with match and owner'],
    ['a field twice', 'keys: []\nkeys: []\n', '2:1: not YAML: Map keys must be unique'],
    ['an open quotation mark', 'keys: "a\n', '2:1: not YAML: Missing closing "quote'],
    ['an alias bomb', `a: &a [${'x,'.repeat(50)}]\nkeys: [${'*a,'.repeat(200)}]\n`, '1:1: Excessive alias count'],
    ['no owner', 'keys:\n  - match: { account: a }\n', '2:5: `owner` is missing'],
    ['no match', 'keys:\n  - owner: a\n', '2:5: `match` must say which keys the entry is about'],
    [
      'a match by the instance alone',
      'keys:\n  - { match: { instance: a }, owner: b }\n',
      '2:14: `match` names no key',
    ],
    [
      'a misspelt field of a match',
      'keys:\n  - match: { purpose: a, acount: b }\n    owner: c\n',
      '2:26: unknown field `acount`, did you mean `account`?',
    ],
  ])('with %s is refused at its place', (_, text, message) => {
    const { register, said } = read(text);

    expect(register).toBeNull();
    expect(said[0]?.slice(0, message.length)).toBe(message);
  });

  it.each([
    ['ownr: me', '5:5: unknown field `ownr`, did you mean `owner`?'],
    ['system: 5', '5:13: `system` must be a text; put it in quotation marks'],
    ['system: ""', '5:13: `system` must not be empty'],
    ['may: deploy', '5:10: `may` must be a list, such as [a, b]'],
    ['may: []', '5:10: `may` must not be empty: leave it out to say nothing'],
    ['may: [read, deplyo]', '5:17: `may` `deplyo` is none of read, deploy,'],
    ['networks: [192.0.2.7/24]', '5:16: `networks` `192.0.2.7/24` has bits set behind its first 24'],
    ['networks: [10.0.0.0/8, home]', '5:28: `networks` `home` is no network'],
    ['environments: [5]', '5:20: `environments` must be a text'],
    ['hours: always', '5:12: `hours` must name days and their hours, such as mon: "08:00-18:00", or be `business`'],
    ['hours: { frday: "08:00-18:00" }', '5:14: `hours` `frday` is not a day'],
    ['hours: { mon: "8-18" }', '5:14: `hours` `mon` "8-18" is not a time span'],
    ['rotate: 180', '5:13: `rotate` must be a duration such as 180d'],
    ['rotate: 6 months', '5:13: `rotate` `6 months` is no duration'],
    ['rotate: 1h', '5:13: `rotate` takes from one day to ten years'],
    ['rotate: 99999999w', '5:13: `rotate` takes from one day to ten years'],
  ])('with an entry that says `%s` is refused at its place', (line, message) => {
    const { register, said } = withLine(line);

    expect(register).toBeNull();
    expect(said).toHaveLength(1);
    expect(said[0]?.slice(0, message.length)).toBe(message);
  });

  it('tells all its mistakes at once, in the order of the file', () => {
    const { said } = read(`keys:
  - match: { account: a }
    ownr: b
    hours: { someday: "08:00-18:00" }
    rotate: soon
  - owner: c
    networks: [nowhere]
key: 1
`);

    expect(said.map((one) => one.split(': ')[0])).toEqual(['2:5', '3:5', '4:14', '5:13', '6:5', '7:16', '8:1']);
  });

  it.each([
    ['as a text', `stored: ${SECRET}`],
    ['inside a text', `stored: "vault: ${SECRET}!"`],
    ['as a field', `${SECRET}: x`],
    ['as a wrong value', `networks: [${SECRET}]`],
    ['in a comment', `system: x # ${SECRET}`],
    ['in small letters', `stored: ${SECRET.toLowerCase()}1`],
    ['where YAML breaks', `stored: "${SECRET}`],
  ])('that holds what looks like an API key %s is refused without saying it', (_, line) => {
    const { said } = withLine(line);

    expect(said.some((one) => /^5:\d+: looks like an API key/.test(one))).toBe(true);
    expect(said.join('\n').toLowerCase()).not.toContain(SECRET.slice(4, 20).toLowerCase());
  });

  it('may name a system with a long word behind api-', () => {
    expect(withLine('system: rest-api-authenticationservice').said).toEqual([]);
  });
});

describe('the configuration', () => {
  const load = (env: Record<string, string>, needs: 'database' | 'rules' = 'rules') =>
    loadConfig({ env, cwd: folder, needs });

  it('finds keys.yml beside octowatch.yaml, or the file it names, or the one of OCTOWATCH_KEYS', () => {
    writeFileSync(path.join(folder, 'keys.yml'), 'keys: []\n');
    writeFileSync(path.join(folder, 'other.yml'), whole);
    writeFileSync(path.join(folder, 'named.yaml'), 'keysFile: other.yml\n');

    expect(load({}).keysFile).toBe(path.join(folder, 'keys.yml'));
    expect(load({ OCTOWATCH_CONFIG: 'named.yaml' }).keysFile).toBe(path.join(folder, 'other.yml'));
    expect(load({ OCTOWATCH_KEYS: 'other.yml' }).keysFile).toBe(path.join(folder, 'other.yml'));
  });

  it('has another hash for every register, and without one the hash it always had', () => {
    writeFileSync(path.join(folder, 'keys.yml'), 'keys: []\n');
    const empty = load({});
    writeFileSync(path.join(folder, 'keys.yml'), whole);
    const full = load({});
    rmSync(path.join(folder, 'keys.yml'));
    const none = load({});

    expect(none.register).toBeNull();
    expect(JSON.parse(none.description)).not.toHaveProperty('keys');
    expect(new Set([empty.sha256, full.sha256, none.sha256]).size).toBe(3);
    expect(full.description).not.toContain('svc-release');
  });

  it('that names a register which is not there is refused, except for commands that judge nothing', () => {
    expect(() => load({ OCTOWATCH_KEYS: 'away.yml' })).toThrow(/OCTOWATCH_KEYS: there is no file .*away\.yml/);
    expect(load({ OCTOWATCH_KEYS: 'away.yml' }, 'database').register).toBeNull();
  });

  it('tells mistakes of the register among its own', () => {
    writeFileSync(path.join(folder, 'keys.yml'), 'keys: 5\n');

    expect(() => load({ OCTOWATCH_POLL_INTERVAL: 'often' })).toThrow(
      /2 mistakes:\n.*keys\.yml:1:7: `keys` must be a list of entries\n.*OCTOWATCH_POLL_INTERVAL/,
    );
  });
});

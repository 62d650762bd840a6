import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  buildNoisyCompany,
  buildQuietCompany,
  type Company,
  type ExpectedFinding,
  STORY,
  startSimulatedOctopus,
} from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { readRows } from '../support/canonical.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const NOW = Date.parse('2026-11-23T07:40:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Before the first event of a company. */
const BEGAN_DAYS_AGO = 93;

/** The longest one of these tests may take, milliseconds. */
const PATIENCE_MS = 60_000;

type Found = { readonly rule: string; readonly level: string; readonly title: string; readonly subject: string };

/**
 * What a monitor finds that watches a company from its beginning: it reads once before anything happened, when only its own
 * key exists, then at the company's present, and an hour later if the company goes on. What a worse finding has taken in is left out.
 */
async function findingsOf(company: Company): Promise<readonly Found[]> {
  const { folder, remove } = makeFolder();
  const { state, nowMs } = company;
  const server = await startSimulatedOctopus({ state });
  onTestFinished(async () => {
    await server.close();
    remove();
  });
  for (const [name, text] of Object.entries(company.files)) writeFileSync(path.join(folder, name), text);
  const db = path.join(folder, 'octowatch.db');
  const clock = steppingClock(nowMs - BEGAN_DAYS_AGO * DAY_MS);
  state.now = clock.now;
  const readOnce = async () => {
    const env = { OCTOPUS_API_KEY: STORY.monitorApiKey, OCTOWATCH_TIMEZONE: STORY.zone, OCTOWATCH_BACKFILL: '1d' };
    const { isComplete } = await createMonitor({ octopusUrl: server.url, db, clock, env }).runOnce();
    expect(isComplete).toBe(true);
  };

  const { apiKeys } = state;
  state.apiKeys = apiKeys.filter((key) => key.userId === STORY.monitorUserId);
  await readOnce();
  state.apiKeys = apiKeys;
  clock.advance(nowMs - clock.now());
  await readOnce();
  if (company.goesOn) {
    company.goesOn();
    clock.advance(HOUR_MS);
    await readOnce();
  }
  const sql = 'SELECT rule, level, title, subject FROM findings WHERE superseded_by IS NULL ORDER BY finding_id';
  return readRows(db, sql) as Found[];
}

/** Findings in the words of the expectation; those that nobody expected with their titles. */
function inWordsOf(expected: readonly ExpectedFinding[], found: readonly Found[]): ExpectedFinding[] {
  const open = [...expected];
  return found.map(({ rule, level, title, subject }) => {
    const index = open.findIndex(
      (one) => one.rule === rule && one.level === level && `${title}\n${subject}`.includes(one.about),
    );
    const [match] = index < 0 ? [] : open.splice(index, 1);
    return match ?? { rule, level, about: title };
  });
}

function sorted(findings: readonly ExpectedFinding[]): string[] {
  return findings.map(({ rule, level, about }) => `${rule}, ${level}: ${about}`).sort();
}

test(
  'a quiet company of ninety days yields no finding above low, and few low ones',
  async () => {
    const company = buildQuietCompany(NOW);

    const found = await findingsOf(company);

    expect(found.filter(({ level }) => level !== 'low' && level !== 'informational')).toEqual([]);
    expect(sorted(inWordsOf(company.expected, found))).toEqual(sorted(company.expected));
  },
  PATIENCE_MS,
);

test(
  'a noisy company yields exactly its list of findings',
  async () => {
    const company = buildNoisyCompany(NOW);

    const found = await findingsOf(company);

    expect(sorted(inWordsOf(company.expected, found))).toEqual(sorted(company.expected));
  },
  PATIENCE_MS,
);

test.each([
  { version: '2023.1.9626', hasAddresses: true },
  { version: '2021.3.12725', hasAddresses: false },
])(
  'the quiet company yields no finding above low on a server of $version, and none the server could not know of',
  async ({ version, hasAddresses }) => {
    const company = buildQuietCompany(NOW);
    company.state.serverVersion = version;
    const monitorKey = company.state.apiKeys.find(({ userId }) => userId === STORY.monitorUserId);

    const found = await findingsOf(company);

    const rules = found.map(({ rule }) => rule);
    expect(found.filter(({ level }) => level !== 'low' && level !== 'informational')).toEqual([]);
    expect(rules.includes('actor_new_network')).toBe(hasAddresses);
    expect(rules).not.toContain('unused_api_key');
    expect(rules).toContain('api_key_without_audited_write');
    expect(found.filter(({ subject }) => subject === monitorKey?.id)).toEqual([]);
  },
  PATIENCE_MS,
);

describe.each([
  { name: 'quiet', build: buildQuietCompany },
  { name: 'noisy', build: buildNoisyCompany },
])('the $name company', ({ build }) => {
  let company: Company;
  beforeAll(() => {
    company = build(NOW);
  });

  test('is the same for the same moment', () => {
    const again = build(NOW);

    expect(JSON.stringify(again.events)).toBe(JSON.stringify(company.events));
    expect(again.state.apiKeys).toEqual(company.state.apiKeys);
  });

  test('tells ninety days of work, in order, each event with an id of its own, none in the future', () => {
    const times = company.events.map((event) => Date.parse(event.Occurred));

    expect(times.length).toBeGreaterThan(6000);
    expect(times.length).toBeLessThan(12_000);
    expect(new Set(company.events.map((event) => event.Id)).size).toBe(times.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(NOW - Math.min(...times)).toBeGreaterThan(91 * DAY_MS);
    expect(Math.max(...times)).toBeLessThan(NOW);
  });

  test('no live key signs before it was made or after its last use', () => {
    const keys = new Map(company.state.apiKeys.map((key) => [key.id, key]));

    const impossible = company.events.filter((event) => {
      const key = keys.get(event.ApiKeyId ?? '');
      if (!key) return false;
      const occurredAt = new Date(event.Occurred).toISOString();
      return occurredAt < key.createdAt || occurredAt > (key.lastUsedAt ?? '');
    });

    expect(impossible).toEqual([]);
  });

  test('says for each account what it may do', () => {
    const ids = company.state.users.map((user) => user.id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !company.state.permissions.has(id))).toEqual([]);
  });
});

test('the quiet company keeps its keys well', () => {
  const { state } = buildQuietCompany(NOW);
  const services = new Set(state.users.filter((user) => user.isService && user.isActive).map((user) => user.id));
  const days = (instant: string | null) => (Date.parse(instant ?? '') - NOW) / DAY_MS;

  for (const key of state.apiKeys) {
    expect(services).toContain(key.userId);
    expect(days(key.expiresAt)).toBeGreaterThan(20);
    expect(days(key.createdAt)).toBeGreaterThan(-180);
    expect(days(key.lastUsedAt)).toBeGreaterThan(-5);
  }
  expect(new Set(state.apiKeys.map((key) => key.userId)).size).toBe(state.apiKeys.length);
});

test('the noisy company has a scene for every rule that ships, and for no other', () => {
  const { rules } = loadRulePack([path.join(CHECKOUT, 'rules')]);
  const shipped = [...rules.values()].filter((rule) => rule.yieldsFindings).map((rule) => rule.name);

  const { expected } = buildNoisyCompany(NOW);

  expect([...new Set(expected.map(({ rule }) => rule))].sort()).toEqual(shipped.sort());
});

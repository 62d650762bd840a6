import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loginFailed } from '../../src/demo/index.ts';
import { loadRulePack, type RulePack } from '../../src/detect/index.ts';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { judgeKeysAsRead } from '../../src/pipeline/backtest-keys.ts';
import { countFindings, type Halving, halve } from '../../src/pipeline/halving.ts';
import { halveKeys } from '../../src/pipeline/halving-records.ts';
import { reportRules } from '../../src/pipeline/rule-report.ts';
import { openStore, replayedFacts, type Store } from '../../src/store/index.ts';
import { startEvaluation } from '../support/evaluation.ts';
import { makeFolder } from '../support/monitor.ts';
import { failedSignIn, NOON } from '../support/small-history.ts';
import { backtestFindings, tuningJudge } from '../support/tuning.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function halvingIn(store: Store, pack: RulePack, rule: string, fromMs = NOON - 30 * DAY): Halving | null {
  const keys = { production: createProductionMatcher(undefined) };
  const { rules } = reportRules({ store, pack, judge: tuningJudge, keys, fromMs, nowMs: NOON, only: rule });
  return rules[0]?.halving ?? null;
}

describe('findings made of sightings', () => {
  const seen = (subject: string, fromMs: number, toMs = fromMs) => ({ subject, fromMs, toMs });

  it('are one as long as no more than the window lies between, and one per subject', () => {
    expect(countFindings([seen('a', 0, 5), seen('a', 15), seen('b', 7)], 10, 0)).toBe(2);
    expect(countFindings([seen('a', 0, 5), seen('a', 16)], 10, 0)).toBe(2);
    expect(countFindings([seen('a', 30), seen('a', 0, 25), seen('a', 1, 2)], 10, 0)).toBe(1);
  });

  it('count where they begin, not where they go on', () => {
    expect(countFindings([seen('a', 5), seen('a', 12), seen('a', 30)], 10, 10)).toBe(1);
  });
});

describe('halving', () => {
  const limit = { operator: 'gte', value: 1, stricter: 'up', isSettable: true } as const;

  it('takes the nearest number, also where a nearer one leaves more than the limit in force', () => {
    const left = new Map([
      [1, 3],
      [2, 4],
      [3, 1],
      [4, 1],
    ]);

    expect(halve([2, 3, 4], limit, (value) => left.get(value) ?? 0)).toEqual({
      kind: 'found',
      threshold: 3,
      left: 1,
      of: 3,
    });
  });

  it('says none where every number leaves more than half, and unknown where there is nothing to halve', () => {
    expect(halve([2], limit, () => 1)).toMatchObject({ kind: 'none', of: 1 });
    expect(halve([2], limit, () => 0)).toMatchObject({ kind: 'unknown' });
  });

  it('gives up after so many numbers rather than to count for ever', () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => index + 2);
    let tried = 0;

    const halving = halve(numbers, limit, () => {
      tried += 1;
      return 1;
    });

    expect(halving.kind).toBe('unknown');
    expect(tried).toBe(2001);
  });
});

describe('a correlation', () => {
  const burst = (prefix: string, at: number, account: string, failures: number) =>
    Array.from({ length: failures }, (_, index) =>
      failedSignIn(`Events-${prefix}${index}`, at + index * 1000, account),
    );

  it('over hits of another counts the events of those as evidence, as live detection does', async () => {
    const file = fileURLToPath(new URL('../detect/correlations.yml', import.meta.url));
    const load = (threshold: number) =>
      loadRulePack([file], { burst_after_burst: { threshold } }, { areExamplesRequired: false });
    const evaluation = startEvaluation({}, load(2));
    const { store } = evaluation;
    for (const [account, count] of Object.entries({ alice: 2, bob: 3, carol: 4 })) {
      for (let one = 0; one < count; one++)
        evaluation.feed(...burst(`${account}${one}-`, NOON - 5 * DAY + one * HOUR, account, 3));
    }

    const halving = halvingIn(store, load(2), 'burst_after_burst');

    expect(halving).toEqual({ kind: 'found', threshold: 4, left: 1, of: 3 });
    const counts = [];
    for (const threshold of [2, 3, 4]) counts.push(await backtestFindings(store, load(threshold), 'burst_after_burst'));
    expect(counts).toEqual([3, 2, 1]);
    store.close();
  });

  it('does not count a finding that began before the period and only goes on in it', () => {
    const pack = loadRulePack([fileURLToPath(new URL('../../rules', import.meta.url))]);
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(...burst('1', NOON - 10 * DAY, 'alice', 9), ...burst('2', NOON - 10 * DAY + 20 * HOUR, 'alice', 9));
    evaluation.feed(...burst('3', NOON - 5 * DAY, 'bob', 5), ...burst('4', NOON - 5 * DAY, 'carol', 7));

    const whole = halvingIn(evaluation.store, pack, 'repeated_auth_failures');
    const later = halvingIn(evaluation.store, pack, 'repeated_auth_failures', NOON - 10 * DAY + HOUR);

    expect(whole).toEqual({ kind: 'found', threshold: 8, left: 1, of: 3 });
    expect(later).toEqual({ kind: 'found', threshold: 6, left: 1, of: 2 });
    evaluation.store.close();
  });
});

describe('a rule about events that names a field', () => {
  const { folder, remove } = makeFolder();
  afterAll(remove);
  const load = (threshold: number) => {
    const file = path.join(folder, 'numbers.yml');
    writeFileSync(
      file,
      `title: Numbers
name: numbers
logsource: { product: octopus, service: audit }
detection:
  selection: { Category: LoginFailed, 'Subject.Account|gte': 1 }
  condition: selection
octowatch: { subject: [IpAddress], window: 1h, threshold: Subject.Account }
`,
    );
    return loadRulePack([file], { numbers: { threshold } }, { areExamplesRequired: false });
  };
  const start = () => {
    const evaluation = startEvaluation({}, load(10));
    const at = (hour: number, name: number) =>
      loginFailed({
        id: `Events-${hour}`,
        at: NOON - DAY + hour * HOUR,
        username: String(name),
        userId: null,
        ipAddress: '198.51.100.7',
      });
    // 10 and 20 are an hour apart: one finding.
    evaluation.feed(at(0, 10), at(1, 20), at(4, 30), at(8, 12), at(12, 5));
    return evaluation.store;
  };

  it('is halved by the values of its matches, made into findings as live ones are', async () => {
    const store = start();

    const halving = halvingIn(store, load(10), 'numbers');

    expect(halving).toEqual({ kind: 'found', threshold: 21, left: 1, of: 3 });
    expect(await backtestFindings(store, load(10), 'numbers')).toBe(3);
    expect(await backtestFindings(store, load(20), 'numbers')).toBe(2);
    expect(await backtestFindings(store, load(21), 'numbers')).toBe(1);
    store.close();
  });

  it('has an unknown threshold when one of its events is no longer stored', () => {
    const store = start();
    store.db.pragma('foreign_keys = OFF');
    for (const table of ['_event_documents', '_events'])
      store.db.prepare(`DELETE FROM ${table} WHERE event_pk = (SELECT min(event_pk) FROM _signals)`).run();

    expect(halvingIn(store, load(10), 'numbers')).toMatchObject({ kind: 'unknown' });
    store.close();
  });
});

describe('a rule about API keys', () => {
  const rules = fileURLToPath(new URL('../../rules', import.meta.url));
  const key = (keyId: string, fields: object) => ({
    keyId,
    record: { KeyId: keyId, UserIsActive: true, ...fields },
    stateReason: '',
  });
  const idle = (days: number) => key(`apikeys-${days}`, { UseState: 'unused', IdleDays: days });
  const neverUsed = (name: string) => key(name, { UseState: 'never_used', AgeDays: 20 });
  const ask = (keys: readonly ReturnType<typeof key>[]) => {
    const pack = loadRulePack([rules]);
    const compiled = pack.ruleSet.rules.find((one) => one.key === 'unused_api_key');
    const rule = pack.rules.get('unused_api_key');
    if (!compiled || !rule) throw new Error('the rule is not shipped');
    const limit = { operator: 'gte', value: 90, stricter: 'up', isSettable: true } as const;
    const read = [{ instanceId: 1, instance: 'default', readMs: NOON, keys }];
    return { halving: halveKeys({ compiled, rule, field: 'IdleDays', limit, pack, read }), read };
  };

  it('is halved by the keys as last read, and a backtest that judges them agrees', () => {
    const { halving, read } = ask([idle(50), idle(100), idle(150), idle(200)]);

    expect(halving).toEqual({ kind: 'found', threshold: 151, left: 1, of: 3 });
    const counts = [90, 150, 151].map((threshold) => {
      const store = openStore(':memory:', { monitorVersion: 'test' });
      store.instances.ensure('default', 'https://octopus.example.com', 60_000);
      judgeKeysAsRead(store, loadRulePack([rules], { unused_api_key: { threshold } }), read, '');
      const found = replayedFacts(store.db).findings();
      store.close();
      return found.filter((one) => one.rule === 'unused_api_key').length;
    });
    expect(counts).toEqual([3, 2, 1]);
  });

  it('has none where most of its keys are found for another reason', () => {
    expect(ask([idle(100), neverUsed('apikeys-A'), neverUsed('apikeys-B')]).halving).toMatchObject({
      kind: 'none',
      of: 3,
    });
  });

  it('is unknown when no key meets it any more', () => {
    expect(ask([idle(50)]).halving).toMatchObject({ kind: 'unknown' });
  });
});

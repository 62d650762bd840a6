import { afterEach, describe, expect, it } from 'vitest';
import { openStore, type RuleInForce, type Store } from '../../src/store/index.ts';

const T1 = '2026-03-01T12:00:00.000Z';
const T2 = '2026-03-02T12:00:00.000Z';
const T3 = '2026-03-03T12:00:00.000Z';

function rule(changes: Partial<RuleInForce> = {}): RuleInForce {
  return {
    rule: 'a_rule',
    kind: 'rule',
    sha256: 'hash-1',
    source: 'title: A rule',
    level: 'medium',
    isEnabled: true,
    correlationSql: null,
    ...changes,
  };
}

describe('rule versions', () => {
  let store: Store;
  afterEach(() => store.close());

  function start(...loads: (readonly [readonly RuleInForce[], string])[]) {
    store = openStore(':memory:', { monitorVersion: 'test' });
    for (const [rules, at] of loads) store.transaction(() => store.ruleVersions.record(rules, at));
    return store.db
      .prepare<[], object>(
        'SELECT rule, sha256, level, enabled, loaded_from, loaded_until FROM rule_versions ORDER BY loaded_from, rule',
      )
      .all();
  }

  it('are left alone by a start that loads the same', () => {
    expect(start([[rule()], T1], [[rule()], T2])).toEqual([
      { rule: 'a_rule', sha256: 'hash-1', level: 'medium', enabled: 1, loaded_from: T1, loaded_until: null },
    ]);
  });

  it.each<[string, Partial<RuleInForce>]>([
    ['text', { sha256: 'hash-2', source: 'title: Another' }],
    ['level', { level: 'high' }],
    ['switch', { isEnabled: false }],
    ['threshold', { correlationSql: 'SELECT 9' }],
  ])('end at the start that loads another %s', (_what, change) => {
    const versions = start([[rule()], T1], [[rule(change)], T2]);

    expect(versions).toMatchObject([
      { loaded_from: T1, loaded_until: T2 },
      { loaded_from: T2, loaded_until: null },
    ]);
  });

  it('end when the rule is gone, and begin anew when it is back', () => {
    const versions = start([[rule()], T1], [[], T2], [[rule()], T3]);

    expect(versions).toMatchObject([
      { loaded_from: T1, loaded_until: T2 },
      { loaded_from: T3, loaded_until: null },
    ]);
  });

  it('of the configuration end when another is loaded', () => {
    start();
    for (const [sha256, at] of [
      ['a', T1],
      ['a', T2],
      ['b', T3],
    ] as const)
      store.transaction(() => store.ruleVersions.recordConfig({ sha256, description: `{"${sha256}":1}` }, at));

    expect(store.db.prepare('SELECT * FROM config_versions ORDER BY loaded_from').all()).toEqual([
      { sha256: 'a', description: '{"a":1}', loaded_from: T1, loaded_until: T3 },
      { sha256: 'b', description: '{"b":1}', loaded_from: T3, loaded_until: null },
    ]);
  });

  it('know after which event they came into force: another text anew, another level not', () => {
    start([[rule({ kind: 'correlation', correlationSql: 'SELECT 1' })], T1]);
    const { db, ruleVersions } = store;
    const after: number[] = [ruleVersions.afterEvent('a_rule')];
    db.pragma('foreign_keys = OFF');
    db.exec(`INSERT INTO _events (event_pk, instance_id, event_id, occurred_at, category, is_off_hours, received_at, judged_by)
      VALUES (7, 1, 'Events-7', '${T1}', 'Created', 0, '${T1}', 'x')`);

    for (const change of [{ level: 'high' }, { sha256: 'hash-2' }, { correlationSql: 'SELECT 9' }] as const) {
      ruleVersions.record([rule({ kind: 'correlation', correlationSql: 'SELECT 1', ...change })], T2);
      after.push(ruleVersions.afterEvent('a_rule'));
      db.exec('UPDATE _events SET event_pk = event_pk + 1');
    }

    expect(after).toEqual([0, 0, 8, 9]);
    expect(ruleVersions.afterEvent('unknown')).toBe(0);
  });
});

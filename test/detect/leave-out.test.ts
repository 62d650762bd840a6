import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport, createLeaveOut, growthWithoutPersonal } from '../../src/detect/index.ts';
import type { PersonalFact } from '../../src/model/personal.ts';
import type { Store } from '../../src/store/index.ts';
import { makeChained, withStore } from '../audit/chained-database.ts';
import { makeFolder } from '../support/monitor.ts';

const { folder, remove } = makeFolder();
let db = '';
beforeAll(async () => {
  db = await makeChained(folder);
  withStore(db, (store) =>
    store.db.exec(
      "UPDATE _events SET message = message || ' (from:198.51.100.7, not 198.51.100.70 nor 1.198.51.100.7)' WHERE category = 'LoginFailed'",
    ),
  );
});
afterAll(remove);

function reportOf(store: Store, rule: string, leaveOut: readonly PersonalFact[]) {
  const id =
    store.db.prepare<[string], number>('SELECT finding_id FROM _findings WHERE rule = ?').pluck().get(rule) ?? 0;
  const finding = store.findings.get(id);
  if (!finding) throw new Error(`no finding of ${rule}`);
  return buildReport(store, finding, { timeZone: 'UTC', octopusUrl: 'https://octopus.example', leaveOut });
}

describe('a report without addresses', () => {
  it('has them in no text, and says that there was one', () => {
    const { whole, without } = withStore(db, (store) => ({
      whole: reportOf(store, 'repeated_auth_failures', []),
      without: reportOf(store, 'repeated_auth_failures', ['address', 'userAgent']),
    }));

    expect(whole.facts.map((fact) => fact.label)).toContain('Address');
    expect(without.facts.map((fact) => fact.label)).not.toContain('Address');
    expect(without.facts.map((fact) => fact.label)).not.toContain('Client');
    expect(JSON.stringify(whole)).toMatch(/(?<![\d.])198\.51\.100\.7(?!\d)/);
    expect(JSON.stringify(without)).not.toMatch(/(?<![\d.])198\.51\.100\.7(?!\d)/);
    expect(without.evidence[0]?.text).toContain('(from:(left out), not 198.51.100.70 nor 1.198.51.100.7)');
    expect({ ...without, facts: [], evidence: [], respond: [], title: '', why: '', usual: '' }).toEqual({
      ...{ ...whole, facts: [], evidence: [], respond: [], title: '', why: '', usual: '' },
    });
  });

  it('may keep one of the two', () => {
    const agentOnly = withStore(db, (store) => reportOf(store, 'repeated_auth_failures', ['userAgent']));

    expect(agentOnly.facts.map((fact) => fact.label)).toContain('Address');
  });

  it('says of growth that there is a new address, and of titles the same', () => {
    const growth = {
      newEvents: 2,
      sinceAt: '2026-03-02T12:00:00.000Z',
      novelties: ['address 198.51.100.7', 'address 192.0.2.1', 'actor bob'],
    };
    const title = withStore(db, (store) => {
      const { findingId } = reportOf(store, 'repeated_auth_failures', []);
      return createLeaveOut(store, { findingId, facts: [] }, ['address'])('6 failures from 198.51.100.7.');
    });

    expect(growthWithoutPersonal(growth, ['address']).novelties).toEqual(['address (left out)', 'actor bob']);
    expect(growthWithoutPersonal(growth, ['userAgent'])).toEqual(growth);
    expect(title).toBe('6 failures from (left out).');
  });
});

import { expect, test } from 'vitest';
import { openStore } from '../../src/store/index.ts';

const KEY = 'apikeys-A';

type Row = {
  readonly at: string;
  readonly related?: readonly string[];
  readonly message?: string | null;
  readonly columns?: Readonly<Record<string, string | number | null>>;
  readonly raw?: string;
};

/** A store with one instance, read up to noon of 1 June, and the given events made with one key. */
function storeWith(...rows: Row[]) {
  const store = openStore(':memory:', { monitorVersion: 'test' });
  store.transaction(() => {
    const { instance_id: id } = store.instances.ensure('default', 'http://127.0.0.1', 60_000);
    store.instances.advanceWatermark(id, '2026-06-01T12:00:00.000Z');
    for (const [index, { at, related = [], message = 'Something was modified', columns = {}, raw }] of rows.entries()) {
      const all = {
        ...{ event_pk: index + 1, instance_id: id, event_id: `Events-${index}`, occurred_at: at, category: 'Modified' },
        ...{ message, is_off_hours: 0, received_at: at, judged_by: 'test', api_key_id: KEY, ...columns },
      };
      const names = Object.keys(all);
      store.db
        .prepare(`INSERT INTO _events (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`)
        .run(all);
      store.db
        .prepare('INSERT INTO _event_documents (event_pk, raw) VALUES (?, ?)')
        .run(index + 1, raw ?? JSON.stringify({ RelatedDocumentIds: related }));
    }
  });
  return store;
}

const MAY = '2026-05-10T00:00:00.000Z';
const used = (row: Omit<Row, 'at'>, since = '2026-05-01T00:00:00.000Z') => {
  const { keyEvidence } = storeWith({ at: MAY, ...row });
  const powers = ['deploy_production', 'edit_variables', 'manage_users'] as const;
  return powers.filter((power) => keyEvidence.hasUsed(1, KEY, power, since));
};

test.each<[string, Omit<Row, 'at'>, string[]]>([
  [
    'a deployment to production',
    { columns: { is_production: 1, deployment_id: 'Deployments-1' } },
    ['deploy_production'],
  ],
  ['a deployment to a place nobody knows', { columns: { deployment_id: 'Deployments-1' } }, ['deploy_production']],
  ['a deployment elsewhere', { columns: { is_production: 0, deployment_id: 'Deployments-1' } }, []],
  ['a runbook run in a place nobody knows', { columns: { category: 'RunbookRunQueued' } }, ['deploy_production']],
  ['an edit of variables', { columns: { variable_set_id: 'variableset-Projects-1' } }, ['edit_variables']],
  ['an account being edited', { message: 'User ada was modified', related: ['Users-7'] }, ['manage_users']],
  ['a team being edited', { message: 'Team Web was modified', related: ['teams-administrators'] }, ['manage_users']],
  ['a team being edited, without a message', { message: null, related: ['Teams-7'] }, ['manage_users']],
  ['an account, in an event that names no documents', { message: 'User ada was modified' }, ['manage_users']],
  ['a project named after users', { message: 'Project User Service was modified', related: ['Projects-7'] }, []],
  ['a document that was erased', { message: 'User (erased)', raw: '' }, []],
])('%s shows which powers were used', (_what, row, expected) => {
  expect(used(row)).toEqual(expected);
});

test('what was used before does not count', () => {
  expect(used({ columns: { variable_set_id: 'variableset-Projects-1' } }, '2026-05-20T00:00:00.000Z')).toEqual([]);
});

test('the history begins with the earliest event, after what is still to be read or missing, and is none when behind', () => {
  const store = storeWith({ at: MAY });
  const from = (readTo = '2026-05-31T12:00:00.000Z') => store.keyEvidence.historyFrom(1, readTo);

  const whole = from();
  store.transaction(() => store.backlog.add(1, 'first', '2026-03-01T00:00:00.000Z', '2026-05-15T00:00:00.000Z'));
  const behindBacklog = from();
  store.transaction(() => store.backlog.add(1, 'reread', '2026-05-29T00:00:00.000Z', '2026-05-31T00:00:00.000Z'));
  const behindReread = from();
  store.transaction(() => store.gaps.record(1, '2026-05-20T00:00:00.000Z', '2026-05-21T00:00:00.000Z', 3));

  expect([whole, behindBacklog, behindReread, from()]).toEqual([
    MAY,
    '2026-05-15T00:00:00.000Z',
    '2026-05-15T00:00:00.000Z',
    '2026-05-21T00:00:00.000Z',
  ]);
  expect(from('2026-06-01T12:00:00.001Z')).toBeNull();
  expect(storeWith().keyEvidence.historyFrom(1, '2026-05-31T12:00:00.000Z')).toBeNull();
});

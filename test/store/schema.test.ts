import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeViews } from '../../src/audit/index.ts';
import { openStore } from '../../src/store/index.ts';
import { makeFolder } from '../support/monitor.ts';

/** The columns each view must have; they may be added to, never renamed. */
const CONTRACT: Record<string, string> = {
  events:
    'instance event_id occurred_at category user_id username actor_kind api_key_id api_key_purpose ip_address user_agent space_id project_id project_name environment_id environment_name is_production is_off_hours deployment_id message received_at judged_by calendar change_window ticket freeze_name',
  deployments:
    'instance deployment_id project_name release_version environment_name is_production queued_at started_at queued_by actor_kind api_key_purpose is_off_hours ticket change_window calendar freeze_name',
  deployment_freezes: 'instance freeze_id name starts_at ends_at repeats known_from gone_at read_at',
  variable_edits:
    'instance event_id occurred_at username variable_set_id owner_name variable_name change is_sensitive scope',
  auth_failures: 'instance event_id occurred_at username ip_address message',
  api_keys:
    'instance key_id user_id username is_service_account purpose hint created_at expires_at last_used_at last_used_source idle_days state owner access_level read_at',
  api_key_history: 'instance key_id user_id username purpose seen_at change before after',
  accounts: 'instance user_id username is_active is_service_account read_at',
  signals: 'signal_id instance rule event_id occurred_at level suppressed_by',
  findings:
    'finding_id instance rule level title subject first_seen_at last_seen_at event_count status resolution superseded_by rule_sha256 config_sha256 monitor_version created_at',
  finding_events: 'finding_id event_id instance',
  deliveries: 'delivery_id finding_id message_id channel kind state attempts last_error sent_at instance',
  quarantine: 'instance received_at reason raw',
  coverage:
    'instance window_from window_to server_total events_seen events_new clock_skew_seconds started_at finished_at outcome',
  rule_versions: 'rule sha256 source loaded_from loaded_until level enabled',
  config_versions: 'sha256 description loaded_from loaded_until',
  journal: 'entry_id at os_user host action object detail monitor_version',
};

describe('the schema', () => {
  const { folder, remove } = makeFolder();
  const file = path.join(folder, 'octowatch.db');
  const store = openStore(file, { monitorVersion: 'test' });
  afterAll(() => {
    store.close();
    remove();
  });

  it('is what test/schema.sql says (renew it with `npx vitest run test/store/schema.test.ts -u`)', async () => {
    const statements = store.db
      .prepare<[], string>("SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
      .pluck()
      .all();

    await expect(`${statements.join('\n\n')}\n`).toMatchFileSnapshot('../schema.sql');
  });

  it.each(Object.entries(CONTRACT))('view %s has every column of the contract, each described', (view, columns) => {
    const described = describeViews(file).find((one) => one.view === view);

    expect(described?.columns.map((column) => column.name)).toEqual(expect.arrayContaining(columns.split(' ')));
    expect(described?.description).not.toBe('');
    expect(described?.columns.filter((column) => column.description === '')).toEqual([]);
  });

  it('holds no view that is not in the contract', () => {
    expect(describeViews(file).map((one) => one.view)).toEqual(Object.keys(CONTRACT).sort());
  });

  // Not every machine has the program; where it is missing the property rests on the machines that have it.
  it.skipIf(spawnSync('sqlite3', ['--version']).error)('opens in the sqlite3 program, where every view answers', () => {
    const sql = Object.keys(CONTRACT).map((view) => `SELECT count(*) FROM ${view};`);

    const output = execFileSync('sqlite3', ['-readonly', file, sql.join(' ')], { encoding: 'utf8' });

    expect(output.trim().split('\n')).toEqual(Object.keys(CONTRACT).map(() => '0'));
  });

  it('is in a file that only its owner may read', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps the journal append-only', () => {
    store.journal.add('2026-03-02T12:00:00.000Z', 'started');

    expect(() => store.db.exec("UPDATE _journal SET action = 'nothing'")).toThrow('append-only');
    expect(() => store.db.exec('DELETE FROM _journal')).toThrow('append-only');
  });

  it('of a newer version is refused with what to do', () => {
    const newer = path.join(folder, 'newer.db');
    const other = openStore(newer, { monitorVersion: 'test' });
    other.db.exec("INSERT INTO _migrations VALUES (9999, '9999_future', 'x', '2030-01-01T00:00:00.000Z')");
    other.close();

    expect(() => openStore(newer, { monitorVersion: 'test' })).toThrow('newer Octowatch');
  });

  it('made by another text of a migration is refused', () => {
    const edited = path.join(folder, 'edited.db');
    const other = openStore(edited, { monitorVersion: 'test' });
    other.db.exec("UPDATE _migrations SET sha256 = 'other'");
    other.close();

    expect(() => openStore(edited, { monitorVersion: 'test' })).toThrow('not the one this database was made with');
  });
});

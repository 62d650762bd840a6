import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findQuestion, loadQuestions, runQuery } from '../../src/audit/index.ts';
import { UsageError } from '../../src/lib/errors.ts';
import { makeDatabase } from './database.ts';

/** The columns the views promise and the questions rest on, as plain tables. */
const CONTRACT = `
  CREATE TABLE events (instance, event_id, occurred_at);
  CREATE TABLE deployments (instance, deployment_id, project_name, release_version, environment_name, is_production,
    queued_at, started_at, queued_by, actor_kind, api_key_purpose, is_off_hours);
  CREATE TABLE variable_edits (instance, event_id, occurred_at, username, variable_set_id, owner_name, variable_name,
    change, is_sensitive, scope);
  CREATE TABLE auth_failures (instance, event_id, occurred_at, username, ip_address, message);
  INSERT INTO events VALUES ('default', 'Events-9', '2026-11-20T00:00:00.000Z');
  INSERT INTO deployments VALUES
    ('default', 'Deployments-1', 'Web', '1', 'Production', 1, '2026-11-01T22:00:00.000Z', '2026-11-01T22:01:00.000Z', 'mara.holt', 'human', NULL, 1),
    ('default', 'Deployments-2', 'Api', '1', 'Production', 1, '2026-11-02T10:00:00.000Z', NULL, 'mara.holt', 'human', NULL, 0),
    ('default', 'Deployments-3', 'Web', '1', 'Test', 0, '2026-11-02T10:00:00.000Z', NULL, 'mara.holt', 'human', NULL, 0),
    ('default', 'Deployments-4', 'Web', '1', 'Production', 1, NULL, '2026-10-02T10:00:00.000Z', NULL, NULL, NULL, NULL);
  INSERT INTO variable_edits VALUES
    ('default', 'Events-1', '2026-11-02T10:00:00.000Z', 'mara.holt', 'variableset-1', 'Web', 'Db:Password', 'value', 1, '{}'),
    ('default', 'Events-2', '2026-11-02T10:00:00.000Z', 'mara.holt', 'variableset-1', 'Web', 'Colour', 'value', 0, '{}'),
    ('default', 'Events-3', '2026-08-22T00:00:00.000Z', NULL, 'variableset-1', 'Web', 'Just:Inside', 'added', 1, NULL),
    ('default', 'Events-4', '2026-08-21T23:59:59.999Z', 'mara.holt', 'variableset-1', 'Web', 'Too:Old', 'value', 1, '{}');
  INSERT INTO auth_failures VALUES
    ('default', 'Events-5', '2026-11-02T10:00:00.000Z', 'admin', '203.0.113.9', 'm'),
    ('default', 'Events-6', '2026-11-02T10:05:00.000Z', 'admin', '203.0.113.9', 'm'),
    ('default', 'Events-7', '2026-11-02T10:06:00.000Z', NULL, '203.0.113.9', 'm');
`;

describe('the saved questions', () => {
  let made: ReturnType<typeof makeDatabase>;

  beforeAll(() => {
    made = makeDatabase(CONTRACT);
  });
  afterAll(() => made.remove());

  async function ask(name: string): Promise<readonly (readonly unknown[])[]> {
    return (await runQuery({ dbFile: made.dbFile, sql: findQuestion(name).sql })).rows;
  }

  it('have a title, a description that reads as a sentence, and SQL', () => {
    const questions = loadQuestions();

    expect(questions.map((question) => question.name)).toEqual([
      'failed-sign-ins-by-address-and-account',
      'production-deployments-by-person',
      'sensitive-variable-edits',
    ]);
    for (const { title, description, sql } of questions) {
      expect(title).not.toBe('');
      expect(description).toMatch(/^[A-Z].*\.$/);
      expect(description).not.toContain('--');
      expect(sql).toContain('SELECT');
    }
  });

  it('count production deployments by person and month, and those off-hours', async () => {
    const rows = await ask('production-deployments-by-person');

    expect(rows).toEqual([
      ['default', '2026-11', 'mara.holt', 'human', 2, 1, 2, '2026-11-02T10:00:00.000Z'],
      ['default', '2026-10', '(unknown)', null, 1, 0, 1, '2026-10-02T10:00:00.000Z'],
    ]);
  });

  it('list changes of sensitive variables of the last 90 days that are stored', async () => {
    const rows = await ask('sensitive-variable-edits');

    expect(rows.map((row) => [row[1], row[3]])).toEqual([
      ['mara.holt', 'Db:Password'],
      ['(unknown)', 'Just:Inside'],
    ]);
  });

  it('count failed sign-ins by address and account', async () => {
    const rows = await ask('failed-sign-ins-by-address-and-account');

    expect(rows).toEqual([
      ['default', '203.0.113.9', 'admin', 2, '2026-11-02T10:00:00.000Z', '2026-11-02T10:05:00.000Z'],
      ['default', '203.0.113.9', '(unknown)', 1, '2026-11-02T10:06:00.000Z', '2026-11-02T10:06:00.000Z'],
    ]);
  });

  it.each([
    ['sensitive-variable-edit', 'Did you mean sensitive-variable-edits?'],
    [
      'zzz',
      'There are failed-sign-ins-by-address-and-account, production-deployments-by-person, sensitive-variable-edits.',
    ],
  ])('say which ones there are when asked for %s', (name, hint) => {
    expect(() => findQuestion(name)).toThrow(expect.objectContaining({ constructor: UsageError, hint }));
  });
});

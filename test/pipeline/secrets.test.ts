import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { runQuery } from '../../src/audit/index.ts';
import { listen } from '../notify/loopback.ts';
import { healthCheck, MONITOR_KEY, NOON, passwordEdit } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';

const HOUR = 3_600_000;

const VALUE = 'correct-horse-battery-fiction';
const HASH = 'cGxhbnRlZC1maWN0aW9uYWwtaGFzaA';
const WEBHOOK = 'planted-webhook-token';
const HEARTBEAT = 'planted-heartbeat-token';

it('no key, webhook address, value or hash is in any byte that is written, nor in what receivers and people are told', async () => {
  // Arrange: a receiver that first refuses and quotes the address it was called by, then accepts.
  let refusals = 2;
  const receiver = await listen((request, response) => {
    const isRefused = request.url?.includes(HEARTBEAT) || refusals-- > 0;
    response.writeHead(isRefused ? 400 : 200).end(isRefused ? `no ${receiver.url}${request.url} here` : 'ok');
  });
  onTestFinished(() => receiver.close());
  const stage = await startStage({
    slackUrl: `${receiver.url}/services/T000/B000/${WEBHOOK}`,
    env: { OCTOWATCH_HEARTBEAT_URL: `${receiver.url}/ping/${HEARTBEAT}`, SLACK_MIN_LEVEL: 'low' },
  });
  const change = { ...passwordEdit('Events-1', NOON - HOUR) };
  const set = { Id: 'variableset-Projects-1', OwnerId: 'Projects-1', Version: 3 };
  const variable = { Id: 'v', Name: 'Db.Password', Type: 'Sensitive', IsSensitive: true, Scope: {} };
  stage.state.addEvent({
    ...change,
    Details: `<span class="diff">${VALUE}</span><del>${HASH}</del>`,
    ChangeDetails: {
      DocumentContext: { ...set, Variables: [{ ...variable, Value: HASH }] },
      Differences: [
        { op: 'replace', path: '/Variables/0/Value', value: { HasValue: true, NewValue: VALUE, Hash: HASH } },
        {
          op: 'add',
          path: '/Variables/1',
          value: { ...variable, Id: 'w', Name: 'Api.Token', Value: HASH, Hint: VALUE },
        },
      ],
    },
  });
  // The same once as text within text, once where no difference can be understood, and once as no event at all.
  const texts = JSON.stringify({ ...set, Variables: [{ ...variable, Value: HASH }] });
  stage.state.addEvent({
    ...change,
    Id: 'Events-2',
    ChangeDetails: { DocumentContext: texts, Differences: JSON.stringify([{ op: 'test', path: VALUE, value: HASH }]) },
  });
  stage.state.addEvent({
    ...change,
    Id: 'Events-3',
    ChangeDetails: { DocumentContext: `{${HASH}`, Differences: VALUE },
  });
  stage.state.addElement({ ...change, Id: 'Events-4', Occurred: VALUE, [HASH]: { [`k ${VALUE}`]: HASH } }, NOON - HOUR);
  stage.state.addElement([VALUE, { Id: HASH, Category: MONITOR_KEY }], NOON - HOUR);

  // Act: a run with all of it; a run whose errors echo the key; one whose pages do.
  await stage.runOnce();
  const echo = { ErrorMessage: `${MONITOR_KEY} may not, said ${VALUE.slice(0, 0)}the server` };
  stage.server.faults.next({ kind: 'status', status: 500, body: echo, path: /Users-2\/apikeys/, times: 100 });
  stage.server.faults.next({ kind: 'status', status: 401, body: echo, path: /from=/, times: 1 });
  await stage.runOnce();
  const page = `<html><title>Denied: ${MONITOR_KEY}</title></html>`;
  stage.server.faults.next({ kind: 'status', status: 200, body: page, path: /from=/, times: 1 });
  await stage.runOnce();
  // A reader with an open transaction keeps the write-ahead log from being folded into the database and removed.
  const reader = new Database(stage.db, { readonly: true });
  onTestFinished(() => void reader.close());
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM events').get();
  stage.state.addEvent(healthCheck('Events-9', NOON - HOUR));
  stage.server.faults.clear();
  await stage.runOnce();

  // Assert
  const files = readdirSync(stage.folder);
  const bytes = files.map((file) => readFileSync(path.join(stage.folder, file), 'latin1'));
  const { rows } = await runQuery({
    dbFile: stage.db,
    sql: 'SELECT * FROM events LEFT JOIN variable_edits USING (event_id)',
  });
  const told = receiver.bodies.join('\n');
  const written = {
    database: bytes.join('\n'),
    log: inspect(stage.log, { depth: 20, maxStringLength: null, maxArrayLength: null }),
    printed: stage.printed.join('\n'),
    told,
    queried: JSON.stringify(rows),
  };
  expect(files).toContain('octowatch.db-wal');
  expect(written.database).toContain('Db.Password');
  expect(told).toContain('Db.Password');
  expect(written.queried).toContain('Db.Password');
  expect(written.log).toContain('API-…');
  expect(stage.rows('SELECT * FROM quarantine')).toHaveLength(2);
  expect(stage.column("SELECT count(*) FROM deliveries WHERE state = 'failed'")[0]).toBeGreaterThan(0);
  const secrets = { MONITOR_KEY, VALUE, HASH, WEBHOOK, HEARTBEAT };
  const leaks = Object.entries(written).flatMap(([where, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) =>
      text.includes(secret) ? [`${name} in ${where}: ${near(text, secret)}`] : [],
    ),
  );
  expect(leaks).toEqual([]);
});

function near(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return JSON.stringify(text.slice(Math.max(0, at - 150), at + 150));
}

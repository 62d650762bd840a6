import { afterEach, describe, expect, it } from 'vitest';
import { describeViews } from '../../src/audit/index.ts';
import { OctowatchError } from '../../src/lib/errors.ts';
import { makeDatabase } from './database.ts';

describe('describeViews', () => {
  let made: ReturnType<typeof makeDatabase> | undefined;
  afterEach(() => made?.remove());

  it('reads the descriptions of views and columns out of the database, sorted by view', () => {
    made = makeDatabase(
      `
      CREATE TABLE _events (event_id, at, category, raw);
      CREATE VIEW findings AS -- One finding; told once.
      SELECT 1 AS finding_id -- Its number.
      ;
      CREATE VIEW events AS -- One audit event.
      SELECT
        e.event_id AS event_id, -- Octopus's own id of the event, Events-n.
        min(CASE WHEN e.category = 'A' THEN e.at END) AS queued_at, -- When; empty AS nobody asked -- really.
        CAST(e.raw AS TEXT) AS raw,
        CASE
          WHEN e.at > 1 THEN 1 -- late AS hinted
        END AS is_late -- 1 when late.
      FROM _events e;
      CREATE VIEW _private AS SELECT 1 AS x;
    `,
    );

    const views = describeViews(made.dbFile);

    expect(views).toEqual([
      {
        view: 'events',
        description: 'One audit event.',
        columns: [
          { name: 'event_id', description: "Octopus's own id of the event, Events-n." },
          { name: 'queued_at', description: 'When; empty AS nobody asked -- really.' },
          { name: 'raw', description: '' },
          { name: 'is_late', description: '1 when late.' },
        ],
      },
      {
        view: 'findings',
        description: 'One finding; told once.',
        columns: [{ name: 'finding_id', description: 'Its number.' }],
      },
    ]);
  });

  it('lists a view without any comment too', () => {
    made = makeDatabase('CREATE VIEW bare AS SELECT 1 AS one');

    const views = describeViews(made.dbFile);

    expect(views).toEqual([{ view: 'bare', description: '', columns: [{ name: 'one', description: '' }] }]);
  });

  it('says what to do when there is no database', () => {
    expect(() => describeViews('/nowhere/octowatch.db')).toThrow(OctowatchError);
  });
});

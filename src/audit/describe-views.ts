import { openReadOnly } from './database-file.ts';

type ViewDescription = {
  readonly view: string;
  /** What a row is. Empty when the database does not say. */
  readonly description: string;
  readonly columns: readonly { readonly name: string; readonly description: string }[];
};

/**
 * Describes the views of a database out of the database itself: SQLite keeps the text of `CREATE VIEW` with its comments,
 * and migrations write them so that `… AS -- text` describes the view and `… AS column, -- text` each column. Columns come from
 * SQLite, so one without a comment is listed too. Sorted by name. Throws OctowatchError when the file cannot be read.
 */
export function describeViews(dbFile: string): ViewDescription[] {
  const db = openReadOnly(dbFile);
  try {
    const views = db
      .prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name",
      )
      .all() as { name: string; sql: string }[];
    const columnsOf = db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck();
    return views.map(({ name, sql }) => {
      const comments = columnComments(sql);
      return {
        view: name,
        description: /^\s*CREATE\s[^\n]*?\sAS\s*--\s*(.*?)\s*$/im.exec(sql)?.[1] ?? '',
        columns: (columnsOf.all(name) as string[]).map((column) => ({
          name: column,
          description: comments.get(column) ?? '',
        })),
      };
    });
  } finally {
    db.close();
  }
}

/** `expression AS name, -- text`, one a line; the last column has no comma. The first comment of a name counts. */
function columnComments(sql: string): Map<string, string> {
  const comments = new Map<string, string>();
  for (const line of sql.split('\n').slice(1)) {
    const match = /\bAS\s+"?(\w+)"?\s*,?\s*--\s*(.*?)\s*$/i.exec(line);
    if (match?.[1] && !comments.has(match[1])) comments.set(match[1], match[2] ?? '');
  }
  return comments;
}

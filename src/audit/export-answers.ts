import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { messageOf, OctowatchError } from '../lib/errors.ts';
import { createRowFormatter } from './format.ts';
import { createPackFile, type PackEntry } from './pack-file.ts';
import { bindParameters, loadQuestions, type SavedQuestion } from './questions.ts';

/** What was asked, with what, and where the answer is. */
export type Answer = {
  readonly name: string;
  readonly title: string;
  readonly parameters: Readonly<Record<string, string | number | null>>;
  readonly controls: SavedQuestion['controls'];
  readonly file: string;
  readonly rows: number;
};

/** Answers every saved question over a pack's own database, as CSV. Questions about a period are asked about the pack's. */
export function exportAnswers(
  db: Database.Database,
  folder: string,
  days: { readonly from: string; readonly to: string },
  onQuestion: (name: string) => void,
): { readonly entries: PackEntry[]; readonly answers: Answer[] } {
  mkdirSync(path.join(folder, 'answers'), { mode: 0o700 });
  const entries: PackEntry[] = [];
  const answers = loadQuestions().map((question): Answer => {
    onQuestion(question.name);
    const own = question.parameters.map((parameter) => parameter.name);
    const given = Object.fromEntries(Object.entries(days).filter(([name]) => own.includes(name)));
    const parameters = Object.fromEntries(
      Object.entries(bindParameters(question, given)).map(([name, value]) => [name, asJson(value)]),
    );
    const entry = writeAnswer(db, folder, question, parameters);
    entries.push(entry);
    const { name, title, controls } = question;
    return { name, title, parameters, controls, file: entry.path, rows: entry.rows ?? 0 };
  });
  // A line break within a cell is no row: the manifest counts rows for whoever has the database, not the file alone.
  return { entries: entries.map(({ rows: _, ...entry }) => entry), answers };
}

/** A parameter of a saved question is a day, a text or a small number; JSON has no other integers. */
function asJson(value: string | number | bigint | null): string | number | null {
  return typeof value === 'bigint' ? Number(value) : value;
}

function writeAnswer(
  db: Database.Database,
  folder: string,
  question: SavedQuestion,
  parameters: Answer['parameters'],
): PackEntry {
  try {
    const statement = db.prepare<[object], unknown[]>(question.sql).raw();
    const formatter = createRowFormatter(
      'csv',
      statement.columns().map((column) => column.name),
    );
    const file = createPackFile(folder, `answers/${question.name}.csv`);
    file.write(formatter.head);
    for (const row of statement.iterate(parameters)) file.writeRow(formatter.rows([row]));
    file.write(formatter.tail());
    return file.close();
  } catch (error) {
    throw new OctowatchError(`the saved question ${question.name} could not be answered: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

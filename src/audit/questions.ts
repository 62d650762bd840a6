import { readdirSync, readFileSync } from 'node:fs';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { nearest } from './nearest.ts';

/** A question saved with the product: a file of `questions/` that begins with `-- title:` and `-- description:`. */
type SavedQuestion = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly sql: string;
};

const FOLDER = new URL('./questions/', import.meta.url);

/** All saved questions, sorted by name. */
export function loadQuestions(): SavedQuestion[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => parseQuestion(file.slice(0, -'.sql'.length), readFileSync(new URL(file, FOLDER), 'utf8')));
}

/** The saved question of that name; throws UsageError naming the nearest one, or all, when there is none. */
export function findQuestion(name: string): SavedQuestion {
  const questions = loadQuestions();
  const found = questions.find((question) => question.name === name);
  if (found) return found;
  const names = questions.map((question) => question.name);
  const similar = nearest(name, names);
  throw new UsageError(`there is no saved question ${JSON.stringify(name)}`, {
    hint: similar === null ? `There are ${names.join(', ')}.` : `Did you mean ${similar}?`,
  });
}

function parseQuestion(name: string, sql: string): SavedQuestion {
  const title = /^-- title:\s*(.+?)\s*$/m.exec(sql)?.[1];
  // A description may run on over further comment lines.
  const description = /^-- description:\s*(.+(?:\n--(?! *\w+:).*)*)/m.exec(sql)?.[1]?.replace(/\s*\n--\s*/g, ' ');
  if (!title || !description) throw new OctowatchError(`the saved question ${name} lacks its title or description`);
  return { name, title, description: description.trim(), sql };
}

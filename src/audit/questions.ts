import { readdirSync, readFileSync } from 'node:fs';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { parseControls, type ServedControls } from './controls.ts';
import { nearest } from './nearest.ts';
import type { QueryParameter } from './query-protocol.ts';

/** `date` is a whole day, UTC, `YYYY-MM-DD`; as the end of a period it is inclusive. */
const PARAMETER_TYPES = ['text', 'integer', 'date'] as const;

/** One `:name` of a saved question. */
export type QuestionParameter = {
  readonly name: string;
  readonly type: (typeof PARAMETER_TYPES)[number];
  /** What is bound when nothing is given; null is for the statement to interpret, as its description says. */
  readonly default: QueryParameter;
  readonly description: string;
};

/**
 * A question saved with the product: a file of `questions/`, one statement over the documented views, whose comments at
 * the top say the rest. Every question answers without any parameter; those over a period have `from` and `to`.
 */
export type SavedQuestion = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: readonly QuestionParameter[];
  readonly controls: readonly ServedControls[];
  readonly sql: string;
};

const FOLDER = new URL('./questions/', import.meta.url);

/** All saved questions, sorted by name. Throws OctowatchError naming the file and line of a mistake in a header. */
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

/**
 * What to bind for a question: the given values, checked and converted to the types of its parameters, and the defaults of
 * the others. Throws UsageError with all mistakes: a parameter the question does not have, a value of another type.
 */
export function bindParameters(
  question: SavedQuestion,
  given: Readonly<Record<string, string | number>> = {},
): Record<string, QueryParameter> {
  const mistakes: string[] = [];
  const bound: Record<string, QueryParameter> = {};
  for (const parameter of question.parameters) {
    bound[parameter.name] = parameter.default;
    const value = Object.hasOwn(given, parameter.name) ? given[parameter.name] : undefined;
    if (value === undefined) continue;
    const converted = convert(parameter.type, String(value));
    if (converted === null) mistakes.push(`${parameter.name}=${value} is no ${WANTED[parameter.type]}`);
    else bound[parameter.name] = converted;
  }
  const names = question.parameters.map((parameter) => parameter.name);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) mistakes.push(`there is no parameter ${JSON.stringify(name)}`);
  }
  if (mistakes.length > 0) {
    const hint = names.length === 0 ? 'It takes no parameters.' : `It takes ${names.join(', ')}.`;
    throw new UsageError(`the saved question ${question.name}: ${mistakes.join('; ')}`, { hint });
  }
  return bound;
}

const WANTED = {
  text: 'text',
  integer: 'whole number',
  date: 'day of the form YYYY-MM-DD',
} satisfies Record<QuestionParameter['type'], string>;

function convert(type: QuestionParameter['type'], text: string): QueryParameter {
  switch (type) {
    case 'text':
      return text;
    case 'integer': {
      const number = Number(text);
      return /^-?\d{1,15}$/.test(text) ? number : null;
    }
    case 'date': {
      const atMs = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
      // JavaScript takes 30 February for 2 March.
      return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text) ? text : null;
    }
  }
}

type Header = { readonly key: string; readonly line: number; text: string };

const KEYS = ['title', 'description', 'param', 'controls'];

/** Reads one file. Throws OctowatchError with the file, the line and what is wrong there. */
export function parseQuestion(name: string, sql: string): SavedQuestion {
  const headers = readHeaders(name, sql);
  const one = (key: string): Header => {
    const [first, second] = headers.filter((header) => header.key === key);
    if (!first) throw mistake(name, 1, `there is no ${key}`);
    if (second) throw mistake(name, second.line, `there is a second ${key}`);
    if (first.text === '') throw mistake(name, first.line, `${key} is empty`);
    return first;
  };
  const title = one('title').text;
  const description = one('description').text;
  const controls = one('controls');
  const parameters = headers.filter((header) => header.key === 'param').map((header) => parseParameter(name, header));
  const body = sql.replace(/--[^\n]*/g, '').replace(/'(?:[^']|'')*'/g, "''");
  const used = new Set([...body.matchAll(/:([A-Za-z_]\w*)/g)].map((match) => match[1]));
  for (const [index, parameter] of parameters.entries()) {
    if (parameters.findIndex((other) => other.name === parameter.name) !== index)
      throw mistake(name, 1, `there are two parameters ${parameter.name}`);
    if (!used.delete(parameter.name)) throw mistake(name, 1, `:${parameter.name} does not occur in the statement`);
  }
  const [undeclared] = used;
  if (undeclared !== undefined) throw mistake(name, 1, `:${undeclared} is declared by no param line`);
  try {
    return { name, title, description, parameters, controls: parseControls(controls.text), sql };
  } catch (error) {
    throw mistake(name, controls.line, messageOf(error));
  }
}

/** The comment lines at the top: `-- key: text`, each of which may run on over further comment lines. */
function readHeaders(name: string, sql: string): Header[] {
  const headers: Header[] = [];
  for (const [index, line] of sql.split('\n').entries()) {
    const comment = /^--\s?(.*)$/.exec(line)?.[1];
    if (comment === undefined) break;
    const [, key, text = ''] = /^([a-z]+):\s*(.*)$/.exec(comment) ?? [];
    const last = headers.at(-1);
    if (key !== undefined) {
      if (!KEYS.includes(key)) throw mistake(name, index + 1, `${key} is none of ${KEYS.join(', ')}`);
      headers.push({ key, line: index + 1, text: text.trim() });
    } else if (last) last.text = `${last.text} ${comment.trim()}`.trim();
    else throw mistake(name, index + 1, 'a file begins with -- title:');
  }
  return headers;
}

/** `name type = default: what it is for`; the default `none` binds NULL. */
function parseParameter(question: string, { text, line }: Header): QuestionParameter {
  const [, name, type, given, description] = /^(\w+) (\w+) = (\S+): (.+)$/.exec(text) ?? [];
  if (!name || !type || given === undefined || !description)
    throw mistake(question, line, 'a param is written as name type = default: what it is for');
  const known = PARAMETER_TYPES.find((one) => one === type);
  if (!known) throw mistake(question, line, `${type} is none of ${PARAMETER_TYPES.join(', ')}`);
  const converted = given === 'none' ? null : convert(known, given);
  if (given !== 'none' && converted === null) throw mistake(question, line, `${given} is no ${WANTED[known]}`);
  return { name, type: known, default: converted, description };
}

function mistake(name: string, line: number, what: string): OctowatchError {
  return new OctowatchError(`the saved question ${name}.sql, line ${line}: ${what}`);
}

import { bindParameters, type describeViews, findQuestion, loadQuestions } from '../audit/index.ts';
import { UsageError } from '../lib/errors.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts';
import type { Question } from './query-answer.ts';
import { collectParam } from './query-params.ts';

/** What the prompt remembers from one statement to the next. */
export type PromptSettings = { format: OutputFormat; params: Record<string, string> };

/** What a dot command leads to. */
export type CommandOutcome =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'rows'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly type: 'ask'; readonly question: Question }
  | { readonly type: 'quit' };

type Views = ReturnType<typeof describeViews>;

const PROMPT_HELP = `A statement ends with ; and may take several lines. It can only read.
  .help                        this
  .schema [view]               what the views, or the columns of one, mean
  .saved [name [param=value]]  list the saved questions, or ask one
  .param [name=value]          list or set values for :name in statements
  .format [name]               ${OUTPUT_FORMATS.join(', ')}
  .quit                        leave, as Ctrl-D does
Tab completes, the arrows call back what was asked, Ctrl-C stops a query that runs.`;

/** What Tab completes behind each command. */
export function commandArguments(views: Views): Record<string, readonly string[]> {
  return {
    '.help': [],
    '.schema': views.map(({ view }) => view),
    '.saved': loadQuestions().map(({ name }) => name),
    '.param': [],
    '.format': OUTPUT_FORMATS,
    '.quit': [],
  };
}

/** Does what a line such as `.schema events` says; throws UsageError when it says nothing known. Changes `settings`. */
export function runCommand(line: string, views: Views, settings: PromptSettings): CommandOutcome {
  const [command = '', ...words] = line.trim().replace(/;$/, '').split(/\s+/);
  const [first] = words;
  switch (command) {
    case '.help':
      return { type: 'text', text: PROMPT_HELP };
    case '.quit':
    case '.exit':
      return { type: 'quit' };
    case '.schema':
      return describe(first, views);
    case '.saved':
      return first === undefined ? listSaved() : { type: 'ask', question: saved(first, words.slice(1), settings) };
    case '.format': {
      const format = OUTPUT_FORMATS.find((one) => one === first);
      if (first !== undefined && format === undefined)
        throw new UsageError(`there is no format ${first}`, { hint: `There are ${OUTPUT_FORMATS.join(', ')}.` });
      settings.format = format ?? settings.format;
      return { type: 'text', text: `format ${settings.format}` };
    }
    case '.param':
      if (first !== undefined) settings.params = { ...settings.params, ...paramsIn([words.join(' ')]) };
      return { type: 'rows', columns: ['param', 'value'], rows: Object.entries(settings.params) };
    default:
      throw new UsageError(`there is no command ${command}`, { hint: '.help lists them.' });
  }
}

function describe(name: string | undefined, views: Views): CommandOutcome {
  if (name === undefined) {
    return { type: 'rows', columns: ['view', 'a row is'], rows: views.map((one) => [one.view, one.description]) };
  }
  const view = views.find((one) => one.view === name);
  if (!view) throw new UsageError(`there is no view ${name}`, { hint: '.schema lists them.' });
  return {
    type: 'rows',
    columns: ['column', 'meaning'],
    rows: view.columns.map((column) => [column.name, column.description]),
  };
}

function listSaved(): CommandOutcome {
  return { type: 'rows', columns: ['name', 'title'], rows: loadQuestions().map(({ name, title }) => [name, title]) };
}

/** Values given with the command weigh more than those set before, of which only those count that the question has. */
function saved(name: string, given: readonly string[], settings: PromptSettings): Question {
  const question = findQuestion(name);
  const names = question.parameters.map((parameter) => parameter.name);
  const set = Object.entries(settings.params).filter(([key]) => names.includes(key));
  const params = bindParameters(question, { ...Object.fromEntries(set), ...paramsIn(given) });
  return { sql: question.sql, params, name };
}

function paramsIn(texts: readonly string[]): Record<string, string> {
  let params: Record<string, string> = {};
  for (const text of texts) {
    if (!text.includes('=')) throw new UsageError(`${text}: a value is written as name=value`);
    params = collectParam(text, params);
  }
  return params;
}

import { createInterface, type Interface } from 'node:readline';
import { describeViews, endOfStatement, firstKeyword, parameterNames } from '../audit/index.ts';
import { messageOf, OctowatchError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { renderRows } from './output.ts';
import { type AnswerOptions, printAnswer, type Question } from './query-answer.ts';
import { commandArguments, type PromptSettings, runCommand } from './query-commands.ts';
import { complete } from './query-completion.ts';
import { openHistory } from './query-history.ts';
import { typedParams } from './query-params.ts';

export type PromptOptions = Omit<AnswerOptions, 'signal' | 'look' | 'say'> & {
  readonly input: NodeJS.ReadableStream;
  readonly env: NodeJS.ProcessEnv;
  readonly look: () => AnswerOptions['look'];
};

const PROMPT = 'octowatch> ';
const CONTINUED = '      ...> ';

/**
 * Asks for statements and answers them until `.quit` or Ctrl-D. Ctrl-C stops the query that runs, else it drops what was
 * typed so far. Lines that come while a query runs are taken up after it. Mistakes are told and nothing ends.
 */
export async function runPrompt(options: PromptOptions): Promise<void> {
  const { output, dbFile } = options;
  const say = (text: string) => void output.write(`${text.split('\n').map(printable).join('\n')}\n`);
  const views = describeViews(dbFile);
  const history = openHistory(options.env, say);
  const vocabulary = { views, commands: commandArguments(views) };
  const settings: PromptSettings = { format: options.format, params: {} };
  const waiting: string[] = [];
  let begun = '';
  let running: AbortController | null = null;
  let isBusy = false;
  let isOver = false;

  const lines = createInterface({
    input: options.input,
    output,
    terminal: true,
    completer: (line: string) => complete(begun, line, vocabulary),
    history: history.entries.toReversed(),
    historySize: 1000,
  });
  const calledBack = keepHistory(lines, history);

  const answer = async (question: Question) => {
    running = new AbortController();
    try {
      const { signal } = running;
      await printAnswer(question, { ...options, format: settings.format, look: options.look(), say, signal });
    } finally {
      running = null;
    }
  };
  const command = async (line: string) => {
    const outcome = runCommand(line, views, settings);
    if (outcome.type === 'quit') isOver = true;
    else if (outcome.type === 'ask') await answer(outcome.question);
    else if (outcome.type === 'text') say(outcome.text);
    else {
      const { text, note } = renderRows(outcome.columns, outcome.rows, 'table', options.look());
      output.write(text);
      if (note !== null) say(note);
    }
  };
  const statement = async (sql: string) => {
    const wanted = parameterNames(sql);
    const params = Object.entries(settings.params).filter(([name]) => wanted.includes(name));
    await answer({ sql, params: typedParams(Object.fromEntries(params)), name: 'prompt' });
  };
  const attempt = async (text: string, work: (text: string) => Promise<void>) => {
    if (text !== '.quit') calledBack.add(text);
    try {
      await work(text);
    } catch (error) {
      say(error instanceof Error ? error.message : messageOf(error));
      if (error instanceof OctowatchError && error.hint !== null) say(error.hint);
    }
  };
  const take = async (line: string) => {
    if (begun === '' && line.trimStart().startsWith('.')) return attempt(line.trim(), command);
    begun = begun === '' ? line : `${begun}\n${line}`;
    for (let end = endOfStatement(begun); end !== null && !isOver; end = endOfStatement(begun)) {
      const sql = begun.slice(0, end).trim();
      begun = begun.slice(end);
      if (firstKeyword(sql) !== '' || sql.length > 1) await attempt(sql, statement);
    }
    if (begun.trim() === '') begun = '';
  };
  const ask = () => {
    lines.setPrompt(begun === '' ? PROMPT : CONTINUED);
    lines.prompt();
  };
  const drain = async () => {
    if (isBusy) return;
    isBusy = true;
    for (let line = waiting.shift(); line !== undefined && !isOver; line = waiting.shift()) await take(line);
    isBusy = false;
    if (isOver) lines.close();
    else ask();
  };

  say(`${dbFile}, read-only. End a statement with ; or type .help`);
  lines.on('line', (line) => {
    waiting.push(line);
    void drain();
  });
  lines.on('SIGINT', () => {
    waiting.length = 0;
    begun = '';
    if (running) running.abort();
    else {
      clearLine(lines);
      say('');
      ask();
    }
  });
  ask();
  await new Promise<void>((resolve) => lines.once('close', resolve));
  isOver = true;
  (running as AbortController | null)?.abort();
}

/** Readline remembers lines; what is worth calling back are statements. */
function keepHistory(lines: Interface, history: ReturnType<typeof openHistory>) {
  let own: string[] | null = null;
  const replace = () => own?.splice(0, own.length, ...history.entries.toReversed());
  lines.on('history', (entries) => {
    own = entries;
    replace();
  });
  return {
    add(text: string) {
      history.add(text);
      replace();
    },
  };
}

function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
}

import { tokensOf } from '../audit/index.ts';
import { SQL_FUNCTIONS, SQL_WORDS } from './query-words.ts';

type View = { readonly view: string; readonly columns: readonly { readonly name: string }[] };

/** What can be completed: the views with their columns, and the arguments of each dot command. */
export type Vocabulary = {
  readonly views: readonly View[];
  readonly commands: Readonly<Record<string, readonly string[]>>;
};

/** As Node's readline wants it: what fits, and the end of the line it would replace. */
export type Completions = [hits: string[], typed: string];

/**
 * Completes the end of `line`, given the lines of the statement before it: views behind FROM and JOIN, the columns of the
 * views the statement names (all, when it names none), `alias.column`, functions and SQL words; dot commands and their
 * arguments. Nothing inside of a text or a comment.
 */
export function complete(before: string, line: string, vocabulary: Vocabulary): Completions {
  if (before === '' && line.startsWith('.')) return completeCommand(line, vocabulary);
  const tokens = [...tokensOf(`${before}\n${line}`)];
  const last = tokens.at(-1);
  const isOpenText = last?.kind === 'string' && (last.text.length === 1 || !last.text.endsWith("'"));
  if (!last || isOpenText || last.kind === 'comment') return [[], line];
  const typed = /[\w.]*$/.exec(line)?.[0] ?? '';
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text.toLowerCase());
  const named = vocabulary.views.filter(({ view }) => words.includes(view));
  const [owner, dot] = [typed.slice(0, typed.lastIndexOf('.')), typed.includes('.')];
  if (dot) {
    const view = vocabulary.views.find(
      (one) => one.view === (aliasesIn(words, named).get(owner.toLowerCase()) ?? owner),
    );
    const columns = (view?.columns ?? []).map(({ name }) => `${owner}.${name}`);
    return [columns.filter((name) => startsWith(name, typed)), typed];
  }
  const previous = words.at(typed === '' ? -1 : -2);
  const views = vocabulary.views.map(({ view }) => view);
  if (previous === 'from' || previous === 'join') return [views.filter((name) => startsWith(name, typed)), typed];
  // All there is would bury what is particular here.
  if (typed === '' && named.length === 0) return [[], typed];
  const columns = (named.length > 0 ? named : vocabulary.views).flatMap((one) => one.columns.map(({ name }) => name));
  if (typed === '') return [unique(columns), typed];
  const isLower = typed === typed.toLowerCase();
  const sql = [
    ...SQL_FUNCTIONS.map((name) => `${name}(`),
    ...SQL_WORDS.map((word) => (isLower ? word.toLowerCase() : word)),
  ];
  return [unique([...columns, ...views, ...sql]).filter((name) => startsWith(name, typed)), typed];
}

function completeCommand(line: string, { commands }: Vocabulary): Completions {
  const [, command = line, argument] = /^(\.\w*)\s+(.*)$/.exec(line) ?? [];
  if (argument === undefined) return [Object.keys(commands).filter((name) => startsWith(name, command)), command];
  return [(commands[command] ?? []).filter((name) => startsWith(name, argument)), argument];
}

/** `events e` and `events AS e`. */
function aliasesIn(words: readonly string[], named: readonly View[]): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (!named.some(({ view }) => view === word)) continue;
    const alias = words[index + 1] === 'as' ? words[index + 2] : words[index + 1];
    if (alias !== undefined) aliases.set(alias, word);
  }
  return aliases;
}

function startsWith(name: string, typed: string): boolean {
  return name.toLowerCase().startsWith(typed.toLowerCase());
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

import { Automaton } from './automaton.ts';
import { requiredLiteral } from './literal.ts';
import { LookSearch } from './looks.ts';
import { type RegexFlags, RegexMistake } from './node.ts';
import { buildProgram } from './program.ts';
import { parseRegex } from './syntax.ts';

/**
 * Regular expressions that cannot hang the process: their time is at most text length times program size, whatever
 * pattern and text are (`Stepper`). Sets of states met before are remembered (`Automaton`), which makes most searches
 * one lookup per character. docs/sigma.md says what is left out for it.
 */
export type RegexTest = (text: string) => boolean;

/** Compiles a pattern that is searched anywhere in a text. The message says what is wrong or not supported. */
export function compileRegex(
  pattern: string,
  flags: RegexFlags,
): { readonly test: RegexTest } | { readonly problem: string } {
  try {
    const node = parseRegex(pattern, flags);
    const program = buildProgram(node);
    const { text: literal, isAll } = requiredLiteral(node);
    if (isAll) return { test: (text) => text.includes(literal) };
    // Tables are made when first asked: of thousands of rules loaded, few see a record that gets as far as their pattern.
    let searcher: Automaton | LookSearch | null = null;
    return {
      test: (text) => {
        if (literal !== '' && !text.includes(literal)) return false;
        searcher ??=
          program.looks.length === 0
            ? new Automaton(program)
            : new LookSearch(program, buildProgram(node, { withoutLooks: true }));
        return searcher.search(text);
      },
    };
  } catch (error) {
    if (error instanceof RegexMistake) return { problem: error.message };
    throw error;
  }
}

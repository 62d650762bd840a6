import { mistakesOf } from './build.ts';

/** A broken file, and all that is to be said of it as `line:column message`. */
export type Broken = readonly [what: string, text: string, ...said: readonly string[]];

/** What is said of a file, in order, each as `line:column message`. */
export function saidOf(text: string): string[] {
  return mistakesOf(text).map(({ line, column, message }) => `${line}:${column} ${message}`);
}

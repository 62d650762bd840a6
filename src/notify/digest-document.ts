import type { Level } from '../model/finding.ts';

/** Which colours say it again; what matters always stands there in words, too. */
export type Tone = Level | 'quiet';

/**
 * The digest as both parts of the mail show it, decided once. Every text is plain already (`digest-plain.ts`); the
 * renderers lay it out and escape what their format would interpret.
 */
export type DigestDocument = {
  readonly subject: string;
  readonly headline: string;
  readonly tone: Tone;
  /** Lines under the headline: the time covered, the instances. */
  readonly about: readonly string[];
  readonly tiles: readonly { readonly value: string; readonly label: string; readonly tone: Tone }[];
  /** What everybody must know to read the rest rightly. */
  readonly notices: readonly string[];
  readonly sections: readonly DigestSection[];
  readonly commands: readonly { readonly command: string; readonly purpose: string }[];
  readonly footer: readonly string[];
};

export type DigestSection = {
  readonly title: string;
  readonly intro: string | null;
  readonly rows: readonly DigestRow[];
  /** How many rows were left out, and the command that shows them. */
  readonly more: { readonly count: number; readonly command: string } | null;
  /** What to do with what the section names: a command to copy. */
  readonly command: string | null;
};

export type DigestRow =
  | {
      readonly kind: 'item';
      readonly chip: { readonly text: string; readonly tone: Tone } | null;
      readonly title: string;
      /** Short facts, shown one after the other. */
      readonly details: readonly string[];
      /** Sentences, each on a line of its own. */
      readonly lines: readonly string[];
    }
  /** Heads the items after it. */
  | { readonly kind: 'group'; readonly title: string }
  /** One level: how many a day now and how many usually, as parts of the largest number shown. */
  | {
      readonly kind: 'bar';
      readonly level: Level;
      readonly value: string;
      readonly share: number;
      readonly mean: string;
      readonly meanShare: number;
    };

/** A number that is not to stand alone on the next line. */
export function numbered(noun: string, number: number): string {
  return `${noun}\u00a0${Math.trunc(number)}`;
}

/** Takes the first of a list and counts the rest. */
export function capped<T>(
  list: readonly T[],
  max: number,
  command: string,
): { readonly shown: readonly T[]; readonly more: DigestSection['more'] } {
  const shown = list.slice(0, Math.max(1, Math.round(max)));
  const count = list.length - shown.length;
  return { shown, more: count > 0 ? { count, command } : null };
}

import { parseAllDocuments } from 'yaml';

/** One small mistake somebody could make in a rule file, and the file's text with it. */
export type Mutation = {
  readonly what: string;
  readonly text: string;
  /** Whether it is a search identifier that only chooses a level, so that texts alone may differ. */
  readonly isOfLevel: boolean;
};

type Path = readonly (string | number)[];

const ALWAYS = { 'Field.Nobody.Has|exists': false };
const NEVER = { 'Field.Nobody.Has|exists': true };
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * Every number that is compared with raised and lowered by one, every timespan by a second, and every search identifier
 * made to hold always and never: what is left when it is dropped from an `and` or from an `or`.
 */
export function mutationsOf(text: string): Mutation[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const source = document.toJS() as { name: string; detection?: { condition: string }; correlation?: object };
    const changed = (place: Path, value: unknown, how: string): Mutation => ({
      what: `${source.name}: ${place.join('.')} ${how}`,
      text: withValue(text, index, place, value),
      isOfLevel: place.length === 2 && !isInCondition(String(place[1]), source.detection?.condition ?? ''),
    });
    return [
      ...leavesOf(source.correlation ?? {}, ['correlation']).flatMap(([place, value]) => {
        if (place.at(-1) === 'timespan') {
          const seconds = secondsOf(String(value));
          return [-1, 1].map((by) => changed(place, `${seconds + by}s`, `${value} ${signed(by)}s`));
        }
        return isLimit(place) ? byOne(place, Number(value)) : [];
      }),
      ...leavesOf(source.detection ?? {}, ['detection']).flatMap(([place, value]) =>
        isLimit(place) ? byOne(place, Number(value)) : [],
      ),
      ...Object.keys(source.detection ?? {})
        .filter((name) => name !== 'condition')
        .flatMap((name) => [
          changed(['detection', name], ALWAYS, 'always holds'),
          changed(['detection', name], NEVER, 'never holds'),
        ]),
    ];

    function byOne(place: Path, value: number): Mutation[] {
      return [-1, 1].map((by) => changed(place, value + by, `${value} ${signed(by)}`));
    }
  });
}

function isInCondition(name: string, condition: string): boolean {
  const words = condition.split(/[\s()]+/);
  return words.some((word) => word === name || (word.endsWith('*') && name.startsWith(word.slice(0, -1))));
}

/** `condition.gte: 5` of a correlation, `AgeDays|gte: 14` of a detection. */
function isLimit(place: Path): boolean {
  return /(^|\|)(lt|lte|gt|gte)$/.test(String(place.findLast((part) => typeof part === 'string')));
}

function leavesOf(value: unknown, place: Path): [Path, unknown][] {
  if (typeof value !== 'object' || value === null) return [[place, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...place, Array.isArray(value) ? Number(key) : key]),
  );
}

function withValue(text: string, index: number, place: Path, value: unknown): string {
  const documents = parseAllDocuments(text);
  documents[index]?.setIn(place, value);
  return documents.map((document) => document.toString({ directives: false })).join('---\n');
}

function secondsOf(timespan: string): number {
  const unit = timespan.at(-1) as keyof typeof SECONDS;
  return Number.parseInt(timespan, 10) * SECONDS[unit];
}

function signed(by: number): string {
  return by > 0 ? `+${by}` : String(by);
}

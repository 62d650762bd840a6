import { type Place, quoted, type Report, suggestion } from '../mistakes.ts';

/** A condition with its identifiers resolved: `1 of` and `all of` are written out. */
export type Condition =
  | { readonly kind: 'selection'; readonly name: string }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

type Token = { readonly text: string; readonly offset: number };

const MAX_CHARACTERS = 20_000;
const MAX_DEPTH = 200;
/** What `1 of them` and the like may come to, so that a condition of thousands of them over thousands stays small. */
const MAX_PARTS = 100_000;
const MAX_UNDEFINED = 100;

/**
 * Parses one condition over the identifiers of a detection. Null when it has a mistake; every undefined identifier of
 * it is reported. `placeOf` turns an offset within `text` into a place.
 */
export function parseCondition(
  text: string,
  identifiers: ReadonlySet<string>,
  placeOf: (offset: number) => Place,
  report: Report,
): Condition | null {
  if (text.length > MAX_CHARACTERS) {
    report(placeOf(0), `the condition is longer than ${MAX_CHARACTERS} characters`);
    return null;
  }
  const tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map((match) => ({ text: match[0], offset: match.index }));
  if (tokens.length === 0) {
    report(placeOf(0), 'the condition is empty');
    return null;
  }
  const parser = new ConditionParser(tokens, identifiers, placeOf, report);
  try {
    const condition = parser.parse();
    return parser.isSound ? condition : null;
  } catch (error) {
    if (!(error instanceof ConditionMistake)) throw error;
    report(error.place, error.message);
    return null;
  }
}

class ConditionMistake extends Error {
  readonly place: Place;
  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

class ConditionParser {
  readonly #tokens: readonly Token[];
  readonly #identifiers: ReadonlySet<string>;
  readonly #placeOf: (offset: number) => Place;
  readonly #report: Report;
  #at = 0;
  #depth = 0;
  #parts = 0;
  #undefined = 0;
  isSound = true;

  constructor(
    tokens: readonly Token[],
    identifiers: ReadonlySet<string>,
    placeOf: (offset: number) => Place,
    report: Report,
  ) {
    this.#tokens = tokens;
    this.#identifiers = identifiers;
    this.#placeOf = placeOf;
    this.#report = report;
  }

  parse(): Condition {
    const condition = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest) {
      if (isPipe(rest.text)) this.#fail(rest, OLD_PIPE);
      const word = SYMBOLS[rest.text];
      if (word) this.#fail(rest, `${quoted(rest.text)} is no operator: write \`${word}\``);
      const what =
        rest.text === ')' ? 'a `)` without its `(`' : `expected \`and\` or \`or\` before ${quoted(rest.text)}`;
      this.#fail(rest, `${what} in the condition`);
    }
    return condition;
  }

  #fail(token: Token | undefined, message: string): never {
    throw new ConditionMistake(this.#placeOf(token?.offset ?? this.#tokens.at(-1)?.offset ?? 0), message);
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.text.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #or(): Condition {
    const of = [this.#and()];
    while (this.#takeWord('or')) of.push(this.#and());
    return joined('or', of);
  }

  #and(): Condition {
    const of = [this.#not()];
    while (this.#takeWord('and')) of.push(this.#not());
    return joined('and', of);
  }

  #not(): Condition {
    const token = this.#tokens[this.#at];
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail(token, 'the condition is nested too deeply');
    const condition: Condition = this.#takeWord('not') ? { kind: 'not', of: this.#not() } : this.#operand();
    this.#depth -= 1;
    return condition;
  }

  #operand(): Condition {
    const token = this.#tokens[this.#at];
    if (!token) this.#fail(token, 'the condition ends where an identifier is expected');
    this.#at += 1;
    if (token.text === '(') {
      const inner = this.#or();
      const closing = this.#tokens[this.#at];
      if (closing && isPipe(closing.text)) this.#fail(closing, OLD_PIPE);
      if (closing?.text !== ')') this.#fail(closing ?? token, 'a `(` without its `)` in the condition');
      this.#at += 1;
      return inner;
    }
    if (isPipe(token.text)) this.#fail(token, OLD_PIPE);
    if (token.text === ')' || /^(?:and|or)$/i.test(token.text)) {
      this.#fail(token, `expected an identifier before \`${token.text}\` in the condition`);
    }
    return this.#tokens[this.#at]?.text.toLowerCase() === 'of' ? this.#quantified(token) : this.#identifier(token);
  }

  #quantified(quantifier: Token): Condition {
    this.#at += 1;
    const target = this.#tokens[this.#at];
    if (!target || target.text === '(' || target.text === ')') {
      this.#fail(target ?? quantifier, '`of` takes `them` or the name of identifiers, such as `selection*`');
    }
    this.#at += 1;
    const word = quantifier.text.toLowerCase();
    if (word !== '1' && word !== 'any' && word !== 'all') {
      this.#fail(quantifier, `${quoted(quantifier.text)} \`of\` is not known: \`1 of\`, \`any of\` and \`all of\` are`);
    }
    const names = this.#namesLike(target.text);
    if (names.length === 0) {
      this.isSound = false;
      this.#report(this.#placeOf(target.offset), `no identifier matches ${quoted(target.text)}`);
    }
    this.#parts += names.length;
    if (this.#parts > MAX_PARTS) this.#fail(target, `the condition comes to more than ${MAX_PARTS} identifiers`);
    const of = names.map((name): Condition => ({ kind: 'selection', name }));
    return joined(word === 'all' ? 'and' : 'or', of);
  }

  /** Identifiers that begin with `_` are left out unless the pattern itself begins with it, as the specification says of `them`. */
  #namesLike(pattern: string): string[] {
    const all = [...this.#identifiers];
    // `them` is always all of them, even where an identifier is called so; other capitals are taken for it if none is.
    const isThem = pattern === 'them' || (pattern.toLowerCase() === 'them' && !this.#identifiers.has(pattern));
    if (isThem) return all.filter((name) => !name.startsWith('_'));
    const parts = pattern.split('*');
    return all.filter((name) => (pattern.startsWith('_') || !name.startsWith('_')) && matchesParts(name, parts));
  }

  #identifier(token: Token): Condition {
    if (!this.#identifiers.has(token.text)) {
      this.#refuseHalfWords(token);
      this.isSound = false;
      this.#undefined += 1;
      if (this.#undefined > MAX_UNDEFINED) this.#fail(token, 'there are more identifiers that are not defined');
      this.#report(this.#placeOf(token.offset), undefinedIdentifier(token.text, this.#identifiers));
    }
    return { kind: 'selection', name: token.text };
  }

  /** Words that are not identifiers by mistake but the rest of something else: what follows them would only confuse. */
  #refuseHalfWords(token: Token): void {
    const next = this.#tokens[this.#at]?.text ?? '';
    if (token.text === 'near')
      this.#fail(token, '`near` is no longer part of Sigma: write a correlation rule of type temporal');
    if (/^(?:1|any|all)$/i.test(token.text) && (next.toLowerCase() === 'them' || next.includes('*'))) {
      this.#fail(token, `${quoted(token.text)} needs \`of\` behind it: ${quoted(`${token.text} of ${next}`)}`);
    }
    if (token.text.startsWith('!')) this.#fail(token, '`!` is no operator: write `not`');
  }
}

const SYMBOLS: Readonly<Record<string, string>> = { '&&': 'and', '&': 'and', '||': 'or', ',': 'or' };

const OLD_PIPE = 'aggregations behind a `|` are no longer part of Sigma: write a correlation rule instead';

function isPipe(word: string): boolean {
  return word.startsWith('|') && word !== '||';
}

function undefinedIdentifier(word: string, identifiers: ReadonlySet<string>): string {
  const beforePipe = word.split('|')[0] ?? '';
  if (word.includes('|') && identifiers.has(beforePipe)) return OLD_PIPE;
  if (word.includes('*')) return `${quoted(word)} needs \`1 of\`, \`any of\` or \`all of\` before it`;
  if (word === 'them') return '`them` needs `1 of`, `any of` or `all of` before it';
  return `the identifier ${quoted(word)} is not defined${suggestion(word, identifiers)}`;
}

function joined(kind: 'and' | 'or', of: readonly Condition[]): Condition {
  const [only] = of;
  return of.length === 1 && only ? only : { kind, of };
}

/** Whether a name is the parts in order with anything between them; the first and last are anchored. */
function matchesParts(name: string, parts: readonly string[]): boolean {
  const [first = ''] = parts;
  if (parts.length === 1) return name === first;
  const last = parts.at(-1) ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

/** The names of the selections a condition uses. */
export function selectionsOf(condition: Condition): string[] {
  if (condition.kind === 'selection') return [condition.name];
  if (condition.kind === 'not') return selectionsOf(condition.of);
  return condition.of.flatMap(selectionsOf);
}

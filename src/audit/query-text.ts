/** A piece of an SQL text; `name` is a quoted identifier, `word` a bare one or a keyword. */
type SqlToken = {
  readonly kind: 'space' | 'comment' | 'string' | 'name' | 'parameter' | 'number' | 'word' | 'semicolon' | 'other';
  readonly text: string;
  readonly offset: number;
};

const KINDS = ['space', 'comment', 'string', 'name', 'parameter', 'number', 'word', 'semicolon', 'other'] as const;

/** What SQLite's own tokenizer does, piece by piece; white space is five characters there, and all of Unicode is letters. */
const TOKEN =
  /([ \t\n\f\r]+)|(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('[^']*(?:''[^']*)*'?)|("[^"]*(?:""[^"]*)*"?|`[^`]*(?:``[^`]*)*`?|\[[^\]]*\]?)|([:@$][\w$\u0080-\uffff]+|\?\d*)|(\.?\d[\w.]*)|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(;)|([\s\S])/y;

/** Splits SQL into its tokens, without gaps: joined they are the text again. Never throws; what is not closed ends with the text. */
export function* tokensOf(sql: string): Generator<SqlToken> {
  const pattern = new RegExp(TOKEN);
  for (let offset = 0; offset < sql.length; offset = pattern.lastIndex) {
    pattern.lastIndex = offset;
    const match = pattern.exec(sql);
    if (!match) return;
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
    yield { kind: KINDS[group - 1] ?? 'other', text: match[0], offset };
  }
}

/** The first keyword, in capitals; empty when there is none. Comments and empty statements before it are passed over. */
export function firstKeyword(sql: string): string {
  for (const { kind, text } of tokensOf(sql)) {
    if (kind === 'space' || kind === 'comment' || kind === 'semicolon') continue;
    return kind === 'word' ? text.toUpperCase() : '';
  }
  return '';
}

/** The names of `:name`, `@name`, `$name` and `?1` in order, each once; `?` alone is listed as the empty name. */
export function parameterNames(sql: string): string[] {
  const names = new Set<string>();
  for (const { kind, text } of tokensOf(sql)) if (kind === 'parameter') names.add(text.slice(1));
  return [...names];
}

/** Where the first statement of the text ends, behind its semicolon outside of texts and comments; null when it goes on. */
export function endOfStatement(sql: string): number | null {
  for (const { kind, offset } of tokensOf(sql)) if (kind === 'semicolon') return offset + 1;
  return null;
}

/** What a quoted name or text stands for: `"a""b"` for `a"b`. */
export function unquoted(text: string): string {
  const [quote] = text;
  if (quote === '[') return text.replace(/^\[|\]$/g, '');
  if (quote !== '"' && quote !== '`' && quote !== "'") return text;
  const end = text.length > 1 && text.endsWith(quote) ? text.length - 1 : text.length;
  return text.slice(1, end).replaceAll(quote + quote, quote);
}

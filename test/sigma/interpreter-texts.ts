import type { Placeholders } from './interpreter.ts';

const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'];
/** One character of a value as Sigma counts them: a wildcard, an escaped one, or itself. */
const CHARACTER = /\\[\\*?]|[\s\S]/gu;

/** Every text that a value comes to under its modifiers, still with wildcards and escapes. */
export function formsOf(value: string, modifiers: readonly string[], placeholders: Placeholders): string[] {
  let forms = modifiers.includes('expand') ? expanded(value, placeholders) : [value];
  for (const modifier of modifiers) {
    if (modifier === 'windash') forms = forms.flatMap(dashed);
  }
  return forms.flatMap((form) => encoded(form, modifiers));
}

function expanded(value: string, placeholders: Placeholders): string[] {
  const match = /^((?:\\\\|\\%|[^%])*?)(\\%|%\w+%)([\s\S]*)$/u.exec(value);
  if (!match) return [value];
  const [, before = '', found = '', rest = ''] = match;
  const values = found === '\\%' ? ['%'] : (placeholders.get(found.slice(1, -1)) ?? []);
  return values.flatMap((one) => expanded(rest, placeholders).map((after) => `${before}${one}${after}`));
}

function dashed(form: string): string[] {
  const at = [...form.matchAll(/(?<![\p{L}\p{N}_])[-/\u2013-\u2015](?=[\p{L}\p{N}_])/gu)].map((match) => match.index);
  return at.reduce(
    (forms, index) => forms.flatMap((one) => DASHES.map((dash) => one.slice(0, index) + dash + one.slice(index + 1))),
    [form],
  );
}

function encoded(form: string, modifiers: readonly string[]): string[] {
  const chain = modifiers.filter((one) => /^(?:base64|base64offset|utf16|utf16le|utf16be|wide)$/.test(one));
  if (!chain.some((one) => one.startsWith('base64'))) return [chain.reduce(widened, form)];
  const literal = form.replace(CHARACTER, (part) => (part.length > 1 && part.startsWith('\\') ? part.slice(1) : part));
  const bytes = chain.reduce<Buffer[]>((all, one) => all.flatMap((each) => bytesOf(each, one)), [Buffer.from(literal)]);
  return bytes.map((one) => one.toString('latin1'));
}

/** UTF-16 of everything but the wildcards, as text of its bytes. */
function widened(form: string, encoding: string): string {
  const text = form.replace(CHARACTER, (part) => {
    if (part === '*' || part === '?') return part;
    const isEscaped = part.length > 1 && part.startsWith('\\');
    const bytes = bytesOf(Buffer.from(isEscaped ? part.slice(1) : part), encoding.replace(/^utf16$/, 'wide'))[0];
    return (bytes?.toString('latin1') ?? '').replace(/[\\*?]/, '\\$&');
  });
  return encoding === 'utf16' ? `\uFEFF${text}` : text;
}

function bytesOf(bytes: Buffer, encoding: string): Buffer[] {
  if (encoding === 'base64') return [Buffer.from(bytes.toString('base64'))];
  if (encoding === 'base64offset') return [0, 1, 2].map((offset) => Buffer.from(anywhere(bytes, offset)));
  const wide = Buffer.from(bytes.toString('utf8'), 'utf16le');
  if (encoding === 'utf16be') return [wide.swap16()];
  return [encoding === 'utf16' ? Buffer.concat([Buffer.from([0xff, 0xfe]), wide]) : wide];
}

/** What two encodings have in common when everything around the bytes differs in every bit. */
function anywhere(bytes: Buffer, offset: number): string {
  const [low, high] = [0x00, 0xff].map((around) =>
    Buffer.concat([Buffer.alloc(offset, around), bytes, Buffer.alloc(6, around)]).toString('base64'),
  );
  return [...(low ?? '')]
    .filter((character, index) => character === high?.[index])
    .join('')
    .replaceAll('=', '');
}

/** A value with its wildcards as an expression over whole texts, widened as `contains` and the like ask for it. */
export function wildcardExpression(value: string, modifiers: readonly string[]): RegExp {
  const body = value.replace(CHARACTER, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return quote(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part);
  });
  const before = modifiers.includes('contains') || modifiers.includes('endswith') ? '' : '^';
  const after = modifiers.includes('contains') || modifiers.includes('startswith') ? '' : '$';
  return new RegExp(`${before}(?:${body})${after}`, modifiers.includes('cased') ? 'su' : 'isu');
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

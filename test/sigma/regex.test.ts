import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/sigma/regex/regex.ts';

const NO_FLAGS = { i: false, m: false, s: false };

function problemOf(pattern: string): string {
  const compiled = compileRegex(pattern, NO_FLAGS);
  return 'problem' in compiled ? compiled.problem : '';
}

describe('regular expressions', () => {
  it.each([
    ['(?i)^Admin$', 'aDMIN', true],
    ['a(?i)b', 'Ab', false],
    ['(?i:a)b', 'AB', false],
    ['(?s)a.b', 'a\nb', true],
    ['(?-i)a', 'A', false],
    ['end$', 'end\n', true],
    ['end\\z', 'end\n', false],
    ['\\Astart', 'x\nstart', false],
    ['[]a]+', ']', true],
    ['[^]a]', ']', false],
    ['[\\w.-]+@', 'a.b-c@', true],
    ['\\x41\\u0042', 'AB', true],
    ['a{,2}', 'a{,2}', true],
    ['(?P<name>a)+', 'aa', true],
    ['C:\\\\Users', 'C:\\Users', true],
    ['', '', true],
    ['end$', 'end\n\n', false],
    ['end(?=\\z)', 'end\n', false],
    ['end(?=$)', 'end\n', true],
    ['(?<=^end\\n)$', 'end\n', true],
    ['(?m)^b$', 'a\nb\n', true],
    ['(?x) a b # a comment\n c [ ]', 'abc ', true],
    ['(?x)a\\ +', 'a  ', true],
    ['(?x) a {2} ', 'aa', true],
    ['[[:alpha:]_]+-[[:^digit:]]', 'a_b-c', true],
    ['^[[:alpha:]]$', 'é', false],
    ['[[:punct:]]', '~', true],
    ['(?i)^[[:upper:]]+$', 'abC', true],
    ['^[[:]+$', '[:', true],
    ['\\Q.*[a]\\E+', 'x.*[a]]', true],
    ['[\\Q]-a\\E]{3}$', 'a-]', true],
    ['a\\Q', 'a', true],
    ['\\h\\H', '\u3000a', true],
    ['^\\v$', '\u0085', true],
    ['^a\\Rb\\R?$', 'a\r\nb\u2028', true],
    ['^\\R\\n', '\r\n', false],
    ['^\\N+$', 'a\nb', false],
    ['^\\N{U+e9}\\x{e9}\\o{351}\\0101\\cA$', 'ééé\b1\u0001', true],
    ['^\\p{Lu}\\p{Ll}\\pN\\P{L}\\p{^L}$', 'Éé٣..', true],
    ['^\\p{Cyrillic}\\p{sc=Greek}\\p{Xan}\\p{L&}$', 'жσ7a', true],
    ['^\\P{L}$', 'é', false],
    ['(?i)^\\p{Lu}\\W$', 'éſ', true],
    ["(?|a|b)(?P<n>c)(?'m'd)", 'bcd', true],
    ['(?i)(?^:a)', 'A', false],
    ['(?^i:a)', 'A', true],
    ['a*+a', 'aaa', false],
    ['^(?>a*?)b', 'aab', false],
    ['(?>[^\\\\]+)\\\\', 'C:\\', true],
    ['\\d++(?!\\.)', '10.', false],
    ['^(?!10\\.|192\\.168\\.)', '10.0.0.1', false],
    ['(?<![\\w.])\\d{1,3}(?:\\.\\d{1,3}){3}(?!\\d)', 'at 10.0.0.1:80', true],
    ['^(?=.*[0-9])(?=.*[A-Z])(?!.*(?<=\\s)x).{4,}$', 'abC1 y', true],
    ['^(?=.*[0-9])(?=.*[A-Z])(?!.*(?<=\\s)x).{4,}$', 'abC1 x', false],
  ])('reads %s on %j as PCRE does: %s', (source, text, expected) => {
    const compiled = compileRegex(source, NO_FLAGS);

    expect('test' in compiled && compiled.test(text)).toBe(expected);
  });

  it.each([
    ['(a', 'a `(` without its `)`'],
    ['a)', 'a `)` without its `(`'],
    ['[a', 'a `[` without its `]`'],
    ['*a', 'nothing to repeat'],
    ['a**', 'a quantifier on a quantifier'],
    ['(?:a|bc)++d', 'a possessive quantifier on a part of varying length, which is not supported, at character 9'],
    ['x(?>a|ab)c', 'an atomic group of varying length, which is not supported, at character 2'],
    ['(?>(?:a|bc)*)', 'an atomic group of varying length'],
    ['(a)\\1', 'a back-reference, which is not supported, at character 4'],
    ['(?P<n>a)(?P=n)', 'a back-reference, which is not supported, at character 9'],
    ['\\k<n>', 'back-reference'],
    ['(?:a(?R)?b)', 'a recursion, which is not supported, at character 5'],
    ['(a)(?1)', 'a recursion, which is not supported, at character 4'],
    ['(?(1)a|b)', 'a condition, which is not supported, at character 1'],
    ['(*UTF8)a', 'a verb such as `(*UTF)`, which is not supported, at character 1'],
    ['a(?C1)', 'a call-out'],
    ['a(?U)b', 'a group of an unknown kind, at character 4'],
    ['(?<n', 'a group name without its `>`'],
    ['a(?=b)*', 'nothing to repeat, at character 7'],
    ['foo\\Kbar', 'the escape `\\K`, which is not supported, at character 4'],
    ['\\X', 'the escape `\\X`'],
    ['[\\R]', 'the escape `\\R`'],
    ['\\p', '`\\p` without its property'],
    ['a\\p{Nonsense}', 'an unknown property of characters, `Nonsense`, at character 2'],
    ['\\Qab\\E(', 'a `(` without its `)`, at character 7'],
    ['😀[a', 'a `[` without its `]`, at character 2'],
    ['\\x{110000}', 'an incomplete escape'],
    ['\\c', '`\\c` without its character'],
    ['[[.a.]]', 'a POSIX collating element'],
    ['(?x) a # (\n (', 'at character 13'],
    ['[z-a]', 'wrong way round'],
    ['a{3,2}', 'wrong way round'],
    ['a{2001}', 'more than 2000 times, at character 2'],
    ['(a{1000}){1000}', 'more than 2000 states'],
    ['(((){999}){999}){999}', 'too deep'],
    ['a\\', 'a backslash at the end'],
    ['\\q', 'not supported'],
    ['[[:letter:]]', 'an unknown POSIX class `[:letter:]`, at character 2'],
    ['('.repeat(150), 'nested too deeply'],
    ['a'.repeat(5_000), 'longer than 4000'],
  ])('refuses %s with a reason', (source, reason) => {
    expect(problemOf(source)).toContain(reason);
  });

  it.each([
    '(?=(a+)+$)b',
    '(?<=(a|aa)+)b$',
    'a(?!a*(?!a*b))$',
    '(a+)+$',
    '^(a|a)*$',
    '(.*a){20}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
    '.*.*.*.*.*.*=.*',
  ])('stay quick where backtracking would hang: %s', (source) => {
    const text = `${'a'.repeat(50_000)}!`;
    const compiled = compileRegex(source, NO_FLAGS);
    const startedAt = performance.now();

    const found = 'test' in compiled && compiled.test(text);

    expect(found).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

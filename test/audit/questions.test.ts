import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bindParameters, describeViews, findQuestion, loadQuestions } from '../../src/audit/index.ts';
import { parseQuestion } from '../../src/audit/questions.ts';
import { OctowatchError, UsageError } from '../../src/lib/errors.ts';
import { openStore } from '../../src/store/index.ts';
import { readText } from '../support/checkout.ts';
import { makeFolder } from '../support/monitor.ts';
import { openLedger } from './ledger.ts';

const HEADER = `-- title: Everything
-- description: All there is.
-- param: days integer = 90: how far back
-- param: user text = none: whose
-- param: from date = 2026-01-31: first day
-- controls: SOC 2 CC7.2; NIST AU-6
`;
const BODY = 'SELECT :days, :user, :from;\n';

function failureOf(text: string): string {
  try {
    parseQuestion('everything', text);
  } catch (error) {
    expect(error).toBeInstanceOf(OctowatchError);
    return (error as Error).message;
  }
  return 'none';
}

/** Without comments and texts. */
function codeOf(sql: string): string {
  return sql.replaceAll(/--.*/g, '').replaceAll(/'(?:[^']|'')*'/g, "''");
}

function documentedViews(): string[] {
  const { folder, remove } = makeFolder();
  const file = path.join(folder, 'octowatch.db');
  openStore(file, { monitorVersion: 'test' }).close();
  const views = describeViews(file).map((one) => one.view);
  remove();
  return views;
}

describe('the saved questions', () => {
  const questions = loadQuestions();
  const views = documentedViews();

  it.each(questions)('$name has a title, whole sentences, controls and one statement', (question) => {
    const { title, description, parameters, controls, sql } = question;

    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(description).toMatch(/^[A-Z][\s\S]*\.$/);
    expect(description).not.toContain('--');
    expect(controls.length).toBeGreaterThan(0);
    for (const parameter of parameters) expect(parameter.description).toMatch(/\w.*\w/);
    expect(codeOf(sql).match(/;/g)).toHaveLength(1);
  });

  it.each(questions)('$name answers on an empty database, with no row', ({ name }) => {
    const ledger = openLedger();

    expect(ledger.ask(name)).toEqual([]);
  });

  it.each(questions)('$name reads nothing but documented views', ({ sql }) => {
    const code = codeOf(sql);
    const own = [...code.matchAll(/(\w+)(?:\([\w, ]+\))? AS (?:MATERIALIZED )?\(/g)].map((match) => match[1]);
    const read = [...code.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map((match) => match[1]);

    expect(read.filter((name) => ![...views, ...own, 'json_each'].includes(name ?? ''))).toEqual([]);
  });

  it.each(questions)('$name says in its order which of two rows comes first', ({ sql }) => {
    expect(sql).toMatch(/ORDER BY[^)]+;\s*$/);
  });

  it('have a test each that names them', () => {
    const tests = readdirSync(new URL('.', import.meta.url)).filter((file) => /question|coverage/.test(file));
    const text = tests.map((file) => readText(`test/audit/${file}`)).join('\n');

    expect(questions.filter(({ name }) => !text.includes(`'${name}'`)).map(({ name }) => name)).toEqual([]);
  });

  it('are at least twenty-four', () => {
    expect(questions.length).toBeGreaterThanOrEqual(24);
  });

  it.each([
    ['sensitive-variable-edit', 'Did you mean sensitive-variable-edits?'],
    ['zzz', `There are ${questions.map((question) => question.name).join(', ')}.`],
  ])('say which ones there are when asked for %s', (name, hint) => {
    expect(() => findQuestion(name)).toThrow(expect.objectContaining({ constructor: UsageError, hint }));
  });
});

describe('the head of a question', () => {
  it('holds title, description, parameters and controls', () => {
    const question = parseQuestion('everything', HEADER.replace('All there is.', 'All\n--  there is: all.') + BODY);

    expect(question).toMatchObject({
      name: 'everything',
      title: 'Everything',
      description: 'All there is: all.',
      parameters: [
        { name: 'days', type: 'integer', default: 90, description: 'how far back' },
        { name: 'user', type: 'text', default: null, description: 'whose' },
        { name: 'from', type: 'date', default: '2026-01-31', description: 'first day' },
      ],
      controls: [
        { framework: 'SOC 2', ids: ['CC7.2'] },
        { framework: 'NIST', ids: ['AU-6'] },
      ],
    });
  });

  it('ends with the first line of SQL, and texts and times in SQL are no parameters', () => {
    const text = `${HEADER}SELECT :days, :user, :from, '%H:%M', 'it''s :not'\n-- param: late text = none: no header\n`;

    expect(failureOf(text)).toBe('none');
  });

  it.each([
    ['no title', HEADER.replace(/-- title.*\n/, ''), 'there is no title'],
    ['an empty description', HEADER.replace('All there is.', ''), 'line 2: description is empty'],
    ['two titles', `-- title: Else\n${HEADER}`, 'line 2: there is a second title'],
    ['no controls', HEADER.replace(/-- controls.*\n/, ''), 'there is no controls'],
    ['a word that is no key', HEADER.replace('controls', 'control'), 'line 6: control is none of title'],
    ['text before the title', `-- hello\n${HEADER}`, 'line 1: a file begins with -- title:'],
    ['a parameter without a default', HEADER.replace('integer = 90', 'integer'), 'line 3: a param is written as'],
    ['a parameter without a meaning', HEADER.replace(': how far back', ''), 'line 3: a param is written as'],
    ['an unknown type', HEADER.replace('integer', 'number'), 'line 3: number is none of text, integer, date'],
    ['a default of another type', HEADER.replace('= 90', '= many'), 'line 3: many is no whole number'],
    ['a day that does not exist', HEADER.replace('01-31', '02-30'), 'line 5: 2026-02-30 is no day'],
    ['a parameter twice', HEADER.replace('user text', 'days text'), 'there are two parameters days'],
    ['a framework nobody knows', HEADER.replace('NIST', 'COBIT'), 'line 6: "COBIT AU-6" names none of SOC 2'],
    ['a control that is not listed', HEADER.replace('AU-6', 'AU-66'), 'line 6: NIST AU-66 is not in the list'],
  ])('is refused with %s', (_what, header, message) => {
    const failure = failureOf(header + BODY);

    expect(failure).toContain('the saved question everything.sql, line ');
    expect(failure).toContain(message);
  });

  it.each([
    ['declares what the statement lacks', 'SELECT :days, :user;', ':from does not occur in the statement'],
    ['lacks what the statement has', `${BODY.replace(';', '')}, :to;`, ':to is declared by no param line'],
  ])('is refused when it %s', (_what, body, message) => {
    expect(failureOf(HEADER + body)).toContain(message);
  });
});

describe('bindParameters', () => {
  const question = parseQuestion('everything', HEADER + BODY);

  it('gives defaults where nothing is given', () => {
    expect(bindParameters(question)).toEqual({ days: 90, user: null, from: '2026-01-31' });
  });

  it('converts what is given to the type of the parameter', () => {
    expect(bindParameters(question, { days: '7', user: 42, from: '2024-02-29' })).toEqual({
      days: 7,
      user: '42',
      from: '2024-02-29',
    });
  });

  it('names every mistake at once, and the parameters there are', () => {
    const given = { days: 'few', from: '2026-02-30', constructor: 'x' };

    expect(() => bindParameters(question, given)).toThrow(
      expect.objectContaining({
        constructor: UsageError,
        message:
          'the saved question everything: days=few is no whole number; from=2026-02-30 is no day of the form YYYY-MM-DD; ' +
          'there is no parameter "constructor"',
        hint: 'It takes days, user, from.',
      }),
    );
  });
});

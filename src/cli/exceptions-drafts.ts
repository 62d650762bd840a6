import { randomUUID } from 'node:crypto';
import type { ExceptionDraft, RulePack } from '../detect/index.ts';
import { UsageError } from '../lib/errors.ts';
import { formatEpochDay } from '../lib/local-date.ts';
import { printable, truncate } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';
import type { ExceptionTarget } from '../pipeline/exception-target.ts';
import { readDay, today } from './local-day.ts';

/** What a person says of an exception beside what it hides. */
export type DraftOptions = {
  owner: string;
  approvedBy: string;
  reason: string;
  ticket?: string;
  from?: string;
  expires: string;
  name?: string;
};

/** One document for each target, named so that nothing there is has the same name. */
export function draftsOf(
  targets: readonly ExceptionTarget[],
  options: DraftOptions,
  pack: RulePack,
  zone: Zone,
  nowMs: number,
): ExceptionDraft[] {
  const { owner, approvedBy, reason, ticket = null } = options;
  const date = formatEpochDay(today(zone, nowMs));
  const from = options.from === undefined ? date : formatEpochDay(readDay(options.from, '--from', zone, nowMs));
  const expires = formatEpochDay(readDay(options.expires, '--expires', zone, nowMs));
  const taken = new Set([...pack.rules.keys(), ...pack.ruleSet.filters.map((one) => one.key)]);
  if (options.name !== undefined && taken.has(options.name)) {
    throw new UsageError(`a rule or an exception is named ${options.name} already`);
  }
  return targets.map(({ rules, tests }) => {
    const values = tests.flatMap((test) => test.values.map((value) => value?.replace(/\\([\\*?])/g, '$1') ?? 'none'));
    const [first] = rules;
    if (!first) throw new Error('a target has a rule');
    const name = nameFor(`${first.key} except ${values.join(' ')}`, options.name, taken);
    taken.add(name);
    return {
      ...{ name, date, owner, approvedBy, reason, ticket, from, expires, tests },
      title: truncate(`${first.document.title}, except ${tests.map((one) => one.key).join(' and ')} ${values[0]}`, 200),
      id: randomUUID(),
      logsource: first.document.logsource,
      rules: rules.map((rule) => referenceTo(rule.document)),
    };
  });
}

function referenceTo({ id, name, title }: { id: string | null; name: string | null; title: string }): string {
  const reference = name ?? id;
  if (reference !== null) return reference;
  throw new UsageError(`the rule "${printable(title)}" has neither name nor id: no filter can refer to it`, {
    hint: 'Give the rule a name.',
  });
}

/** A name nothing has yet: the one that was given, numbered from the second document on, or one made of what is excepted. */
function nameFor(described: string, given: string | undefined, taken: ReadonlySet<string>): string {
  if (given !== undefined && !/^[A-Za-z][\w-]{0,79}$/.test(given)) {
    throw new UsageError('--name takes letters, digits, hyphens and underscores, a letter first, at most 80');
  }
  const base = given ?? slug(described);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}

function slug(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_');
  return words.slice(0, 60).replace(/^[^a-z]+|_+$/g, '') || 'exception';
}

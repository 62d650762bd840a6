import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSharedLookup } from '../../src/octopus/shared-lookup.ts';

type Answer = Parameters<Parameters<LookupFunction>[2]>;

/** A resolver that answers when the test says so. */
function slowResolver() {
  const asked: { hostname: string; answer: (...answer: Answer) => void }[] = [];
  const lookup: LookupFunction = (hostname, _options, answer) => void asked.push({ hostname, answer });
  return { asked, lookup: createSharedLookup(lookup) };
}

describe('looking up the name of a server', () => {
  it('is done once for all connections that ask at a time, and all get the answer', () => {
    const { asked, lookup } = slowResolver();
    const answers: Answer[] = [];

    for (let connection = 0; connection < 8; connection++) lookup('octopus.example', {}, (...one) => answers.push(one));
    const askedFor = asked.map((one) => one.hostname);
    asked[0]?.answer(null, '192.0.2.7', 4);

    expect(askedFor).toEqual(['octopus.example']);
    expect(answers).toEqual(Array.from({ length: 8 }, () => [null, '192.0.2.7', 4]));
  });

  it('is done anew afterwards, also when it failed', () => {
    const { asked, lookup } = slowResolver();
    const failures: unknown[] = [];
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });

    lookup('octopus.example', {}, (error) => failures.push(error));
    asked[0]?.answer(failure, '', 4);
    lookup('octopus.example', {}, (error) => failures.push(error));
    asked[1]?.answer(null, '192.0.2.7', 4);

    expect(failures).toEqual([failure, null]);
  });

  it('keeps names, and one and all addresses of a name, apart', () => {
    const { asked, lookup } = slowResolver();

    lookup('eu.example', {}, () => undefined);
    lookup('us.example', {}, () => undefined);
    lookup('us.example', { all: true }, () => undefined);

    expect(asked.map((one) => one.hostname)).toEqual(['eu.example', 'us.example', 'us.example']);
  });
});

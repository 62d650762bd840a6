import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileCidr } from '../../src/lib/cidr.ts';

const v4 = fc.array(fc.constantFrom(0, 1, 10, 127, 192, 255), { minLength: 4, maxLength: 4 }).map((of) => of.join('.'));
const group = fc.constantFrom('0', '1', 'db8', '2001', 'FFFF', 'fe80');
const groups = (maxLength: number) => fc.array(group, { maxLength }).map((of) => of.join(':'));
const v6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((of) => of.join(':')),
  fc.tuple(groups(3), groups(3)).map(([front, back]) => `${front}::${back}`),
  fc.tuple(fc.constantFrom('::ffff:', '::', '2001:db8::'), v4).map((of) => of.join('')),
);

function testOf(network: string): (text: string) => boolean {
  const test = compileCidr(network);
  if (typeof test === 'string') throw new Error(test);
  return test;
}

it.each([
  ['IPv4', v4, 32, 'ipv4'],
  ['IPv6', v6, 128, 'ipv6'],
] as const)('agrees with Node about addresses of %s and prefixes of every length', (_, address, width, family) => {
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: width }), (network, candidate, bits) => {
      const test = compileCidr(`${network}/${bits}`);
      // Node puts IPv4 inside IPv6 into networks of IPv4 only.
      fc.pre(typeof test !== 'string' && !/^::ffff:/i.test(network) && !/^::ffff:/i.test(candidate));
      const peer = new BlockList();
      peer.addSubnet(network, bits, family);

      const isWithin = typeof test !== 'string' && test(candidate);

      expect(isWithin).toBe(peer.check(candidate, family));
    }),
    { numRuns: 500 },
  );
});

it('reads as an address exactly what Node does', () => {
  const part = fc.constantFrom(':', '::', '.', '0', '1', '255', '256', 'a', 'ffff', 'fffff', 'g', '1.2.3.4', ' ');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      // Node takes no leading zeros in IPv4; they are read as decimal here.
      fc.pre(!/(?:^|[.:])0\d+\.|\.0\d/.test(text) && text.length <= 45);
      const isAnywhere = [testOf('0.0.0.0/0'), testOf('::/0')].some((test) => test(text));

      expect(isAnywhere).toBe(isIP(text) !== 0);
    }),
    { numRuns: 5_000 },
  );
});

it('takes an IPv4 address written inside IPv6 for that address', () => {
  const test = testOf('10.0.0.0/8');

  expect(['::ffff:10.1.2.3', '::FFFF:a01:203', '::10.1.2.3', '::ffff:11.1.2.3'].map((text) => test(text))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

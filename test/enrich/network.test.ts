import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/enrich/network.ts';

describe('the network of an address', () => {
  test.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['192.0.2.77:50123', '192.0.2.0/24'],
    ['2001:db8:7:1::9', '2001:db8:7::/48'],
    ['2001:0DB8:0007:ffff:0:0:0:1', '2001:db8:7::/48'],
    ['[2001:db8:7::1]:443', '2001:db8:7::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['2001:db8::1', '2001:db8::/48'],
    ['::1', '::/48'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['::FFFF:c000:24d', '192.0.2.0/24'],
    ['0:0:0:0:0:ffff:192.0.2.77', '192.0.2.0/24'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test.each([
    null,
    '',
    'localhost',
    '192.0.2',
    '192.0.2.999',
    '192.0.2.1, 198.51.100.1',
    '1:2:3',
    `${'1'.repeat(200)}`,
  ])('%j has none', (address) => {
    expect(networkOf(address)).toBeNull();
  });

  test('is the same for every address of it, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const network = networkOf(address);

        expect(network).not.toBeNull();
        expect(networkOf(address.toUpperCase())).toBe(network);
        if (network?.endsWith('/48')) expect(networkOf(network.slice(0, -'/48'.length))).toBe(network);
      }),
    );
  });
});

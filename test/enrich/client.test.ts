import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientKindOf } from '../../src/enrich/client.ts';

describe('the kind of a client', () => {
  test.each([
    ['OctopusClient-js/2026.3.15581', 'OctopusClient-js'],
    ['OctopusClient-dotnet/11.6.3644 (Linux 5.4.0-1103-azure #109~18.04.1-Ubuntu SMP; x64) NoneOrUnknown octo', 'octo'],
    ['OctopusClient-dotnet/18.2.4210 (Linux 6.8; x64) TeamCity octo/9.1.7', 'octo'],
    ['OctopusClient-dotnet/18.2.4210 (Linux 6.8; x64) NoneOrUnknown', 'OctopusClient-dotnet'],
    ['curl/8.7.1', 'curl'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36', 'browser'],
    ['Go-http-client/1.1', 'Go-http-client'],
    ['octopus-cli-2.4.0 (linux)', 'octopus-cli'],
    ['python-requests 2.31', 'python-requests'],
    ['<script>alert(1)</script>', 'other'],
    ['\u001b[2J', 'other'],
  ])('of %j is %j', (userAgent, kind) => {
    expect(clientKindOf(userAgent)).toBe(kind);
  });

  test.each([null, '', '  ', 'Server'])('of %j is not known', (userAgent) => {
    expect(clientKindOf(userAgent)).toBeNull();
  });

  test('does not change with the version', () => {
    expect(clientKindOf('octo/9.1.7')).toBe(clientKindOf('octo/10.0.0-beta.2+meta'));
  });

  test('is short and harmless whatever a client writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(clientKindOf(text) ?? '').toMatch(/^[A-Za-z0-9._-]{0,40}$/);
      }),
    );
  });
});

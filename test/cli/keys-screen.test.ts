import { describe, expect, it } from 'vitest';
import type { LedgerKey } from '../../src/audit/index.ts';
import { keysScreen } from '../../src/cli/keys-screen.ts';
import { displayWidth } from '../../src/lib/width.ts';

const LOOK = { width: 100, colour: false };

function aKey(over: Partial<LedgerKey> = {}): LedgerKey {
  return {
    instance: 'default',
    keyId: 'apikeys-A',
    userId: 'Users-1',
    username: 'svc-release',
    isActive: true,
    purpose: 'Release pipeline',
    hint: 'API-REL...',
    state: 'used',
    stateReason: 'The server recorded its last use.',
    idleDays: 3,
    auditIdleDays: null,
    lastUsedAt: '2026-11-20T10:00:00.000Z',
    expiresAt: '2027-01-22T10:00:00.000Z',
    readAt: '2026-11-23T10:00:00.000Z',
    powers: ['deploy', 'deploy_production'],
    arePowersComplete: true,
    isRegistered: null,
    owner: null,
    breaks: null,
    drift: [],
    rotationState: null,
    successorId: null,
    reasons: [],
    ...over,
  };
}

function aReason(over: Partial<LedgerKey['reasons'][number]> = {}): LedgerKey['reasons'][number] {
  return {
    findingId: 7,
    rule: 'unused_api_key',
    level: 'high',
    title: 'API key nobody uses',
    why: 'Idle for 301 days.',
    ...over,
  };
}

/** The line of the table that begins with an account. */
function lineOf(screen: string, account: string): string {
  return screen.split('\n').find((line) => line.startsWith(`${account} `)) ?? '';
}

describe('the screen of octowatch keys', () => {
  it('names the five first keys of many, each with its gravest reasons, and says how many there are', () => {
    const keys = Array.from({ length: 9 }, (_, index) =>
      aKey({ username: `svc-${index}`, reasons: index < 7 ? [aReason({ findingId: index })] : [] }),
    );

    const screen = keysScreen(keys, [], LOOK);

    expect(screen).toContain('Act first on 5 of 9 keys');
    expect(screen).toContain(
      '1. svc-0: "Release pipeline", API-REL...\n   - high: API key nobody uses. Idle for 301 days. (finding 0)',
    );
    expect(screen).toContain('5. svc-4:');
    expect(screen).not.toContain('6. svc-5:');
  });

  it('says the three gravest reasons of a key and the numbers of the other findings', () => {
    const reasons = [1, 2, 3, 4, 5].map((findingId) => aReason({ findingId }));

    const screen = keysScreen([aKey({ reasons, breaks: 'the nightly release' })], [], LOOK);

    expect(screen).toContain('and 2 findings more: 4, 5');
    expect(screen).toContain('Revoking it breaks: the nightly release');
    expect(lineOf(screen, 'svc-release')).toMatch(/high \+4$/);
  });

  it('says of a key what is known of its use and no more', () => {
    const uses: [Partial<LedgerKey>, string][] = [
      [{ state: 'used', idleDays: 0 }, 'today'],
      [{ state: 'unused', idleDays: 301 }, '301 d ago'],
      [{ state: 'never_used', idleDays: 47, lastUsedAt: null }, 'never in 47 d'],
      [{ state: 'unknown', idleDays: null, lastUsedAt: null, auditIdleDays: 120 }, 'no change 120 d'],
      [{ state: 'unknown', idleDays: null, lastUsedAt: '2026-11-11T10:00:00.000Z' }, 'change 12 d ago'],
      [{ state: 'unknown', idleDays: null, lastUsedAt: null }, 'unknown'],
      [{ state: 'unknown', idleDays: null, lastUsedAt: null, auditIdleDays: 0 }, 'unknown'],
      [{ state: 'expired' }, 'expired'],
    ];

    for (const [over, words] of uses) {
      const screen = keysScreen([aKey(over)], [], LOOK);
      expect(lineOf(screen, 'svc-release')).toContain(`  ${words}  `);
      expect(screen.includes('Octopus audits changes, not reads')).toBe(over.state === 'unknown');
    }
  });

  it('shows what can be done with a key, and a question mark where that is not known whole', () => {
    const can: [Partial<LedgerKey>, string][] = [
      [{ powers: ['administer', 'deploy', 'deploy_production', 'manage_users'] }, 'all'],
      [{ powers: ['deploy', 'deploy_production', 'edit_variables'] }, 'prod vars'],
      [{ powers: ['deploy'] }, 'deploy'],
      [{ powers: [] }, 'read'],
      [{ powers: [], arePowersComplete: false }, 'read?'],
      [{ powers: null }, '?'],
    ];

    for (const [over, words] of can)
      expect(lineOf(keysScreen([aKey(over)], [], LOOK), 'svc-release')).toContain(`  ${words}  `);
  });

  it('puts ledger and register side by side and lists what differs, rotations and entries about no key', () => {
    const keys = [
      aKey({ isRegistered: true, owner: 'platform', drift: ['it may deploy to production, the register says read'] }),
      aKey({
        username: 'svc-stock',
        isRegistered: true,
        owner: 'stock',
        rotationState: 'stalled',
        successorId: 'apikeys-B',
      }),
      aKey({ username: 'svc-lost', isRegistered: false }),
    ];

    const screen = keysScreen(keys, ['keys.2 (svc-gone)'], LOOK);

    expect(lineOf(screen, 'svc-release')).toMatch(/platform +differs/);
    expect(lineOf(screen, 'svc-stock')).toMatch(/stock +as is/);
    expect(lineOf(screen, 'svc-lost')).toMatch(/missing$/);
    expect(screen).toContain(
      'Differs from the register\n- svc-release: "Release pipeline": it may deploy to production',
    );
    expect(screen).toContain('Rotations under way\n- svc-stock: "Release pipeline": the old key is still live');
    expect(screen).toContain('Register entries about no key\n- keys.2 (svc-gone)');
  });

  it('says of which instance a key is where there are several', () => {
    const screen = keysScreen([aKey({ instance: 'eu' }), aKey({ instance: 'us' })], [], LOOK);

    expect(screen).toMatch(/^account +instance +purpose/m);
    expect(lineOf(screen, 'svc-release')).toMatch(/^svc-release +eu /);
    expect(keysScreen([aKey()], [], LOOK)).not.toContain('instance');
  });

  it('says once what several keys have in common', () => {
    const drift = ['nobody answers for it'];
    const keys = [aKey({ drift }), aKey({ username: 'svc-stock', drift: [...drift, 'it may do more'] })];

    const screen = keysScreen(keys, [], LOOK);

    expect(screen).toContain(
      '- 2 keys: nobody answers for it: svc-release: "Release pipeline", svc-stock: "Release pipeline"\n- svc-stock: "Release pipeline": it may do more',
    );
  });

  it('fits a hundred columns and lets no text of a key act on the terminal', () => {
    const hostile = 'x\u001b[31m\nforged line <!channel> \u202e '.repeat(9);
    const keys = [
      aKey({
        purpose: hostile,
        username: hostile,
        owner: hostile,
        drift: [hostile],
        breaks: hostile,
        reasons: [aReason({ why: hostile })],
      }),
      aKey({ rotationState: 'overlapping', successorId: 'apikeys-B', purpose: hostile }),
    ];

    const screen = keysScreen(keys, [hostile], LOOK);

    for (const line of screen.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(100);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
    expect(screen).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('says so when there is no finding about any key, and when no key was ever read', () => {
    expect(keysScreen([aKey()], [], LOOK)).toContain('No open finding is about any of the 1 key.');
    expect(keysScreen([], [], LOOK)).toContain('octowatch run --once');
  });
});

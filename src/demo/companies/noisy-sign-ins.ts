import { loginSucceeded } from '../account-events.ts';
import type { Chronicle } from '../chronicle.ts';
import { apiKeyRejected, loginBanned, rateLimitExceeded } from '../sign-in-events.ts';
import type { SimulatedUser } from '../state.ts';
import { addressOf, PEOPLE } from '../story-cast.ts';
import type { Times } from './company.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

type Login = { readonly id: string | null; readonly username: string };

/** Addresses that stand in the expected findings. */
export const SOURCES = {
  guesser: '203.0.113.201',
  sprayer: '203.0.113.202',
  intruder: '203.0.113.203',
  brokenJob: '192.0.2.77',
};

/** Sign-ins that fail in the ways in which somebody else's would. */
export function tellNoisySignIns(chronicle: Chronicle, { workday }: Times): void {
  const fail = (startMs: number, stepMs: number, ipAddresses: readonly string[], logins: readonly Login[]) => {
    const count = Math.max(ipAddresses.length, logins.length);
    for (let index = 0; index < count; index++) {
      const login = logins[index % logins.length];
      const ipAddress = ipAddresses[index % ipAddresses.length];
      if (login && ipAddress) chronicle.failSignIn(startMs + index * stepMs, login, ipAddress);
    }
  };
  const times = (logins: readonly Login[], rounds: number) => Array.from({ length: rounds }, () => logins).flat();
  const nobody = (...names: string[]): Login[] => names.map((username) => ({ id: null, username }));

  // One account, one address: a forgotten password or a guesser.
  fail(workday(50, 13), 50 * SECOND_MS, ['203.0.113.77'], times([PEOPLE.jonas], 6));
  // One address, few accounts, many attempts.
  fail(workday(49, 2, 14), 45 * SECOND_MS, [SOURCES.guesser], times(nobody('root', 'backup', 'oracle', 'guest'), 3));
  // One address, many accounts, two slow rounds.
  const staff = [PEOPLE.amara, PEOPLE.bjorn, PEOPLE.chiara, PEOPLE.devika, PEOPLE.elias, PEOPLE.femi, PEOPLE.hugo];
  fail(workday(48, 3), 150 * SECOND_MS, [SOURCES.sprayer], times([...staff, ...nobody('administrator')], 2));
  // One account, ten addresses.
  const addresses = Array.from({ length: 10 }, (_, index) => `2001:db8:9${index}::1`);
  fail(workday(47, 4), 3 * MINUTE_MS, addresses, [PEOPLE.elias]);
  // Failures, then a success of the same account.
  fail(workday(46, 13, 2), 50 * SECOND_MS, [addressOf(PEOPLE.femi, true)], times([PEOPLE.femi], 6));
  chronicle.signIn(workday(46, 13, 9), PEOPLE.femi, true);
  // Failures of several accounts, then a success of another from the same address.
  fail(workday(41, 14), 45 * SECOND_MS, [SOURCES.intruder], times(nobody('root', 'backup', 'oracle', 'guest'), 3));
  signIn(chronicle, workday(41, 14, 20), PEOPLE.greta, SOURCES.intruder);

  const bannedMs = workday(37, 13);
  chronicle.note(bannedMs, (id) =>
    loginBanned({ id, at: bannedMs, user: PEOPLE.hugo, ipAddress: addressOf(PEOPLE.hugo, true) }),
  );
  tellRejections(chronicle, workday(35, 5));
  const limitedMs = workday(32, 13);
  chronicle.note(limitedMs, (id) =>
    rateLimitExceeded({ id, at: limitedMs, username: 'ci-build', ipAddress: '192.0.2.21' }),
  );
}

/** A job goes on with a key that nobody knows any more. */
function tellRejections(chronicle: Chronicle, startMs: number): void {
  for (let index = 0; index < 12; index++) {
    const atMs = startMs + index * 40 * SECOND_MS;
    chronicle.note(atMs, (id) =>
      apiKeyRejected({ id, at: atMs, ipAddress: SOURCES.brokenJob, owner: null, userAgent: 'python-requests/2.32.3' }),
    );
  }
}

function signIn(chronicle: Chronicle, atMs: number, user: SimulatedUser, ipAddress: string): void {
  chronicle.note(atMs, (id) => loginSucceeded({ id, at: atMs, user, ipAddress }));
}

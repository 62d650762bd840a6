import { describeUnknown, rulesOnServer } from '../detect/index.ts';
import { plural } from '../lib/text.ts';
import type { User } from '../model/inventory.ts';
import { type EventSample, listUsers, OctopusError, readWordList, sampleEvents, sampleKeys } from '../octopus/index.ts';
import { ADDRESS_REMEDY, addressNotice } from '../store/index.ts';
import { type Check, failed, ok, type Seen, skipped, warning } from './doctor-check.ts';
import type { InstanceContext } from './doctor-instance.ts';

/** So many other users are asked for their keys until one has some. */
const MAX_USERS_ASKED = 5;
const MAX_RULES_NAMED = 10;

/** What the server gives to be judged, and whether the rules speak its language. */
export const EVENT_CHECKS: readonly Check<InstanceContext>[] = [
  { name: 'audit log', run: checkAuditLog },
  { name: "server's words", run: checkWords },
  { name: 'rules on this server', run: checkRules },
  { name: 'awaited events', run: checkAwaited },
  { name: 'addresses', run: checkAddresses },
  { name: 'keys of others', run: checkKeysOfOthers },
  { name: 'account', run: checkAccount },
  { name: 'what can be told', run: tellFeatures },
];

async function checkAuditLog({ client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const plain = await sampleEvents(client, 'plain', signal);
  const whole = await sampleEvents(client, 'all', signal).catch((error: unknown) => {
    const isRefused = error instanceof OctopusError && ['not_found', 'forbidden', 'bad_answer'].includes(error.kind);
    if (!isRefused || error.isRetryable) throw error;
    return null;
  });
  learned.sample = whole ?? plain;
  if (whole === null)
    return warning(
      `the server refuses spaces=all&includeSystem=true; its plain list: ${describeSample(plain)}`,
      'Events of other spaces and of the system may be missing: give the account EventView at system level and in every space.',
    );
  const seen = `with spaces=all&includeSystem=true: ${describeSample(whole)}; without: ${describeSample(plain)}`;
  if (whole.events === 0)
    return warning(seen, 'There is no event to be seen: look at the audit page of Octopus and at `permissions` here.');
  if (
    whole.systemEvents > 0 ||
    learned.access?.systemPermissions.some((one) => /^(EventView|AdministerSystem)$/.test(one))
  )
    return ok(seen);
  return warning(seen, 'Sign-ins, users and keys belong to no space: give the account EventView at system level.');
}

function describeSample({ events, systemEvents, total }: EventSample): string {
  const counted =
    total === null ? 'events, not counted' : `${total.toLocaleString('en')} ${total === 1 ? 'event' : 'events'}`;
  return `${counted}, ${systemEvents} of the newest ${events} belong to no space`;
}

async function checkWords({ client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const list = (path: string, what: string) =>
    readWordList(client, `/api/events/${path}`, `the list of ${what}`, signal);
  const categories = await list('categories', 'event categories');
  const documentTypes = await list('documenttypes', 'document types');
  const groups = await list('groups', 'event groups');
  const agents = await list('agents', 'clients seen');
  learned.words = { categories, documentTypes };
  const lists = { categories, 'document types': documentTypes, groups, agents };
  const seen = Object.entries(lists)
    .map(([what, words]) => (words === null ? `no list of ${what}` : `${words.size} ${what}`))
    .join(', ');
  if (categories !== null && documentTypes !== null) return ok(seen);
  return warning(seen, 'Whether rules can fire on this server is not known as a whole; see `permissions`.');
}

function checkRules({ learned, pack }: InstanceContext): Seen {
  const { words } = learned;
  if (words === undefined || (words.categories === null && words.documentTypes === null))
    return skipped("the server's lists of its own words are not known");
  const judged = rulesOnServer(pack, words);
  const never = judged.filter((one) => one.verdict === 'never');
  const partly = judged.filter((one) => one.verdict === 'partly');
  const counts = `of ${plural(judged.length, 'rule')} about events ${never.length} can never fire here, ${partly.length} only in part`;
  if (never.length + partly.length === 0)
    return ok(`${plural(judged.length, 'rule')} about events: the server knows all they look for`);
  const named = [...never, ...partly].map(
    (one) => `${one.rule} (${one.verdict}: ${describeUnknown(one) || 'no event has all it asks for'})`,
  );
  const more = named.length > MAX_RULES_NAMED ? `; and ${named.length - MAX_RULES_NAMED} more` : '';
  const seen = `${counts}: ${named.slice(0, MAX_RULES_NAMED).join('; ')}${more}`;
  if (never.length === 0) return ok(seen);
  return warning(
    seen,
    'A version of the server that lacks these events cannot be watched for them; where a word is merely written otherwise, correct the rule.',
  );
}

function checkAwaited({ stored }: InstanceContext): Seen {
  if (stored === null) return skipped('the database holds nothing of this server yet');
  if (stored.unseen.length === 0) return ok('no kind of event that rules wait for is known to be missing');
  return warning(stored.unseen.join('; '), 'Look at the audit page of Octopus: what is not there, no rule can see.');
}

async function checkKeysOfOthers({ client, learned }: InstanceContext, signal: AbortSignal): Promise<Seen> {
  const fix = 'Give the account UserView at system level.';
  try {
    const users = await listUsers(client, signal);
    learned.users = users.length;
    learned.ownUser = users.find((user) => user.id === learned.userId) ?? null;
    const others = users.filter((user) => user.id !== learned.userId).toSorted(byLikelihood);
    if (others.length === 0)
      return warning('there is no user but the monitor itself to be seen', `On a server with more users: ${fix}`);
    const found = { users: 0, keys: 0, withLastUse: 0 };
    for (const user of others.slice(0, MAX_USERS_ASKED)) {
      const own = await sampleKeys(client, user.id, signal);
      found.users += 1;
      found.keys += own.keys;
      found.withLastUse += own.withLastUse;
      if (found.keys > 0) break;
    }
    learned.keys = found;
    const tried = found.users === 1 ? 'one other' : `${found.users} others`;
    return ok(`${plural(users.length, 'user')}; the keys of ${tried} could be read: ${plural(found.keys, 'key')}`);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind !== 'forbidden') throw error;
    return failed(error.message, fix);
  }
}

function checkAddresses({ stored }: InstanceContext): Seen {
  if (!stored?.watermarkAt) return skipped('nothing was read yet');
  const since = stored.addressesUntrustedSince;
  if (since === null) return ok("no one address stands for nearly all of people's events");
  return warning(addressNotice(since), ADDRESS_REMEDY);
}

function checkAccount({ learned: { ownUser } }: InstanceContext): Seen {
  if (!ownUser) return skipped("whether the monitor's account is a service account is not known");
  const name = ownUser.username;
  if (ownUser.isService) return ok(`${name} is a service account`);
  return warning(
    `${name} is the account of a person, or looks like one`,
    'Make a service account for the monitor: its key must not depend on who works here, nor its acts look like theirs.',
  );
}

/** Those who most likely hold keys first: service accounts, then who is active. */
function byLikelihood(a: User, b: User): number {
  const weight = (user: User) => (user.isService ? 2 : 0) + (user.isActive ? 1 : 0);
  return weight(b) - weight(a);
}

/** Told by what the server sends, never by its version. */
function tellFeatures({ learned: { sample, keys } }: InstanceContext): Seen {
  const ofEvents = (count: (of: EventSample) => number) =>
    sample === undefined || sample.events === 0 ? null : count(sample) > 0;
  const features = [
    { what: 'the address somebody acted from', since: '2023.1', isTold: ofEvents((of) => of.withIpAddress) },
    { what: 'the id of the API key somebody acted with', since: '2026', isTold: ofEvents((of) => of.withApiKeyId) },
    {
      what: 'when an API key was last used',
      since: '2026',
      isTold: keys === undefined || keys.keys === 0 ? null : keys.withLastUse > 0,
    },
  ];
  const named = (isTold: boolean | null) => features.filter((one) => one.isTold === isTold);
  const told = named(true).map((one) => one.what);
  const notTold = named(false).map((one) => `${one.what} (from Octopus ${one.since} on)`);
  const unknown = named(null).map((one) => one.what);
  const parts = [
    ...(told.length > 0 ? [`told: ${told.join(', ')}`] : []),
    ...(notTold.length > 0 ? [`not told: ${notTold.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`not known, for there was nothing to see it by: ${unknown.join(', ')}`] : []),
  ];
  return ok(`${parts.join('; ')}; told by no server: who read something or signed out`);
}

import { apiKeyCreated, userCreated } from './account-events.ts';
import { atPortal, type Chronicle, triggerActor, withKey } from './chronicle.ts';
import { documentModified } from './document-events.ts';
import { isOffHours } from './local-time.ts';
import type { SimulatedUser } from './state.ts';
import { addressOf, KEIKO_JOINED_DAYS_AGO, PEOPLE, PROJECTS, SERVICES } from './story-cast.ts';
import type { StoryKeys } from './story-keys.ts';
import { SHARED_SET_ID, setIdOf } from './story-variables.ts';
import { type VariableSetEdit, variable } from './variable-events.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** Epoch milliseconds of a local time so many days before the story's last day. */
type DaysAgo = (days: number, hour: number, minute?: number) => number;

/** What happened in the three months before: some of it must be found, some only looks alike. */
export function tellHistory(chronicle: Chronicle, keys: StoryKeys, at: DaysAgo): void {
  tellNights(chronicle, keys, at);
  tellSecretEdits(chronicle, keys, at);
  tellSignInTroubles(chronicle, at);
  tellAccounts(chronicle, keys, at);
}

function tellNights(chronicle: Chronicle, keys: StoryKeys, at: DaysAgo): void {
  const { storefront, checkout, labels, prices, royalties, stock } = PROJECTS;
  const nights = [
    { days: 9, hour: 21, minute: 42, project: checkout, user: PEOPLE.chiara },
    { days: 17, hour: 22, minute: 5, project: storefront, user: PEOPLE.amara },
    { days: 26, hour: 19, minute: 31, project: stock, user: PEOPLE.ines },
    { days: 38, hour: 23, minute: 12, project: storefront, user: PEOPLE.femi },
    { days: 51, hour: 20, minute: 18, project: royalties, user: PEOPLE.amara },
    { days: 65, hour: 6, minute: 50, project: checkout, user: PEOPLE.chiara },
    { days: 77, hour: 22, minute: 48, project: labels, user: PEOPLE.ines },
  ];
  for (const { days, hour, minute, project, user } of nights) {
    chronicle.deploy({
      atMs: at(days, hour, minute),
      actor: atPortal(user, true),
      project,
      stage: project.stages.production,
    });
  }
  for (const days of [12, 44]) {
    const actor = withKey(SERVICES.release, keys.release);
    chronicle.deploy({ atMs: at(days, 22, 15), actor, project: stock, stage: stock.stages.production });
  }
  for (const days of [15, 36, 57, 78]) {
    chronicle.deploy({ atMs: at(days, 3), actor: triggerActor, project: prices, stage: prices.stages.production });
  }
  // Decided in the afternoon, run at night: only the started event is off-hours.
  const queuedMs = at(31, 16, 30);
  const planned = { atMs: queuedMs, startsAtMs: at(31, 21) };
  chronicle.deploy({
    ...planned,
    actor: atPortal(PEOPLE.devika),
    project: storefront,
    stage: storefront.stages.production,
  });
  // Must stay quiet: pre-production is not production, however late.
  for (const days of [5, 19, 33]) {
    chronicle.deploy({
      atMs: at(days, 22),
      actor: atPortal(PEOPLE.ines, true),
      project: labels,
      stage: labels.stages.between ?? labels.stages.development,
    });
  }
}

function tellSecretEdits(chronicle: Chronicle, keys: StoryKeys, at: DaysAgo): void {
  const { checkout, prices, search, stock, storefront } = PROJECTS;
  const edit = (atMs: number, user: SimulatedUser, setId: string, ...edits: VariableSetEdit[]) =>
    chronicle.editVariables(atMs, atPortal(user), setId, edits);
  const token = { id: '00000000-0000-4000-8000-000000430099', name: 'Index:AdminKey', value: 'demo-index' };
  edit(at(7, 10, 20), PEOPLE.chiara, setIdOf(checkout), { kind: 'value', name: 'Database:Password', value: 'demo-2' });
  edit(at(21, 14, 5), PEOPLE.amara, SHARED_SET_ID, { kind: 'value', name: 'Registry:Token', value: 'demo-3' });
  edit(at(35, 11, 12), PEOPLE.femi, setIdOf(search), { kind: 'add', variable: variable(token, { isSensitive: true }) });
  edit(at(45, 15, 40), PEOPLE.ines, setIdOf(stock), { kind: 'scope', name: 'Database:Password', scope: {} });
  edit(at(60, 9, 55), PEOPLE.devika, setIdOf(prices), { kind: 'make_plain', name: 'Smtp:Password', value: 'demo-4' });
  edit(at(70, 13, 30), PEOPLE.amara, setIdOf(storefront), { kind: 'remove', name: 'Smtp:Password' });
  const terraform = withKey(SERVICES.terraform, keys.terraform);
  chronicle.editVariables(at(83, 10, 8), terraform, setIdOf(stock), [
    { kind: 'rename', name: 'Payments:ApiSecret', newName: 'Payments:Secret' },
    { kind: 'value', name: 'Log:Level', value: 'Warning' },
  ]);
}

function tellSignInTroubles(chronicle: Chronicle, at: DaysAgo): void {
  const { random } = chronicle;
  const series = (startMs: number, count: number, account: { id: string | null; username: string }, ip: string) => {
    for (let index = 0; index < count; index++) {
      chronicle.failSignIn(startMs + index * 50_000 + random.int(0, 9000), account, ip);
    }
  };
  series(at(29, 2, 14), 9, { id: null, username: 'administrator' }, '203.0.113.201');
  series(at(66, 13, 2), 6, PEOPLE.femi, addressOf(PEOPLE.femi, true));
  chronicle.signIn(at(66, 13, 9), PEOPLE.femi, true);
  // Must stay quiet: four in ten minutes are forgetfulness.
  series(at(13, 14, 20), 4, PEOPLE.chiara, addressOf(PEOPLE.chiara, true));
  series(at(40, 11, 45), 4, PEOPLE.hugo, addressOf(PEOPLE.hugo, false));
  series(at(59, 15, 30), 4, PEOPLE.greta, addressOf(PEOPLE.greta, true));
}

function tellAccounts(chronicle: Chronicle, keys: StoryKeys, at: DaysAgo): void {
  const amara = atPortal(PEOPLE.amara);
  const joinedMs = at(KEIKO_JOINED_DAYS_AGO, 9, 30);
  const keiko = { id: PEOPLE.keiko.id, name: PEOPLE.keiko.displayName };
  chronicle.note(joinedMs, (id) => userCreated({ id, at: joinedMs, actor: amara, user: keiko }));
  const leftMs = at(34, 16, 45);
  chronicle.note(leftMs, (id) =>
    documentModified({
      id,
      at: leftMs,
      actor: amara,
      documentType: 'User',
      document: { id: PEOPLE.lewis.id, name: PEOPLE.lewis.displayName },
      spaceId: null,
      differences: [{ path: '/IsActive', op: 'replace', value: false }],
    }),
  );
  const earliestMs = chronicle.nowMs - 89 * DAY_MS;
  for (const key of Object.values(keys)) {
    const owner = [...Object.values(PEOPLE), ...Object.values(SERVICES)].find((user) => user.id === key.userId);
    const createdMs = Date.parse(key.createdAt);
    if (!owner || createdMs < earliestMs) continue;
    const actor = atPortal(owner.isService ? PEOPLE.amara : owner);
    const named = { id: owner.id, name: owner.username };
    chronicle.note(createdMs, (id) => apiKeyCreated({ id, at: createdMs, actor, key, owner: named }));
  }
}

/** A user agent is whatever the client sends: chat markup, and an escape sequence that would colour a terminal. */
const HOSTILE_USER_AGENT = 'Mozilla/5.0 <!channel> *x* <http://evil.example|click> \u001b[31mred\u001b[0m';

/** The night before the story's present: one fresh finding of each kind, all within its last six hours on a Monday morning. */
export function tellLastNight(chronicle: Chronicle, keys: StoryKeys, zone: string): void {
  const { nowMs, random } = chronicle;
  const offHours = (minutesAgo: number) => {
    let atMs = nowMs - minutesAgo * MINUTE_MS;
    while (!isOffHours(atMs, zone)) atMs -= 10 * MINUTE_MS;
    return atMs;
  };
  const { checkout, giftCards, storefront } = PROJECTS;
  const script = withKey(PEOPLE.devika, keys.personal, true);
  chronicle.deploy({ atMs: offHours(310), actor: script, project: storefront, stage: storefront.stages.production });
  chronicle.editVariables(nowMs - 235 * MINUTE_MS, script, setIdOf(checkout), [
    { kind: 'value', name: 'Payments:ApiSecret', value: 'demo-5' },
  ]);
  chronicle.deploy({
    atMs: offHours(160),
    actor: triggerActor,
    project: giftCards,
    stage: giftCards.stages.production,
  });
  for (let index = 0; index < 8; index++) {
    const atMs = nowMs - 110 * MINUTE_MS + index * 45_000 + random.int(0, 9000);
    chronicle.failSignIn(atMs, PEOPLE.jonas, '203.0.113.77', HOSTILE_USER_AGENT);
  }
}

import { apiKeyCreated, apiKeyDeleted, userCreated } from '../account-events.ts';
import { atPortal, type Chronicle, withKey } from '../chronicle.ts';
import { type Differences, documentModified, releaseCreated } from '../document-events.ts';
import { KEIKO_JOINED_DAYS_AGO, PEOPLE, PROJECTS, SERVICES } from '../story-cast.ts';
import type { Times } from './company.ts';
import { type QuietKeys, ROTATION } from './quiet-keys.ts';

const MINUTE_MS = 60_000;

/** Somebody joins, somebody leaves, a key is replaced: all by the book. */
export function tellQuietPeople(chronicle: Chronicle, keys: QuietKeys, times: Times): void {
  tellJoiner(chronicle, times);
  tellLeaver(chronicle, keys, times);
  tellRotation(chronicle, keys, times);
}

function tellJoiner(chronicle: Chronicle, { at }: Times): void {
  const joinedMs = at(KEIKO_JOINED_DAYS_AGO, 8, 2);
  const user = { id: PEOPLE.keiko.id, name: PEOPLE.keiko.displayName };
  chronicle.note(joinedMs, (id) => userCreated({ id, at: joinedMs, actor: atPortal(PEOPLE.amara), user }));
  editSystemDocument(chronicle, joinedMs + 2 * MINUTE_MS, 'Team', { id: 'Teams-12', name: 'Readers' }, [
    { path: '/MemberUserIds/5', op: 'add', value: user.id },
  ]);
}

/** Keys first, then the account. */
function tellLeaver(chronicle: Chronicle, keys: QuietKeys, { workday }: Times): void {
  const owner = { id: PEOPLE.lewis.id, name: PEOPLE.lewis.username };
  const lastUseMs = workday(60, 14);
  const { id: projectId, channelId, name, spaceId } = PROJECTS.royalties;
  const actor = withKey(PEOPLE.lewis, keys.leaver);
  const release = { id: 'Releases-6991', name: 'statistics' };
  chronicle.note(lastUseMs, (id) =>
    releaseCreated({ id, at: lastUseMs, actor, release, project: { id: projectId, name }, channelId, spaceId }),
  );
  const leftMs = workday(41, 16);
  chronicle.note(leftMs, (id) =>
    apiKeyDeleted({ id, at: leftMs, actor: atPortal(PEOPLE.amara), key: keys.leaver, owner }),
  );
  editSystemDocument(chronicle, leftMs + 30 * MINUTE_MS, 'User', { id: owner.id, name: PEOPLE.lewis.displayName }, [
    { path: '/IsActive', op: 'replace', value: false },
  ]);
}

/** A new key, in use from the next day on; two days later the old one is revoked. */
function tellRotation(chronicle: Chronicle, keys: QuietKeys, { workday }: Times): void {
  const actor = atPortal(PEOPLE.amara);
  const owner = { id: SERVICES.release.id, name: SERVICES.release.username };
  const madeMs = Date.parse(keys.release.createdAt);
  const revokedMs = workday(ROTATION.revokedOn, 9, 40);
  chronicle.note(madeMs, (id) => apiKeyCreated({ id, at: madeMs, actor, key: keys.release, owner }));
  chronicle.note(revokedMs, (id) => apiKeyDeleted({ id, at: revokedMs, actor, key: keys.releaseBefore, owner }));
}

/** An administrator edits something of the whole server. */
function editSystemDocument(
  chronicle: Chronicle,
  atMs: number,
  documentType: string,
  document: { readonly id: string; readonly name: string },
  differences: Differences,
): void {
  const actor = atPortal(PEOPLE.amara);
  chronicle.note(atMs, (id) =>
    documentModified({ id, at: atMs, actor, documentType, document, spaceId: null, differences }),
  );
}

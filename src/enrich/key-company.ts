import type { ApiKey } from '../model/inventory.ts';
import { foldPurpose, isLive } from './key-rotation.ts';

/** What a key's fellow keys say about it. */
export type KeyCompany = {
  /** How many live keys its account holds, itself included. */
  readonly liveKeysOfAccount: number;
  /** Whether a live key of another account has the same purpose. */
  readonly isPurposeShared: boolean;
};

/** Makes what tells the company of each key, from all keys of an instance that exist. */
export function createKeyCompany(keys: readonly ApiKey[], nowMs: number): (key: ApiKey) => KeyCompany {
  const live = keys.filter((key) => isLive(key, nowMs));
  const liveByUser = Map.groupBy(live, (key) => key.userId);
  const liveByPurpose = Map.groupBy(live, (key) => foldPurpose(key.purpose));
  return (key) => {
    const folded = foldPurpose(key.purpose);
    const namesakes = folded === '' ? [] : (liveByPurpose.get(folded) ?? []);
    return {
      liveKeysOfAccount: liveByUser.get(key.userId)?.length ?? 0,
      isPurposeShared: namesakes.some(({ userId }) => userId !== key.userId),
    };
  };
}

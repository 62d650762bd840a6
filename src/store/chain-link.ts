import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { Chained } from './chain-content.ts';

/** How contents and links are written for hashing. */
export const CHAIN_FORMAT = 1;

export type LinkKind = 'event' | 'detail' | 'erased' | 'finding' | 'journal' | 'pruned' | 'checkpoint';

/** The hash before the first link. */
export const BEFORE_FIRST = '0'.repeat(64);

/** Which table a link of a kind is about; a link about the chain itself is about none. */
export const TABLE_OF: Readonly<Record<LinkKind, Chained | null>> = {
  event: 'event',
  detail: 'event',
  erased: 'event',
  finding: 'finding',
  journal: 'journal',
  pruned: null,
  checkpoint: null,
};

/** What a link's hash covers beside the link before. */
export type LinkFacts = {
  readonly format: number;
  readonly number: number;
  readonly kind: string;
  readonly object: string;
  /** Name of the instance, not its number: whoever exchanges two names breaks the chain. */
  readonly instance: string | null;
  readonly priorLink: number | null;
  /** Hexadecimal, like every hash here. */
  readonly content: string;
  readonly storedAt: string;
};

/** A key of the chain, and what it is known by: `id` tells a wrong key from an altered link and gives nothing away. */
export type ChainKey = { readonly key: KeyObject; readonly id: string };

/** Makes a key from a secret text. */
export function chainKey(secret: string): ChainKey {
  const key = createSecretKey(secret, 'utf8');
  return { key, id: createHmac('sha256', key).update('octowatch chain key').digest('hex').slice(0, 16) };
}

/** The hash of a link: SHA-256, or HMAC-SHA-256 with a key. */
export function linkHash(previous: string, link: LinkFacts, key: KeyObject | null): string {
  const text = JSON.stringify([
    link.format,
    previous,
    link.number,
    link.kind,
    link.object,
    link.instance,
    link.priorLink,
    link.content,
    link.storedAt,
  ]);
  return key === null ? hash('sha256', text) : createHmac('sha256', key).update(text).digest('hex');
}

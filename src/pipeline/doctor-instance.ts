import type { RulePack } from '../detect/index.ts';
import type { ProductionMatcher } from '../enrich/index.ts';
import type { OwnAccess, ServerFacts, Space, User } from '../model/inventory.ts';
import type { ServerWords } from '../model/server-words.ts';
import type { EventSample, OctopusClient } from '../octopus/index.ts';

/** What the database holds of an instance. */
export type StoredInstance = {
  readonly installationId: string | null;
  /** Up to where the audit log is read; null when nothing was read yet. */
  readonly watermarkAt: string | null;
  /** Kinds of events that every server in use has, that rules wait for, and that did not come for thirty days. */
  readonly unseen: readonly string[];
  /** The day since when addresses tell nothing; null when they do. */
  readonly addressesUntrustedSince: string | null;
};

/** What the checks of one instance work with; what one of them learns, those behind it use. */
export type InstanceContext = {
  readonly name: string;
  readonly url: string;
  readonly isPlainHttp: boolean;
  readonly apiKey: string;
  readonly client: OctopusClient;
  readonly pack: RulePack;
  readonly production: ProductionMatcher;
  /** Null when the database does not hold it yet. */
  readonly stored: StoredInstance | null;
  readonly learned: {
    facts?: ServerFacts;
    userId?: string;
    access?: OwnAccess;
    accessLevel?: string | null;
    spaces?: readonly Space[];
    sample?: EventSample;
    words?: ServerWords;
    users?: number;
    /** The monitor's own user, if it is among those listed. */
    ownUser?: User | null;
    /** Keys of others that were looked at, and of how many the last use is recorded. */
    keys?: { readonly keys: number; readonly withLastUse: number };
  };
};

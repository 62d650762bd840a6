import { z } from 'zod';
import type { ApiKey, Environment, Space, User } from '../model/inventory.ts';
import { parseInstant } from './instant.ts';
import { isJsonObject } from './json.ts';

const id = z.string().min(1);
const textOrNull = z.string().nullish().catch(null);

const user = z.object({
  Id: id,
  Username: z.string(),
  DisplayName: textOrNull,
  IsActive: z.boolean().default(true),
  IsService: z.boolean().default(false),
  ServiceAccountType: textOrNull,
});

const space = z.object({ Id: id, Name: z.string() });

const environment = z.object({
  Id: id,
  SpaceId: textOrNull,
  Name: z.string(),
  Slug: textOrNull,
  EnvironmentTags: z.array(z.string()).nullish().catch(null),
});

const apiKey = z.object({
  Id: id,
  Purpose: textOrNull,
  ApiKey: z.unknown().optional(),
  Created: z.unknown().optional(),
  Expires: z.unknown().optional(),
  AccessLevel: textOrNull,
  ActorType: textOrNull,
});

/** Reads a user (FACT: sample 2018, octopus-api 4.2); null when it has no id or name. */
export function parseUser(element: unknown): User | null {
  const parsed = user.safeParse(element);
  if (!parsed.success) return null;
  const { Id, Username, DisplayName, IsActive, IsService, ServiceAccountType } = parsed.data;
  return {
    id: Id,
    username: Username,
    displayName: DisplayName ?? null,
    isActive: IsActive,
    isService: IsService,
    serviceAccountType: ServiceAccountType ?? null,
  };
}

export function parseSpace(element: unknown): Space | null {
  const parsed = space.safeParse(element);
  return parsed.success ? { id: parsed.data.Id, name: parsed.data.Name } : null;
}

/** Reads an environment; `EnvironmentTags` exist since late 2025 (FACT octopus-api 5.1). */
export function parseEnvironment(element: unknown, spaceId: string | null): Environment | null {
  const parsed = environment.safeParse(element);
  if (!parsed.success) return null;
  const { Id, SpaceId, Name, Slug, EnvironmentTags } = parsed.data;
  return { id: Id, spaceId: SpaceId ?? spaceId, name: Name, slug: Slug ?? null, tags: EnvironmentTags ?? [] };
}

/**
 * Reads an API key of the user it was listed under (FACT octopus-api 4.1). A time that cannot be read makes the whole
 * key unreadable: a broken expiry must not look like "never expires".
 */
export function parseApiKey(element: unknown, userId: string): ApiKey | null {
  const parsed = apiKey.safeParse(element);
  if (!parsed.success || !isJsonObject(element)) return null;
  const { Id, Purpose, ApiKey, Created, Expires, AccessLevel, ActorType } = parsed.data;
  const createdAt = readTime(Created);
  const expiresAt = readTime(Expires);
  const lastUsed = readLastUsed(element);
  if (createdAt === undefined || expiresAt === undefined || lastUsed === undefined) return null;
  return {
    id: Id,
    userId,
    purpose: Purpose ?? null,
    hint: readHint(ApiKey),
    createdAt,
    expiresAt,
    lastUsed,
    accessLevel: AccessLevel ?? null,
    actorType: ActorType ?? null,
  };
}

/** Feature-detected per field: old servers have neither, and null means "never" only where the server says it knows. */
function readLastUsed(element: Readonly<Record<string, unknown>>): ApiKey['lastUsed'] | undefined {
  if (!('LastUsedTimeStamp' in element)) return null;
  const at = readTime(element['LastUsedTimeStamp']);
  if (at === undefined) return undefined;
  if (at !== null) return { known: true, at };
  // Without the flag beside it, an empty time could mean either; unknown is the answer that accuses nobody.
  return element['IsLastUsedTimestampKnown'] === true ? { known: true, at: null } : { known: false };
}

/** Null: no time; undefined: one that cannot be read. */
function readTime(value: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  return parseInstant(value) ?? undefined;
}

/**
 * The first characters of a key as the server shows them. FACT: servers of 2021 answered a plain text, which can be
 * the key itself: nothing of a plain text is kept, and of an overlong hint only as much as a hint has.
 */
function readHint(value: unknown): string | null {
  const hint = isJsonObject(value) ? value['Hint'] : null;
  if (typeof hint !== 'string' || hint === '') return null;
  return hint.length > 16 ? `${hint.slice(0, 8)}…` : hint;
}

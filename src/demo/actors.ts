/** Who did something and how they proved who they are, as an event shows it. */
export type Actor = {
  readonly userId: string;
  readonly username: string;
  readonly isService: boolean;
  readonly identity: string;
  readonly userAgent: string;
  readonly ipAddress: string | null;
  readonly apiKeyId: string | null;
  readonly apiKeyHint: string | null;
};

export type ActingUser = { readonly id: string; readonly username: string; readonly isService: boolean };

/** The server itself: no identity, no address, no key (FACT: samples, 2023.1). */
export const systemActor: Actor = {
  userId: 'users-system',
  username: 'system',
  isService: false,
  identity: '',
  userAgent: 'Server',
  ipAddress: null,
  apiKeyId: null,
  apiKeyHint: null,
};

/** A person at the portal. */
export function sessionActor(user: ActingUser, ipAddress: string, userAgent = 'OctopusClient-js/2026.3.15581'): Actor {
  return {
    userId: user.id,
    username: user.username,
    isService: user.isService,
    identity: 'Session cookie',
    userAgent,
    ipAddress,
    apiKeyId: null,
    apiKeyHint: null,
  };
}

/**
 * A user acting through an API key. The event names the key's purpose and its creation to the second, RFC 1123, GMT
 * (FACT: samples, 2023.1).
 */
export function apiKeyActor(
  user: ActingUser,
  key: { readonly id: string; readonly purpose: string; readonly hint: string; readonly createdAt: string },
  ipAddress: string,
  userAgent = 'OctopusClient-dotnet/18.2.4210 (Linux 6.8.0-1021-generic; x64) NoneOrUnknown octo',
): Actor {
  return {
    userId: user.id,
    username: user.username,
    isService: user.isService,
    identity: `API key '${key.purpose}' created ${new Date(key.createdAt).toUTCString()}`,
    userAgent,
    ipAddress,
    apiKeyId: key.id,
    apiKeyHint: key.hint,
  };
}

/** An answer before it is put on the wire. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

export function html(body: string, status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body };
}

/** The error body of Octopus (FACT: vendor's client; which fields accompany which status is INF). */
export function failure(status: number, message: string): Answer {
  return json({ ErrorMessage: message, Errors: [] }, status);
}

export const notFound = failure(404, 'The resource you requested was not found.');

/** FACT: wording from vendor's action and command line tests. */
export const invalidKey = failure(
  401,
  'The API key you provided was not valid. Please double-check your API key and try again. For instructions on finding your API key, please visit: https://oc.to/ApiKey',
);

/** FACT in its beginning and end (vendor's error handling); the words between are INF. */
export const notLoggedIn = failure(
  401,
  'You must be logged in to request this resource. Please log in or provide a valid API key.',
);

/** FACT: ISS#5308. */
export function missingPermission(permission: string): Answer {
  return failure(
    403,
    `You do not have permission to perform this action. Please contact your Octopus administrator. Missing permission: ${permission}`,
  );
}

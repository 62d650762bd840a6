/**
 * One audit event as Octopus sent it, parsed at the edge. Fields Octopus left out, or sent with a wrong type, are null
 * (or empty). `occurredAt` is UTC, always `YYYY-MM-DDTHH:MM:SS.mmmZ`.
 */
export type AuditEvent = {
  readonly id: string;
  readonly occurredAt: string;
  readonly category: string;
  readonly userId: string | null;
  readonly username: string | null;
  readonly isService: boolean | null;
  readonly identityEstablishedWith: string | null;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
  readonly spaceId: string | null;
  readonly message: string | null;
  readonly messageReferences: readonly MessageReference[];
  readonly relatedDocumentIds: readonly string[];
  readonly comments: string | null;
  readonly apiKeyId: string | null;
  readonly apiKeyHint: string | null;
  /** The change of a variable set, already reduced to names, kinds, types and scopes; null for every other event. */
  readonly variableChange: VariableChange | null;
  /** The edit of a watched document that is no variable set, reduced to places and numbers; null for every other event. */
  readonly documentChange: DocumentChange | null;
  /** The event's JSON as received, except that the change details of variable sets and watched documents are reduced. */
  readonly raw: string;
};

/** A stretch of `message` that names a document; offsets count UTF-16 code units of the plain message (samples, 2023.1). */
export type MessageReference = {
  readonly documentId: string;
  readonly start: number;
  readonly length: number;
};

/** What an audit event says of a variable set, without any value or hash of one (docs/taxonomy.md, Variables.*). */
export type VariableChange = {
  /**
   * `diff`: the event carried a readable difference; `none`: it carried none (the details must be read singly);
   * `unreadable`: it carried one that could not be resolved to variables.
   */
  readonly evidence: 'diff' | 'none' | 'unreadable';
  readonly variables: readonly VariableEdit[];
};

/** One variable touched by one event. */
export type VariableEdit = {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'value' | 'renamed' | 'scope' | 'type' | 'made_plain' | 'other';
  /** True when the variable is sensitive before or after the change; null when the event does not tell. */
  readonly isSensitive: boolean | null;
  /** The variable's scope after the change, by kind (`Environment`, `Machine`, `Role`, …) to ids; null when not told. */
  readonly scope: Readonly<Record<string, readonly string[]>> | null;
};

/** What an audit event says of an edited document, without any text of it (docs/taxonomy.md, Change.*). */
export type DocumentChange = {
  /** As of a `VariableChange`. */
  readonly evidence: 'diff' | 'none' | 'unreadable';
  readonly operations: readonly DocumentOperation[];
};

/** One place of a document that was edited. */
export type DocumentOperation = {
  /** Of JSON Patch, in small letters: `add`, `remove`, `replace`, … */
  readonly op: string;
  /** JSON pointer, `/Settings/Days`. */
  readonly path: string;
  /** The new value where it is true, false or a number. */
  readonly value: boolean | number | null;
  /** The value before, where that is known and is true, false or a number. */
  readonly before: boolean | number | null;
};

/** An element of a page that could not be an event: why, and its JSON with every value masked. */
export type SetAside = {
  readonly reason: string;
  readonly maskedRaw: string;
};

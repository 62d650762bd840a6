import type { AuditEvent, MessageReference, SetAside } from '../model/event.ts';
import { reduceDocumentChange, reduceOtherDocument } from './document-change.ts';
import { parseInstant } from './instant.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { maskElement } from './mask.ts';
import { type EventSource, reduceVariableChange } from './variables.ts';

export type ParseOptions = {
  readonly source: EventSource;
  readonly countAbsent: (field: string) => void;
  readonly isKnown?: (id: string) => boolean;
};

export type ParsedEvent =
  | { readonly event: AuditEvent; readonly isSystemLevel: boolean }
  | { readonly setAside: SetAside }
  | { readonly isRepeated: true };

/**
 * Reads one event. Written by hand and not with zod, because it runs for every event and must count each field that is
 * wrong instead of refusing the event: only `Id`, `Occurred` and `Category` are indispensable.
 *
 * @param text the element's JSON as received, kept as `raw` unless the event changes variables or a watched document
 */
export function parseEvent(item: unknown, text: string, options: ParseOptions): ParsedEvent {
  if (!isJsonObject(item)) return aside('the element is not an object', item);
  const id = item['Id'];
  if (typeof id !== 'string' || id === '') return aside('Id is not a text', item);
  if (options.isKnown?.(id)) return { isRepeated: true };
  const occurredAt = parseInstant(item['Occurred']);
  if (occurredAt === null) return aside('Occurred is not a time with an offset', item);
  const category = item['Category'];
  if (typeof category !== 'string' || category === '') return aside('Category is not a text', item);

  const read = createReader(item, options.countAbsent);
  const message = read.text('Message', 'expected');
  const relatedDocumentIds = read.texts('RelatedDocumentIds');
  const messageReferences = read.references(message?.length ?? 0);
  const context = { relatedDocumentIds, messageReferences, source: options.source };
  const variables = reduceVariableChange(item, context);
  const document =
    variables !== null
      ? null
      : category === 'Modified'
        ? reduceDocumentChange(item, context)
        : reduceOtherDocument(item, context);
  const event: AuditEvent = {
    id,
    occurredAt,
    category,
    userId: read.text('UserId', 'expected'),
    username: read.text('Username', 'expected'),
    isService: read.flag('IsService'),
    identityEstablishedWith: read.text('IdentityEstablishedWith', 'expected'),
    userAgent: read.text('UserAgent', 'expected'),
    ipAddress: read.text('IpAddress', 'optional'),
    spaceId: read.text('SpaceId', 'optional'),
    message,
    messageReferences,
    relatedDocumentIds,
    comments: read.text('Comments', 'optional'),
    apiKeyId: read.text('ApiKeyId', 'optional'),
    apiKeyHint: read.text('ApiKeyHint', 'optional'),
    variableChange: variables?.change ?? null,
    documentChange: document?.change ?? null,
    raw: variables?.raw ?? document?.raw ?? text,
  };
  return { event, isSystemLevel: item['SpaceId'] === null };
}

function aside(reason: string, item: unknown): ParsedEvent {
  return { setAside: { reason, maskedRaw: maskElement(item) } };
}

/** Reads fields leniently: a wrong type, or the absence of an expected field, yields null and is counted. */
function createReader(item: JsonObject, countAbsent: (field: string) => void) {
  return {
    text(field: string, presence: 'expected' | 'optional'): string | null {
      const value = item[field];
      if (typeof value === 'string') return value;
      // FACT octopus-api 1.7: null is ordinary; absent is ordinary for what older servers lack.
      if (value !== null && (value !== undefined || presence === 'expected')) countAbsent(field);
      return null;
    },
    flag(field: string): boolean | null {
      const value = item[field];
      if (typeof value === 'boolean') return value;
      countAbsent(field);
      return null;
    },
    texts(field: string): readonly string[] {
      const value = item[field];
      if (!Array.isArray(value)) {
        countAbsent(field);
        return [];
      }
      const texts = value.filter((element): element is string => typeof element === 'string');
      if (texts.length !== value.length) countAbsent(field);
      return texts;
    },
    references(messageLength: number): readonly MessageReference[] {
      const value = item['MessageReferences'];
      if (!Array.isArray(value)) {
        countAbsent('MessageReferences');
        return [];
      }
      const references = value.flatMap((element) => readReference(element, messageLength) ?? []);
      if (references.length !== value.length) countAbsent('MessageReferences');
      return references;
    },
  };
}

/** One reference under the recorded names; the other ones come from the vendor's MCP server (octopus-api 1.7). */
function readReference(element: unknown, messageLength: number): MessageReference | null {
  if (!isJsonObject(element)) return null;
  const documentId = element['ReferencedDocumentId'];
  const start = element['StartIndex'] ?? element['StartIndexInMessage'];
  const length = element['Length'] ?? element['LengthInMessage'];
  if (typeof documentId !== 'string' || !isCount(start) || !isCount(length)) return null;
  return start + length <= messageLength ? { documentId, start, length } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

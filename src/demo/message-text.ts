import type { WireReference } from './wire.ts';

/** A document named in a message: its id and the words that stand for it. */
export type Named = { readonly id: string; readonly name: string };

const ROUTES: Readonly<Record<string, string>> = { Users: 'configuration/users' };

/**
 * Joins words and named documents to the three forms in which Octopus sends a message. Offsets count UTF-16 code units
 * of the plain message (FACT: samples, 2023.1).
 */
export function composeMessage(parts: readonly (string | Named)[]): {
  readonly Message: string;
  readonly MessageHtml: string;
  readonly MessageReferences: readonly WireReference[];
} {
  let message = '';
  let html = '';
  const references: WireReference[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      message += part;
      html += escapeHtml(part);
      continue;
    }
    const prefix = part.id.split('-')[0] ?? '';
    const route = ROUTES[prefix] ?? prefix.toLowerCase();
    references.push({ ReferencedDocumentId: part.id, StartIndex: message.length, Length: part.name.length });
    message += part.name;
    html += `<a href='#/${route}/${part.id}'>${escapeHtml(part.name)}</a>`;
  }
  return { Message: message, MessageHtml: html, MessageReferences: references };
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

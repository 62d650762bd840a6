import { truncate } from '../lib/text.ts';
import type { FlatRecord } from '../model/record.ts';

const MAX_VALUE = 200;
const MAX_SUMMARY = 500;

/**
 * Fills a rule's text with a record's values: `{Field}` becomes the value, lists are joined by commas. What the record
 * does not know reads `(unknown)`: a title must not leave out that something is not known.
 */
export function renderSummary(template: string, record: FlatRecord): string {
  const filled = template.replace(/\{([^{}]+)\}/g, (_, field: string) => renderValue(record[field.trim()]));
  return truncate(filled, MAX_SUMMARY);
}

/**
 * Fills response steps. A step that needs a fact which is not known is left out: "revoke the key (unknown)" helps nobody.
 */
export function renderSteps(steps: readonly string[], record: FlatRecord): string[] {
  return steps
    .filter((step) => placeholdersOf(step).every((field) => isKnown(record[field])))
    .map((step) => renderSummary(step, record));
}

function placeholdersOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => (match[1] ?? '').trim());
}

function isKnown(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

/** One value as text: lists joined by commas, empty ones `none`, absent values `(unknown)`, long ones cut. */
export function renderValue(value: unknown): string {
  if (!isKnown(value)) return '(unknown)';
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    const shown = value.slice(0, 5).map(renderValue).join(', ');
    return value.length > 5 ? `${shown} and ${value.length - 5} more` : shown;
  }
  return truncate(typeof value === 'object' ? JSON.stringify(value) : String(value), MAX_VALUE);
}

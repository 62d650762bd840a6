import { toInstant } from '../lib/clock.ts';
import { plural, printable, truncate } from '../lib/text.ts';
import type { HiddenPreview } from '../pipeline/exception-preview.ts';
import type { CompiledFilter } from '../sigma/index.ts';

const MAX_ROWS = 10;
const MAX_TEXT = 120;

/** Says on stderr what an exception would have hidden, and what should be thought over. `preview` is null without a database. */
export function tellPreview(
  { key, rules }: CompiledFilter,
  preview: HiddenPreview | null,
  about: { readonly days: number; readonly warnings: readonly string[]; readonly eventFindingId: number | null },
): void {
  const lines = preview === null ? ['there is no database yet: what it would have hidden is not known'] : [];
  if (preview !== null) {
    const findings = preview.findingIds.size > 0 ? ` (of ${plural(preview.findingIds.size, 'finding')})` : '';
    const newest = preview.isCut ? ', the newest' : '';
    const all = plural(preview.matches, 'match', 'matches');
    lines.push(
      `${key} would have hidden ${preview.hidden} of ${all}${newest} of ${rules.join(', ')} in the last ${about.days} days${findings}`,
    );
    if (preview.hidden > 0) {
      lines.push(...tally('by day', preview.byDay), ...tally('by subject', preview.bySubject));
      lines.push('  for example:', ...preview.examples.map((one) => `    ${exampleLine(one)}`));
    }
  }
  const warnings = [...(preview === null ? [] : warningsOf(preview, rules, about.eventFindingId)), ...about.warnings];
  for (const line of [...lines, ...warnings.map((one) => `warning: ${one}`)])
    process.stderr.write(`${printable(line)}\n`);
}

function tally(what: string, counts: ReadonlyMap<string, number>): string[] {
  const rows = [...counts];
  const shown = rows
    .slice(0, MAX_ROWS)
    .map(([key, count]) => `    ${String(count).padStart(6)}  ${truncate(key, MAX_TEXT)}`);
  const more = rows.length > MAX_ROWS ? [`            and ${rows.length - MAX_ROWS} more`] : [];
  return [`  ${what}:`, ...shown, ...more];
}

function exampleLine({ occurredAt, text }: HiddenPreview['examples'][number]): string {
  return `${toInstant(Date.parse(occurredAt))}  ${truncate(text, MAX_TEXT)}`;
}

function warningsOf(preview: HiddenPreview, rules: readonly string[], findingId: number | null): string[] {
  const { everything, hidden, findingIds } = preview;
  const warnings: string[] = [];
  if (everything !== null) {
    const all = everything === 1 ? 'the only match' : `all ${everything} matches`;
    const ever = preview.isCut ? 'looked at' : 'there ever were';
    warnings.push(`it hides ${all} of ${rules.join(', ')} that ${ever}`);
  }
  if (preview.matches > 0 && hidden === 0) warnings.push('it would have hidden nothing: is that what was meant?');
  if (findingId !== null && findingIds.size === 1 && findingIds.has(findingId)) {
    warnings.push(
      `it hides only what is in finding ${findingId}: if its subject never comes again, go by other fields (--where Actor.Name)`,
    );
  }
  return warnings;
}

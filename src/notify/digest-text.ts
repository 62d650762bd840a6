import { displayWidth } from '../lib/width.ts';
import { wrapText } from '../lib/wrap.ts';
import type { DigestDocument, DigestRow, DigestSection } from './digest-document.ts';

/** Mail programs that show plain text wrap at 80; a quotation mark and a space in front must fit, too. */
const WIDTH = 78;
const BAR_CELLS = 28;

/** The digest as text that stands alone: the same words as the HTML part, wrapped at 78 columns. */
export function renderDigestText(document: DigestDocument): string {
  const lines = [
    ...hung(document.headline),
    '='.repeat(Math.min(WIDTH, displayWidth(document.headline))),
    ...document.about.flatMap((line) => hung(line)),
    ...document.notices.flatMap((line) => ['', ...marked('! ', line)]),
    ...document.sections.flatMap(renderSection),
    '',
    ...heading('To see more'),
    ...document.commands.flatMap(({ command, purpose }) => [`  ${command}`, `      ${purpose}`]),
    '',
    '-- ',
    ...document.footer.flatMap((line) => hung(line)),
  ];
  // Spaces that must not be broken have done their work.
  return `${lines.join('\n').replaceAll('\u00a0', ' ')}\n`;
}

function renderSection(section: DigestSection): string[] {
  const lines = ['', ...heading(section.title)];
  if (section.intro !== null) lines.push(...hung(section.intro));
  for (const row of section.rows) lines.push(...renderRow(row));
  if (section.more !== null) lines.push(`…and ${section.more.count} more:`, `  ${section.more.command}`);
  if (section.command !== null) lines.push('', `  ${section.command}`);
  return lines;
}

function renderRow(row: DigestRow): string[] {
  switch (row.kind) {
    case 'group':
      return ['', ...hung(row.title)];
    case 'bar': {
      const bar = '#'.repeat(row.share === 0 ? 0 : Math.max(1, Math.round(row.share * BAR_CELLS)));
      return [`${row.level.padEnd(14)}${row.value.padStart(7)}  ${bar.padEnd(BAR_CELLS)}  mean ${row.mean}`];
    }
    case 'item': {
      const chip = row.chip === null ? '' : `[${row.chip.text}] `;
      return [
        ...marked('* ', `${chip}${row.title}`),
        ...[row.details.join('\u00a0· '), ...row.lines].flatMap((line) => wrapText(line, WIDTH, '  ')),
      ];
    }
  }
}

function heading(title: string): string[] {
  return [...wrapText(title, WIDTH, ''), '-'.repeat(Math.min(WIDTH, displayWidth(title)))];
}

/** The first line begins with the mark, the others with as much space: so names in them cannot pass for rows. */
function marked(mark: string, text: string): string[] {
  const [first = '', ...rest] = wrapText(text, WIDTH, ' '.repeat(mark.length));
  return [`${mark}${first.slice(mark.length)}`, ...rest];
}

/** Only the first line, which begins with words of ours, is not indented: names in the others cannot pass for headings. */
function hung(text: string): string[] {
  return wrapText(text, WIDTH - 2, '').map((line, index) => (index === 0 ? line : `  ${line}`));
}

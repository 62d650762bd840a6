import { CHIPS, LIGHT, STRIPES } from './digest-colours.ts';
import type { DigestDocument, DigestRow } from './digest-document.ts';

export const FONT = `font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif`;
const MONO = `font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace`;
export const BREAK = 'overflow-wrap:anywhere;word-break:break-word';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, in an element or an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A table that only lays out; `cells` is the inside of its one row. */
export function table(cells: string, style = ''): string {
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%;table-layout:fixed;${style}"><tr>${cells}</tr></table>`;
}

export function cell(content: string, style: string, className = '', attributes = ''): string {
  return `<td${className === '' ? '' : ` class="${className}"`}${attributes === '' ? '' : ` ${attributes}`} style="${BREAK};${style}">${content}</td>`;
}

/** A command to copy. */
export function code(command: string): string {
  return `<code class="code" style="${MONO};font-size:13px;padding:2px 5px;border-radius:3px;background-color:${LIGHT.code};color:${LIGHT.text};${BREAK}">${escapeHtml(command)}</code>`;
}

/** What comes after is another matter. */
export function ruled(content: string): string {
  return `<div class="rule" style="margin:18px 0 12px;border-top:1px solid ${LIGHT.rule}">${content}</div>`;
}

/** A number that is to be seen from afar, with what it counts below. */
export function renderTile(tile: DigestDocument['tiles'][number]): string {
  return cell(
    `<span class="number text" style="font-size:22px;line-height:28px;font-weight:bold;color:${LIGHT.text}">${escapeHtml(tile.value)}</span><br><span class="muted" style="font-size:12px;line-height:16px;color:${LIGHT.muted}">${escapeHtml(tile.label)}</span>`,
    `padding:6px 0;border-top:3px solid ${STRIPES[tile.tone]}`,
    'text',
    'valign="top"',
  );
}

export function renderRow(row: DigestRow): string {
  switch (row.kind) {
    case 'group':
      return `<h3 class="text" style="margin:12px 0 2px;font-size:14px;line-height:20px;font-weight:bold;color:${LIGHT.text};${BREAK}">${escapeHtml(row.title)}</h3>`;
    case 'bar':
      return renderBar(row);
    case 'item':
      return renderItem(row);
  }
}

function renderItem(row: Extract<DigestRow, { kind: 'item' }>): string {
  const tone = row.chip?.tone ?? 'informational';
  const chip = row.chip === null ? '' : renderChip(row.chip);
  return table(
    `<td width="4" bgcolor="${STRIPES[tone]}" style="width:4px;font-size:0;background-color:${STRIPES[tone]}">&nbsp;</td>${cell(
      `${chip}<strong style="font-size:15px;line-height:21px">${escapeHtml(row.title)}</strong><br><span class="muted" style="font-size:13px;line-height:19px;color:${LIGHT.muted}">${[row.details.map(escapeHtml).join('&nbsp;&middot; '), ...row.lines.map(escapeHtml)].join('<br>')}</span>`,
      `padding:3px 0 4px 10px;color:${LIGHT.text}`,
      'text',
    )}`,
    'margin:8px 0 0',
  );
}

function renderChip(chip: NonNullable<Extract<DigestRow, { kind: 'item' }>['chip']>): string {
  const { background, text } = CHIPS[chip.tone];
  return `<span style="display:inline-block;padding:0 6px;margin:0 6px 0 0;border-radius:3px;font-size:11px;line-height:18px;font-weight:bold;letter-spacing:.04em;background-color:${background};color:${text}">${escapeHtml(chip.text)}</span>`;
}

/** Two bars of table cells: now, and below it the mean. The numbers stand beside them for those who see no bars. */
function renderBar(row: Extract<DigestRow, { kind: 'bar' }>): string {
  const now = renderStripe(row.share, 10, STRIPES[row.level], '');
  const mean = renderStripe(row.meanShare, 4, LIGHT.mean, 'mean');
  return table(
    [
      `<td width="96" class="text" style="width:96px;font-size:13px;line-height:18px;color:${LIGHT.text}">${escapeHtml(row.level)}</td>`,
      cell(`${now}${mean}`, 'padding:0 8px 0 0', '', 'valign="middle" aria-hidden="true"'),
      `<td width="96" align="right" class="text" style="width:96px;font-size:13px;line-height:18px;color:${LIGHT.text}"><strong>${escapeHtml(row.value)}</strong> <span class="muted" style="color:${LIGHT.muted}">mean ${escapeHtml(row.mean)}</span></td>`,
    ].join(''),
    'margin:5px 0 0',
  );
}

function renderStripe(share: number, height: number, colour: string, className: string): string {
  const percent = share <= 0 ? 0 : Math.min(100, Math.max(1, Math.round(share * 100)));
  const measure = `height:${height}px;line-height:${height}px;font-size:0`;
  const filled = `<td width="${percent}%" height="${height}"${className === '' ? '' : ` class="${className}"`} bgcolor="${colour}" style="width:${percent}%;${measure};background-color:${colour}">&nbsp;</td>`;
  const empty = `<td height="${height}" style="${measure}">&nbsp;</td>`;
  return table(`${percent > 0 ? filled : ''}${percent < 100 ? empty : ''}`, 'margin:1px 0 0');
}

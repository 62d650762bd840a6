import { DARK, LIGHT, STRIPES } from './digest-colours.ts';
import type { DigestDocument, DigestSection } from './digest-document.ts';
import { BREAK, cell, code, escapeHtml, FONT, renderRow, renderTile, ruled, table } from './digest-html-rows.ts';

/**
 * Dark mode for programs that keep a style sheet (Apple Mail, Thunderbird, most on phones); Gmail and Outlook make their
 * own from the inline colours. A style sheet of its own, because some programs drop a whole one for one line.
 */
const DARK_STYLE = `@media (prefers-color-scheme:dark){
.page{background-color:${DARK.page}!important}.card{background-color:${DARK.card}!important}
.text{color:${DARK.text}!important}.muted{color:${DARK.muted}!important}
.rule{border-color:${DARK.rule}!important}.code{background-color:${DARK.code}!important;color:${DARK.text}!important}
.mean{background-color:${DARK.mean}!important}
.notice{background-color:${DARK.notice}!important;color:${DARK.noticeText}!important}
}`;

const STYLE = `:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%;text-size-adjust:100%}
@media (max-width:520px){.pad{padding-left:16px!important;padding-right:16px!important}.outer{padding:0!important}.number{font-size:20px!important}}`;

/** The digest as HTML for mail programs: tables, inline styles, no image, no link, nothing fetched. */
export function renderDigestHtml(document: DigestDocument): string {
  const subject = escapeHtml(document.subject);
  const body = [
    head(document),
    ...document.sections.map(renderSection),
    commands(document),
    ...document.footer.map(
      (line) => `<p class="muted" style="margin:0;color:${LIGHT.muted};font-size:12px">${escapeHtml(line)}</p>`,
    ),
  ];
  const [header = '', ...rest] = body;
  return `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${subject}</title>
<style>${STYLE}</style>
<style>${DARK_STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:${LIGHT.page}" bgcolor="${LIGHT.page}">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(document.about.join(' · '))}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="page" bgcolor="${LIGHT.page}" style="background-color:${LIGHT.page}">
<tr><td align="center" class="outer" style="padding:16px 8px">
<!--[if mso]><table role="presentation" width="680" cellpadding="0" cellspacing="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="card" bgcolor="${LIGHT.card}" style="max-width:680px;table-layout:fixed;background-color:${LIGHT.card};${FONT}">
<tr><td height="6" bgcolor="${STRIPES[document.tone]}" style="height:6px;line-height:6px;font-size:0;background-color:${STRIPES[document.tone]}">&nbsp;</td></tr>
<tr><td class="pad text" style="padding:22px 28px 6px;color:${LIGHT.text};${BREAK};${FONT}">
${header}
</td></tr>
<tr><td class="pad text" style="padding:0 28px 26px;color:${LIGHT.text};${BREAK};${FONT}">
${rest.join('\n')}
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
}

function head(document: DigestDocument): string {
  const [period = '', ...about] = document.about.map(escapeHtml);
  const lines = about.map((line) => `<br>${line}`).join('');
  const notices = document.notices.map(
    (line) =>
      `${table(cell(`<strong>Note:</strong> ${escapeHtml(line)}`, `padding:10px 12px;background-color:${LIGHT.notice};color:${LIGHT.noticeText};font-size:14px`, 'notice', `bgcolor="${LIGHT.notice}"`), 'margin:12px 0 0')}`,
  );
  return `<h1 class="text" style="margin:0 0 8px;font-size:22px;line-height:28px;font-weight:bold;color:${LIGHT.text}">${escapeHtml(document.headline)}</h1>
<p class="muted" style="margin:0 0 14px;font-size:14px;line-height:20px;color:${LIGHT.muted}">${period}${lines}</p>
${table(document.tiles.map(renderTile).join('<td width="10" style="width:10px;font-size:0">&nbsp;</td>'))}
${notices.join('\n')}`;
}

function renderSection(section: DigestSection): string {
  const intro =
    section.intro === null
      ? ''
      : `<p class="muted" style="margin:0 0 6px;font-size:14px;line-height:20px;color:${LIGHT.muted}">${escapeHtml(section.intro)}</p>`;
  const more =
    section.more === null
      ? ''
      : `<p style="margin:10px 0 0;font-size:14px">and ${section.more.count} more: ${code(section.more.command)}</p>`;
  const command =
    section.command === null ? '' : `<p style="margin:10px 0 0;font-size:14px">${code(section.command)}</p>`;
  return `${heading(section.title)}${intro}${section.rows.map(renderRow).join('')}${more}${command}`;
}

function commands(document: DigestDocument): string {
  const lines = document.commands.map(
    ({ command, purpose }) =>
      `<p style="margin:0 0 8px;font-size:14px;line-height:22px">${code(command)} <span class="muted" style="color:${LIGHT.muted}">${escapeHtml(purpose)}</span></p>`,
  );
  return `${heading('To see more')}${lines.join('\n')}${ruled('')}`;
}

function heading(title: string): string {
  return `<h2 class="text rule" style="margin:26px 0 8px;padding:0 0 5px;border-bottom:1px solid ${LIGHT.rule};font-size:16px;line-height:22px;font-weight:bold;color:${LIGHT.text}">${escapeHtml(title)}</h2>`;
}

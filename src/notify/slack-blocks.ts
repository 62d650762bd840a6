import { slackText } from './slack-text.ts';

type Mrkdwn = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
export type SlackBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'section'; readonly fields: Mrkdwn[] }
  | { readonly type: 'context'; readonly elements: Mrkdwn[] };

/** A message in Slack's Block Kit with the plain fallback that notifications show. */
export type SlackMessage = { readonly text: string; readonly blocks: SlackBlock[] };

/**
 * What Slack takes, in characters: documented are 3,000 for a section, 2,000 for a field, 150 for a header and 50 blocks;
 * messages of more than about 13,200 in all it refuses as `msg_blocks_too_long` (bolt-js#2509), so 12,000 are kept.
 */
export const SLACK_LIMIT = { header: 150, section: 3000, message: 12_000 } as const;

export function header(text: string): SlackBlock {
  const shown = slackText(text, SLACK_LIMIT.header);
  return { type: 'header', text: { type: 'plain_text', text: shown, emoji: false } };
}

/** Takes mrkdwn: every part that came from elsewhere has been through `slackText` or `slackCode`. */
export function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(text) };
}

export function fields(texts: readonly string[]): SlackBlock {
  return { type: 'section', fields: texts.map(mrkdwn) };
}

export function context(texts: readonly string[]): SlackBlock {
  return { type: 'context', elements: texts.map(mrkdwn) };
}

/** Lines in as few sections as hold them; no line may be longer than a section. */
export function sections(lines: readonly string[]): SlackBlock[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= SLACK_LIMIT.section)
      texts[texts.length - 1] += `\n${line}`;
    else texts.push(line);
  }
  return texts.map(section);
}

/** `verbatim` keeps Slack from finding links, channels and names in plain text by itself. */
function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** All characters of the texts of blocks. */
export function sizeOf(blocks: readonly SlackBlock[]): number {
  const texts = blocks.flatMap((block) => {
    if (block.type === 'context') return block.elements;
    return 'fields' in block ? block.fields : [block.text];
  });
  return texts.reduce((sum, { text }) => sum + text.length, 0);
}

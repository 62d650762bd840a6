import { plural } from '../lib/text.ts';
import type { DigestReport, DigestRotation } from '../model/digest.ts';
import { capped, type DigestSection, type Tone } from './digest-document.ts';
import { plain } from './digest-plain.ts';

const MOST_ROTATIONS = 15;

const STATES: Readonly<Record<DigestRotation['state'], { text: string; tone: Tone; say: (days: string) => string }>> = {
  old_key_used: {
    text: 'OLD KEY USED',
    tone: 'medium',
    say: (days) =>
      `The new key was made ${days} ago, and the old one was used after that: something was not switched over.`,
  },
  stalled: {
    text: 'STALLED',
    tone: 'low',
    say: (days) =>
      `Both keys have been live for ${days}, and no use of the old one since is known: it can probably be revoked.`,
  },
  overlapping: {
    text: 'OVERLAPPING',
    tone: 'informational',
    say: (days) => `The new key was made ${days} ago: time to switch over and revoke the old one.`,
  },
};

/** API keys that are being replaced: what is left to do of each. */
export function rotationSections({ rotations, instances }: DigestReport, room: number): DigestSection[] {
  if (rotations.length === 0) return [];
  const { shown, more } = capped(rotations, MOST_ROTATIONS * room, 'octowatch keys');
  return [
    {
      title: `API keys being rotated (${rotations.length})`,
      intro: null,
      rows: shown.map(({ instance, account, purpose, keyId, state, days }) => ({
        kind: 'item',
        chip: { text: STATES[state].text, tone: STATES[state].tone },
        title: `${plain(purpose, 120)} of ${plain(account, 80)}`,
        details: [`old key ${plain(keyId, 40)}`, ...(instances.length > 1 ? [`instance ${plain(instance, 40)}`] : [])],
        lines: [
          STATES[state].say(days === null ? 'an unknown time' : days === 0 ? 'less than a day' : plural(days, 'day')),
        ],
      })),
      more,
      command: null,
    },
  ];
}

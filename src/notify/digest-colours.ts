import type { Tone } from './digest-document.ts';

/** Colour on colour with a contrast of at least 4.5 (WCAG AA), which a test computes. */
type Pair = { readonly background: string; readonly text: string };

/** Chips look the same on light and dark ground: they bring both of their colours. */
export const CHIPS: Readonly<Record<Tone, Pair>> = {
  critical: { background: '#a8071a', text: '#ffffff' },
  high: { background: '#c2410c', text: '#ffffff' },
  medium: { background: '#fcd34d', text: '#422006' },
  low: { background: '#bfdbfe', text: '#1e3a8a' },
  informational: { background: '#e2e8f0', text: '#334155' },
  quiet: { background: '#166534', text: '#ffffff' },
};

/** Stripes and bars: the tone alone, beside words that say the same. */
export const STRIPES: Readonly<Record<Tone, string>> = {
  critical: '#d0142c',
  high: '#ea580c',
  medium: '#eab308',
  low: '#3b82f6',
  informational: '#94a3b8',
  quiet: '#16a34a',
};

/** Inline colours are the light ones: what stays when a mail program drops the style sheet. */
export const LIGHT = {
  page: '#eef1f5',
  card: '#ffffff',
  text: '#18202b',
  muted: '#526072',
  rule: '#dfe4ea',
  code: '#f1f4f8',
  mean: '#b6c0cd',
  notice: '#fff4d6',
  noticeText: '#5b3a00',
} as const;

export const DARK: Readonly<Record<keyof typeof LIGHT, string>> = {
  page: '#0e1217',
  card: '#171d25',
  text: '#e8ecf1',
  muted: '#a6b1bf',
  rule: '#2c3541',
  code: '#222a35',
  mean: '#5a6675',
  notice: '#3a2e0b',
  noticeText: '#ffe3a3',
};

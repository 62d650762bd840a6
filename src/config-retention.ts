import type { ConfigFile } from './config-file.ts';
import { parseDuration } from './lib/duration.ts';
import { PERSONAL_FACTS, type PersonalFact } from './model/personal.ts';

/** How long rows are kept, in milliseconds; null: for ever. */
export type Retention = {
  readonly eventsMs: number | null;
  readonly findingsMs: number | null;
  readonly journalMs: number | null;
  readonly deliveriesMs: number | null;
};

export type Privacy = {
  /** What messages and digests do not carry. */
  readonly leaveOut: readonly PersonalFact[];
};

const DAY_MS = 24 * 3_600_000;
const YEAR_DAYS = 365;

/** What is usual is judged by 30 days; what was told must be known longer than it is told again. */
const SETTINGS = {
  events: { unless: '400d', leastDays: 31 },
  findings: { unless: '3y', leastDays: 31 },
  journal: { unless: '3y', leastDays: 31 },
  deliveries: { unless: '90d', leastDays: 7 },
} as const;

/** Reads how long rows are kept; what is wrong is added to `mistakes`. */
export function readRetention(file: Pick<ConfigFile, 'retention'>, mistakes: string[]): Retention {
  const read = (name: keyof typeof SETTINGS): number | null => {
    const { unless, leastDays } = SETTINGS[name];
    const text = file.retention?.[name] ?? unless;
    if (text === 'forever') return null;
    const years = /^\s*(\d+)\s*y\s*$/.exec(text)?.[1];
    const ms = years === undefined ? parseDuration(text) : Number(years) * YEAR_DAYS * DAY_MS;
    if (ms === null) mistakes.push(`retention.${name}: "${text}" is no duration; write 400d, 3y or forever`);
    else if (ms < leastDays * DAY_MS) mistakes.push(`retention.${name}: ${text} is less than ${leastDays}d`);
    return ms ?? 0;
  };
  return {
    eventsMs: read('events'),
    findingsMs: read('findings'),
    journalMs: read('journal'),
    deliveriesMs: read('deliveries'),
  };
}

/** Reads what people are told of other people. */
export function readPrivacy(file: Pick<ConfigFile, 'privacy'>): Privacy {
  const named = new Set(file.privacy?.leaveOut ?? []);
  return { leaveOut: PERSONAL_FACTS.filter((fact) => named.has(fact)) };
}

import type { Level } from '../model/finding.ts';
import type { Store } from '../store/index.ts';
import type { Supersedes } from './supersede.ts';

/** What the detect stage needs besides the events: it is the same for a whole run. */
export type DetectContext = {
  readonly store: Store;
  readonly configSha256: string;
  /** Hash of what was configured alone; keys that were judged by another are judged again. Absent: that is not looked at. */
  readonly settingsSha256?: string;
  readonly monitorVersion: string;
  /** Business hours in words, for `{Calendar}` in texts of rules. */
  readonly calendar: string;
  /** Where there are several: those of each calendar by its name, and its zone. */
  readonly calendars?: ReadonlyMap<string, { readonly hours: string; readonly timeZone: string }>;
  readonly supersedes: Supersedes;
  /** The channels that are told at once of a finding of this rule and level. */
  readonly channelsFor: (
    rule: { readonly name: string; readonly isStable: boolean },
    level: Level,
    instance: string,
  ) => readonly string[];
  /** How long after the last message a finding that has grown is told again: the first time, the second, …; 1, 4 and 24 hours unless set. */
  readonly repeatAfterMs?: readonly number[];
  /** True while stored history is judged again: what is owed then goes out together, and nothing is said to have grown. */
  readonly isCorrection?: boolean;
};

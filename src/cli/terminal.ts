import { printable } from '../lib/text.ts';
import { clipToWidth } from '../lib/width.ts';

/** The width of text for people where no terminal tells its own. */
const DEFAULT_WIDTH = 120;

/** Width and colour of what goes to stdout: colour only on a terminal that wants it (https://no-color.org). */
export function lookOf(stream: NodeJS.WriteStream): { width: number; colour: boolean } {
  const wantsColour = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return { width: stream.columns || DEFAULT_WIDTH, colour: wantsColour };
}

/** How far long work is: `12,000 lines read (34 %)`, without the share where nobody knows the whole. */
export function describeProgress(done: number, what: string, share: number | null): string {
  const percent = share === null ? '' : ` (${Math.floor(Math.min(1, share) * 100)} %)`;
  return `${done.toLocaleString('en')} ${what}${percent}`;
}

/** More often nobody could read it, and a slow terminal would hold up the work; what is done sooner needs no line. */
const PROGRESS_INTERVAL_MS = 100;

/** A line on stderr that is written over again while long work goes on; nothing where stderr is no terminal. */
export function createProgressLine(): { readonly isVisible: boolean; show(text: string): void; clear(): void } {
  if (!process.stderr.isTTY) return { isVisible: false, show: () => undefined, clear: () => undefined };
  let isShown = false;
  let lastAtMs = performance.now();
  return {
    isVisible: true,
    show(text) {
      const nowMs = performance.now();
      if (nowMs - lastAtMs < PROGRESS_INTERVAL_MS) return;
      lastAtMs = nowMs;
      isShown = true;
      process.stderr.write(`\r\u001b[2K${clipToWidth(printable(text), (process.stderr.columns ?? 80) - 1)}`);
    },
    clear() {
      if (isShown) process.stderr.write('\r\u001b[2K');
      isShown = false;
    },
  };
}

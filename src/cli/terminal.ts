import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** The width of text for people where no terminal tells its own. */
const DEFAULT_WIDTH = 120;

/** Width and colour of what goes to stdout: colour only on a terminal that wants it (https://no-color.org). */
export function lookOf(stream: NodeJS.WriteStream): { width: number; colour: boolean } {
  const wantsColour = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return { width: stream.columns ?? DEFAULT_WIDTH, colour: wantsColour };
}

/** The log: JSON lines on stderr, readable text when stderr is a terminal. */
export function createLog(level: string): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY) {
    return pino(
      options,
      pretty({ destination: 2, sync: true, colorize: lookOf(process.stderr).colour, ignore: 'pid,hostname' }),
    );
  }
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

/** A line on stderr that is written over again while long work goes on; nothing where stderr is no terminal. */
export function createProgressLine(): { show(text: string): void; clear(): void } {
  if (!process.stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  let isShown = false;
  return {
    show(text) {
      isShown = true;
      process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    },
    clear() {
      if (isShown) process.stderr.write('\r\u001b[2K');
      isShown = false;
    },
  };
}

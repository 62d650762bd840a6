import pino, { type Logger } from 'pino';
import { lookOf } from './terminal.ts';

/** The log: JSON lines on stderr, readable text when stderr is a terminal. */
export async function createLog(level: string): Promise<Logger> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  const { colour } = lookOf(process.stderr);
  return pino(options, pretty({ destination: 2, sync: true, colorize: colour, ignore: 'pid,hostname' }));
}

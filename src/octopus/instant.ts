const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads an instant as Octopus writes it (FACT: samples; with offset, zero to seven fraction digits) and returns it in
 * UTC as `YYYY-MM-DDTHH:MM:SS.mmmZ`, digits beyond milliseconds cut off. Null for anything else, also for a time
 * without offset: in whose zone it was meant is unknown.
 */
export function parseInstant(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 40) return null;
  const match = FORM.exec(text);
  if (!match || !isCalendar(text)) return null;
  const ms = (match[1] ?? '').padEnd(3, '0').slice(0, 3);
  const local = `${text.slice(0, 19)}.${ms}`;
  const offset = match[2] ?? 'Z';
  if (offset === 'Z' || offset === '+00:00' || offset === '-00:00') return `${local}Z`;
  const at = Date.parse(local + offset);
  if (Number.isNaN(at)) return null;
  const utc = new Date(at).toISOString();
  return utc.length === 24 ? utc : null;
}

function isCalendar(text: string): boolean {
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  if (day < 1 || day > days) return false;
  return Number(text.slice(11, 13)) < 24 && Number(text.slice(14, 16)) < 60 && Number(text.slice(17, 19)) < 60;
}

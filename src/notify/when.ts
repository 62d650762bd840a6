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
  const local = localParts(epochMs, timeZone);
  if (!local) return utc;
  const text = `${local.day} ${local.minute}:${local.second}`;
  return timeZone === 'UTC' ? `${text} UTC` : `${text} ${timeZone} (${utc})`;
}

/** The same without zone, seconds and UTC, for lists that name the zone once: `Sat 2026-11-21 03:14`. */
export function describeMinute(instant: string, timeZone: string): string {
  const epochMs = Date.parse(instant);
  const local = Number.isNaN(epochMs) ? null : (localParts(epochMs, timeZone) ?? localParts(epochMs, 'UTC'));
  return local ? `${local.day} ${local.minute}` : instant;
}

/** The time of day alone, `09:10`, when the local day is that of `reference`; else with the day. */
export function describeClock(instant: string, timeZone: string, reference: string): string {
  const minute = describeMinute(instant, timeZone);
  const day = minute.slice(0, -5);
  return describeMinute(reference, timeZone).startsWith(day) && day !== '' ? minute.slice(-5) : minute;
}

/** When a finding happened: one moment, or the first and the last of several. */
export function describeSpan(
  span: { readonly firstSeenAt: string; readonly lastSeenAt: string },
  timeZone: string,
): string {
  const first = describeWhen(span.firstSeenAt, timeZone);
  return span.firstSeenAt === span.lastSeenAt ? first : `${first} to ${describeWhen(span.lastSeenAt, timeZone)}`;
}

type LocalParts = { readonly day: string; readonly minute: string; readonly second: string };

function localParts(epochMs: number, timeZone: string): LocalParts | null {
  const formatter = formatterOf(timeZone);
  if (!formatter) return null;
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatter.formatToParts(epochMs)) part[type] = value;
  return {
    day: `${part.weekday} ${part.year}-${part.month}-${part.day}`,
    minute: `${part.hour}:${part.minute}`,
    second: part.second ?? '',
  };
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

/** A moment as a clock on the wall shows it. `month` counts from 1, `weekday` from Sunday = 0. */
export type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

export function localTime(epochMs: number, zone: string): LocalTime {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(epochMs).map((part) => [part.type, Number(part.value)]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const [year, month, day] = [of('year'), of('month'), of('day')];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { year, month, day, weekday, hour: of('hour'), minute: of('minute') };
}

/**
 * Epoch milliseconds of a local time. `day` may lie outside its month and `hour` outside its day. Of an hour that a change of
 * clocks skips or repeats, either reading may come out.
 */
export function instantOf(local: Omit<LocalTime, 'weekday'>, zone: string): number {
  const wanted = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
  let instant = wanted;
  // Twice: the offset at the first guess may be that of the other side of a change of clocks.
  for (let round = 0; round < 2; round++) {
    const shown = localTime(instant, zone);
    instant += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return instant;
}

/** Outside Monday to Friday, 08:00 to 18:00: 08:00 is inside, 18:00 is not. */
export function isOffHours(epochMs: number, zone: string): boolean {
  const { hour, weekday } = localTime(epochMs, zone);
  return weekday === 0 || weekday === 6 || hour < 8 || hour >= 18;
}

import { readZone, toPattern } from './config-calendar.ts';
import type { ConfigFile } from './config-file.ts';
import {
  type ChangeWindow,
  createChangeWindow,
  createZone,
  momentOf,
  NOT_A_MOMENT,
  parseWeeklyHours,
} from './enrich/index.ts';
import { quoted } from './lib/text.ts';

type Source = NonNullable<ConfigFile['changeWindows']>[number];

/** Reads the change windows; every mistake is added to `mistakes` with its place, and then they are not to be used. */
export function readChangeWindows(file: Pick<ConfigFile, 'changeWindows'>, mistakes: string[]): ChangeWindow[] {
  const names = new Set<string>();
  return (file.changeWindows ?? []).map((source, index) => {
    const at = `changeWindows[${index}]`;
    if (names.has(source.name)) mistakes.push(`${at}.name: "${source.name}" is there twice`);
    names.add(source.name);
    checkTimes(source, at, mistakes);
    const weekly = source.weekly === undefined ? null : parseWeeklyHours(source.weekly, `${at}.weekly`);
    if (weekly?.ok === false) mistakes.push(...weekly.mistakes.map((one) => `${one.path}: ${one.message}`));
    const zone = source.timezone === undefined ? null : readZone(`${at}.timezone`, source.timezone, mistakes);
    return createChangeWindow({
      name: source.name,
      owner: source.owner,
      ticket: source.ticket,
      match: toPattern(source.match),
      weekly: weekly?.ok ? weekly.value : null,
      fromMs: (local) => (source.from === undefined ? null : momentOf(source.from, local, 'start')),
      toMs: (local) => (source.to === undefined ? null : momentOf(source.to, local, 'end')),
      zone,
      duringFreeze: source.duringFreeze ?? false,
    });
  });
}

/** Which zone local times are of is known only with the place; whether they are times, and in order, is not up to it. */
function checkTimes({ from, to, weekly }: Source, at: string, mistakes: string[]): void {
  const utc = createZone('UTC');
  const fromMs = from === undefined ? null : momentOf(from, utc, 'start');
  const toMs = to === undefined ? null : momentOf(to, utc, 'end');
  if (from !== undefined && fromMs === null) mistakes.push(`${at}.from: ${quoted(from)} ${NOT_A_MOMENT}`);
  if (to !== undefined && toMs === null) mistakes.push(`${at}.to: ${quoted(to)} ${NOT_A_MOMENT}`);
  if (fromMs !== null && toMs !== null && fromMs >= toMs) mistakes.push(`${at}: ends before it begins`);
  if (weekly === undefined && (from === undefined || to === undefined))
    mistakes.push(`${at}: needs weekly hours, or from and to: a window without an end allows everything`);
}

import { plural } from '../lib/text.ts';
import type { FindingReport } from '../model/finding.ts';
import { compareLevels } from '../model/finding.ts';
import type { Growth } from '../model/message.ts';
import { describeClock } from './when.ts';

/**
 * The one line a person decides by: `[HIGH] eu · <rule title>: <title>, API key "deploy-laptop"`. Raw text: the caller
 * makes it harmless.
 */
export function decisionLine(report: FindingReport, badge: string = report.level.toUpperCase()): string {
  return `[${badge}] ${placeOf(report)}${report.ruleTitle}: ${titleWithKey(report)}`;
}

/** `eu · `, to stand before what happened there; empty for the only instance, if nobody gave it a name. Raw text. */
export function placeOf({ instance, isOneOfSeveral }: FindingReport): string {
  return isOneOfSeveral || instance !== 'default' ? `${instance} · ` : '';
}

/** The title with the API key that acted, unless it names that already. */
export function titleWithKey(report: FindingReport): string {
  const key = report.facts.find((fact) => fact.label === 'API key')?.value;
  if (key === undefined) return report.title;
  const quoted = /^".*"/s.exec(key)?.[0] ?? key;
  return report.title.includes(quoted) ? report.title : `${report.title}, API key ${quoted}`;
}

/** The most serious first; among equals the order given. */
export function bySeverity(reports: readonly FindingReport[]): FindingReport[] {
  return reports.toSorted((a, b) => compareLevels(b.level, a.level));
}

/** Findings about API keys by the account or person that owns them, whoever has the gravest first. */
export function byOwner(reports: readonly FindingReport[]): { owner: string; reports: FindingReport[] }[] {
  const groups = Map.groupBy(bySeverity(reports), ownerOf);
  return [...groups].map(([owner, owned]) => ({ owner, reports: owned }));
}

/** Whose key it is, as the facts of the finding say. */
export function ownerOf(report: FindingReport): string {
  const named = ['Owner', 'Who'].map((label) => report.facts.find((fact) => fact.label === label)?.value);
  return named.find((value) => value !== undefined) ?? '(unknown)';
}

/** `7th event, 3 new since 09:10`; for a state, which has no further events, that it became graver. */
export function growthLine(report: FindingReport, growth: Growth): string {
  const since = describeClock(growth.sinceAt, report.timeZone, report.lastSeenAt);
  if (growth.newEvents > 0) return `${ordinal(report.eventCount)} event, ${growth.newEvents} new since ${since}`;
  if (growth.novelties.length > 0) return `${plural(report.eventCount, 'event')}, and something new since ${since}`;
  return `it has become graver since ${since}: now ${report.level}`;
}

/** A longer command nobody reads, and a terminal's line may not take it. */
const MAX_COMMAND = 1100;

/**
 * What to type to settle a finding and its companions, in at most `MAX_COMMAND` characters. What the monitor finds about
 * itself is mended, not excepted.
 */
export function commandsFor(report: FindingReport): { readonly purpose: string; readonly command: string }[] {
  const ack = acknowledgement(report.findingId, report.companions ?? []);
  if (report.rule.startsWith('monitor_')) return [ack];
  const who = '--owner NAME --approved-by OTHER --reason "…" --expires 90d';
  const except = `octowatch exceptions add --finding ${report.findingId} ${who}`;
  return [ack, { purpose: 'Except what is expected', command: except }];
}

function acknowledgement(findingId: number, companions: readonly number[]) {
  const command = (ids: readonly number[]) => `octowatch ack ${ids.join(' ')} --note "…"`;
  if (companions.length === 0) return { purpose: 'Acknowledge it', command: command([findingId]) };
  const all = command([findingId, ...companions]);
  if (all.length <= MAX_COMMAND) return { purpose: `Acknowledge all ${companions.length + 1}`, command: all };
  const purpose = `Acknowledge it, and so the ${companions.length} others that the query shows`;
  return { purpose, command: command([findingId]) };
}

function ordinal(count: number): string {
  const teens = count % 100;
  const ending = teens >= 11 && teens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

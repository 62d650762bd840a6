import type Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import { printable } from '../lib/text.ts';

const DAY_MS = 86_400_000;
/** Where nothing of a kind happened for so long, it is said. */
export const UNSEEN_AFTER_DAYS = 30;
const MAX_RULES_NAMED = 4;
const MAX_CATEGORIES_NAMED = 6;

/** Events of one kind that rules wait for and that never came. */
export type UnseenCategories = {
  /** `sign-in events`. */
  readonly what: string;
  /** Ids of the categories that rules wait for. */
  readonly categories: readonly string[];
  readonly rules: readonly string[];
  /** True for a kind that every server in use has. */
  readonly isExpected: boolean;
  /** All of it as one sentence, safe to print. */
  readonly text: string;
};

type Family = { readonly what: string; readonly isExpected: boolean; readonly because: string };

/** Kinds of events by the word their category begins with; Created, Modified and Deleted are of one kind. */
const FAMILIES: Readonly<Record<string, Family>> = {
  // FACT octopus-api 2.3: sign-ins through external identity providers are reported to write no event (ISS#8707).
  Login: {
    what: 'sign-in events',
    isExpected: true,
    because: 'your identity provider may not report to Octopus',
  },
  Deployment: {
    what: 'deployment events',
    isExpected: true,
    because: "nothing was deployed, or the monitor's account may not see it",
  },
  Document: {
    what: 'events of documents',
    isExpected: true,
    because: "nothing was changed, or the monitor's account may not see it",
  },
  Runbook: { what: 'runbook events', isExpected: false, because: '' },
  Api: { what: 'API key events', isExpected: false, because: '' },
};

type NeedRow = { rule: string; category: string };

/**
 * What rules wait for on a server, by its own categories, and what did not come in the thirty days before `asOf` (an
 * instant). Nothing is said of a server of which less than that is stored. One entry per kind of event: while one category of
 * a kind is seen, the others are only rare.
 */
export function unseenCategories(db: Database.Database, instanceId: number, asOf: string): UnseenCategories[] {
  const since = toInstant(Date.parse(asOf) - UNSEEN_AFTER_DAYS * DAY_MS);
  if (!hasNeeds(db) || !reachesBack(db, instanceId, since)) return [];
  const needs = db
    .prepare<[number], NeedRow>('SELECT rule, category FROM _rule_needs WHERE instance_id = ? ORDER BY category, rule')
    .all(instanceId);
  const seen = new Set(seenCategories(db, instanceId, since, asOf).map(familyNameOf));
  const byFamily = new Map<string, NeedRow[]>();
  for (const need of needs) {
    const name = familyNameOf(need.category);
    if (!seen.has(name)) byFamily.set(name, [...(byFamily.get(name) ?? []), need]);
  }
  return [...byFamily].map(([name, rows]) => describe(name, rows)).sort((a, b) => order(a) - order(b));
}

function order(one: UnseenCategories): number {
  return one.isExpected ? 0 : 1;
}

function describe(name: string, rows: readonly NeedRow[]): UnseenCategories {
  const family = FAMILIES[name] ?? { what: `${name.toLowerCase()} events`, isExpected: false, because: '' };
  const categories = [...new Set(rows.map((row) => row.category))];
  const rules = [...new Set(rows.map((row) => row.rule))].sort();
  const because = family.because === '' ? '' : `: ${family.because}`;
  const text = `no ${family.what} (${listed(categories, MAX_CATEGORIES_NAMED)}) in ${UNSEEN_AFTER_DAYS} days${because} (rules ${listed(rules, MAX_RULES_NAMED)})`;
  return { what: family.what, categories, rules, isExpected: family.isExpected, text: printable(text) };
}

function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The first word of an id in camel case. */
function familyNameOf(category: string): string {
  if (/^(Created|Modified|Deleted)$/.test(category)) return 'Document';
  return /^[A-Z]?[a-z]+/.exec(category)?.[0] ?? category;
}

/** Older databases and packs lack the table. */
function hasNeeds(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_rule_needs'").get() !== undefined;
}

/** The plus keeps the instance's index away, through which a young database would be read whole. */
function reachesBack(db: Database.Database, instanceId: number, since: string): boolean {
  return (
    db
      .prepare<[number, string]>('SELECT 1 FROM _events WHERE +instance_id = ? AND occurred_at < ? LIMIT 1')
      .get(instanceId, since) !== undefined
  );
}

/** Steps from category to category in the index, so that it costs by their number and not by that of events. */
function seenCategories(db: Database.Database, instanceId: number, since: string, until: string): string[] {
  return db
    .prepare<[{ instanceId: number; since: string; until: string }], string>(
      `WITH RECURSIVE c(category) AS (
         SELECT min(category) FROM _events
         UNION ALL
         SELECT (SELECT min(e.category) FROM _events e WHERE e.category > c.category) FROM c WHERE c.category IS NOT NULL
       )
       SELECT category FROM c WHERE category IS NOT NULL AND EXISTS (
         SELECT 1 FROM _events e WHERE e.category = c.category AND e.occurred_at >= @since AND e.occurred_at < @until
           AND e.instance_id = @instanceId
       )`,
    )
    .pluck()
    .all({ instanceId, since, until });
}

import type { Level } from '../model/finding.ts';
import type { Db } from './database.ts';

/** A rule as it is in force from a start on. */
export type RuleInForce = {
  readonly rule: string;
  readonly kind: 'rule' | 'correlation' | 'filter' | 'built_in';
  readonly sha256: string;
  /** The text whose hash `sha256` is. */
  readonly source: string;
  /** After the configuration adjusted it; null for a filter. */
  readonly level: Level | null;
  readonly isEnabled: boolean;
  /** What a correlation runs as; null for everything else. */
  readonly correlationSql: string | null;
};

/** A rule as a start had it, without what it ran as. */
export type KnownRule = Omit<RuleInForce, 'correlationSql'>;

/** What judging rests on, without any secret; `sha256` is the hash of `description`. */
export type ConfigInForce = { readonly sha256: string; readonly description: string };

type VersionRow = {
  rule_version_id: number;
  rule: string;
  kind: string;
  sha256: string;
  level: string | null;
  enabled: number;
  correlation_sql: string | null;
  after_event_pk: number | null;
};

/** Which text of each rule, and which configuration, was in force when. */
export function ruleVersionTable(db: Db) {
  const inForce = db.prepare<[], VersionRow>(
    `SELECT rule_version_id, rule, kind, sha256, level, enabled, correlation_sql, after_event_pk
     FROM _rule_versions WHERE loaded_until IS NULL`,
  );
  const close = db.prepare('UPDATE _rule_versions SET loaded_until = ? WHERE rule_version_id = ?');
  const insert = db.prepare(
    `INSERT INTO _rule_versions (rule, kind, sha256, source, level, enabled, correlation_sql, loaded_from, after_event_pk)
     VALUES (@rule, @kind, @sha256, @source, @level, @enabled, @correlationSql, @at,
       iif(@isSameDetection, @after, (SELECT coalesce(max(event_pk), 0) FROM _events)))`,
  );
  const loaded = db.prepare<
    [],
    Pick<VersionRow, 'rule' | 'sha256' | 'enabled'> & Pick<KnownRule, 'kind' | 'level' | 'source'>
  >('SELECT rule, kind, sha256, source, level, enabled FROM _rule_versions WHERE loaded_until IS NULL ORDER BY rule');
  const after = db
    .prepare<[string], number | null>(
      'SELECT after_event_pk FROM _rule_versions WHERE rule = ? AND loaded_until IS NULL AND enabled = 1',
    )
    .pluck();
  const configInForce = db.prepare<[], ConfigInForce>(
    'SELECT sha256, description FROM _config_versions WHERE loaded_until IS NULL',
  );
  const firstLoaded = db.prepare<[], { rule: string; at: string }>(
    'SELECT rule, min(loaded_from) AS at FROM _rule_versions WHERE enabled = 1 GROUP BY rule',
  );
  const closeConfig = db.prepare('UPDATE _config_versions SET loaded_until = ? WHERE loaded_until IS NULL');
  const insertConfig = db.prepare('INSERT INTO _config_versions (sha256, description, loaded_from) VALUES (?, ?, ?)');

  return {
    /**
     * Records what a start loaded: a version that changed in text, level, threshold or switch, or that is gone, ends at
     * `at`; what is new begins there. A start that loads the same changes nothing. Call in the transaction that journals it.
     */
    record(rules: readonly RuleInForce[], at: string) {
      const before = inForce.all();
      const known = new Map(before.map((row) => [identityOf(row), row.rule_version_id]));
      const given = rules.map(({ isEnabled, ...rule }) => ({
        ...rule,
        ...{ enabled: isEnabled ? 1 : 0, correlation_sql: rule.correlationSql, at },
      }));
      const kept = new Set(given.map(identityOf));
      for (const [identity, id] of known) if (!kept.has(identity)) close.run(at, id);
      for (const rule of given) {
        if (known.has(identityOf(rule))) continue;
        // Another level finds the same: it counts what came before as its own.
        const same = before.find((row) => detects(row) === detects(rule));
        insert.run({ ...rule, isSameDetection: same ? 1 : 0, after: same?.after_event_pk ?? null });
      }
    },

    /** What the last start loaded; before `record`, that is the start before. */
    inForce: (): KnownRule[] => loaded.all().map(({ enabled, ...rule }) => ({ ...rule, isEnabled: enabled === 1 })),

    /** The row id of the last event that was stored before the version in force of a rule was; 0: it was there before all. */
    afterEvent: (rule: string): number => after.get(rule) ?? 0,

    /** The configuration of the start before; undefined before the first one. */
    configInForce: () => configInForce.get(),

    /** When each rule was first in force, by its name. */
    firstLoaded: (): ReadonlyMap<string, string> => new Map(firstLoaded.all().map(({ rule, at }) => [rule, at])),

    /** Records the configuration a start has; the one before ends if it is another. */
    recordConfig({ sha256, description }: ConfigInForce, at: string) {
      if (configInForce.get()?.sha256 === sha256) return;
      closeConfig.run(at);
      insertConfig.run(sha256, description, at);
    },
  };
}

function identityOf(row: Omit<VersionRow, 'rule_version_id' | 'after_event_pk'>): string {
  return JSON.stringify([row.rule, row.kind, row.sha256, row.level, row.enabled, row.correlation_sql]);
}

function detects(row: Pick<VersionRow, 'rule' | 'kind' | 'sha256' | 'enabled' | 'correlation_sql'>): string {
  return JSON.stringify([row.rule, row.kind, row.sha256, row.enabled, row.correlation_sql]);
}

import { onTestFinished } from 'vitest';
import { bindParameters, findQuestion } from '../../src/audit/index.ts';
import type { VariableEdit } from '../../src/model/event.ts';
import type { Level } from '../../src/model/finding.ts';
import type { ApiKey, ApiKeyState, User } from '../../src/model/inventory.ts';
import type { ActorKind } from '../../src/model/record.ts';
import { openStore } from '../../src/store/index.ts';

type Row = Record<string, string | number | null>;

type EventFacts = {
  readonly id: string;
  /** An instant, or the day: noon is meant. */
  readonly at: string;
  readonly category: string;
  /** Account by name; `system` is the server itself. */
  readonly by?: string;
  readonly kind?: ActorKind;
  /** Of a started deployment: who queued it. */
  readonly actorName?: string;
  readonly key?: { readonly id: string | null; readonly purpose: string };
  readonly ip?: string;
  readonly project?: string;
  readonly environment?: string;
  readonly isProduction?: boolean;
  readonly isOffHours?: boolean;
  readonly deployment?: string;
  readonly account?: string;
  readonly message?: string;
  readonly related?: readonly string[];
  readonly edits?: readonly (Partial<VariableEdit> & { readonly name: string })[];
};

/** A migrated database in memory, written through the store, that saved questions are put to. */
export type Ledger = ReturnType<typeof openLedger>;

export function openLedger() {
  const store = openStore(':memory:', { monitorVersion: 'test' });
  onTestFinished(() => {
    store.close();
  });
  const { instance_id: instanceId } = store.instances.ensure('default', 'https://octopus.example', 60_000);

  return {
    store,
    instanceId,

    /** The rows a saved question answers with. */
    ask(name: string, given: Readonly<Record<string, string | number>> = {}): Row[] {
      const question = findQuestion(name);
      return store.db.prepare<unknown[], Row>(question.sql).all(bindParameters(question, given));
    },

    event(facts: EventFacts) {
      const { by = 'alice', deployment = null, edits = [] } = facts;
      const isSystem = by === 'system';
      const event = {
        id: facts.id,
        occurredAt: instant(facts.at),
        category: facts.category,
        userId: isSystem ? 'users-system' : `Users-${by}`,
        username: by,
        isService: null,
        identityEstablishedWith: null,
        userAgent: null,
        ipAddress: facts.ip ?? null,
        spaceId: null,
        message: facts.message ?? facts.category,
        messageReferences: [],
        relatedDocumentIds: facts.related ?? [],
        comments: null,
        apiKeyId: null,
        apiKeyHint: null,
        variableChange: null,
        documentChange: null,
        raw: JSON.stringify({ Id: facts.id, RelatedDocumentIds: facts.related ?? [] }),
      };
      const derived = {
        actorKind: facts.kind ?? (isSystem ? 'system' : 'human'),
        actorName: facts.actorName ?? by,
        apiKeyId: facts.key?.id ?? null,
        apiKeyPurpose: facts.key?.purpose ?? null,
        projectId: null,
        projectName: facts.project ?? null,
        environmentId: null,
        environmentName: facts.environment ?? null,
        isProduction: facts.isProduction ?? null,
        isOffHours: facts.isOffHours ?? false,
        offHoursReason: null,
        calendar: null,
        changeWindow: null,
        ticket: null,
        freeze: null,
        releaseVersion: null,
        tenantName: null,
        deploymentId: deployment,
        subjectAccount: facts.account ?? null,
        variableSetId: null,
      };
      store.transaction(() => {
        const eventPk = store.events.insert(instanceId, event, derived, instant(facts.at), 'test');
        const whole = edits.map((edit) => ({ change: 'value' as const, isSensitive: true, scope: null, ...edit }));
        if (whole.length > 0) store.events.setVariableEdits(eventPk, facts.project ?? null, whole);
      });
    },

    accounts(readAt: string, users: readonly (Partial<User> & { readonly username: string })[]) {
      store.transaction(() =>
        store.inventory.save(instanceId, {
          readAt: instant(readAt),
          users: users.map((user) => ({
            id: `Users-${user.username}`,
            displayName: null,
            isActive: true,
            isService: false,
            serviceAccountType: null,
            ...user,
          })),
          apiKeys: [],
          access: [],
          spaces: [],
          environments: [],
          complete: { users: true, spaces: false, environmentSpaceIds: [], apiKeyUserIds: [] },
          problems: [],
        }),
      );
    },

    key(
      readAt: string,
      facts: Partial<ApiKey> & {
        readonly id: string;
        readonly of: string;
        readonly state?: ApiKeyState;
        readonly idleDays?: number;
        readonly lastUsedAt?: string;
      },
    ) {
      const { of, state = 'used', idleDays = null, lastUsedAt = null, ...key } = facts;
      const whole = {
        userId: `Users-${of}`,
        purpose: facts.id,
        hint: null,
        createdAt: null,
        expiresAt: null,
        lastUsed: null,
        accessLevel: null,
        actorType: null,
        ...key,
      };
      const reading = {
        key: whole,
        state,
        stateReason: 'as the test says',
        lastUsedAt,
        lastUsedSource: null,
        idleDays,
        auditIdleDays: null,
        ownerKind: null,
        powers: null,
        isPowersComplete: null,
        unusedPowers: null,
        rotation: null,
      };
      store.transaction(() => store.apiKeys.save(instanceId, instant(readAt), [reading], []));
    },

    /** Opens a finding and returns its number. */
    finding(facts: {
      readonly rule: string;
      readonly at: string;
      readonly level?: Level;
      readonly events?: readonly string[];
    }): number {
      const at = instant(facts.at);
      return store.transaction(() => {
        const id = store.findings.open({
          instanceId,
          rule: facts.rule,
          fingerprint: `${facts.rule} ${at}`,
          isState: false,
          level: facts.level ?? 'medium',
          title: `${facts.rule} happened`,
          subject: 'x',
          firstSeenAt: at,
          lastSeenAt: at,
          report: '{}',
          ruleSha256: `hash of ${facts.rule}`,
          configSha256: 'c',
          monitorVersion: 'test',
          createdAt: at,
        });
        for (const eventId of facts.events ?? []) store.findings.addEvent(id, eventId, at);
        return id;
      });
    },

    signal(facts: {
      readonly rule: string;
      readonly at: string;
      readonly event: string;
      readonly hiddenBy: string | null;
    }) {
      store.transaction(() =>
        store.signals.insert({
          instanceId,
          rule: facts.rule,
          eventId: facts.event,
          eventPk: null,
          groupKey: null,
          occurredAt: instant(facts.at),
          level: 'medium',
          suppressedBy: facts.hiddenBy,
        }),
      );
    },

    journal(at: string, action: string, object: string | null = null, detail: object | null = null) {
      store.transaction(() => store.journal.add(instant(at), action, object, detail));
    },

    /** One polled window. */
    window(
      from: string,
      to: string,
      facts: {
        readonly outcome?: 'read' | 'short' | `failed: ${string}`;
        readonly missing?: number;
        readonly setAside?: number;
        readonly skew?: number;
        readonly finishedAt?: string;
      } = {},
    ) {
      const { outcome = 'read', missing = 0, setAside = 0, skew = null, finishedAt = to } = facts;
      store.transaction(() =>
        store.coverage.add({
          instanceId,
          purpose: 'tail',
          windowFrom: from,
          windowTo: to,
          serverTotal: outcome.startsWith('failed') ? null : 10 + missing,
          eventsSeen: 10 - setAside,
          eventsNew: 0,
          setAside,
          fieldsAbsent: 0,
          clockSkewSeconds: skew,
          startedAt: finishedAt,
          finishedAt,
          outcome,
        }),
      );
    },
  };
}

function instant(text: string): string {
  return text.length === 10 ? `${text}T12:00:00.000Z` : text;
}

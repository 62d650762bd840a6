import { atPortal, type Chronicle } from '../chronicle.ts';
import { type Differences, documentCreated, documentDeleted, documentModified } from '../document-events.ts';
import type { SimulatedUser } from '../state.ts';
import { PEOPLE, SERVICES } from '../story-cast.ts';
import type { Times } from './company.ts';

type Edit = {
  readonly day: number;
  /** Amara unless somebody else is named: a worse finding takes in the lesser ones of the same person. */
  readonly by?: SimulatedUser;
  readonly documentType: string;
  readonly document: { readonly id: string; readonly name: string };
  readonly spaceId?: string;
  readonly differences: Differences;
  readonly before?: Readonly<Record<string, unknown>>;
};

const replace = (path: string, value: unknown): Differences => [{ path, op: 'replace', value }];
const add = (path: string, value: unknown): Differences => [{ path, op: 'add', value }];

/**
 * Settings that guard the audit trail, and who may do what. FACT: the ids of teams, users and subscriptions. INF: that
 * changes of settings are `Modified` events of the whole server, the ids of the settings and the paths within them.
 */
const EDITS: readonly Edit[] = [
  {
    day: 50,
    documentType: 'Audit stream',
    document: { id: 'auditstream', name: 'configuration' },
    differences: replace('/Active', false),
    before: { Active: true },
  },
  {
    day: 49,
    documentType: 'Event retention',
    document: { id: 'eventretention', name: 'configuration' },
    differences: replace('/EventRetentionDays', 30),
    before: { EventRetentionDays: 90 },
  },
  {
    day: 48,
    documentType: 'Subscription',
    document: { id: 'Subscriptions-3', name: 'Changes of accounts' },
    spaceId: 'Spaces-1',
    differences: replace('/IsDisabled', true),
  },
  {
    day: 46,
    documentType: 'Authentication settings',
    document: { id: 'authentication', name: 'configuration' },
    differences: replace('/UserApiKeysEnabled', true),
    before: { UserApiKeysEnabled: false },
  },
  {
    day: 45,
    documentType: 'Web portal settings',
    document: { id: 'webportal', name: 'configuration' },
    differences: replace('/TrustedProxies', ['0.0.0.0/0']),
  },
  {
    day: 44,
    by: PEOPLE.ines,
    documentType: 'Team',
    document: { id: 'teams-administrators', name: 'Octopus Administrators' },
    differences: add('/MemberUserIds/1', PEOPLE.hugo.id),
  },
  {
    day: 43,
    by: PEOPLE.femi,
    documentType: 'User role',
    document: { id: 'userroles-projectdeployer', name: 'Project deployer' },
    differences: add('/GrantedSystemPermissions/0', 'UserEdit'),
  },
  {
    day: 39,
    documentType: 'User',
    document: { id: SERVICES.monitor.id, name: SERVICES.monitor.displayName },
    differences: replace('/EmailAddress', 'nobody@example.com'),
  },
];

/** An administrator at work on what watches administrators. */
export function tellNoisyAuditTrail(chronicle: Chronicle, { workday }: Times): void {
  for (const { day, by = PEOPLE.amara, spaceId = null, ...edit } of EDITS) {
    const atMs = workday(day, 15, 10);
    chronicle.note(atMs, (id) => documentModified({ ...edit, id, at: atMs, actor: atPortal(by), spaceId }));
  }
  const actor = atPortal(PEOPLE.amara);
  const deletedMs = workday(47, 15);
  const archive = { id: 'events-2026-06-01.jsonl', name: 'events-2026-06-01.jsonl' };
  chronicle.note(deletedMs, (id) =>
    documentDeleted({
      id,
      at: deletedMs,
      actor,
      documentType: 'Archived event file',
      document: archive,
      spaceId: null,
    }),
  );
  const grantedMs = workday(42, 15);
  chronicle.note(grantedMs, (id) =>
    documentCreated({
      id,
      at: grantedMs,
      actor: atPortal(PEOPLE.devika),
      documentType: 'Scoped user role',
      document: { id: 'ScopedUserRoles-17', name: 'Project deployer for Readers' },
      related: ['Teams-12', 'userroles-projectdeployer'],
      spaceId: 'Spaces-1',
    }),
  );
}

import type { Random } from '../random.ts';
import { accessOf, type Role } from '../roles.ts';
import type { SimulatedKey, SimulatedUser } from '../state.ts';
import { PEOPLE, SPACES, STAGES, serviceAccount } from '../story-cast.ts';
import { type KeyFacts, makeKeys } from '../story-keys.ts';
import type { WirePermissions } from '../wire.ts';

const SPACE_IDS = SPACES.map((space) => space.id);
const DEVELOPMENT = STAGES.filter((stage) => stage.name === 'Development');

/** Accounts of programs, each with keys that have one flaw, so that each flaw shows by itself. */
export const JOBS = {
  catalogue: serviceAccount(131, 'catalogue-job'),
  proofs: serviceAccount(132, 'label-proofs'),
  dashboard: serviceAccount(133, 'wall-dashboard'),
  prices: serviceAccount(134, 'price-feed'),
  archive: serviceAccount(135, 'archive-index'),
  ledger: serviceAccount(136, 'ledger-export'),
  mail: serviceAccount(137, 'mail-room'),
  lab: serviceAccount(138, 'terraform-lab'),
  watch: serviceAccount(139, 'night-watch'),
  counter: serviceAccount(140, 'stock-count'),
  bench: serviceAccount(141, 'bench-runs'),
  east: serviceAccount(142, 'reports-east'),
  west: serviceAccount(143, 'reports-west'),
  /** Disabled at the first reading, enabled again before the second. */
  mover: { ...serviceAccount(144, 'archive-mover'), isActive: false },
  intranet: { ...serviceAccount(145, 'old-intranet'), isActive: false },
  twins: serviceAccount(146, 'twin-jobs'),
  parcels: serviceAccount(147, 'parcel-bot'),
  tills: serviceAccount(148, 'till-bot'),
  courier: serviceAccount(149, 'courier-bot'),
} satisfies Record<string, SimulatedUser>;

const FACTS = {
  unused: key(JOBS.catalogue, 'Nightly catalogue sync', { created: 170, expires: 60, lastUsed: 120 }),
  neverUsed: key(JOBS.proofs, 'Upload of label proofs', { created: 40, expires: 140, lastUsed: null }),
  unaudited: {
    ...key(JOBS.dashboard, 'Dashboard in the hall', { created: 120, expires: 60, lastUsed: null }),
    isLastUsedKnown: false,
  },
  overdue: key(JOBS.prices, 'Price feed of suppliers', { created: 130, expires: 50 }),
  old: key(JOBS.archive, 'Index of the archive', { created: 200, expires: 100 }),
  endless: key(JOBS.ledger, 'Ledger export to the bank', { created: 100, expires: null }),
  expiring: key(JOBS.mail, 'Notices to the mail room', { created: 100, expires: 2.5 }),
  personal: key(PEOPLE.devika, "Devika's laptop script", { created: 86, expires: 94 }),
  admin: key(PEOPLE.amara, 'Backup of all projects', { created: 60, expires: 120 }),
  overPrivileged: key(JOBS.lab, 'Terraform lab runs', { created: 100, expires: 80 }),
  unregistered: key(JOBS.watch, 'Screens of the night watch', { created: 91, expires: 89 }),
  drifting: key(JOBS.counter, 'Stock count scanners', { created: 60, expires: 120 }),
  vague: key(JOBS.bench, 'test', { created: 60, expires: 120 }),
  sharedEast: key(JOBS.east, 'Monthly sales report', { created: 60, expires: 120 }),
  sharedWest: key(JOBS.west, 'Monthly sales report', { created: 50, expires: 130 }),
  revived: key(JOBS.mover, 'Moves files to the archive', { created: 90, expires: 90, lastUsed: 50 }),
  disabled: key(JOBS.intranet, 'Pages of the old intranet', { created: 90, expires: 90, lastUsed: 60 }),
  twinImport: key(JOBS.twins, 'Twin jobs: nightly import', { created: 60, expires: 120 }),
  twinExport: key(JOBS.twins, 'Twin jobs: hourly export', { created: 55, expires: 125 }),
  parcelsOld: key(JOBS.parcels, 'Tracking of parcels', { created: 100, expires: 80, lastUsed: 3 }),
  parcelsNew: key(JOBS.parcels, 'Tracking of parcels', { created: 20, expires: 160 }),
  tillsOld: key(JOBS.tills, 'Opening report of tills', { created: 100, expires: 80, lastUsed: 22 }),
  tillsNew: key(JOBS.tills, 'Opening report of tills', { created: 20, expires: 160 }),
  courier: key(JOBS.courier, 'Orders of courier labels', { created: 92, expires: 88 }),
} satisfies Record<string, KeyFacts>;

function key(
  owner: SimulatedUser,
  purpose: string,
  days: { readonly created: number; readonly expires: number | null; readonly lastUsed?: number | null },
): KeyFacts {
  const lastUsedDaysAgo = days.lastUsed === undefined ? 0.4 : days.lastUsed;
  return { owner, purpose, createdDaysAgo: days.created, expiresInDays: days.expires, lastUsedDaysAgo };
}

export type NoisyKeys = Readonly<Record<keyof typeof FACTS, SimulatedKey>>;

export function noisyKeys(nowMs: number, random: Random): NoisyKeys {
  return makeKeys(FACTS, nowMs, random);
}

const ROLES: ReadonlyMap<string, Role> = new Map<string, Role>([
  [JOBS.lab.id, { deploysTo: STAGES, editsVariablesIn: SPACE_IDS, managesUsers: true }],
  [JOBS.counter.id, { deploysTo: DEVELOPMENT }],
  [JOBS.courier.id, { deploysTo: STAGES.filter((stage) => stage.spaceId === 'Spaces-2' && !stage.isProduction) }],
]);

export function noisyAccess(): Map<string, WirePermissions> {
  return new Map(Object.values(JOBS).map((job) => [job.id, accessOf(ROLES.get(job.id) ?? {}, SPACE_IDS)]));
}

import type { Named } from './message-text.ts';
import type { SimulatedEnvironment, SimulatedSpace, SimulatedUser } from './state.ts';

/** The fictional company: Tidepool Books, who works there and what they deploy. */
export const SPACES: readonly SimulatedSpace[] = [
  { id: 'Spaces-1', name: 'Bookshop', slug: 'bookshop' },
  { id: 'Spaces-2', name: 'Warehouse', slug: 'warehouse' },
  { id: 'Spaces-3', name: 'Data Platform', slug: 'data-platform' },
];

export type Stage = SimulatedEnvironment & { readonly isProduction: boolean };

function stage(number: number, spaceId: string, name: string, isProduction = false): Stage {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { id: `Environments-${number}`, spaceId, name, slug, tags: [], isProduction };
}

/** The stages of each space, in the order a release passes them. */
const BOOKSHOP = {
  development: stage(11, 'Spaces-1', 'Development'),
  between: stage(12, 'Spaces-1', 'Staging'),
  production: stage(13, 'Spaces-1', 'Production', true),
};
const WAREHOUSE = {
  development: stage(21, 'Spaces-2', 'Development'),
  between: stage(22, 'Spaces-2', 'Pre-Production'),
  production: stage(23, 'Spaces-2', 'Production', true),
};
const DATA = {
  development: stage(31, 'Spaces-3', 'Development'),
  between: null,
  production: stage(32, 'Spaces-3', 'Prod EU', true),
};
export const STAGES: readonly Stage[] = [BOOKSHOP, WAREHOUSE, DATA].flatMap(({ development, between, production }) =>
  between ? [development, between, production] : [development, production],
);

export type Project = Named & {
  readonly spaceId: string;
  readonly channelId: string;
  readonly version: string;
  readonly stages: { readonly development: Stage; readonly between: Stage | null; readonly production: Stage };
};

function project(number: number, name: string, version: string, stages: Project['stages']): Project {
  const spaceId = stages.development.spaceId;
  return { id: `Projects-${number}`, name, spaceId, channelId: `Channels-${number}`, version, stages };
}

export const PROJECTS = {
  storefront: project(41, 'Storefront', '4.12', BOOKSHOP),
  checkout: project(42, 'Checkout', '2.7', BOOKSHOP),
  search: project(43, 'Search', '1.30', BOOKSHOP),
  /** Anybody who may name a project can try this: markup of chat programs must come out as plain text everywhere. */
  giftCards: project(44, 'Gift Cards <!channel> *x* <http://evil.example|click>', '0.9', BOOKSHOP),
  stock: project(45, 'Stock Ledger', '3.2', WAREHOUSE),
  labels: project(46, 'Label Printer', '1.4', WAREHOUSE),
  prices: project(47, 'Price Importer', '5.0', DATA),
  royalties: project(48, 'Royalties', '2026.1', DATA),
} satisfies Record<string, Project>;

function person(number: number, given: string, family: string, isActive = true): SimulatedUser {
  const username = `${given}.${family}`.toLowerCase();
  return {
    id: `Users-${number}`,
    username,
    displayName: `${given} ${family}`,
    emailAddress: `${username}@example.com`,
    isActive,
    isService: false,
    serviceAccountType: 'Standard',
    createdAt: '2023-04-03T08:30:00.000Z',
  };
}

/** She signs in only from then on; the audit log shows her account being made. */
export const KEIKO_JOINED_DAYS_AGO = 55;

/** An account for a program. */
export function serviceAccount(number: number, username: string): SimulatedUser {
  return { ...person(number, username, 'service'), username, displayName: username, emailAddress: '', isService: true };
}

export const PEOPLE = {
  amara: person(101, 'Amara', 'Okoye'),
  bjorn: person(102, 'Bjorn', 'Halvorsen'),
  chiara: person(103, 'Chiara', 'Conti'),
  devika: person(104, 'Devika', 'Rao'),
  elias: person(105, 'Elias', 'Brandt'),
  femi: person(106, 'Femi', 'Adeyemi'),
  greta: person(107, 'Greta', 'Lindqvist'),
  hugo: person(108, 'Hugo', 'Marchetti'),
  ines: person(109, 'Ines', 'Carvalho'),
  jonas: person(110, 'Jonas', 'Finch'),
  keiko: person(111, 'Keiko', 'Tanabe'),
  /** Left the company: the account is disabled, its key is still there. */
  lewis: person(112, 'Lewis', 'Pryce', false),
} satisfies Record<string, SimulatedUser>;

export const SERVICES = {
  build: serviceAccount(121, 'ci-build'),
  release: serviceAccount(122, 'release-bot'),
  terraform: serviceAccount(123, 'terraform'),
  catalogue: serviceAccount(124, 'catalogue-sync'),
  monitor: serviceAccount(125, 'octowatch'),
} satisfies Record<string, SimulatedUser>;

/** Office and home of a person; the office shares one address. All from the ranges reserved for documentation. */
export function addressOf(user: SimulatedUser, isAtHome: boolean): string {
  const number = Number(user.id.slice('Users-'.length));
  if (user.isService) return `192.0.2.${number - 100}`;
  return isAtHome ? `203.0.113.${number - 80}` : '198.51.100.20';
}

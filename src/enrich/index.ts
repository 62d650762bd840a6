export { formatEpochDay } from '../lib/local-date.ts';
export { createZone } from '../lib/zone.ts';
export type { QueuedDeployment } from './actor.ts';
export { type ApiKeyFacts, type ApiKeyQuestion, apiKeyRecord } from './api-key-record.ts';
export { describeCalendars, type PlacedCalendar } from './business-time.ts';
export {
  type Calendar,
  type CalendarOptions,
  createCalendar,
  DEFAULT_CALENDAR,
  type WeeklyHours,
} from './calendar.ts';
export {
  momentOf,
  NOT_A_MOMENT,
  type Parsed,
  parseFreezes,
  parseHolidays,
  parseWeeklyHours,
} from './calendar-config.ts';
export { type ChangeWindow, createChangeWindow } from './change-window.ts';
export { clientKindOf } from './client.ts';
export { type FirstSeenFields, type FirstSeenPair, firstSeenPairs } from './first-seen.ts';
export { parseIcsHolidays } from './ics.ts';
export { parseInstant } from './instant.ts';
export { createInventoryIndex, type InventoryIndex, isFreezeId, unknownIds } from './inventory-index.ts';
export { createEventJudge, type Judged, type Lookups } from './judge.ts';
export { createKeyCompany } from './key-company.ts';
export { type KnownPlaces, powersOf } from './key-powers.ts';
export { createRegisterIndex, type RegisterIndex } from './key-register.ts';
export { replacedKeys, rotationsOf, tookOver, type UsedKey } from './key-rotation.ts';
export { networkOf } from './network.ts';
export { describePlaces, PLACE_FIELDS, type PlaceField, type PlacePattern } from './place-match.ts';
export { createProductionMatcher, type ProductionMatcher } from './production.ts';
export { registerFields, registerReading } from './register-facts.ts';
export { renderTaxonomy, TAXONOMY, TAXONOMY_VERSION, type TaxonomyField } from './taxonomy.ts';

import { atPortal, type Chronicle } from '../chronicle.ts';
import { documentModified } from '../document-events.ts';
import { auditEvent } from '../event-shape.ts';
import type { Named } from '../message-text.ts';
import { PEOPLE, PROJECTS } from '../story-cast.ts';
import { initialVariableSets, setIdOf, VARIABLE_OWNERS } from '../story-variables.ts';
import { variable } from '../variable-events.ts';
import type { WireVariableSet } from '../wire.ts';
import type { Times } from './company.ts';

const PARTNERS = { id: 'LibraryVariableSets-22', name: 'Partner Credentials' };
const PARTNER_COUNT = 12;

export const NOISY_OWNERS: ReadonlyMap<string, Named> = new Map([...VARIABLE_OWNERS, [PARTNERS.id, PARTNERS]]);

/** The sets of the quiet company and one of many secrets, which only development uses. */
export function noisyVariableSets(): Map<string, WireVariableSet> {
  const development = { Environment: [PROJECTS.storefront.stages.development.id] };
  const partners: WireVariableSet = {
    Id: setIdOf(PARTNERS),
    OwnerId: PARTNERS.id,
    SpaceId: 'Spaces-1',
    Version: 4,
    Variables: Array.from({ length: PARTNER_COUNT }, (_, index) =>
      variable(
        {
          id: `00000000-0000-4000-8000-0000002200${String(index).padStart(2, '0')}`,
          name: partnerSecret(index),
          value: `demo-partner-${index}`,
        },
        { isSensitive: true, scope: development },
      ),
    ),
  };
  return new Map([...initialVariableSets(), [partners.Id, partners]]);
}

function partnerSecret(index: number): string {
  return `Partner${index}:Token`;
}

/** Secrets, accounts and certificates in the hands of people who do not deploy. */
export function tellNoisySecrets(chronicle: Chronicle, { workday }: Times): void {
  const { labels, prices, search } = PROJECTS;
  const development = { Environment: [labels.stages.development.id] };
  const trial = { id: '00000000-0000-4000-8000-000000460099', name: 'Printer:TrialToken', value: 'demo-7' };
  chronicle.editVariables(workday(45, 10), atPortal(PEOPLE.elias), setIdOf(labels), [
    { kind: 'add', variable: variable(trial, { isSensitive: true, scope: development }) },
  ]);
  chronicle.editVariables(workday(44, 10), atPortal(PEOPLE.hugo), setIdOf(search), [
    { kind: 'value', name: 'Smtp:Password', value: 'demo-8' },
  ]);
  chronicle.editVariables(workday(43, 10), atPortal(PEOPLE.bjorn), setIdOf(prices), [
    { kind: 'make_plain', name: 'Smtp:Password', value: 'demo-9' },
  ]);
  chronicle.editVariables(
    workday(42, 10),
    atPortal(PEOPLE.greta),
    setIdOf(PARTNERS),
    Array.from({ length: PARTNER_COUNT }, (_, index) => ({
      kind: 'value' as const,
      name: partnerSecret(index),
      value: `demo-new-${index}`,
    })),
  );
  const accountMs = workday(40, 11);
  chronicle.note(accountMs, (id) =>
    documentModified({
      id,
      at: accountMs,
      actor: atPortal(PEOPLE.devika),
      documentType: 'Account',
      document: { id: 'Accounts-7', name: 'Cloud of the shop' },
      spaceId: 'Spaces-1',
      differences: [{ path: '/Description', op: 'replace', value: 'moved' }],
    }),
  );
  const exportedMs = workday(38, 11);
  const certificate = { id: 'Certificates-3', name: 'shop.example.com' };
  // FACT: the display name of the category; its id and the wording are INF.
  chronicle.note(exportedMs, (id) =>
    auditEvent(
      { id, at: exportedMs, actor: atPortal(PEOPLE.ines) },
      {
        category: 'CertificatePrivateKeyExported',
        related: [certificate.id],
        message: ['The private key of certificate ', certificate, ' was exported'],
        spaceId: 'Spaces-1',
      },
    ),
  );
}

import { TAXONOMY_TABLE, type TaxonomyField } from './taxonomy-table.ts';

export type { TaxonomyField } from './taxonomy-table.ts';

/** Raised whenever the same event would give another record, so that stored judgements can be told apart. */
export const TAXONOMY_VERSION = 4;

export const TAXONOMY: readonly TaxonomyField[] = TAXONOMY_TABLE;

/** The whole of `docs/taxonomy.md`. */
export function renderTaxonomy(): string {
  return [
    '# Taxonomy: the fields rules are written in',
    '',
    '<!-- Written from src/enrich/taxonomy-*.ts by `npx vitest run test/docs/taxonomy.test.ts -u`. Do not edit. -->',
    '',
    'A rule is matched against *records*: flat objects with the fields below. Names with a dot are keys of their own, not',
    'nested objects. **A fact that is not known, or does not apply, is no key of the record**: `field: null` and',
    '`field|exists: false` find it, and no other comparison does. Local time is that of `Occurred` in the configured zone.',
    '',
    '## Audit events',
    '',
    '`logsource: { product: octopus, service: audit }`: one record per event.',
    '',
    ...table('audit'),
    '',
    '## API keys',
    '',
    '`logsource: { product: octopus, category: api_key }`: one record per key, made anew at every reading of the inventory.',
    '',
    ...table('api_key'),
    '',
    '## Words of DocumentTypes',
    '',
    'A document type is read from the part of an id before its first hyphen, as it is written there (`Projects-7` is',
    '`Projects`, `Deployments-12` is `Deployments`). Ids written in small letters get the word of the document type:',
    '`apikeys-…` is `ApiKeys`, `users-…` is `Users`, `teams-…` is `Teams`, `userroles-…` is `UserRoles`, `scopeduserroles-…`',
    'is `ScopedUserRoles`, `variableset-…` is `VariableSets`, `deploymentprocess-…` is `DeploymentProcesses`,',
    '`deploymentsettings-…` is `DeploymentSettings`, `runbookprocess-…` is `RunbookProcesses`, `tenantvariable(s)-…` is',
    '`TenantVariables`, `serversettings-…` is `ServerSettings`, `subscriptions-…` is `Subscriptions`, `deploymentfreezes-…` is',
    '`DeploymentFreezes`, `accounts-…` is `Accounts`, `certificates-…` is `Certificates`, `auditstream(s)-…` is `AuditStreams`,',
    '`eventarchives-…` is `EventArchives`, `eventretention-…` is `EventRetention`. A variable set that the server froze into a',
    'release (`variableset-…-s-3-ABCDE`) is a `VariableSetSnapshots` and counts as no edit of variables.',
    '',
  ].join('\n');
}

function table(source: TaxonomyField['source']): string[] {
  const rows = TAXONOMY.filter((field) => field.source === source).map(
    ({ field, type, appliesTo, meaning, origin }) =>
      `| \`${field}\` | ${type} | ${appliesTo} | ${meaning} | ${origin} |`,
  );
  return ['| field | type | on | meaning | source |', '| --- | --- | --- | --- | --- |', ...rows];
}

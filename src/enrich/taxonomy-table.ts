/** One field of the records rules are written against. */
export type TaxonomyField = {
  readonly field: string;
  readonly type: 'string' | 'number' | 'boolean' | 'list of strings';
  /** `audit`: records of audit events (`service: audit`); `api_key`: records of API keys (`category: api_key`). */
  readonly source: 'audit' | 'api_key';
  /** Which records of the source hold the field. */
  readonly appliesTo: string;
  readonly meaning: string;
  /** Where the value comes from. */
  readonly origin: string;
};

type Row = readonly [field: string, type: TaxonomyField['type'], appliesTo: string, meaning: string, origin: string];

const AUDIT: readonly Row[] = [
  ['Id', 'string', 'all', 'id of the event, `Events-…`', 'Octopus'],
  [
    'Category',
    'string',
    'all',
    'what happened, as the id Octopus uses: `DeploymentQueued`, `Modified`, `LoginFailed`, …',
    'Octopus',
  ],
  ['UserId', 'string', 'all', 'account that acted; `users-system` is the server itself', 'Octopus'],
  ['Username', 'string', 'all', 'its name at that time', 'Octopus'],
  ['IsService', 'boolean', 'all', 'whether the account is a service account', 'Octopus'],
  [
    'IdentityEstablishedWith',
    'string',
    'all',
    "how the actor signed in: `Session cookie`, `API key '…' created …`, empty for the server",
    'Octopus',
  ],
  [
    'UserAgent',
    'string',
    'all',
    'client as it names itself; on `DeploymentStarted` that of the queued event, if known',
    'Octopus',
  ],
  ['Occurred', 'string', 'all', 'when, UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`', 'Octopus'],
  ['Message', 'string', 'all', 'the event in words; the wording changes between versions', 'Octopus'],
  [
    'IpAddress',
    'string',
    'acts of people and clients',
    'address of the client, from server 2023.1 on; on `DeploymentStarted` that of the queued event, if known',
    'Octopus',
  ],
  ['SpaceId', 'string', 'events of a space', 'the space; absent for events of the whole server', 'Octopus'],
  ['RelatedDocumentIds', 'list of strings', 'all', 'ids of all documents concerned', 'Octopus'],
  ['Comments', 'string', 'all', 'comment that a person entered', 'Octopus'],
  [
    'ApiKeyId',
    'string',
    'acts with an API key',
    'id of the key, from servers of 2026 on; prefer `ApiKey.Id`',
    'Octopus',
  ],
  ['ApiKeyHint', 'string', 'acts with an API key', 'visible start of the key, from servers of 2026 on', 'Octopus'],
  [
    'Actor.Kind',
    'string',
    'all',
    '`human`, `service`, `agent` (an AI agent) or `system`; on `DeploymentStarted` that of the queued event, and absent if that one is not known',
    'UserId, key and inventory',
  ],
  [
    'Actor.Name',
    'string',
    'all',
    'name of the actor; on `DeploymentStarted` that of the queued event, and absent if that one is not known',
    'Username, inventory',
  ],
  [
    'ApiKey.Id',
    'string',
    'acts with an API key',
    'id of the key; absent when two keys cannot be told apart',
    'ApiKeyId, else hint, else purpose and second of creation',
  ],
  ['ApiKey.Purpose', 'string', 'acts with an API key', 'purpose of the key', 'inventory, IdentityEstablishedWith'],
  ['ApiKey.Hint', 'string', 'acts with an API key', 'visible start of the key', 'ApiKeyHint, inventory'],
  ['Space.Name', 'string', 'events of a space', 'name of the space', 'inventory'],
  [
    'Project.Id',
    'string',
    'events about a project',
    "the project; for a project's variable set its owner",
    'RelatedDocumentIds',
  ],
  ['Project.Name', 'string', 'events about a project', 'its name at that time', 'MessageReferences'],
  [
    'Environment.Id',
    'string',
    'events about an environment',
    'the environment; of several the one that the message names, and production before others',
    'RelatedDocumentIds',
  ],
  [
    'Environment.Name',
    'string',
    'events about an environment',
    'its name at that time',
    'MessageReferences, inventory',
  ],
  [
    'Environment.IsProduction',
    'boolean',
    'events about an environment',
    'whether it counts as production, by its name at that time or by what the inventory says now; absent when that cannot be told',
    'configuration `production`',
  ],
  ['Release.Version', 'string', 'events about a release', 'version of the release', 'MessageReferences'],
  ['Tenant.Name', 'string', 'events about a tenant', 'name of the tenant', 'MessageReferences'],
  ['Deployment.Id', 'string', 'deployments', 'the deployment, `Deployments-…`', 'RelatedDocumentIds'],
  [
    'Deployment.IsQueueKnown',
    'boolean',
    '`DeploymentStarted`',
    'whether the queued event of the deployment is known',
    'stored events',
  ],
  [
    'Deployment.QueuedInHours',
    'boolean',
    '`DeploymentStarted`',
    'whether it was queued within business hours; absent when the queued event is not known',
    'stored events',
  ],
  ['RunbookRun.Id', 'string', 'runbook runs', 'the run, `RunbookRuns-…`', 'RelatedDocumentIds'],
  ['DocumentTypes', 'list of strings', 'all', 'types of the documents concerned, see below', 'RelatedDocumentIds'],
  ['LocalTime', 'string', 'all', '`HH:MM` in the configured zone', 'Occurred'],
  ['LocalDay', 'string', 'all', '`Monday` … `Sunday` in the configured zone', 'Occurred'],
  ['OffHours', 'boolean', 'all', 'whether it was outside of business hours', 'configuration `calendar`'],
  [
    'OffHoursReason',
    'string',
    'off-hours',
    '`freeze`, `holiday`, `weekend` (a day without hours) or `night`; the first that holds',
    'configuration `calendar`',
  ],
  ['VariableSet.Id', 'string', 'edits of variables', 'the variable set, `variableset-…`', 'RelatedDocumentIds'],
  [
    'VariableSet.Owner',
    'string',
    'edits of variables',
    'name of the project or library set it belongs to, else its id',
    'MessageReferences',
  ],
  [
    'Variables.Evidence',
    'string',
    'edits of variables',
    '`diff`: the touched variables are known; `set`: only whether the set holds sensitive ones; `none`: neither',
    "the event's details",
  ],
  [
    'Variables.Sensitive',
    'list of strings',
    'edits of variables',
    'names of touched variables that are sensitive before or after',
    "the event's details",
  ],
  [
    'Variables.Changes',
    'list of strings',
    'edits of variables',
    'every touched variable with the kind of change: `added`, `removed`, `value`, `renamed`, `scope`, `type`, `made_plain`, `other`, as in `Db.Password: value`',
    "the event's details",
  ],
  [
    'Variables.Reach',
    'list of strings',
    'edits of variables',
    'where the sensitive variables (if there are none: all) apply: `production`, `unscoped` (no environment or machine limits it), `library`, `limited`',
    'scopes, configuration `production`',
  ],
  [
    'Variables.SetHasSensitive',
    'boolean',
    'edits of variables',
    'whether the set holds a sensitive variable; absent when that was not read',
    'variable set',
  ],
  [
    'Variables.DiffReliable',
    'boolean',
    'edits of variables',
    'false on servers before 2024.2.7476, which list variables nobody touched; absent when the version is not known',
    'server version',
  ],
  [
    'Variables.DetailsRefused',
    'string',
    'edits of variables',
    "why the event's details could not be read, if they were refused for good",
    'server',
  ],
  [
    'Subject.Account',
    'string',
    '`LoginFailed`',
    'whose sign-in failed: user id, else lower-cased name, else address (where addresses can be trusted), else `unattributed`',
    'RelatedDocumentIds, UserId, Username, Message, IpAddress',
  ],
  [
    'Subject.Name',
    'string',
    '`LoginFailed`',
    'the same account as people know it: the user name of a known user id, else the value of `Subject.Account`',
    'Subject.Account, inventory',
  ],
];

const API_KEY: readonly Row[] = [
  ['KeyId', 'string', 'all', 'id of the key, `apikeys-…`', 'Octopus'],
  ['Purpose', 'string', 'all', 'purpose of the key', 'Octopus'],
  ['Hint', 'string', 'all', 'visible start of the key', 'Octopus'],
  ['UserId', 'string', 'all', 'account the key belongs to', 'Octopus'],
  ['Username', 'string', 'all', 'its name', 'inventory'],
  ['IsServiceAccount', 'boolean', 'all', 'whether it is a service account', 'inventory'],
  ['UserIsActive', 'boolean', 'all', 'whether it is enabled; keys of a disabled account revive with it', 'inventory'],
  ['AgeDays', 'number', 'all', 'whole days since the key was created', 'Octopus'],
  [
    'IdleDays',
    'number',
    'keys whose use the server knows',
    'whole days since the last use, or since creation for a key never used; absent when the server does not know',
    'Octopus',
  ],
  [
    'ExpiresInDays',
    'number',
    'keys that expire',
    'whole days until then, rounded down; negative once expired',
    'Octopus',
  ],
  ['NeverExpires', 'boolean', 'all', 'true when no expiry is known', 'Octopus'],
  [
    'UseState',
    'string',
    'all',
    '`used`, `unused` (idle for the configured days), `never_used`, `unknown` (the server does not know) or `expired`, which goes before all others',
    'Octopus',
  ],
  ['AccessLevel', 'string', 'servers of 2026', '`FullAccess`, `ReadOnly` or `Custom`', 'Octopus'],
  ['ActorType', 'string', 'servers of 2026', '`User` or `AiAgent`', 'Octopus'],
];

/** Every field a record may hold; a test fails when a record holds another one. */
export const TAXONOMY_TABLE: readonly TaxonomyField[] = [...toFields('audit', AUDIT), ...toFields('api_key', API_KEY)];

function toFields(source: TaxonomyField['source'], rows: readonly Row[]): TaxonomyField[] {
  return rows.map(([field, type, appliesTo, meaning, origin]) => ({ field, type, source, appliesTo, meaning, origin }));
}

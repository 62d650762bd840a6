import type { ExpectedFinding } from './company.ts';
import { SOURCES } from './noisy-sign-ins.ts';
import { QUIET_FINDINGS } from './quiet-company.ts';

/** By rule: level and words of the title or the subject, a finding each. */
type Listed = Readonly<Record<string, readonly (readonly [level: string, about: string])[]>>;

const DEPLOYMENTS: Listed = {
  off_hours_production_deploy: [
    ['medium', 'chiara.conti deployed Checkout'],
    ['low', 'A trigger deployed Price Importer'],
    ['critical', 'femi.adeyemi deployed Royalties'],
    ['high', 'devika.rao deployed Storefront'],
  ],
  personal_key_production_deploy: [
    ['low', "Devika's laptop script"],
    ['low', "Devika's laptop script"],
  ],
  new_production_deployer: [['low', 'hugo.marchetti']],
  production_deploy_after_secret_edit: [['medium', 'ines.carvalho']],
  production_runbook_run: [
    ['low', 'amara.okoye'],
    ['medium', 'amara.okoye'],
  ],
  deployment_freeze_changed: [['medium', 'greta.lindqvist']],
  production_deploy_after_freeze_change: [['critical', 'chiara.conti']],
};

const VARIABLES: Listed = {
  sensitive_variable_edit: [
    ['high', 'ines.carvalho'],
    ['medium', 'elias.brandt'],
    ['high', 'hugo.marchetti'],
    ['high', 'greta.lindqvist'],
  ],
  sensitive_variable_made_plain: [['critical', 'bjorn.halvorsen']],
  bulk_sensitive_edit: [['medium', 'greta.lindqvist']],
  account_or_certificate_changed: [['medium', 'devika.rao']],
  certificate_exported: [['high', 'ines.carvalho']],
};

const SIGN_INS: Listed = {
  repeated_auth_failures: [
    ['medium', 'jonas.finch'],
    // Nothing but the address is known of a key that nobody knows.
    ['medium', SOURCES.brokenJob],
  ],
  auth_failures_from_one_address: [['medium', SOURCES.guesser]],
  password_spray: [['high', SOURCES.sprayer]],
  distributed_auth_failures: [['high', 'elias.brandt']],
  sign_in_after_failures: [['critical', 'femi.adeyemi']],
  sign_in_after_failures_from_address: [['high', SOURCES.intruder]],
  sign_in_banned: [['medium', 'Users-108']],
  api_key_rejections: [['medium', SOURCES.brokenJob]],
  rate_limit_rejections: [['low', 'Octopus rejected requests']],
};

const KEYS: Listed = {
  unused_api_key: [
    ['medium', 'Nightly catalogue sync'],
    ['medium', 'Upload of label proofs'],
  ],
  api_key_without_audited_write: [['low', 'Dashboard in the hall']],
  api_key_rotation_overdue: [
    ['medium', 'Price feed of suppliers'],
    ['low', 'Index of the archive'],
  ],
  api_key_expiring: [['medium', 'Notices to the mail room']],
  api_key_never_expires: [['low', 'Ledger export to the bank']],
  personal_api_key: [['high', "Devika's laptop script"]],
  admin_api_key: [['high', 'Backup of all projects']],
  over_privileged_api_key: [['medium', 'Terraform lab runs']],
  unregistered_api_key: [
    ['medium', 'Screens of the night watch'],
    ['medium', 'Twin jobs: nightly import'],
    ['medium', 'Twin jobs: hourly export'],
  ],
  api_key_register_drift: [['low', 'Stock count scanners']],
  vague_api_key_purpose: [['low', 'bench-runs']],
  shared_api_key_purpose: [
    ['low', 'reports-east'],
    ['low', 'reports-west'],
  ],
  revived_api_key: [['medium', 'Moves files to the archive']],
  disabled_owner_api_key: [
    ['low', 'Pages of the old intranet'],
    // Until its account is enabled again.
    ['low', 'Moves files to the archive'],
  ],
  two_live_api_keys: [
    ['low', 'Twin jobs: nightly import'],
    ['low', 'Twin jobs: hourly export'],
  ],
  rotation_old_key_used: [['medium', 'Tracking of parcels']],
  rotation_stalled: [['low', 'Opening report of tills']],
};

const KEY_USE: Listed = {
  api_key_outside_network: [['high', 'Orders of courier labels']],
  api_key_outside_environment: [['medium', 'Orders of courier labels']],
  api_key_outside_hours: [['low', 'Orders of courier labels']],
  api_key_new_client: [['low', 'curl']],
  api_key_new_network: [['medium', 'Screens of the night watch']],
  actor_new_network: [['low', 'bjorn.halvorsen']],
};

const AUDIT_TRAIL: Listed = {
  audit_stream_changed: [['critical', 'paused the audit stream']],
  audit_retention_shortened: [['high', 'amara.okoye shortened']],
  audit_archive_deleted: [['high', 'amara.okoye deleted']],
  subscription_changed: [['medium', 'disabled a subscription']],
  user_api_keys_allowed: [['medium', 'amara.okoye']],
  trusted_proxies_changed: [['medium', 'amara.okoye']],
  administrators_changed: [['high', 'ines.carvalho']],
  permissions_granted: [
    ['medium', 'femi.adeyemi gave a role permissions of the whole server'],
    ['low', 'devika.rao granted permissions'],
  ],
  monitor_account_touched: [['high', 'amara.okoye changed']],
};

/** All that the noisy company holds beside what the quiet one has too; it must yield these findings and no other. */
export const NOISY_FINDINGS: readonly ExpectedFinding[] = [
  ...QUIET_FINDINGS,
  ...[DEPLOYMENTS, VARIABLES, SIGN_INS, KEYS, KEY_USE, AUDIT_TRAIL].flatMap((part) =>
    Object.entries(part).flatMap(([rule, findings]) => findings.map(([level, about]) => ({ rule, level, about }))),
  ),
];

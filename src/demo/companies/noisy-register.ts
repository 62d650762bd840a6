import { QUIET_REGISTER } from './quiet-keys.ts';

/** What everybody answered for the keys of jobs that only read. */
function reader(account: string, more = ''): string {
  return `  - match: { account: ${account} }
    owner: Operations <operations@example.com>
    system: ${account}
    purpose: reads what it reports
    stored: vault path jobs/${account}
    may: [read]
    breaks: ${account} stands still
${more}`;
}

const READERS = [
  'catalogue-job',
  'label-proofs',
  'wall-dashboard',
  'archive-index',
  'ledger-export',
  'mail-room',
  // Its account may deploy: that differs from what is said here.
  'stock-count',
  'archive-mover',
  'old-intranet',
  'parcel-bot',
  'till-bot',
];

/** No entry for the night watch and the twin jobs; no system for the bench and the reports. */
export const NOISY_REGISTER = `${QUIET_REGISTER}${READERS.map((account) => reader(account)).join('')}${reader(
  'price-feed',
  '    rotate: 90d\n',
)}  - match: { account: "devika.rao" }
    owner: Devika Rao <devika.rao@example.com>
    system: laptop of Devika Rao
    purpose: deploys by script
    stored: her laptop
    may: [deploy, deploy_production, deploy_all_spaces, edit_variables]
    breaks: her scripts
  - match: { account: amara.okoye, purpose: Backup* }
    owner: Platform team <platform@example.com>
    system: backup host
    purpose: copies all projects
    stored: vault path platform/backup
    may: [administer]
    breaks: no backup of projects
  - match: { account: terraform-lab }
    owner: Platform team <platform@example.com>
    system: Terraform lab
    purpose: trial runs
    stored: vault path platform/lab
    may: [deploy, deploy_production, deploy_all_spaces, edit_variables, manage_users]
    breaks: no trial runs
  - match: { account: bench-runs }
    owner: Platform team <platform@example.com>
  - match: { account: "reports-*" }
    owner: Sales <sales@example.com>
    may: [read]
  - match: { account: courier-bot }
    owner: Shipping <shipping@example.com>
    system: courier portal
    purpose: orders labels and tries them in development
    stored: settings of the courier portal
    may: [deploy]
    networks: [192.0.2.0/24]
    environments: [Development]
    hours: business
    breaks: no labels for couriers
`;

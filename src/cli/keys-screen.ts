import type { KeyReason, LedgerKey } from '../audit/index.ts';
import { plural } from '../lib/text.ts';
import { wrapText } from '../lib/wrap.ts';
import { renderTable } from './table.ts';

type Look = { readonly width: number; readonly colour: boolean };

/** Who has to look at a hundred keys looks at none: so many are named first, with the reasons. */
const MAX_FIRST = 5;
const MAX_REASONS = 3;
const DAY_MS = 86_400_000;
const REGISTER_COLUMNS = ['owner', 'register'];
const COLUMNS = ['account', 'instance', 'purpose', 'use', 'can', 'expires', ...REGISTER_COLUMNS, 'finding'];

/**
 * What `octowatch keys` shows a person: the keys to act on first with the reasons, every key with ledger and register side
 * by side, and below it what differs and which rotations are under way. Expects the rows in the order of their rank.
 * `idleEntries` are the entries of the register that are about no key, in words.
 */
export function keysScreen(keys: readonly LedgerKey[], idleEntries: readonly string[], look: Look): string {
  if (keys.length === 0) return 'No API key is known yet: `octowatch run --once` reads them.\n';
  const nameOf = naming(keys);
  const parts = [
    actFirst(keys, nameOf, look),
    table(keys, look),
    section('Differs from the register', drifts(keys, nameOf), look),
    section(
      'Rotations under way',
      keys.flatMap((key) => rotationOf(key, nameOf)),
      look,
    ),
    section('Register entries about no key', idleEntries, look),
    wrapText(legend(keys), look.width, '').join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function actFirst(keys: readonly LedgerKey[], nameOf: Naming, look: Look): string {
  const first = keys.filter((key) => key.reasons.length > 0).slice(0, MAX_FIRST);
  if (first.length === 0) return `No open finding is about any of the ${plural(keys.length, 'key')}.`;
  const lines = first.flatMap((key, index) => {
    const [head = '', ...rest] = wrapText(
      `${index + 1}. ${nameOf(key)}${key.hint === null ? '' : `, ${key.hint}`}`,
      look.width,
      '',
    );
    const more = key.reasons.slice(MAX_REASONS).map((reason) => reason.findingId);
    const notes = [
      ...key.reasons.slice(0, MAX_REASONS).map(reasonText),
      ...(more.length > 0 ? [`and ${plural(more.length, 'finding')} more: ${more.join(', ')}`] : []),
      ...(key.breaks === null ? [] : [`Revoking it breaks: ${key.breaks}`]),
    ];
    return [bold(head, look), ...rest, ...notes.flatMap((note) => bullet(note, look, 3))];
  });
  return [bold(`Act first on ${first.length} of ${plural(keys.length, 'key')}`, look), '', ...lines].join('\n');
}

function reasonText({ level, title, why, findingId }: KeyReason): string {
  return `${level}: ${title}. ${why} (finding ${findingId})`;
}

/** Without a register its columns would say nothing of any key, nor does the instance where there is one. */
function table(keys: readonly LedgerKey[], look: Look): string {
  const hasRegister = keys.some((key) => key.isRegistered !== null);
  const hasInstances = areOfSeveral(keys);
  const isShown = (column: string) =>
    column === 'instance' ? hasInstances : hasRegister || !REGISTER_COLUMNS.includes(column);
  const rows = keys.map((key) => cellsOf(key).filter((_, index) => isShown(COLUMNS[index] ?? '')));
  return renderTable(COLUMNS.filter(isShown), rows, look);
}

function cellsOf(key: LedgerKey): string[] {
  const account = `${key.username ?? key.userId}${key.isActive ? '' : ' (off)'}`;
  return [
    account,
    key.instance,
    key.purpose ?? '',
    useOf(key),
    powersOf(key),
    expiryOf(key),
    key.owner ?? '',
    registerOf(key),
    findingsOf(key),
  ];
}

/** The last use, and no more than is known of it: where Octopus does not record it only changes are seen. */
function useOf(key: LedgerKey): string {
  switch (key.state) {
    case 'expired':
      return 'expired';
    case 'never_used':
      return key.idleDays === null ? 'never' : `never in ${key.idleDays} d`;
    case 'unknown':
      if (key.lastUsedAt !== null) return `change ${daysBetween(key.lastUsedAt, key.readAt)} d ago`;
      // Of less than a day nothing can be said.
      return key.auditIdleDays ? `no change ${key.auditIdleDays} d` : 'unknown';
    default:
      return key.idleDays === 0 ? 'today' : `${key.idleDays} d ago`;
  }
}

const POWER_WORDS: readonly (readonly [power: string, word: string])[] = [
  ['administer', 'all'],
  ['manage_users', 'users'],
  ['deploy_production', 'prod'],
  ['deploy', 'deploy'],
  ['edit_variables', 'vars'],
];

/** The gravest powers in a word each; a question mark where there may be more. */
function powersOf({ powers, arePowersComplete }: LedgerKey): string {
  if (powers === null) return '?';
  const more = arePowersComplete ? '' : '?';
  if (powers.includes('administer')) return `all${more}`;
  const words = POWER_WORDS.filter(
    ([power]) => powers.includes(power) && !(power === 'deploy' && powers.includes('deploy_production')),
  );
  return words.length === 0 ? `read${more}` : `${words.map(([, word]) => word).join(' ')}${more}`;
}

function expiryOf({ expiresAt, readAt }: LedgerKey): string {
  if (expiresAt === null) return 'never';
  return expiresAt <= readAt ? 'ended' : `${daysBetween(readAt, expiresAt)} d`;
}

function registerOf({ isRegistered, drift }: LedgerKey): string {
  if (isRegistered === null) return '';
  if (!isRegistered) return 'missing';
  return drift.length > 0 ? 'differs' : 'as is';
}

function findingsOf({ reasons: [worst, ...others] }: LedgerKey): string {
  if (!worst) return '';
  return others.length > 0 ? `${worst.level} +${others.length}` : worst.level;
}

/** What several keys have in common is said once. */
function drifts(keys: readonly LedgerKey[], nameOf: Naming): string[] {
  const byDrift = Map.groupBy(
    keys.flatMap((key) => key.drift.map((drift) => ({ key, drift }))),
    ({ drift }) => drift,
  );
  return [...byDrift].map(([drift, same]) => {
    const names = same.map(({ key }) => nameOf(key)).join(', ');
    return same.length === 1 ? `${names}: ${drift}` : `${plural(same.length, 'key')}: ${drift}: ${names}`;
  });
}

const ROTATION_WORDS: Readonly<Record<string, string>> = {
  overlapping: 'the old and the new key are both live',
  old_key_used: 'the old key is still used after its successor was made',
  stalled: 'the old key is still live, and no use of it is known: revoke it',
};

function rotationOf(key: LedgerKey, nameOf: Naming): string[] {
  const { rotationState, successorId } = key;
  if (rotationState === null) return [];
  const words = ROTATION_WORDS[rotationState] ?? rotationState;
  return [`${nameOf(key)}: ${words} (successor ${successorId})`];
}

function section(title: string, items: readonly string[], look: Look): string {
  if (items.length === 0) return '';
  return [bold(title, look), ...items.flatMap((item) => bullet(item, look, 0))].join('\n');
}

function bullet(text: string, { width }: Look, indent: number): string[] {
  const [first = '', ...rest] = wrapText(text, width, ' '.repeat(indent + 2));
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...rest];
}

function legend(keys: readonly LedgerKey[]): string {
  const audited = keys.some((key) => key.state === 'unknown')
    ? ' `change … ago` and `no change …`: the server does not record use, and Octopus audits changes, not reads.'
    : '';
  const disabled = keys.every((key) => key.isActive) ? '' : ' (off): the account is disabled.';
  return `can: all (administers the server), prod (deploys to production), deploy, vars (edits variables), users (manages accounts), read (changes nothing).${disabled}${audited} More: octowatch findings; octowatch keys --format json.`;
}

type Naming = (key: LedgerKey) => string;

/** How keys are named: with their instance, unless it is the only one and nobody gave it a name. */
function naming(keys: readonly LedgerKey[]): Naming {
  const isNamed = (instance: string) => areOfSeveral(keys) || instance !== 'default';
  return ({ username, userId, purpose, instance }) =>
    `${username ?? userId}: ${quoted(purpose)}${isNamed(instance) ? ` on ${instance}` : ''}`;
}

function areOfSeveral(keys: readonly LedgerKey[]): boolean {
  return keys.some((key) => key.instance !== keys[0]?.instance);
}

function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS));
}

function quoted(purpose: string | null): string {
  return purpose === null || purpose === '' ? '(no purpose)' : JSON.stringify(purpose);
}

function bold(text: string, { colour }: Look): string {
  return colour ? `\u001b[1m${text}\u001b[0m` : text;
}

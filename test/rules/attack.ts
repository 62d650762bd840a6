// MITRE ATT&CK for Enterprise, version 17.1 (https://attack.mitre.org/versions/v17/): its tactics, and of its techniques
// those that the shipped rules use, each with the tactics it serves. A rule with another technique adds it here, from there.
export const TACTICS: ReadonlySet<string> = new Set([
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
]);

const MANIPULATION = ['persistence', 'privilege-escalation'];
const VALID_ACCOUNTS = ['initial-access', 'persistence', 'privilege-escalation', 'defense-evasion'];

export const TECHNIQUES: ReadonlyMap<string, { readonly name: string; readonly tactics: readonly string[] }> = new Map(
  Object.entries({
    T1059: { name: 'Command and Scripting Interpreter', tactics: ['execution'] },
    T1070: { name: 'Indicator Removal', tactics: ['defense-evasion'] },
    T1072: { name: 'Software Deployment Tools', tactics: ['execution', 'lateral-movement'] },
    T1078: { name: 'Valid Accounts', tactics: VALID_ACCOUNTS },
    'T1078.004': { name: 'Valid Accounts: Cloud Accounts', tactics: VALID_ACCOUNTS },
    T1098: { name: 'Account Manipulation', tactics: MANIPULATION },
    'T1098.001': { name: 'Account Manipulation: Additional Cloud Credentials', tactics: MANIPULATION },
    'T1098.003': { name: 'Account Manipulation: Additional Cloud Roles', tactics: MANIPULATION },
    T1110: { name: 'Brute Force', tactics: ['credential-access'] },
    'T1110.001': { name: 'Brute Force: Password Guessing', tactics: ['credential-access'] },
    'T1110.003': { name: 'Brute Force: Password Spraying', tactics: ['credential-access'] },
    'T1110.004': { name: 'Brute Force: Credential Stuffing', tactics: ['credential-access'] },
    T1119: { name: 'Automated Collection', tactics: ['collection'] },
    T1136: { name: 'Create Account', tactics: ['persistence'] },
    T1528: { name: 'Steal Application Access Token', tactics: ['credential-access'] },
    T1531: { name: 'Account Access Removal', tactics: ['impact'] },
    T1550: { name: 'Use Alternate Authentication Material', tactics: ['defense-evasion', 'lateral-movement'] },
    'T1550.001': {
      name: 'Use Alternate Authentication Material: Application Access Token',
      tactics: ['defense-evasion', 'lateral-movement'],
    },
    T1552: { name: 'Unsecured Credentials', tactics: ['credential-access'] },
    'T1552.001': { name: 'Unsecured Credentials: Credentials In Files', tactics: ['credential-access'] },
    'T1552.004': { name: 'Unsecured Credentials: Private Keys', tactics: ['credential-access'] },
    T1556: {
      name: 'Modify Authentication Process',
      tactics: ['credential-access', 'defense-evasion', 'persistence'],
    },
    T1562: { name: 'Impair Defenses', tactics: ['defense-evasion'] },
    'T1562.001': { name: 'Impair Defenses: Disable or Modify Tools', tactics: ['defense-evasion'] },
    'T1562.008': { name: 'Impair Defenses: Disable or Modify Cloud Logs', tactics: ['defense-evasion'] },
    'T1565.001': { name: 'Data Manipulation: Stored Data Manipulation', tactics: ['impact'] },
  }),
);

/** The techniques among a rule's tags, as ATT&CK writes them: `attack.t1110.003` is T1110.003. */
export function techniquesOf(tags: readonly string[]): string[] {
  return tags.filter((tag) => /^attack\.t\d/.test(tag)).map((tag) => tag.slice('attack.'.length).toUpperCase());
}

/** The tactics among a rule's tags. */
export function tacticsOf(tags: readonly string[]): string[] {
  return tags
    .filter((tag) => tag.startsWith('attack.') && !/^attack\.t\d/.test(tag))
    .map((tag) => tag.slice('attack.'.length));
}

/**
 * The controls that a saved question may say it serves, by framework and id, each with what it asks for in our words. A
 * question that names another one does not load: a wrong number in evidence is worse than none.
 */
export const CONTROLS = {
  // AICPA Trust Services Criteria 2017, with the points of focus of 2022.
  'SOC 2': {
    'CC4.1': 'evaluations show whether controls are present and working',
    'CC6.1': 'logical access to protected information is restricted',
    'CC6.2': 'credentials are given to authorised users only and taken away when no longer needed',
    'CC6.3': 'access is given, changed and removed by role, least privilege and separation of duties',
    'CC6.6': 'access from outside the boundaries of the system is guarded',
    'CC7.1': 'changes of configuration that introduce weaknesses are detected',
    'CC7.2': 'the system is monitored for anomalies, which are analysed',
    'CC7.3': 'security events are evaluated',
    'CC7.4': 'incidents are responded to',
    'CC8.1': 'changes are authorised, tested, approved and documented',
  },
  // ISO/IEC 27001:2022, annex A.
  'ISO 27001': {
    'A.5.3': 'segregation of duties',
    'A.5.15': 'access control',
    'A.5.16': 'identity management',
    'A.5.17': 'authentication information',
    'A.5.18': 'access rights',
    'A.5.25': 'assessment of and decision on security events',
    'A.5.26': 'response to incidents',
    'A.5.28': 'collection of evidence',
    'A.8.2': 'privileged access rights',
    'A.8.5': 'secure authentication',
    'A.8.9': 'configuration management',
    'A.8.15': 'logging',
    'A.8.16': 'monitoring activities',
    'A.8.17': 'clock synchronisation',
    'A.8.32': 'change management',
  },
  // PCI DSS 4.0.1.
  'PCI DSS': {
    '6.5.1': 'changes of production follow a procedure',
    '7.2.4': 'accounts and their privileges are reviewed every six months',
    '7.2.5.1': 'application and system accounts and their privileges are reviewed',
    '8.2.4': 'adding, changing and deleting accounts and credentials is authorised',
    '8.2.6': 'accounts inactive for 90 days are removed or disabled',
    '8.3.4': 'invalid authentication attempts are limited',
    '8.6.3': 'credentials of application and system accounts are changed and protected against misuse',
    '10.2.1': 'audit logs are on for all system components',
    '10.2.1.2': 'acts of individuals with administrative access are logged',
    '10.2.1.3': 'access to audit logs is logged',
    '10.2.1.4': 'invalid access attempts are logged',
    '10.2.1.5': 'changes of credentials and accounts are logged',
    '10.2.1.6': 'starting, stopping and pausing of audit logs is logged',
    '10.2.1.7': 'creation and deletion of system-level objects is logged',
    '10.4.1': 'audit logs of security events are reviewed daily',
    '10.4.1.1': 'reviews of audit logs are automated',
    '10.4.3': 'exceptions and anomalies found in reviews are addressed',
    '10.6.1': 'clocks are synchronised',
    '10.7.2': 'failures of critical security controls are detected and addressed promptly',
  },
  // NIST SP 800-53, revision 5.
  NIST: {
    'AC-2': 'account management',
    'AC-2(3)': 'disable accounts',
    'AC-2(4)': 'automated audit actions for accounts',
    'AC-2(7)': 'privileged user accounts',
    'AC-2(12)': 'account monitoring for atypical usage',
    'AC-6(9)': 'log use of privileged functions',
    'AC-7': 'unsuccessful logon attempts',
    'AU-2': 'event logging',
    'AU-5': 'response to audit logging process failures',
    'AU-6': 'audit record review, analysis and reporting',
    'AU-6(1)': 'automated process integration',
    'AU-7': 'audit record reduction and report generation',
    'AU-8': 'time stamps',
    'AU-9': 'protection of audit information',
    'AU-12': 'audit record generation',
    'CM-3': 'configuration change control',
    'CM-5': 'access restrictions for change',
    'IA-4': 'identifier management',
    'IA-5': 'authenticator management',
    'IR-4': 'incident handling',
    'IR-5': 'incident monitoring',
    'SI-4': 'system monitoring',
    'SI-4(5)': 'system-generated alerts',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Framework = keyof typeof CONTROLS;

/** The controls of one framework that a question serves. */
export type ServedControls = { readonly framework: Framework; readonly ids: readonly string[] };

/** Reads `SOC 2 CC6.1, CC7.2; NIST AU-6`. Throws an Error that names what is not known. */
export function parseControls(text: string): ServedControls[] {
  return text.split(';').map((part) => {
    const framework = (Object.keys(CONTROLS) as Framework[]).find((name) => part.trim().startsWith(`${name} `));
    if (!framework) throw new Error(`${JSON.stringify(part.trim())} names none of ${Object.keys(CONTROLS).join(', ')}`);
    const ids = part
      .trim()
      .slice(framework.length)
      .split(',')
      .map((id) => id.trim());
    const strange = ids.find((id) => !Object.hasOwn(CONTROLS[framework], id));
    if (strange !== undefined) throw new Error(`${framework} ${strange} is not in the list of controls`);
    return { framework, ids };
  });
}

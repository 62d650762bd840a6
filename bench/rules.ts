import { compileRules, parseSigmaFile, type RuleSet } from '../src/sigma/index.ts';

/** A rule as its file has it, before anything is made of it. */
export type PlainRule = {
  readonly title: string;
  readonly name: string;
  readonly logsource: { readonly product: string; readonly service: string };
  readonly detection: Readonly<Record<string, unknown>> & { readonly condition: string };
};

const LOG_SOURCE = { product: 'octopus', service: 'audit' } as const;
const CATEGORIES = ['DeploymentQueued', 'DeploymentStarted', 'Modified', 'Created', 'LoginFailed', 'MachineHealthy'];
const OTHER_CATEGORIES = ['TeamEdited', 'SpaceDeleted'];

/** Thirty rules of the usual kind: a category, a name that begins with something, a text that contains something. */
export function thirtyRules(isOfOtherCategories = false): PlainRule[] {
  const categories = isOfOtherCategories ? OTHER_CATEGORIES : CATEGORIES;
  return Array.from({ length: 30 }, (_, index) => {
    const category = categories[index % categories.length] as string;
    const selection = {
      Category: category,
      'Username|startswith': `person.${index}`,
      'Message|contains': `release ${index}.`,
    };
    return rule(`usual_${category}_${index}`, { selection, condition: 'selection' });
  });
}

/**
 * Forty-eight rules of every kind in use, of which sixteen name no value that a record could be looked up by, so that
 * each of these is tried on every record.
 */
export function variedRules(): PlainRule[] {
  const ofCategory = thirtyRules().slice(0, 24);
  const excepting = CATEGORIES.map((category, index) =>
    rule(`excepting_${index}`, {
      selection: { Category: [category, 'Deleted'], 'Message|contains': ['Production', 'Back Office'] },
      service: { 'Username|startswith': 'svc-' },
      office: { 'IpAddress|cidr': ['203.0.113.0/24', '198.51.100.0/25'] },
      condition: 'selection and not (service or office)',
    }),
  );
  return [
    ...ofCategory,
    ...excepting,
    rule('login_failed', { selection: { Category: 'LoginFailed' }, condition: 'selection' }),
    rule('queued', { selection: { Category: 'deploymentqueued' }, condition: 'selection' }),
    // From here on no value is compared for equality in every case.
    rule('begins', { selection: { 'Username|startswith': ['root', 'admin', 'Person.39@'] }, condition: 'selection' }),
    rule('ends', { selection: { 'Username|endswith': '@contractor.example.com' }, condition: 'selection' }),
    rule('holds', {
      selection: { 'Message|contains': ['mimikatz', 'was disabled', 'certificate'] },
      condition: 'selection',
    }),
    rule('holds_all', {
      selection: { 'Message|contains|all': ['Service 17', 'Production EU'] },
      condition: 'selection',
    }),
    rule('wildcard', { selection: { Message: 'Deployed Service 0? *to staging*' }, condition: 'selection' }),
    rule('cased', { selection: { 'UserAgent|contains|cased': 'PowerShell' }, condition: 'selection' }),
    rule('search', { selection: { 'Message|re': 'web-1?7\\.example\\.(com|net)' }, condition: 'selection' }),
    rule('search_any_case', {
      selection: { 'Message|re|i': '(password|secret|token)\\s*[=:]' },
      condition: 'selection',
    }),
    rule('search_anchored', { selection: { 'Username|re': '^svc-[a-z]+-[5-7]$' }, condition: 'selection' }),
    rule('network', {
      selection: { 'IpAddress|cidr': ['10.0.0.0/8', '192.168.0.0/16', '2001:db8::/32'] },
      condition: 'selection',
    }),
    rule('outside', {
      selection: { 'IpAddress|exists': true },
      filter_inside: { 'IpAddress|cidr': ['198.51.100.0/24', '192.0.2.0/24'] },
      filter_none: { IpAddress: null },
      condition: 'selection and not 1 of filter_*',
    }),
    rule('keyword', { words: ['ransom', 'exfiltrat'], condition: 'words' }),
    rule('nested', {
      selection: { 'MessageReferences.ReferencedDocumentId|endswith': ['-4711', '-0815'] },
      condition: 'selection',
    }),
    rule('either', {
      one: { SpaceId: 'Spaces-9' },
      other: { 'ApiKeyHint|startswith': 'API-Z' },
      condition: '1 of them',
    }),
    rule('number', { selection: { 'Links.Count|gte': 5 }, condition: 'selection' }),
    rule('not_only', {
      person: { IsService: true },
      event: { 'Id|startswith': 'Events-' },
      condition: 'not person and not event',
    }),
  ];
}

/** Two correlations over the varied rules: a rare event by address, and a frequent one by person. */
export const CORRELATIONS: readonly object[] = [
  correlation('failed_logins', 'login_failed', 'IpAddress', '1h', 3),
  correlation('many_deployments', 'queued', 'Username', '10m', 5),
];

/** What one file of rules would hold; JSON is YAML. */
export function fileOf(documents: readonly object[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('---\n');
}

/** Compiles rules that must have no mistakes. */
export function compile(rules: readonly PlainRule[]): RuleSet {
  const { documents, mistakes } = parseSigmaFile(fileOf(rules), 'bench.yml');
  const compiled = compileRules(documents);
  const [mistake] = [...mistakes, ...compiled.mistakes];
  if (mistake) throw new Error(`bench.yml:${mistake.line}: ${mistake.message}`);
  return compiled.ruleSet;
}

function rule(name: string, detection: PlainRule['detection']): PlainRule {
  return { title: name.replaceAll('_', ' '), name, logsource: LOG_SOURCE, detection };
}

function correlation(name: string, of: string, groupBy: string, timespan: string, gte: number): object {
  return {
    title: name.replaceAll('_', ' '),
    name,
    correlation: { type: 'event_count', rules: [of], 'group-by': [groupBy], timespan, condition: { gte } },
  };
}

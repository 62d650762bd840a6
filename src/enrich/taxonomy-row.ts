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

export type TaxonomyRow = readonly [
  field: string,
  type: TaxonomyField['type'],
  appliesTo: string,
  meaning: string,
  origin: string,
];

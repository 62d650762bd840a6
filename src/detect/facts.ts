import type { FindingReport } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import { renderValue } from './summary.ts';

type Fact = FindingReport['facts'][number];

/** Who, what, where and from where, out of a record; what is not known is left out. */
export function factsOf(record: FlatRecord): Fact[] {
  const facts: Fact[] = [];
  const add = (label: string, value: string | null) => {
    if (value !== null && value !== '') facts.push({ label, value });
  };
  const text = (field: string) => (record[field] === undefined ? null : renderValue(record[field]));
  // A failed sign-in is written by the server itself; who it is about is the account.
  if (record['Subject.Account'] === undefined) add('Who', who(record));
  add('API key', apiKey(record));
  add('Account', account(record));
  add('What', what(record));
  add('Variables', text('Variables.Changes'));
  add('Project', text('Project.Name') ?? text('VariableSet.Owner'));
  add('Environment', text('Environment.Name'));
  add('Tenant', text('Tenant.Name'));
  add('Space', text('Space.Name'));
  add('Freeze', text('Freeze.Name'));
  add('Address', text('IpAddress'));
  add('Client', text('UserAgent'));
  return facts;
}

function who(record: FlatRecord): string | null {
  const name = record['Actor.Name'] ?? record['Username'];
  if (name === undefined) return null;
  const kind = record['Actor.Kind'];
  return kind === undefined ? renderValue(name) : `${renderValue(name)} (${renderValue(kind)})`;
}

function account(record: FlatRecord): string | null {
  const id = record['Subject.Account'];
  if (id === undefined) return null;
  const name = record['Subject.Name'] ?? id;
  return name === id ? renderValue(id) : `${renderValue(name)} (${renderValue(id)})`;
}

function apiKey(record: FlatRecord): string | null {
  const purpose = record['ApiKey.Purpose'] ?? record['Purpose'];
  const hint = record['ApiKey.Hint'] ?? record['Hint'];
  const id = record['ApiKey.Id'] ?? record['KeyId'];
  if (purpose === undefined && id === undefined) return null;
  const named = purpose === undefined ? renderValue(id) : `"${renderValue(purpose)}"`;
  return hint === undefined ? named : `${named} (${renderValue(hint)})`;
}

function what(record: FlatRecord): string | null {
  if (record['Category'] === undefined)
    return record['UseState'] === undefined ? null : renderValue(record['UseState']);
  return renderValue(record['Message'] ?? record['Category']);
}

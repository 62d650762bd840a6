import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Stage } from './stage.ts';

/** Puts rules of one's own, by name, in place of all there were; `OCTOWATCH_RULES` of the stage is `mine`. */
export function putRules(stage: Stage, rules: Readonly<Record<string, string>>): void {
  const folder = path.join(stage.folder, 'mine');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of Object.entries(rules)) writeFileSync(path.join(folder, `${name}.yml`), text);
}

/** A rule about audit events of one category; what it finds alerts. */
export function eventRule(name: string, category: string, level = 'medium'): string {
  return `title: ${name}
name: ${name}
status: stable
logsource: { product: octopus, service: audit }
detection: { s: { Category: ${category} }, condition: s }
level: ${level}
octowatch:
  examples:
    fires: [ { name: it, records: [ { at: "+00:00", Category: ${category} } ] } ]
    quiet: [ { name: another, records: [ { at: "+00:00", Category: Other } ] } ]
`;
}

/** A correlation of failed sign-ins, with the rule it counts in the same file. */
export function burstRule(name: string, atLeast: number, level = 'high'): string {
  const records = Array.from(
    { length: atLeast },
    (_, index) => `{ at: "+00:0${index}", Category: LoginFailed, Subject.Account: bob }`,
  );
  return `title: sign-ins counted by ${name}
name: ${name}_base
status: stable
logsource: { product: octopus, service: audit }
detection: { s: { Category: LoginFailed }, condition: s }
level: low
---
title: ${name}
name: ${name}
status: stable
correlation:
  type: event_count
  rules: [${name}_base]
  group-by: [Subject.Account]
  timespan: 1h
  condition: { gte: ${atLeast} }
level: ${level}
octowatch:
  examples:
    fires: [ { name: enough, records: [ ${records.join(', ')} ] } ]
    quiet: [ { name: too few, records: [ ${records.slice(1).join(', ')} ] } ]
`;
}

/** A rule about API keys that are older than so many days. */
export function oldKeyRule(name: string, days: number, level = 'medium'): string {
  return `title: ${name}
name: ${name}
status: stable
logsource: { product: octopus, category: api_key }
detection: { s: { AgeDays|gte: ${days} }, condition: s }
level: ${level}
octowatch:
  subject: [KeyId]
  threshold: AgeDays
  examples:
    fires: [ { name: old, records: [ { at: "+00:00", KeyId: apikeys-1, AgeDays: ${days} } ] } ]
    quiet: [ { name: young, records: [ { at: "+00:00", KeyId: apikeys-1, AgeDays: ${days - 1} } ] } ]
`;
}

import { z } from 'zod';
import { parseDuration } from '../lib/duration.ts';
import { LEVELS } from '../model/finding.ts';
import type { OctowatchAttributes, RuleExample } from '../model/rule.ts';

const DEFAULT_WINDOW_MS = 24 * 3_600_000;

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) {
    context.addIssue({ code: 'custom', message: `takes a duration such as 30m, 24h or 7d, not "${text}"` });
    return z.NEVER;
  }
  return ms;
});

const text = z.string().min(1);

// The descriptions are what an editor shows (docs/rule.schema.json).
const example = z.strictObject({
  name: text.describe('What the example shows. No two of a rule have the same.'),
  records: z
    .array(z.looseObject({ at: z.string().describe('Time from the start of the example: "+00:10" or "+00:10:30".') }))
    .min(1)
    .describe('Records with the fields that matter, and `at`.'),
  expect: z.array(text).optional().describe('Names of exactly the rules that fire.'),
  level: z.enum(LEVELS).optional().describe("The level of the rule's own finding."),
});

const attributes = z.strictObject({
  subject: z
    .array(text)
    .min(1)
    .optional()
    .describe('Fields whose values together name what a finding is about; signals with the same share a finding.'),
  window: duration
    .optional()
    .describe('How long after its last event a finding takes in another one; 24h if left out.'),
  levels: z
    .array(
      z.strictObject({
        when: text.describe('The search identifier that has to match.'),
        level: z.enum(LEVELS).describe('The level then.'),
        because: text.optional().describe('Why the level differs, for the alert.'),
        summary: text.optional().describe("The finding's title then."),
        respond: z.array(text).optional().describe('The steps then.'),
      }),
    )
    .optional()
    .describe('The first whose search identifier matches sets the level, and if given the reason, title and steps.'),
  summary: text.optional().describe("The finding's title, with `{Field}` placeholders; the rule's title if left out."),
  why: text.optional().describe('What was observed against which limit, with placeholders.'),
  respond: z.array(text).optional().describe('Two or three concrete steps, with `{Field}` placeholders.'),
  supersedes: z
    .array(text)
    .optional()
    .describe("Names of rules whose findings about the same subject or event this rule's findings take in."),
  threshold: text
    .optional()
    .describe('The field whose one numeric comparison the configuration may replace (`rules.NAME.threshold`).'),
  examples: z
    .strictObject({
      fires: z.array(example).optional().describe('Records on which the rule must fire.'),
      quiet: z.array(example).optional().describe('Records on which it must not.'),
    })
    .optional()
    .describe('What proves the rule: at least one that fires and one that stays quiet.'),
});

/** The `octowatch` attributes as a JSON Schema of draft 07, for editors. Examples it cannot judge: `rules check` does. */
export function attributesSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(attributes, { target: 'draft-7', io: 'input' });
  return { description: 'What Octowatch makes of a match.', ...schema };
}

export type AttributeMistake = { readonly path: readonly (string | number)[]; readonly message: string };

/**
 * Reads a rule's `octowatch` attributes (docs/writing-rules.md). Every mistake is returned with its path from the top of the
 * document, so that it can be shown at its place in the file.
 */
export function readAttributes(
  custom: Readonly<Record<string, unknown>>,
): { attributes: OctowatchAttributes; mistakes: [] } | { attributes: null; mistakes: AttributeMistake[] } {
  const read = attributes.safeParse(custom['octowatch'] ?? {});
  if (!read.success) return { attributes: null, mistakes: read.error.issues.flatMap(mistakesOf) };
  const mistakes: AttributeMistake[] = [];
  const examplesOf = (kind: 'fires' | 'quiet') =>
    (read.data.examples?.[kind] ?? []).map((one, index) =>
      readExample(one, ['octowatch', 'examples', kind, index], mistakes),
    );
  const examples = { fires: examplesOf('fires'), quiet: examplesOf('quiet') };
  refuseRepeatedNames([...examples.fires, ...examples.quiet], mistakes);
  if (mistakes.length > 0) return { attributes: null, mistakes };
  const { subject, window, levels, summary, why, respond, supersedes, threshold } = read.data;
  return {
    mistakes: [],
    attributes: {
      subject: subject ?? [],
      windowMs: window ?? DEFAULT_WINDOW_MS,
      levels: (levels ?? []).map((one) => ({
        ...one,
        summary: one.summary ?? null,
        because: one.because ?? null,
        respond: one.respond ?? null,
      })),
      summary: summary ?? null,
      why: why ?? null,
      respond: respond ?? [],
      supersedes: supersedes ?? [],
      threshold: threshold ?? null,
      examples,
    },
  };
}

/** Names of search identifiers that the attributes use although the condition does not. */
export function selectionsInAttributes(custom: Readonly<Record<string, unknown>>): string[] {
  const read = attributes.safeParse(custom['octowatch'] ?? {});
  return read.success ? (read.data.levels ?? []).map((one) => one.when) : [];
}

function mistakesOf(issue: z.core.$ZodIssue): AttributeMistake[] {
  const path = ['octowatch', ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `\`octowatch\` knows no attribute \`${key}\`` }));
  }
  return [{ path, message: `\`${path.join('.')}\`: ${issue.message}` }];
}

function readExample(
  source: z.infer<typeof example>,
  path: readonly (string | number)[],
  mistakes: AttributeMistake[],
): RuleExample {
  const records = source.records.map(({ at, ...fields }, index) => {
    const atMs = parseRelativeTime(at);
    if (atMs === null) {
      mistakes.push({
        path: [...path, 'records', index, 'at'],
        message: `\`at\` takes a time from the example's start such as "+00:10" (hours:minutes) or "+00:10:30", not "${at}"`,
      });
    }
    return { atMs: atMs ?? 0, fields };
  });
  return { name: source.name, records, expect: source.expect ?? null, level: source.level ?? null };
}

/** `+HH:MM` or `+HH:MM:SS` from the start of the example, in milliseconds; null when it is neither. */
function parseRelativeTime(at: string): number | null {
  const match = /^\+(\d{1,4}):([0-5]\d)(?::([0-5]\d))?$/.exec(at);
  if (!match) return null;
  return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) * 1000;
}

function refuseRepeatedNames(examples: readonly RuleExample[], mistakes: AttributeMistake[]): void {
  const seen = new Set<string>();
  for (const { name } of examples) {
    if (seen.has(name))
      mistakes.push({ path: ['octowatch', 'examples'], message: `two examples are called "${name}"` });
    seen.add(name);
  }
}

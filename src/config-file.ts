import { z } from 'zod';
import { PLACE_FIELDS, type PlaceField } from './enrich/index.ts';
import { LEVELS } from './model/finding.ts';
import { PERSONAL_FACTS } from './model/personal.ts';
import { CHANNEL_TYPE_NAMES } from './notify/channel-settings.ts';

const duration = z.string();

const name = z.string().trim().min(1, 'must not be empty').max(60, 'must be at most 60 characters');
const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], 'takes a text or a list of texts');
const placesOf = <T extends PlaceField>(fields: readonly T[]) =>
  z
    .strictObject(
      Object.fromEntries(fields.map((field) => [field, oneOrMore.optional()])) as Record<
        T,
        z.ZodOptional<typeof oneOrMore>
      >,
    )
    .refine((match) => Object.keys(match).length > 0, 'must name something; leave it out to fit everything');

const calendarParts = {
  hours: z.unknown().optional(),
  holidays: z.unknown().optional(),
  freezes: z.unknown().optional(),
};

/** The shape of `octowatch.yaml`. Unknown keys are refused: a misspelt setting must not be silently without effect. */
export const configFile = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'takes small letters, digits and hyphens'),
        url: z.string(),
      }),
    )
    .min(1)
    .optional(),
  db: z.string().optional(),
  keysFile: z.string().min(1).optional(),
  rulesPaths: z.union([z.string(), z.array(z.string())]).optional(),
  timezone: z.string().optional(),
  pollInterval: duration.optional(),
  backfill: duration.optional(),
  allowHttp: z.array(z.string()).optional(),
  logLevel: z.string().optional(),
  slackMinLevel: z.enum(LEVELS).optional(),
  repeatAfter: z.array(duration).min(1).optional(),
  digestTo: z.union([z.string(), z.array(z.string())]).optional(),
  digestFrom: z.string().optional(),
  digestAt: z.string('write it in quotes, "08:00"').optional(),
  channels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'takes small letters, digits and hyphens'),
      z.strictObject({ type: z.enum(CHANNEL_TYPE_NAMES) }),
    )
    .optional(),
  routes: z
    .array(
      z.strictObject({
        minLevel: z.enum(LEVELS).optional(),
        rules: z.array(z.string().min(1)).min(1).optional(),
        instances: z.array(z.string().min(1)).min(1).optional(),
        to: z.array(z.string()),
      }),
    )
    .optional(),
  calendar: z.strictObject(calendarParts).optional(),
  calendars: z
    .array(
      z.strictObject({
        name,
        timezone: z.string().optional(),
        ...calendarParts,
        match: placesOf(['instance', 'space', 'project', 'environment', 'tag']).optional(),
      }),
    )
    .optional(),
  changeWindows: z
    .array(
      z.strictObject({
        name,
        weekly: z.unknown().optional(),
        from: z.string().optional(),
        to: z.string().optional(),
        timezone: z.string().optional(),
        match: placesOf(PLACE_FIELDS).optional(),
        owner: z.string('is required: somebody has to answer for it').trim().min(1, 'must not be empty'),
        ticket: z
          .union([z.string().trim().min(1), z.number()], 'is required: the ticket that says it was agreed on')
          .transform(String),
        duringFreeze: z.boolean().optional(),
      }),
    )
    .optional(),
  production: z.array(z.string().min(1)).min(1).optional(),
  retention: z
    .strictObject({
      events: duration.optional(),
      findings: duration.optional(),
      journal: duration.optional(),
      deliveries: duration.optional(),
    })
    .optional(),
  privacy: z.strictObject({ leaveOut: z.array(z.enum(PERSONAL_FACTS)).optional() }).optional(),
  placeholders: z
    .record(
      z.string().regex(/^[\p{L}\p{N}_]+$/u, 'takes letters, digits and underscores, without the percent signs'),
      z.array(z.union([z.string(), z.number()], 'takes texts and numbers')).min(1, 'needs at least one value'),
    )
    .optional(),
  rules: z
    .record(
      z.string(),
      z.strictObject({
        enabled: z.boolean().optional(),
        level: z.enum(LEVELS).optional(),
        threshold: z.number().optional(),
      }),
    )
    .optional(),
});

export type ConfigFile = z.infer<typeof configFile>;

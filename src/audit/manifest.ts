import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';

export const MANIFEST = 'manifest.json';
/** HMAC-SHA-256 of the manifest's bytes, hexadecimal. */
export const SIGNATURE = 'manifest.json.hmac';
export const PACK_DATABASE = 'octowatch.db';
export const PACK_FORMAT = 'octowatch-audit-pack/1';

/** Tables whose rows are counted in the manifest, by the view people know. */
export const COUNTED = {
  events: '_events',
  variable_edits: '_variable_edits',
  signals: '_signals',
  findings: '_findings',
  deliveries: '_deliveries',
  coverage: '_coverage',
  journal: '_journal',
  rule_versions: '_rule_versions',
} as const;

/** A path within the pack: nothing that leads out of it, whoever wrote the manifest. */
const packPath = z.string().regex(/^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\\\0]+$/, 'leads out of the pack');

const entry = z.object({
  path: packPath,
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.number().int().nonnegative().optional(),
});

/** What a pack says of itself; written last, so that an export that broke off has none. */
export const manifestSchema = z.object({
  format: z.literal(PACK_FORMAT),
  exported: z.object({
    at: z.string(),
    osUser: z.string(),
    host: z.string(),
    octowatch: z.string(),
    node: z.string(),
    sqlite: z.string(),
    timeSource: z.string(),
  }),
  period: z.object({
    fromDay: z.string(),
    toDay: z.string(),
    from: z.string(),
    to: z.string(),
    zone: z.literal('UTC'),
  }),
  instances: z.array(z.object({ name: z.string(), url: z.string(), installationId: z.string().nullable() })),
  coverage: z.string(),
  /** The last link of the chain when the snapshot was taken; null for a database without one. */
  chainHead: z.string().nullable(),
  rows: z.record(z.string(), z.number().int().nonnegative()),
  answers: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      parameters: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
      controls: z.array(z.unknown()),
      file: packPath,
      rows: z.number(),
    }),
  ),
  /** How the manifest is signed, in `manifest.json.hmac`; null when no key was set. The id tells a wrong key from a wrong signature. */
  signature: z.object({ algorithm: z.literal('HMAC-SHA-256'), keyId: z.string() }).nullable(),
  files: z.array(entry),
});

export type Manifest = z.infer<typeof manifestSchema>;

export function sign(manifestText: string | Buffer, key: string): string {
  return createHmac('sha256', key).update(manifestText).digest('hex');
}

/** What a key is known by; it gives nothing away. */
export function keyId(key: string): string {
  return createHmac('sha256', key).update('octowatch chain key').digest('hex').slice(0, 16);
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

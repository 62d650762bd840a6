import { z } from 'zod';
import { compileCidr } from './lib/cidr.ts';
import { parseDuration } from './lib/duration.ts';
import { suggestion } from './lib/suggestion.ts';
import { quoted } from './lib/text.ts';
import { MAY_WORDS } from './model/register.ts';

const DAY_MS = 86_400_000;
/** What is longer is a slip. */
const MOST_ROTATE_MS = 3650 * DAY_MS;

const text = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a text; put it in quotation marks') })
  .min(1, 'must not be empty');
/** A key without a purpose is matched by an empty one. */
const purpose = z.string('must be a text; put it in quotation marks');

const match = z
  .strictObject(
    {
      instance: text.optional(),
      account: text.optional(),
      purpose: purpose.optional(),
      id: text.optional(),
      hint: text.optional(),
    },
    { error: 'must say which keys the entry is about, such as { account: svc-build, purpose: "nightly *" }' },
  )
  .refine(
    ({ account, purpose, id, hint }) => [account, purpose, id, hint].some((one) => one !== undefined),
    'names no key: give at least one of account, purpose, id, hint',
  );

const network = text.superRefine((value, context) => {
  const test = compileCidr(value);
  if (typeof test === 'string') context.addIssue({ code: 'custom', message: test });
});

const mayWord = z.enum(MAY_WORDS, {
  error: ({ input }) =>
    `${quoted(input)} is none of ${MAY_WORDS.join(', ')}${typeof input === 'string' ? suggestion(input, MAY_WORDS) : ''}`,
});

const rotate = z.string('must be a duration such as 180d').transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== null && ms >= DAY_MS && ms <= MOST_ROTATE_MS) return Math.floor(ms / DAY_MS);
  context.addIssue({
    code: 'custom',
    message: ms === null ? `${quoted(value)} is no duration: write 180d or 26w` : 'takes from one day to ten years',
  });
  return z.NEVER;
});

const entry = z.strictObject(
  {
    match,
    owner: text,
    system: text.optional(),
    purpose: text.optional(),
    stored: text.optional(),
    may: listOf(mayWord).optional(),
    networks: listOf(network).optional(),
    environments: listOf(text).optional(),
    /** Read by `parseWeeklyHours`, as `calendar.hours` is. */
    hours: z.unknown().optional(),
    rotate: rotate.optional(),
    breaks: text.optional(),
  },
  { error: 'must be an entry with match and owner' },
);

/** The shape of `keys.yml`. Unknown fields are refused: a misspelt one must not be silently without effect. */
export const keysFile = z.strictObject(
  {
    version: z.literal(1, { error: 'must be 1: this program knows no other form of the register' }).optional(),
    keys: z.array(entry, {
      error: ({ input }) => (input === undefined ? 'is missing: the list of entries' : 'must be a list of entries'),
    }),
  },
  { error: 'a register begins with `keys:`, the list of its entries' },
);

/** Fields of the register, of an entry and of its `match`, for what a misspelt one may have meant. */
export const KEYS_FIELDS = {
  top: Object.keys(keysFile.shape),
  entry: Object.keys(entry.shape),
  match: Object.keys(match.shape),
} as const;

function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item, { error: 'must be a list, such as [a, b]' })
    .min(1, 'must not be empty: leave it out to say nothing');
}

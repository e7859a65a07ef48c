import { z } from 'zod';
import { FEED_DATE_FORMATS, FEED_FIELDS } from '../core/reconcile/feed-terms.ts';
import type { FeedPolicy } from '../core/reconcile/policy.ts';

/** How a feed of HR files is read, and what proves that one of them is whole (docs/hr-feeds.md). */
const MOST_TRANSFORMS = 10;
const MOST_WORDS = 1000;
const header = z.string().min(1).max(200);
const text = z.string().max(256);
const domain = z.string().max(253);

const transform = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal(['trim', 'lower']) }),
  z.strictObject({
    op: z.literal('date'),
    format: z.enum(FEED_DATE_FORMATS).describe('how every cell of the column writes its dates'),
    tz: z
      .exactOptional(z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin'))
      .describe('zone in which an instant (format "instant") becomes a day'),
  }),
  z.strictObject({
    op: z.literal('map'),
    words: z
      .record(text, text)
      .refine((words) => Object.keys(words).length <= MOST_WORDS, `has more than ${String(MOST_WORDS)} words`)
      .describe('cell -> value; case and spaces around it do not matter'),
    otherwise: z.exactOptional(z.enum(['hold', 'keep'])).describe('a cell that is not listed: hold (default) or keep'),
  }),
  z.strictObject({
    op: z.literal('split'),
    by: z.string().min(1).max(10),
    take: z
      .number()
      .int()
      .min(-20)
      .max(20)
      .refine((take) => take !== 0, 'counts from 1, or from the end with -1'),
  }),
  z.strictObject({
    op: z.literal('pad'),
    width: z.number().int().min(1).max(64).describe('numbers get zeros in front'),
  }),
  z.strictObject({ op: z.literal('domain_alias'), domains: z.record(domain, domain) }),
  z.strictObject({ op: z.literal('const'), value: text }),
  z.strictObject({ op: z.literal('coalesce'), columns: z.array(header).min(1).max(10) }),
]);

const rule = z
  .strictObject({
    column: z.exactOptional(header),
    transforms: z.exactOptional(z.array(transform).max(MOST_TRANSFORMS)),
    required: z.exactOptional(z.boolean()).describe('the column must be there and no cell may be blank'),
    unique: z.exactOptional(z.boolean()).describe('two people may not have the same value'),
    blankMeans: z.exactOptional(text).describe('value of a blank cell; without it a blank cell says nothing'),
    sensitive: z
      .exactOptional(z.boolean())
      .describe('cells are masked in reports; names, addresses and phones are anyway'),
  })
  .refine(
    ({ column, transforms = [] }) =>
      column !== undefined || transforms.some(({ op }) => op === 'const' || op === 'coalesce'),
    'names no column and no transform that gives a value (const, coalesce)',
  );

export const feedPolicySchema: z.ZodType<FeedPolicy> = z.strictObject({
  mode: z
    .enum(['full', 'upsert', 'delta'])
    .describe('full: who is missing is gone; upsert and delta: absence says nothing'),
  columns: z.record(z.string().max(200), z.string().max(40)).describe('header as printed in the file -> field'),
  statusWords: z
    .record(z.string().max(100), z.enum(['pre', 'active', 'leave', 'ended', 'rescinded']))
    .describe('word in the status column -> what it means'),
  staleAfterDays: z.number().int().min(1).max(365).describe('without a file for so long, the feed has no vote'),
  proof: z
    .exactOptional(z.enum(['manifest', 'trailer', 'done']))
    .describe(
      'what every full file brings as a proof that it is whole: manifest (rows and sha256 with the upload), trailer (a last line with the number of rows), done (a marker with the upload); without it, what the last accepted file brought is expected again',
    ),
  delimiter: z
    .exactOptional(z.string().regex(/^[\t,;|:^~!#$%&*+/]$/, 'must be one of , ; | : ^ ~ ! # $ % & * + / or a tab'))
    .describe('absent: detected'),
  quote: z.exactOptional(z.enum(['"', "'"])).describe('around cells; absent: detected'),
  encoding: z
    .exactOptional(z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']))
    .describe('absent: detected, and said'),
  dateOrder: z
    .exactOptional(z.record(z.string().max(200), z.enum(['day_first', 'month_first'])))
    .describe('header -> order of day and month, where no cell of the column decides'),
  repairText: z
    .exactOptional(z.boolean())
    .describe('text such as "JosÃ©" is read as it was meant; without it such cells are left out'),
  mapping: z
    .exactOptional(z.partialRecord(z.enum(FEED_FIELDS), rule) as z.ZodType<NonNullable<FeedPolicy['mapping']>>)
    .describe('field -> column and transforms; wins over columns and over known header words'),
});

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

import { z } from 'zod';

import { FEED_DATE_FORMATS } from '../core/reconcile/feed-terms.ts';
import { dateReader } from './date-format.ts';
import { FeedError, FIELDS } from './terms.ts';
import type { FeedField, RowProblemCode } from './terms.ts';
import { isTimeZone } from './cell.ts';

/**
 * A feed's own mapping: for a field, the columns that its value comes from and what is done to it, in order, from a closed
 * list. No code. Columns are named by header (`Email[2]`: the second of equal ones) or by place (`#3`).
 */
const MOST_TRANSFORMS = 10;
const MOST_WORDS = 1_000;
const header = z.string().min(1).max(200);
const text = z.string().max(256);

const transform = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('trim') }),
  z.strictObject({ op: z.literal('lower') }),
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
      .refine((words) => Object.keys(words).length <= MOST_WORDS, `has more than ${MOST_WORDS} words`)
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
  z.strictObject({ op: z.literal('domain_alias'), domains: z.record(z.string().max(253), z.string().max(253)) }),
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
  .refine(({ column, transforms = [] }) => {
    return column !== undefined || transforms.some(({ op }) => op === 'const' || op === 'coalesce');
  }, 'names no column and no transform that gives a value (const, coalesce)');

export const feedMappingSchema = z.partialRecord(z.enum(FIELDS), rule);

export type FeedMapping = Readonly<Partial<Record<FeedField, FieldRule>>>;
export type FieldRule = z.infer<typeof rule>;
type Transform = z.infer<typeof transform>;

/** Throws FeedError `bad_profile` that names the place. */
export function parseMapping(mapping: unknown): FeedMapping {
  const parsed = feedMappingSchema.safeParse(mapping);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FeedError(
    'bad_profile',
    `a mapping with a fault at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    'fields with a column and transforms (docs/hr-feeds.md)',
  );
}

export interface RuleProblem {
  readonly code: Extract<RowProblemCode, 'date_invalid' | 'value_unmapped' | 'required_blank'>;
  readonly message: string;
}

/** The value of a field for one row, or why there is none. */
export type RuleValue = (cells: readonly string[]) => string | RuleProblem;

/** `columnOf` gives the index of a header, -1 where the file has no such column: its cells are blank then. */
export function compileRule(
  { column, transforms = [], required, blankMeans }: FieldRule,
  columnOf: (name: string) => number,
): RuleValue {
  const source = column === undefined ? -1 : columnOf(column);
  const steps = transforms.map((one) => compileTransform(one, columnOf));
  return (cells) => {
    let value = cells[source] ?? '';
    for (const step of steps) {
      const next = step(value, cells);
      if (typeof next !== 'string') return next;
      value = next;
    }
    if (value.trim() !== '') return value;
    if (blankMeans !== undefined) return blankMeans;
    return required === true
      ? { code: 'required_blank', message: 'The cell is blank, and the mapping requires it.' }
      : '';
  };
}

type Step = (value: string, cells: readonly string[]) => string | RuleProblem;

function compileTransform(transform: Transform, columnOf: (name: string) => number): Step {
  switch (transform.op) {
    case 'trim':
      return (value) => value.trim();
    case 'lower':
      return (value) => value.toLowerCase();
    case 'date': {
      const read = dateReader(transform.format, transform.tz);
      const problem = { code: 'date_invalid', message: `Not a date of the form ${transform.format}.` } as const;
      return (value) => (value.trim() === '' ? '' : (read(value.trim()) ?? problem));
    }
    case 'map': {
      const words = new Map(Object.entries(transform.words).map(([word, value]) => [folded(word), value]));
      return (value) => {
        const found = words.get(folded(value));
        if (found !== undefined) return found;
        return transform.otherwise === 'keep' || value.trim() === ''
          ? value
          : { code: 'value_unmapped', message: 'The mapping has no value for this cell.' };
      };
    }
    case 'split': {
      const { by, take } = transform;
      return (value) =>
        value
          .split(by)
          .at(take > 0 ? take - 1 : take)
          ?.trim() ?? '';
    }
    case 'pad':
      return (value) => (/^\d+$/.test(value.trim()) ? value.trim().padStart(transform.width, '0') : value);
    case 'domain_alias': {
      const domains = new Map(Object.entries(transform.domains).map(([from, to]) => [folded(from), to]));
      return (value) => {
        const at = value.lastIndexOf('@');
        const alias = at < 0 ? undefined : domains.get(folded(value.slice(at + 1)));
        return alias === undefined ? value : `${value.slice(0, at + 1).trimStart()}${alias}`;
      };
    }
    case 'const':
      return () => transform.value;
    case 'coalesce': {
      const columns = transform.columns.map(columnOf);
      return (value, cells) => {
        if (value.trim() !== '') return value;
        return columns.map((index) => cells[index] ?? '').find((cell) => cell.trim() !== '') ?? '';
      };
    }
  }
}

const folded = (text: string): string => text.trim().toLowerCase();

/** Every header that a rule names. */
export function columnsOf({ column, transforms = [] }: FieldRule): readonly string[] {
  const more = transforms.flatMap((one) => (one.op === 'coalesce' ? one.columns : []));
  return column === undefined ? more : [column, ...more];
}

import { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** compensable: another call restores the effect, though not the record; irreversible: nothing does. */
export type Reversibility = 'read' | 'reversible' | 'compensable' | 'irreversible';

/** Calls of one class share one budget: Drift counts per token, and reports apart (Drift API notes 1.6). */
export type RateClass = 'standard' | 'reports';

/**
 * How a list is read: every endpoint has a way of its own (Drift API notes 3, "pagination"); `whole` comes in one answer.
 */
export type Pager = 'scim' | 'accounts' | 'contacts' | 'whole';

/** One row of the table: a call that Drift offers, what goes in, what comes out, and what it may do. */
export interface Operation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  /** Also the word on the command line and in the path of our API. */
  readonly name: string;
  readonly summary: string;
  readonly method: Method;
  /** `scim`: the path is below the SCIM path of the organisation, and the SCIM bearer is used. */
  readonly api: 'rest' | 'scim';
  /** `{name}` stands for a member of `params`. */
  readonly path: string;
  readonly params: P;
  readonly query: Q;
  /** `NO_BODY` where none is sent. */
  readonly body: B;
  /** What a 2xx answer holds; an empty answer is `undefined`. */
  readonly answer: A;
  /** Null where the answer is no list. */
  readonly pager: Pager | null;
  /** OAuth scope; null where any valid token is said to do. */
  readonly scope: string | null;
  readonly rate: RateClass;
  readonly reversibility: Reversibility;
  /** Where the Drift API notes say so. */
  readonly source: string;
}

/** Keeps the types of a row. */
export function operation<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  row: Operation<P, Q, B, A>,
): Operation<P, Q, B, A> {
  return row;
}

export const NOTHING = z.strictObject({});
export const NO_BODY = z.undefined();

/** Any id in an answer, as text: 64-bit numbers arrive as BigInt (Drift API notes 1.1). */
export const wireId = z.union([z.string().min(1), z.int(), z.bigint()]).transform(String);

/** An id in a body where Drift expects a JSON number, given as digits or as a number; it goes out as the same digits. */
export const numericId = z
  .union([z.string().regex(/^[1-9]\d{0,18}$/, 'must be the digits of an id'), z.int().positive()])
  .transform((id) => BigInt(id));

/** An id in a path or a query: it goes out as it is. */
export const pathId = z.union([z.string().min(1).max(200), z.int().positive()]).transform(String);

export const text = z.string().nullish();
export const nonBlank = z.string().trim().min(1);

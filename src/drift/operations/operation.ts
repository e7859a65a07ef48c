import { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** compensable: another call restores the effect, though not the record; irreversible: nothing does. */
export type Reversibility = 'read' | 'reversible' | 'compensable' | 'irreversible';

/** Calls of one class share one budget: Drift counts per token, and reports apart (Drift API notes 1.6). */
export type RateClass = 'standard' | 'reports';

/**
 * How a list is read: every endpoint has a way of its own (Drift API notes 3, "paging"); `whole` comes in one answer.
 */
export type Pager = 'scim' | 'accounts' | 'contacts' | 'conversations' | 'messages' | 'whole';

/** `text`: the value is the body as it came; `bytes`: it is what `fileAnswer` describes. */
export type AnswerAs = 'json' | 'text' | 'bytes';

/** What goes into a call, before or after the row's schemas have seen it. */
export interface OperationInput {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** The read that shows what is there before a write, with its input as a caller gives it. */
export interface LookUp {
  readonly operation: Operation;
  readonly input: OperationInput;
}

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
  readonly answerAs: AnswerAs;
  /** Null where the answer is no list. */
  readonly pager: Pager | null;
  /** OAuth scope; null where any valid token is said to do, or none is documented. */
  readonly scope: string | null;
  readonly rate: RateClass;
  readonly reversibility: Reversibility;
  /** `plan`: nobody calls it directly; it makes a plan with one change, which is approved. */
  readonly use: 'direct' | 'plan';
  /** What an irreversible call takes with it, in one sentence; null for the others. */
  readonly blastRadius: string | null;
  /** Names of inputs that are never stored, logged or shown. */
  readonly secrets: readonly string[];
  /** For dry runs; null where no one read shows what the call would meet. Takes the input as given or as parsed. */
  readonly lookup: ((input: OperationInput) => LookUp) | null;
  /** Where the Drift API notes say so. */
  readonly source: string;
}

type Given<T extends z.ZodType> = z.input<T> | z.output<T>;
type UsualParts = 'answerAs' | 'use' | 'blastRadius' | 'secrets' | 'lookup';

/** Keeps the types of a row, and says what is usual: a direct call that answers JSON. */
export function operation<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  row: Omit<Operation<P, Q, B, A>, UsualParts> &
    Partial<Pick<Operation, Exclude<UsualParts, 'lookup'>>> & {
      readonly lookup?: (input: {
        readonly params: Given<P>;
        readonly query: Given<Q>;
        readonly body: Given<B>;
      }) => LookUp;
    },
): Operation<P, Q, B, A> {
  const { lookup } = row;
  return {
    answerAs: 'json',
    use: 'direct',
    blastRadius: null,
    secrets: [],
    ...row,
    // The row's own schemas have seen the input, so it has their type.
    lookup: lookup === undefined ? null : (input) => lookup(input as Parameters<typeof lookup>[0]),
  };
}

export const NOTHING = z.strictObject({});
export const NO_BODY = z.undefined();

/** Any id in an answer, as text: 64-bit numbers arrive as BigInt (Drift API notes 1.1). */
export const wireId = z
  .union([z.string().min(1), z.int(), z.bigint()])
  .transform(String)
  .pipe(z.string());

/** An id in a body where Drift expects a JSON number, given as digits or as a number; it goes out as the same digits. */
export const numericId = z
  .union([z.string().regex(/^[1-9]\d{0,18}$/, 'must be the digits of an id'), z.int().positive()])
  .transform((id) => BigInt(id));

/** An id in a path or a query: it goes out as it is. */
export const pathId = z.union([z.string().min(1).max(200), z.int().positive()]).transform(String);

/** Most members of a list in one call: no source says, and there are further calls. */
export const MOST_IN_LIST = 100;

export const text = z.string().nullish();
export const nonBlank = z.string().trim().min(1);
/** Epoch milliseconds. */
export const instant = z.int().min(0);
export const email = nonBlank.max(320).regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');

/** An answer that some sources show under `data` and others bare; the value is what was inside (Drift API notes 1.5). */
export function bare<A extends z.ZodType>(answer: A): z.ZodPreprocess<A> {
  return z.preprocess((value) => (isEnvelope(value) ? value.data : value), answer);
}

/** The same, where the sources that know best show the envelope: the value has it in any case. */
export function enveloped<A extends z.ZodType>(answer: A): z.ZodPreprocess<z.ZodObject<{ data: A }, z.core.$loose>> {
  return z.preprocess((value) => (isEnvelope(value) ? value : { data: value }), z.looseObject({ data: answer }));
}

function isEnvelope(value: unknown): value is { readonly data: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'data' in value;
}

/**
 * The answer to a call that only says that it was done: in words, with the id, or not at all (Drift API notes 2.4, 2.5).
 * One that says it was not done has another shape.
 */
export const acknowledged = z.looseObject({ result: text, ok: z.literal(true).nullish() }).optional();

/** A file: its media type as Drift named it, and its bytes. */
export const fileAnswer = z.strictObject({ mediaType: z.string().nullable(), base64: z.base64() });

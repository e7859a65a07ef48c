import { isObject, type JsonObject } from './json.ts';
import type { Token } from './model.ts';

export type ParsedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'form'; readonly value: Readonly<Record<string, string>> }
  | { readonly kind: 'unreadable'; readonly text: string };

/** One API call, as a route sees it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: ParsedBody;
  readonly mediaType: string;
  /** The bearer; undefined only on public routes. */
  readonly token: Token | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a call changed. `id` is the REST id of an agent, the id of what was changed, or the e-mail of an erasure. */
export interface Effect {
  readonly kind:
    | 'scim.create'
    | 'scim.replace'
    | 'scim.patch'
    | 'scim.delete'
    | 'user.update'
    | 'contact.create'
    | 'contact.update'
    | 'contact.delete'
    | 'contact.timeline'
    | 'contact.tag'
    | 'contact.untag'
    | 'contact.unsubscribe'
    | 'account.create'
    | 'account.update'
    | 'account.delete'
    | 'conversation.create'
    | 'conversation.update'
    | 'message.create'
    | 'gdpr.delete'
    | 'gdpr.retrieve'
    | 'app.uninstall'
    | 'oauth.token';
  readonly id: string;
}

/** Errors are rendered late: their form is a setting. */
export type ApiError =
  | { readonly form: 'rest'; readonly type: string; readonly message: string; readonly contactCode?: string }
  | { readonly form: 'scim'; readonly scimType?: string; readonly detail: string };

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a JSON body. */
  readonly file?: { readonly mimeType: string; readonly bytes: Buffer };
  readonly error?: ApiError;
  readonly headers?: Readonly<Record<string, string>>;
  readonly scim?: boolean;
  readonly effect?: Effect;
}

export interface Route {
  readonly method: string;
  /** Segments, `:name` binds one. */
  readonly path: string;
  /** Undefined: any valid token will do. */
  readonly scope?: string;
  /** Counted against the narrow limit of the reports instead of the common one (Drift API notes 1.6). */
  readonly report?: boolean;
  /** Needs no token. */
  readonly open?: boolean;
  readonly handle: (call: Call) => Reply;
}

/** A refusal on its way out of a route. Throw before changing anything. */
export class Refusal extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

export type RestErrorType = 'validation_error' | 'authentication_error' | 'not_found' | 'rate_limit' | 'internal_error';

const REST_STATUS: Readonly<Record<RestErrorType, number>> = {
  validation_error: 400,
  authentication_error: 403,
  not_found: 404,
  rate_limit: 429,
  internal_error: 500,
};

/** The REST error of Drift API notes 1.5, with its documented status unless another is given. */
export function restError(type: RestErrorType, message: string, status: number = REST_STATUS[type]): Refusal {
  return new Refusal({ status, error: { form: 'rest', type, message } });
}

/** The type that goes with a status. */
export function restErrorType(status: number): RestErrorType {
  switch (status) {
    case 401:
    case 403:
      return 'authentication_error';
    case 404:
      return 'not_found';
    case 429:
      return 'rate_limit';
    default:
      return status < 500 ? 'validation_error' : 'internal_error';
  }
}

/** SCIM error bodies are undocumented; RFC 7644 3.12 is the likelier reading (Drift API notes 2.1). */
export function scimError(status: number, detail: string, scimType?: string): Refusal {
  return new Refusal({
    status,
    scim: true,
    error: scimType === undefined ? { form: 'scim', detail } : { form: 'scim', detail, scimType },
  });
}

const CONTACT_ERRORS = {
  'CONTACT-1': { status: 404, type: 'not_found' },
  'CONTACT-2': { status: 401, type: 'authentication_error' },
  // Retired, and without a status on record.
  'CONTACT-3': { status: 400, type: 'validation_error' },
  'CONTACT-4': { status: 400, type: 'validation_error' },
  'CONTACT-5': { status: 500, type: 'internal_error' },
  'CONTACT-6': { status: 409, type: 'validation_error' },
  'CONTACT-7': { status: 400, type: 'validation_error' },
  'CONTACT-8': { status: 400, type: 'validation_error' },
  'CONTACT-9': { status: 400, type: 'validation_error' },
  'CONTACT-10': { status: 400, type: 'validation_error' },
  'CONTACT-11': { status: 400, type: 'validation_error' },
} as const;

export type ContactCode = keyof typeof CONTACT_ERRORS;

export const CONTACT_CODES = Object.keys(CONTACT_ERRORS) as readonly ContactCode[];

/** A contact error with its own code and status (Drift API notes 1.5). */
export function contactError(code: ContactCode, message: string): Refusal {
  const { status, type } = CONTACT_ERRORS[code];
  return new Refusal({ status, error: { form: 'rest', type, message, contactCode: code } });
}

/** The JSON object that a call carries; `refuse` says what else is answered. */
export function objectBody(call: Call, refuse: (problem: string) => Refusal): JsonObject {
  const value = jsonBody(call, refuse);
  if (!isObject(value)) throw refuse('the body must be a JSON object');
  return value;
}

/** The JSON value that a call carries. */
export function jsonBody(call: Call, refuse: (problem: string) => Refusal): unknown {
  if (call.body.kind === 'none') throw refuse('a JSON body is required');
  if (call.body.kind !== 'json') throw refuse('the body is not valid JSON');
  return call.body.value;
}

/** A non-negative integer of the query, or `otherwise` when absent. */
export function queryInteger(
  call: Call,
  name: string,
  otherwise: number,
  refuse: (problem: string) => Refusal,
): number {
  const text = call.query.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw refuse(`${name} must be a whole number`);
  return Number(text);
}

export function isEmail(text: string): boolean {
  return text.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(text);
}

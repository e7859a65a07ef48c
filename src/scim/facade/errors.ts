import { DomainError, type ErrorCode } from '../../core/errors.ts';

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

interface Answer {
  readonly status: number;
  readonly scimType?: string;
}

/** One of the two places where a code becomes a status (RFC 7644 3.12; RFC 9865 2; RFC 6750 3.1). */
const ANSWERS: Readonly<Partial<Record<ErrorCode, Answer>>> = {
  'auth.required': { status: 401 },
  'auth.scope': { status: 403 },
  'auth.paused': { status: 403 },
  'request.invalid': { status: 400, scimType: 'invalidSyntax' },
  'request.too_large': { status: 413 },
  'request.media_type': { status: 415 },
  'request.method': { status: 405 },
  'request.not_acceptable': { status: 406 },
  'request.unfilterable': { status: 403 },
  not_found: { status: 404 },
  conflict: { status: 409 },
  'scim.uniqueness': { status: 409, scimType: 'uniqueness' },
  'scim.invalid_filter': { status: 400, scimType: 'invalidFilter' },
  'scim.invalid_path': { status: 400, scimType: 'invalidPath' },
  'scim.invalid_value': { status: 400, scimType: 'invalidValue' },
  'scim.invalid_syntax': { status: 400, scimType: 'invalidSyntax' },
  'scim.invalid_cursor': { status: 400, scimType: 'invalidCursor' },
  'scim.expired_cursor': { status: 400, scimType: 'expiredCursor' },
  'scim.invalid_count': { status: 400, scimType: 'invalidCount' },
  'scim.no_target': { status: 400, scimType: 'noTarget' },
  'scim.mutability': { status: 400, scimType: 'mutability' },
  'scim.version': { status: 412 },
  'scim.not_implemented': { status: 501 },
  'store.unavailable': { status: 503 },
};

export interface ErrorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A SCIM error; of what is not a DomainError nothing but its being there is told. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const answer = error instanceof DomainError ? ANSWERS[error.code] : undefined;
  if (!(error instanceof DomainError) || answer === undefined) {
    return errorBody(500, 'The service failed. The error is in its log.');
  }
  return errorBody(answer.status, error.message, answer.scimType);
}

export function errorBody(status: number, detail: string, scimType?: string): ErrorAnswer {
  const type = scimType === undefined ? {} : { scimType };
  return { status, body: { schemas: [ERROR_SCHEMA], status: String(status), ...type, detail } };
}

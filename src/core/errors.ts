/** Stops a request. The code is stable and public; the detail may be shown to the caller; the cause never is. */
export type ErrorCode =
  | 'auth.required'
  | 'auth.scope'
  | 'auth.paused'
  | 'request.invalid'
  | 'request.too_large'
  | 'request.media_type'
  | 'request.method'
  | 'request.not_acceptable'
  | 'request.unfilterable'
  | 'not_found'
  | 'scim.uniqueness'
  | 'scim.invalid_filter'
  | 'scim.invalid_path'
  | 'scim.invalid_value'
  | 'scim.invalid_syntax'
  | 'scim.invalid_cursor'
  | 'scim.expired_cursor'
  | 'scim.invalid_count'
  | 'scim.no_target'
  | 'scim.mutability'
  | 'scim.version'
  | 'scim.not_implemented'
  | 'feed.unknown'
  | 'feed.mode_wider'
  | 'import.unreadable'
  | 'import.not_held'
  | 'plan.hash_mismatch'
  | 'plan.expired'
  | 'plan.not_approved'
  | 'plan.held'
  | 'plan.state'
  | 'approval.second_subject'
  | 'approval.override_count'
  | 'policy.invalid'
  | 'policy.version'
  | 'conflict'
  | 'tenant.paused'
  | 'drift.not_configured'
  | 'drift.credential_dead'
  | 'drift.refused'
  | 'drift.unreachable'
  | 'drift.demo_only'
  | 'drift.firewall'
  | 'store.unavailable';

export interface ErrorPlace {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly places: readonly ErrorPlace[];

  constructor(code: ErrorCode, message: string, options: { places?: readonly ErrorPlace[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.places = options.places ?? [];
  }
}

import type { ApprovePlan } from '../flows/approve-plan.ts';
import type { AuditTrail } from '../flows/audit-port.ts';
import type { CallOperation } from '../flows/call-operation.ts';
import type { ImportFeed } from '../flows/import-feed.ts';
import type { Inspect } from '../flows/inspect.ts';
import type { MakePlan } from '../flows/make-plan.ts';
import type { OperationPlanner } from '../flows/operation-port.ts';
import type { Clock, Store } from '../flows/ports.ts';
import type { TokenDesk } from '../flows/token-port.ts';

/** Rows of a fix file as text, from the feed's reader and writer. */
export type WriteFixFile = (input: {
  readonly importId: string;
  readonly headers: readonly string[];
  readonly delimiter: string;
  readonly rows: AsyncIterable<{
    readonly record: number;
    readonly raw: readonly string[];
    readonly problems: readonly FixProblem[];
  }>;
}) => AsyncIterable<string>;

/** A problem of a row, as far as a fix file shows it. */
export interface FixProblem {
  readonly code: string;
  readonly message: string;
  readonly column?: string;
  readonly header?: string;
  readonly suggestion?: string;
}

export interface TenantAdmin {
  get(
    tenantId: string,
  ): Promise<{ readonly id: string; readonly name: string; readonly state: 'active' | 'paused' } | null>;
  pause(tenantId: string, by: string): Promise<boolean>;
  resume(tenantId: string, by: string): Promise<boolean>;
}

/** Credentials of Drift as an administrator gives them. */
export type GivenDriftCredentials =
  | { readonly kind: 'token'; readonly token: string; readonly scimToken: string }
  | {
      readonly kind: 'oauth';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly scimToken?: string;
    };

/** Sealed, once Drift has shown that they are good; those before stay until then. */
export interface DriftCredentialDesk {
  /**
   * Throws DomainError `conflict` where this process cannot seal them or they are of another organisation, `drift.refused`,
   * `drift.unreachable`.
   */
  replace(
    tenantId: string,
    given: GivenDriftCredentials,
    by: string,
  ): Promise<{
    readonly kind: 'token' | 'oauth';
    readonly organisation: string | null;
    readonly scopes: readonly string[];
  }>;
}

/** One thing that an operator may want to know; `fail` needs hands now. */
export interface Check {
  readonly code: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
}

/** What the routes work with. */
export interface ApiWorld {
  readonly store: Store;
  readonly clock: Clock;
  readonly importFeed: ImportFeed;
  readonly makePlan: Pick<MakePlan, 'start'>;
  readonly approvePlan: ApprovePlan;
  readonly inspect: Inspect;
  readonly callOperation: CallOperation;
  readonly planOperation: OperationPlanner;
  /** Throws DomainError `request.invalid` for an address that no answer may be posted to. */
  readonly checkResponder: (url: string) => void;
  /** What answers that are posted are signed with, as Standard Webhooks writes it. */
  readonly answerSecret: (tenantId: string) => string;
  readonly tokens: TokenDesk;
  readonly tenants: TenantAdmin;
  readonly audit: (tenantId: string) => AuditTrail;
  readonly writeFixFile: WriteFixFile;
  /** Throws when nothing can be written now. */
  readonly ping: () => Promise<void>;
  readonly driftCredentials: DriftCredentialDesk;
  /** What only the composition knows: Drift credentials, capabilities, waiting jobs. */
  readonly checks: (tenantId: string) => Promise<readonly Check[]>;
  /** Where Drift sends its webhooks to, and how many verification tokens are set up. */
  readonly webhook: (tenantId: string) => Promise<{ readonly url: string; readonly tokens: number }>;
  readonly demo: boolean;
}

import type { Mark } from './mark-port.ts';

/** `pending`: its effect is still to come; `done`: it had one; `ignored`: it has none, `why` says the reason. */
export type DriftEventState = 'pending' | 'done' | 'ignored';

/** A webhook of Drift as it is kept: what it was about and what became of it, nothing of what it said. */
export interface DriftEvent {
  readonly id: string;
  /** As Drift names it. */
  readonly type: string;
  /** `contact:11751623441268737`, `agent:…`, `conversation:…`, `email:<keyed hash>`; null: it names nothing. */
  readonly object: string | null;
  readonly receivedAt: string;
  readonly state: DriftEventState;
  readonly why: string | null;
  readonly settledAt: string | null;
  /** How often the same content came again. */
  readonly repeats: number;
}

/** All that processing needs of a payload; emptied with the effect. */
export interface EventHints {
  /** Organisations that the event says it is of; none: it does not say. */
  readonly orgIds: readonly string[];
  readonly marks: readonly Mark[];
  /** The tenant was paused when it came. */
  readonly whilePaused?: true;
}

export interface PendingEvent {
  readonly id: string;
  readonly type: string;
  readonly object: string | null;
  readonly hints: EventHints;
}

/** What orders the list, newest first. */
export type DriftEventKey = Pick<DriftEvent, 'receivedAt' | 'id'>;

export interface EventStore {
  /**
   * False: the same content is there already, pending or received after `freshAfter`, and only its repeats are counted.
   * What came up to that instant and has had its effect is pending again, with what the event hints at now.
   */
  add(
    event: PendingEvent & { readonly receivedAt: string; readonly contentHash: string; readonly freshAfter: string },
  ): Promise<boolean>;
  /** Whether at least so many are pending. */
  areWaiting(count: number): Promise<boolean>;
  /** Oldest first; nobody else gets them before the transaction ends. */
  pending(limit: number): Promise<readonly PendingEvent[]>;
  /** Ends pending events; what they hinted at is forgotten. */
  settle(ids: readonly string[], as: { state: 'done' | 'ignored'; why: string | null; at: string }): Promise<void>;
  /** Newest first; `after` is the key of the last one seen; `since` is included, `until` is not. */
  list(
    filter: { readonly since?: string; readonly until?: string },
    after: DriftEventKey | null,
    limit: number,
  ): Promise<readonly DriftEvent[]>;
  counts(): Promise<Readonly<Record<DriftEventState, number>>>;
  lastReceivedAt(): Promise<string | null>;
  /** When the oldest one that is not pending came. */
  oldestSettled(): Promise<string | null>;
  /**
   * Removes the oldest that are not pending: up to that instant, and beyond that number; about `slice` of them. True when
   * there are more.
   */
  purge(limits: { readonly upTo: string; readonly most: number; readonly slice: number }): Promise<boolean>;
  isTenantPaused(): Promise<boolean>;
  /** Pauses the tenant in the caller's transaction; false: it is paused already. */
  pauseTenant(): Promise<boolean>;
}

/** Addresses of webhooks, over all tenants. */
export interface WebhookAddresses {
  /** Whose address `/webhooks/drift/{id}` is; null: nobody's. */
  tenantOf(id: string): Promise<string | null>;
}

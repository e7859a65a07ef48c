import { DomainError } from '../core/errors.ts';
import { canonicalText } from '../core/reconcile/canonical.ts';
import type { Clock, Crypto, Store } from './ports.ts';
import { type Payload, invalid, isObject, readEvent } from './receive-event/read-event.ts';

/** Events of a tenant that may wait for their effect: they do while it is paused, or where no worker runs. */
const MOST_PENDING = 20_000;

/**
 * Milliseconds within which the same content is the same event, sent again because an answer was lost. Later it says that it
 * happened again: an organisation that disconnects the app a second time says nothing else than the first time.
 */
const SAME_MS = 10 * 60_000;

/** Where a tenant's settings hold the last part of `/webhooks/drift/{id}`. */
const ADDRESS = 'drift.webhook_id';

export interface ReceiveEvent {
  /**
   * Stores a proven event together with the job that gives it its effect. `payload` is the body without the token, with
   * integers beyond 2^53 as BigInt. The same content again is a `duplicate` while the first waits for its effect or is
   * younger than ten minutes; after that it is `stored` and has its effect again. Throws DomainError `request.invalid` for what is no event, `store.unavailable` where it cannot be kept.
   */
  receive(tenantId: string, payload: Payload): Promise<'stored' | 'duplicate'>;
  /** The last part of the tenant's address; a tenant of an earlier release gets one at the first call. */
  address(tenantId: string): Promise<string>;
}

export function createReceiveEvent(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** A text that nobody can guess, of letters, digits, - and _. */
  readonly newAddress: () => string;
  readonly mostPending?: number;
}): ReceiveEvent {
  const { store, clock, crypto, newAddress, mostPending = MOST_PENDING } = ports;

  return {
    async receive(tenantId, payload) {
      const read = readEvent(payload, (email) => crypto.keyedHash(tenantId, `email:${email}`).slice(0, 32));
      const now = clock.now();
      const event = {
        ...read,
        id: crypto.uuid(),
        receivedAt: now,
        freshAfter: new Date(Date.parse(now) - SAME_MS).toISOString(),
        contentHash: crypto.keyedHash(tenantId, `drift_event:${canonicalText(hashable(payload))}`),
      };
      return store.tenant(tenantId).write(async (tx) => {
        // Once somebody has resumed the tenant, what had been said before does not pause it again.
        const late = read.type === 'app_disconnected' && (await tx.events.isTenantPaused());
        const hints = late ? { ...read.hints, whilePaused: true as const } : read.hints;
        if (!(await tx.events.add({ ...event, hints }))) return 'duplicate';
        if (await tx.events.areWaiting(mostPending + 1)) {
          throw new DomainError('store.unavailable', 'Too many events wait for their turn; send it again later.');
        }
        await tx.jobs.enqueue({ kind: 'event', dedupeKey: 'events', payload: {} });
        return 'stored';
      });
    },

    async address(tenantId) {
      const tenant = store.tenant(tenantId);
      const known = await tenant.settings.get(ADDRESS);
      if (known !== null) return known;
      return tenant.write((tx) => tx.settings.setOnce(ADDRESS, newAddress()));
    },
  };
}

/** As canonical text wants it: a 64-bit integer is none of JavaScript's numbers, and an infinite one is none of JSON's. */
function hashable(value: unknown): unknown {
  if (typeof value === 'bigint') return { int64: value.toString() };
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalid('body', 'holds a number that is out of range');
  if (Array.isArray(value)) return value.map(hashable);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hashable(item)]));
}

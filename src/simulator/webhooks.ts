import { z } from 'zod';

import { writeJson } from './json.ts';
import type { Org } from './org.ts';
import { createStrikes, strikeFields } from './strikes.ts';
import { type RaisedEvent, scopeOf, WEBHOOK_TYPES, type WebhookType } from './webhook-events.ts';

/**
 * What can happen to a delivery. `drop`: never sent. `duplicate`: sent twice. `delay`: sent `delayMs` later (1000), after whatever comes
 * in between. `swap`: sent after the next one, or after `delayMs` (1000) when none comes. Besides the true one, and before it,
 * with a wrong token: `forge` (header and body), `mismatch` (body only).
 */
const WEBHOOK_FAULT_KINDS = ['drop', 'duplicate', 'delay', 'swap', 'forge', 'mismatch'] as const;

export const webhookFaultSchema = z.strictObject({
  kind: z.enum(WEBHOOK_FAULT_KINDS),
  /** Absent: every type. */
  type: z.enum(WEBHOOK_TYPES).optional(),
  delayMs: z.number().int().min(0).optional(),
  ...strikeFields,
});

export type WebhookFault = Readonly<z.infer<typeof webhookFaultSchema>>;

/** One attempt at a delivery, in the order of sending. The token is left out. */
export interface Delivery {
  readonly n: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly type: WebhookType;
  readonly orgId: number;
  readonly data: unknown;
  /** 1, or more for a redelivery. */
  readonly attempt: number;
  /** What the receiver answered; null: nothing, or it was never sent. */
  readonly status: number | null;
  readonly fault?: WebhookFault['kind'];
}

export interface Webhooks {
  readonly addFault: (rule: WebhookFault) => void;
  readonly clearFaults: () => void;
  readonly deliveries: () => readonly Delivery[];
  readonly clearDeliveries: () => void;
  /** Resolves when nothing is waiting or on its way. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Waiting {
  readonly event: RaisedEvent;
  readonly attempt: number;
  readonly fault: WebhookFault | undefined;
}

const MOST_KEPT = 20_000;
const TIMEOUT_MS = 10_000;
const WRONG_TOKEN = 'a-token-that-was-never-valid';

/**
 * Sends what the organisation raises to the app's request URL, one after the other (Drift API notes 5). An event goes out when a
 * URL is set, the app asked for the type, and the installed token has its scope. What waits is lost with the process:
 * nothing is known of a redelivery by Drift.
 */
export function createWebhooks(org: Org): Webhooks {
  const faults = createStrikes<WebhookFault>();
  const closing = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  let queue: Waiting[] = [];
  let held: Waiting[] = [];
  let sent: Delivery[] = [];
  let count = 0;
  let running: Promise<void> | undefined;
  let waiters: (() => void)[] = [];

  org.onRaised((event) => {
    const { webhookUrl, webhookEvents } = org.settings();
    if (webhookUrl === null || closing.signal.aborted || !webhookEvents.includes(event.type)) return;
    const scope = scopeOf(event.type);
    if (scope !== null && !installedScopes(org).includes(scope)) return;
    const fault = faults.strike((rule) => rule.type === undefined || rule.type === event.type);
    queue.push({ event, attempt: 1, fault });
    kick();
  });

  /** Later than now: what raised the event is committed first. */
  function kick(): void {
    running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(work).finally(() => {
      running = undefined;
      if (queue.length > 0) kick();
      rest();
    });
  }

  function rest(): void {
    if (running !== undefined || timers.size > 0) return;
    for (const wake of waiters) wake();
    waiters = [];
  }

  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await settle(next);
    }
  }

  async function settle(waiting: Waiting): Promise<void> {
    const { event, attempt, fault } = waiting;
    const delayMs = fault?.delayMs ?? 1000;
    const plain = { event, attempt, fault: undefined };
    switch (fault?.kind) {
      case 'drop':
        record(waiting, null);
        return;
      case 'delay':
        later(delayMs, () => queue.push(plain));
        return;
      case 'swap':
        held.push(plain);
        later(delayMs, release);
        return;
      case 'duplicate':
        record(waiting, await post(event, 'true'));
        break;
      case 'forge':
      case 'mismatch':
        record(waiting, await post(event, fault.kind));
        break;
      case undefined:
    }
    const status = await post(event, 'true');
    record(plain, status);
    release();
    const { webhookRetries, webhookRetryMs } = org.settings();
    const failed = status === null || status < 200 || status > 299;
    if (failed && attempt <= webhookRetries) {
      later(webhookRetryMs, () => queue.push({ event, attempt: attempt + 1, fault: undefined }));
    }
  }

  function release(): void {
    queue.unshift(...held);
    held = [];
  }

  function later(delayMs: number, act: () => void): void {
    if (closing.signal.aborted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
      kick();
    }, delayMs);
    timers.add(timer);
  }

  function record({ event, attempt, fault }: Waiting, status: number | null): void {
    count += 1;
    const { type, data } = event;
    const delivery = { n: count, at: org.clock(), type, orgId: orgIdOf(event), data, attempt, status };
    sent.push(fault === undefined ? delivery : { ...delivery, fault: fault.kind });
    if (sent.length > 2 * MOST_KEPT) sent = sent.slice(-MOST_KEPT);
  }

  /** The vendor's example of `contact_updated` has a 0 at the top. */
  function orgIdOf({ type, orgId }: RaisedEvent): number {
    if (orgId !== undefined) return orgId;
    return type === 'contact_updated' && org.settings().contactUpdatedOrgId === 'zero' ? 0 : org.orgId;
  }

  /** The status of the answer, or null without one. Redirects are not followed. */
  async function post(event: RaisedEvent, token: 'true' | 'forge' | 'mismatch'): Promise<number | null> {
    const { webhookUrl, webhookToken, webhookFormat } = org.settings();
    if (webhookUrl === null) return null;
    const { type, data } = event;
    const inBody = token === 'true' ? webhookToken : WRONG_TOKEN;
    try {
      const response = await fetch(webhookUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-verification-token': token === 'forge' ? WRONG_TOKEN : webhookToken,
        },
        body: writeJson({ type, orgId: orgIdOf(event), data, ...(webhookFormat === 'current' && { token: inBody }) }),
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  }

  return {
    addFault: faults.add,
    clearFaults: faults.clear,
    deliveries: () => sent.slice(-MOST_KEPT),
    clearDeliveries() {
      sent = [];
    },
    settled: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
        rest();
      }),
    async close() {
      closing.abort();
      queue = [];
      held = [];
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await running;
      rest();
    },
  };
}

/** The scopes of the private app as it was installed, also when its token has been revoked since. */
function installedScopes(org: Org): readonly string[] {
  const token = org.store.get('privateToken');
  return (typeof token === 'string' ? org.store.tokens.latest(token) : undefined)?.scopes ?? [];
}

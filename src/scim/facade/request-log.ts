import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { DomainError } from '../../core/errors.ts';
import { DEFAULT_POLICY, type Policy } from '../../core/reconcile/policy.ts';
import type { Clock, Log } from '../../flows/ports.ts';
import type { Principal } from '../../flows/principal.ts';
import type { ScimRequest, ScimRequestStore } from '../../flows/scim-request-port.ts';
import { callerOf, tokenOf } from './auth.ts';
import { alwaysOf } from './reply.ts';
import { Trace, traced } from './request-trace.ts';

export interface RequestLogStore {
  tenant(tenantId: string): {
    readonly policy: { current(): Promise<{ readonly policy: Pick<Policy, 'retention'> }> };
    write<T>(work: (tx: { readonly scimRequests: ScimRequestStore }) => Promise<T>): Promise<T>;
  };
  tenants(): Promise<readonly { readonly id: string }[]>;
}

/** Since the start of the process. */
export interface RequestLogCounts {
  /** Rows that were given up: the buffer was full, or the store refused them. */
  readonly dropped: number;
  /** Requests of nobody that is known: no tenant may read of them. */
  readonly nobody: number;
}

/**
 * The log of inbound requests (`GET /api/v1/scim-requests`). A write that changed something has its row in the
 * transaction of the change; everything else is kept here, and stored in batches about once a second.
 */
export interface RequestLog {
  /** From here on the request is known; `sendReply` ends it. */
  begins(req: Request, res: Response): void;
  counts(): RequestLogCounts;
  flush(): Promise<void>;
  /** Removes what is older than the policy keeps. */
  purge(): Promise<void>;
  /** Stores what is left, and keeps no timer. */
  close(): Promise<void>;
}

/** Rows of one transaction: a few milliseconds. */
const SLICE = 400;
const FLUSH_MS = 1000;
const PURGE_MS = 3_600_000;
const DAY = 86_400_000;
/** Where a policy says nothing of it. */
const KEPT = { scimRequestDays: 30, ...DEFAULT_POLICY.retention };
const PURGE_SLICE = 1000;
/** Characters of addresses that are kept: clients may make them long. */
const MOST_TEXT = 32_000_000;
/** Refused tokens that are looked up in one flush, and between two turns of the event loop. */
const MOST_STRANGERS = 1000;
const STRANGERS_A_TURN = 50;

export function createRequestLog(ports: {
  readonly store: RequestLogStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Whose token it is, though it was refused (expired, revoked, paused, of another audience); null: nobody's. */
  readonly whose: (token: string) => Promise<Pick<Principal, 'tenantId' | 'tokenId'> | null>;
  /** Rows that are kept for the next flush. */
  readonly most?: number;
}): RequestLog {
  const { store, clock, log, whose, most = 50_000 } = ports;
  let kept: Trace[] = [];
  let strangers: { readonly trace: Trace; readonly token: string }[] = [];
  /** Rows that a running flush has taken, and characters of all that wait. */
  let inHand = 0;
  let text = 0;
  let dropped = 0;
  let reported = 0;
  let nobody = 0;
  let flushing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let purged = -Infinity;
  let purging: Promise<void> | null = null;
  const hourly = setInterval(() => void self.purge(), PURGE_MS).unref();

  const self: RequestLog = {
    begins(req, res) {
      const known = alwaysOf(req)?.requestId ?? res.getHeader('x-request-id');
      const requestId = typeof known === 'string' ? known : randomUUID();
      traced(req, new Trace({ requestId, method: req.method, url: req.url }, clock.now(), answered));
    },

    counts: () => ({ dropped, nobody }),

    async flush() {
      // Whoever asks while one is under way wants what came since, too.
      while (flushing !== null) await flushing;
      if (kept.length === 0 && strangers.length === 0) return;
      flushing = drain();
      try {
        await flushing;
      } finally {
        flushing = null;
      }
    },

    async purge() {
      purging ??= purge().finally(() => (purging = null));
      await purging;
    },

    async close() {
      closed = true;
      clearInterval(hourly);
      if (timer !== null) clearTimeout(timer);
      await self.flush();
      await purging;
      dropped += kept.length;
      kept = [];
      report();
    },
  };
  return self;

  function answered(trace: Trace, req: Request | null): void {
    if (req !== null) trace.caller ??= callerOf(req);
    const token = req !== null && trace.isRefusedAtTheDoor() ? tokenOf(req) : null;
    if (trace.caller !== undefined) {
      keep(trace);
    } else if (token === null) {
      nobody += 1;
    } else {
      if (strangers.length < MOST_STRANGERS) strangers.push({ trace, token });
      else dropped += 1;
      schedule();
    }
  }

  function keep(trace: Trace): void {
    if (kept.length + inHand >= most || text >= MOST_TEXT) {
      dropped += 1;
    } else {
      kept.push(trace);
      text += trace.url.length;
    }
    schedule();
  }

  function schedule(): void {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      void self.flush().finally(() => {
        timer = null;
        report();
        // What a failed flush left, and what came meanwhile.
        if (kept.length > 0 || strangers.length > 0) schedule();
        if (performance.now() - purged >= PURGE_MS) void self.purge();
      });
    }, FLUSH_MS).unref();
  }

  async function drain(): Promise<void> {
    await recogniseStrangers();
    const all = kept;
    kept = [];
    inHand = all.length;
    text = 0;
    // What one transaction waited for in vain, the next would wait for again.
    let isThere = true;
    try {
      for (const [tenantId, own] of Map.groupBy(all, ({ caller }) => caller?.tenantId ?? '')) {
        for (let from = 0; from < own.length; from += SLICE) {
          const slice = own.slice(from, from + SLICE);
          isThere &&= await stored(tenantId, slice);
          if (!isThere) {
            kept = kept.concat(slice);
            for (const { url } of slice) text += url.length;
          }
          inHand -= slice.length;
          await nextTurn();
        }
      }
    } finally {
      inHand = 0;
    }
  }

  /** False: not now, but perhaps later. */
  async function stored(tenantId: string, slice: readonly Trace[]): Promise<boolean> {
    try {
      const rows: ScimRequest[] = slice.map((trace) => trace.plainRow());
      await store.tenant(tenantId).write((tx) => tx.scimRequests.add(rows));
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'store.unavailable') return false;
      dropped += slice.length;
      log('error', 'scim.requests.store', { rows: slice.length, error: nameOf(error) });
      return true;
    }
  }

  /** A refused token may be known: then its tenant reads of the refusal. The texts of tokens are let go of here. */
  async function recogniseStrangers(): Promise<void> {
    const all = strangers;
    strangers = [];
    const owners = new Map<string, Awaited<ReturnType<typeof whose>>>();
    for (const { trace, token } of all) {
      let owner = owners.get(token);
      if (owner === undefined) {
        owner = await whose(token).catch(() => null);
        owners.set(token, owner);
        if (owners.size % STRANGERS_A_TURN === 0) await nextTurn();
      }
      if (owner === null) {
        nobody += 1;
      } else {
        trace.caller = owner;
        keep(trace);
      }
    }
  }

  async function purge(): Promise<void> {
    purged = performance.now();
    try {
      for (const { id } of await store.tenants()) {
        const tenant = store.tenant(id);
        const { retention = KEPT } = (await tenant.policy.current()).policy;
        const before = new Date(Date.parse(clock.now()) - retention.scimRequestDays * DAY).toISOString();
        while (!closed && (await tenant.write((tx) => tx.scimRequests.purge(before, PURGE_SLICE)))) await nextTurn();
      }
    } catch (error) {
      log('warn', 'scim.requests.purge', { error: nameOf(error) });
    }
  }

  function report(): void {
    if (dropped === reported) return;
    log('warn', 'scim.requests.dropped', { rows: dropped - reported, since_start: dropped });
    reported = dropped;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

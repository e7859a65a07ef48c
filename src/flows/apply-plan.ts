import { DomainError } from '../core/errors.ts';
import { reconsider } from '../core/reconcile/direct.ts';
import { reconcile } from '../core/reconcile/reconcile.ts';
import type { ChangeOp, ChangeState, DraftChange } from '../core/reconcile/plan.ts';
import { concludePlan } from './apply-plan/conclude-plan.ts';
import { changeAccount } from './apply-plan/change-account.ts';
import { createAccount } from './apply-plan/create-account.ts';
import { eraseContacts } from './apply-plan/erase-contacts.ts';
import { handOver } from './apply-plan/hand-over.ts';
import { linkAccount } from './apply-plan/link-account.ts';
import { createOwnedListing, type OwnedListing } from './apply-plan/owned-listing.ts';
import { leastPages, READ_BACK, readBackOf } from './apply-plan/read-back.ts';
import { removeAccount } from './apply-plan/remove-account.ts';
import type { Ending, Work } from './apply-plan/work.ts';
import type { DriftTarget } from './drift-port.ts';
import type { Change, Plan } from './plan-port.ts';
import type { Clock, Crypto, Log, Store, TenantStore } from './ports.ts';
import { loadWorld } from './world.ts';

/** A lease that is not renewed for this long may be taken over; the fence keeps its old holder from writing. */
const MAX_LEASE_MS = 5_000;
const MIN_LEASE_MS = 400;
/** So many changes in a row that failed or stayed unknown pause the plan: Drift, not the plan, has a problem. */
const BREAKER = 5;
/** A pass longer than this lets others have their turn: a removal must not wait for ten thousand creates. */
const SLICE_MS = 2_000;
/** What nothing brings back goes before everything else, and so does what it waits for. */
const FIRST: ReadonlySet<ChangeOp> = new Set(['handover', 'deprovision', 'erase']);

/** What may pass by itself; any other error is a bug, and the job says so. */
const MAY_PASS: ReadonlySet<string> = new Set(['drift.unreachable', 'drift.credential_dead', 'store.unavailable']);

const STEPS: Readonly<Record<ChangeOp, (work: Work) => Promise<Ending>>> = {
  link: linkAccount,
  create: createAccount,
  update: changeAccount,
  rename: changeAccount,
  role: changeAccount,
  handover: handOver,
  deprovision: removeAccount,
  erase: eraseContacts,
  accept_drift: (work) =>
    work.finish('failed', { code: 'failed.unsupported', detail: 'accept_drift is not part of this plan kind.' }),
};

/** What one pass over a plan took of Drift. */
interface Spent {
  calls: number;
  /** The fewest calls that the same changes could have taken. */
  minimum: number;
}

export interface ApplyPlan {
  /** Applies what is approved. `again`: unknown outcomes rest until then (ISO instant); null: nothing is left to do now. */
  apply(tenantId: string, planId: string, drift: DriftTarget): Promise<{ readonly again: string | null }>;
}

export function createApplyPlan(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly log: Log;
  /** How long an unknown outcome rests before it is read back. */
  readonly settleMs: number;
}): ApplyPlan {
  const { clock, crypto, log, settleMs } = ports;
  // Shorter than the settle window, so that a change that is taken over always rests before it is tried again.
  const leaseMs = Math.min(MAX_LEASE_MS, Math.max(MIN_LEASE_MS, settleMs / 3));
  const after = (ms: number): string => new Date(Date.parse(clock.now()) + ms).toISOString();

  async function apply(tenantId: string, planId: string, drift: DriftTarget): Promise<{ again: string | null }> {
    const store = ports.store.tenant(tenantId);
    let misses = 0;
    const spent: Spent = { calls: 0, minimum: 0 };
    const began = Date.parse(clock.now());
    const readBack = await readBackOf(store, planId);
    const owned = createOwnedListing(clock);
    for (;;) {
      const plan = await store.plans.get(planId);
      if (plan?.state !== 'applying') return { again: null };
      // Drift told that the app was taken away, or somebody paused the tenant: no further call of its plans goes out.
      if (await store.events.isTenantPaused()) {
        await count(store, plan.runId, spent);
        return { again: clock.now() };
      }
      const claimed = await store.write((tx) =>
        tx.plans.claim(planId, { at: clock.now(), leaseUntil: after(leaseMs), unknownBefore: after(-settleMs) }),
      );
      if (claimed === null) break;
      drift.takeCallCount();
      const ending = await one({ store, drift, plan, owned, readBack, ...claimed });
      if (ending === 'lost') continue;
      spent.calls += ending.calls;
      if (ending.state === 'done' || ending.state === 'verified')
        spent.minimum += claimed.change.draft.calls + (readBack === 'call' && READ_BACK.has(claimed.change.op) ? 1 : 0);
      misses = isMiss(ending.outcome.code) ? misses + 1 : 0;
      if (misses >= BREAKER) {
        await count(store, plan.runId, spent);
        return pause(store, plan);
      }
      // Only between good changes: a row of misses must be seen to be one.
      if (misses === 0 && Date.parse(clock.now()) - began > SLICE_MS) {
        await count(store, plan.runId, spent);
        return { again: clock.now() };
      }
    }
    const ended = await concludePlan(store, planId, drift, clock, crypto);
    spent.calls += ended.calls;
    spent.minimum += ended.verified === 0 ? 0 : Math.min(ended.verified, await leastPages(store));
    await count(store, ended.runId, spent);
    if (ended.left === 'unknown') return { again: after(settleMs) };
    if (ended.left === 'leased') return { again: after(leaseMs) };
    log('info', 'plan.applied', { plan: planId, state: ended.left });
    return { again: null };
  }

  /** Adds what this pass took to the run's account of Drift calls. */
  async function count(store: TenantStore, runId: string, spent: Spent): Promise<void> {
    const run = await store.runs.get(runId);
    if (run === null) return;
    await store.write((tx) =>
      tx.runs.update(runId, { calls: run.calls + spent.calls, minimumCalls: run.minimumCalls + spent.minimum }),
    );
  }

  async function one(input: {
    readonly store: TenantStore;
    readonly drift: DriftTarget;
    readonly plan: Plan;
    readonly owned: OwnedListing;
    readonly readBack: Work['readBack'];
    readonly change: Change;
    readonly from: ChangeState;
  }): Promise<Ending> {
    const { store, drift, plan, change, from } = input;
    const attempts = await store.plans.attempts(change.id);
    const open = attempts.filter((attempt) => attempt.outcome === undefined);
    const settled = after(-settleMs);
    const fresh = attempts.some(
      ({ outcome, finishedAt, intentAt }) =>
        (outcome === 'ok' || outcome === 'unknown') && (finishedAt ?? intentAt) > settled,
    );
    const work: Work = {
      store,
      drift,
      clock,
      crypto,
      plan,
      change,
      attempts,
      owned: input.owned,
      readBack: input.readBack,
      confirm: (...ops) => confirm(store, plan, change, ops),
      finish: async (state, outcome, also) => {
        const calls = change.calls + drift.takeCallCount();
        const written = await store.write(async (tx) => {
          const mine = await tx.plans.finish(change.id, change.fence, state, outcome, calls, clock.now());
          if (!mine) return false;
          await also?.(tx);
          await tx.audit.append({
            actor: 'system',
            kind: `change.${state}`,
            subject: change.id,
            data: { plan: plan.id, op: change.op, code: outcome.code, calls, account: outcome.accountId ?? null },
          });
          return true;
        });
        return written ? { state, outcome, calls: calls - change.calls } : 'lost';
      },
    };
    if (from === 'leased' && (open.length > 0 || fresh)) {
      // Whoever made this call died before its ending was written: it may still be under way, or not yet to be seen.
      await store.write(async (tx) => {
        for (const attempt of open) await tx.plans.settle(attempt.id, 'unknown', clock.now());
      });
      return work.finish('unknown', {
        code: 'unknown',
        detail: 'The call was cut off; it is read back after the settle window.',
      });
    }
    log('debug', 'change.claimed', { change: change.id, op: change.op, from, fence: change.fence });
    return withLease(store, change, async () => {
      try {
        const step = STEPS[change.op];
        return await (FIRST.has(change.op) ? drift.removal((first) => step({ ...work, drift: first })) : step(work));
      } catch (error) {
        if (!(error instanceof DomainError) || !MAY_PASS.has(error.code)) throw error;
        // A read that could not be answered decides nothing: the change rests and is looked at again.
        log('warn', 'change.interrupted', {
          change: change.id,
          op: change.op,
          error: error instanceof Error ? error.name : 'unknown',
        });
        return work.finish('unknown', {
          code: 'unknown.interrupted',
          detail: 'Drift could not be read; it is tried again after the settle window.',
        });
      }
    });
  }

  async function withLease(store: TenantStore, change: Change, step: () => Promise<Ending>): Promise<Ending> {
    let running = true;
    const heartbeat = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(leaseMs / 3);
        if (!running) return;
        await store.write((tx) => tx.plans.renew(change.id, change.fence, after(leaseMs)));
      }
    };
    heartbeat().catch((error: unknown) =>
      log('warn', 'lease.renew', { change: change.id, error: error instanceof Error ? error.name : 'unknown' }),
    );
    try {
      return await step();
    } finally {
      running = false;
    }
  }

  async function confirm(
    store: TenantStore,
    plan: Plan,
    change: Change,
    ops: readonly DraftChange['op'][],
  ): Promise<DraftChange | null> {
    const { personId, accountId } = change.draft;
    if (plan.kind === 'operation') {
      const { input } = await loadWorld(store, crypto, clock.now());
      return ops.includes(change.op) ? reconsider(input, change.draft) : null;
    }
    if (personId === undefined) return null;
    const { input } = await loadWorld(store, crypto, clock.now(), [personId], 'only');
    const { changes } = reconcile(input);
    return (
      changes.find(
        (draft) =>
          ops.includes(draft.op) &&
          draft.personId === personId &&
          (accountId === undefined || draft.accountId === accountId),
      ) ?? null
    );
  }

  async function pause(store: TenantStore, plan: Plan): Promise<{ again: null }> {
    await store.write(async (tx) => {
      if (!(await tx.plans.setState(plan.id, ['applying'], 'paused'))) return;
      await tx.runs.update(plan.runId, { stage: 'paused' });
      await tx.audit.append({ actor: 'system', kind: 'plan.breaker', subject: plan.id, data: { inARow: BREAKER } });
    });
    log('error', 'plan.breaker', { plan: plan.id, inARow: BREAKER });
    return { again: null };
  }

  return { apply };
}

/** Drift did not answer, or refused: a wait for another change of the plan is neither. */
function isMiss(code: string): boolean {
  return code.startsWith('unknown') || code.startsWith('refused.');
}

import { DomainError } from '../core/errors.ts';
import { canonicalText } from '../core/reconcile/canonical.ts';
import { type DirectRequest, planDirect } from '../core/reconcile/direct.ts';
import { scimValues } from './plan-operation/scim-values.ts';
import { type Plan, plannedChanges } from './plan-port.ts';
import type { Clock, Crypto, Store } from './ports.ts';
import type { Principal } from './principal.ts';
import type { Run } from './run-port.ts';
import { loadWorld } from './world.ts';

const HOUR = 3_600_000;

export interface PlanOperation {
  /**
   * Makes the plan of a Drift operation that is never called directly: one change (with the handovers that a removal
   * needs), the gates and protections of every plan, and an approval by its hash. `input` fits the operation's row. Throws
   * DomainError `conflict` where it must not be planned, `request.invalid` for what a plan cannot carry.
   */
  plan(input: {
    readonly tenantId: string;
    readonly by: Principal;
    readonly operation: string;
    readonly input: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };
    readonly reason?: string;
  }): Promise<{ readonly planId: string; readonly runId: string }>;
}

export function createPlanOperation(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): PlanOperation {
  const { clock, crypto } = ports;

  return {
    async plan({ tenantId, by, operation, input, reason }) {
      const request = requestOf(operation, input);
      const store = ports.store.tenant(tenantId);
      const now = clock.now();
      const world = await loadWorld(store, crypto, now);
      const why = [`asked for directly by ${by.subject} (${operation})`, ...(reason === undefined ? [] : [reason])];
      const result = planDirect(world.input, request, why.join(': '));
      if (result.kind === 'refused') throw new DomainError('conflict', result.reason);
      const people = [...new Set(result.drafts.flatMap(({ personId }) => (personId === undefined ? [] : [personId])))];
      const planId = crypto.uuid();
      const runId = crypto.uuid();
      const changes = plannedChanges({ planId, drafts: result.drafts, at: now, newId: () => crypto.uuid() });
      const doc = canonicalText({
        kind: 'operation',
        operation,
        runId,
        snapshotId: world.snapshotId,
        policyVersion: world.policyVersion,
        madeAt: now,
        changes: result.drafts,
      });
      const plan: Plan = {
        id: planId,
        runId,
        kind: 'operation',
        hash: crypto.hash(doc),
        state: changes.every(({ state }) => state === 'held') ? 'held' : 'ready',
        summary: result.summary,
        doc,
        gates: result.gates,
        requestedBy: by.subject,
        createdAt: now,
        expiresAt: new Date(Date.parse(now) + 24 * HOUR).toISOString(),
      };
      const run: Run = {
        id: runId,
        state: 'awaiting_approval',
        stage: 'planned',
        scope: { people },
        speculative: false,
        refresh: false,
        progress: { done: 0, total: 0 },
        ...(world.snapshotId === null ? {} : { snapshotId: world.snapshotId }),
        planId,
        situations: {},
        population: 0,
        gates: result.gates,
        calls: 0,
        minimumCalls: 0,
        requestedBy: by.subject,
        createdAt: now,
        startedAt: now,
      };
      await store.write(async (tx) => {
        await tx.runs.create(run);
        await tx.plans.create(plan, changes);
        await tx.audit.append({
          actor: by.tokenId,
          kind: 'plan.made',
          subject: planId,
          data: {
            run: runId,
            hash: plan.hash,
            operation,
            changes: changes.length,
            gates: plan.gates.map(({ code }) => code),
          },
        });
      });
      return { planId, runId };
    },
  };
}

function requestOf(
  operation: string,
  { params, body }: { readonly params?: unknown; readonly body?: unknown },
): DirectRequest {
  switch (operation) {
    case 'replace-scim-user':
    case 'patch-scim-user':
      return { kind: 'change', accountId: textOf(params, 'userId'), values: scimValues(body) };
    case 'delete-scim-user':
      return { kind: 'remove', accountId: textOf(params, 'userId') };
    case 'gdpr-delete':
      return { kind: 'erase', email: textOf(body, 'email') };
    default:
      throw new DomainError('request.invalid', `The operation ${operation} is not one that is planned.`);
  }
}

function textOf(input: unknown, name: string): string {
  const value: unknown =
    typeof input === 'object' ? (input as Readonly<Record<string, unknown>> | null)?.[name] : undefined;
  if ((typeof value === 'string' && value.trim() !== '') || typeof value === 'number') return String(value).trim();
  throw new DomainError('request.invalid', `The operation needs ${name}.`);
}

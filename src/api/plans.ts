import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import { CHANGE_OPS, type GateCode } from '../core/reconcile/plan.ts';
import type { Plan } from '../flows/plan-port.ts';
import { idInBody, idInPath } from './ids.ts';
import { type Page, equalTo, listRoute, mapped, sifted } from './list.ts';
import { CHANGE_STATES, changeAnswer, changeSchema, planAnswer, planSchema } from './plan-answer.ts';
import { printable } from './printable.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'plans';
const planParams = z.strictObject({ plan: idInPath('pln') });
const answers = { 200: { description: 'The plan as it stands now.', schema: planSchema } };
const reason = printable(1000).describe('kept with the decision');

const GATES = [
  ...(['empty_source', 'row_shrink', 'missing_from_feed', 'deprovisions', 'creates', 'renames'] as const),
  ...(['mass_attribute', 'column_fingerprint', 'contacts_touched', 'privileged', 'unit_vanished'] as const),
  ...(['bad_rows', 'incomplete_file', 'unknown_status'] as const),
] as const satisfies readonly GateCode[];

const approveBody = z
  .strictObject({
    hash: z.string().min(1).max(200).describe('of the plan as it was read'),
    classes: z.array(z.enum(CHANGE_OPS)).min(1).optional(),
    changes: z.array(idInBody('chg')).min(1).max(100_000).optional(),
    reason,
    apply: z.boolean().default(false).describe('start applying at once'),
    override: z
      .array(z.strictObject({ gate: z.enum(GATES), count: z.number().int().min(0), reason }))
      .default([])
      .describe('lets through once what a gate holds; count is the number that the gate shows'),
  })
  .meta({ id: 'Approve', description: 'Without classes or changes: all that no gate holds.' });

export function planRoutes(world: ApiWorld): readonly Route[] {
  const { store, approvePlan, inspect } = world;

  async function existing(tenantId: string, planId: string): Promise<Plan> {
    const plan = await store.tenant(tenantId).plans.get(planId);
    if (plan === null) throw new DomainError('not_found', 'No such plan.');
    return plan;
  }

  async function shown(tenantId: string, plan: Plan): Promise<z.output<typeof planSchema>> {
    const { plans } = store.tenant(tenantId);
    return planAnswer(plan, { ...(await plans.counts(plan.id)) }, await plans.approvals(plan.id));
  }

  /** A step of a plan's life that needs nothing but the plan. */
  function step(name: 'apply' | 'pause' | 'resume' | 'cancel', summary: string): Route {
    return route({
      method: 'post',
      path: `/plans/{plan}/${name}`,
      scope: 'approve',
      tag: TAG,
      summary,
      params: planParams,
      answers,
      async handle({ principal, params }) {
        const plan = await approvePlan[name](params.plan, principal);
        return { status: 200, body: await shown(principal.tenantId, plan) };
      },
    });
  }

  return [
    listRoute({
      path: '/plans',
      scope: 'read',
      tag: TAG,
      summary: 'Plans, newest first.',
      filters: { state: planSchema.shape.state.optional(), kind: planSchema.shape.kind.optional() },
      item: planSchema,
      csv: ['id', 'hash', 'runId', 'kind', 'state', 'summary', 'requestedBy', 'createdAt', 'expiresAt'],
      key: /^[0-9a-f-]{36}$/,
      async open({ principal: { tenantId } }, filters) {
        const { plans } = store.tenant(tenantId);
        const page: Page<Plan> = async (after, limit) =>
          (await plans.list(after, limit)).map((plan) => ({ key: plan.id, item: plan }));
        return { page: mapped(sifted(page, equalTo(filters)), (plan) => shown(tenantId, plan)) };
      },
    }),

    route({
      method: 'get',
      path: '/plans/{plan}',
      scope: 'read',
      tag: TAG,
      summary: 'One plan with its hash, numbers by class and state, gates and approvals.',
      params: planParams,
      answers,
      async handle({ principal, params }) {
        const plan = await existing(principal.tenantId, params.plan);
        return { status: 200, body: await shown(principal.tenantId, plan) };
      },
    }),

    listRoute({
      path: '/plans/{plan}/changes',
      scope: 'read',
      tag: TAG,
      summary: 'The changes of a plan in the order of their application.',
      params: planParams,
      filters: {
        op: z.enum(CHANGE_OPS).optional(),
        state: z.enum(CHANGE_STATES).optional(),
        gate: z.enum(GATES).optional(),
      },
      item: changeSchema,
      csv: ['id', 'op', 'state', 'target.accountId', 'target.userName', 'person.id', 'person.name', 'before', 'after']
        .concat(['handover.from', 'handover.to', 'handover.accounts', 'handover.contacts', 'reasons'])
        .concat(['reversibility', 'gates', 'outcome.code', 'outcome.detail', 'updatedAt']),
      key: /^\d{1,12}$/,
      async open({ principal, params }, { op, state, gate }) {
        const plan = await existing(principal.tenantId, params.plan);
        const filter = {
          ...(op === undefined ? {} : { op }),
          ...(state === undefined ? {} : { state }),
          ...(gate === undefined ? {} : { gate }),
        };
        return {
          page: async (after, limit) =>
            (await inspect.changes(principal.tenantId, plan.id, { ...filter, after: Number(after ?? 0), limit })).map(
              (change) => ({ key: String(change.seq), item: changeAnswer(change) }),
            ),
        };
      },
    }),

    route({
      method: 'post',
      path: '/plans/{plan}/approve',
      scope: 'approve',
      tag: TAG,
      summary: 'Approves changes of the plan by its hash; a held change needs an override of its gate.',
      params: planParams,
      body: approveBody,
      answers,
      async handle({ principal, params, body }) {
        const { hash, classes, changes, apply, override } = body;
        const plan = await approvePlan.approve({
          planId: params.plan,
          by: principal,
          hash,
          ...(classes === undefined ? {} : { classes }),
          ...(changes === undefined ? {} : { changes }),
          reason: body.reason,
          apply,
          overrides: override,
        });
        return { status: 200, body: await shown(principal.tenantId, plan) };
      },
    }),

    route({
      method: 'post',
      path: '/plans/{plan}/reject',
      scope: 'approve',
      tag: TAG,
      summary: 'Puts the plan aside for good.',
      params: planParams,
      body: z.strictObject({ reason }),
      answers,
      async handle({ principal, params, body }) {
        const plan = await approvePlan.reject(params.plan, principal, body.reason);
        return { status: 200, body: await shown(principal.tenantId, plan) };
      },
    }),

    step('apply', 'Starts applying what was approved; each change is checked again before its call.'),
    step('pause', 'Stops before the next change.'),
    step('resume', 'Goes on with a paused plan.'),
    step('cancel', 'Gives up what is not applied yet.'),
  ];
}

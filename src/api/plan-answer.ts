import { z } from 'zod';
import { ATTRIBUTE_RULES, type AttributeValues } from '../core/identity/attributes.ts';
import { CHANGE_OPS } from '../core/reconcile/plan.ts';
import type { ChangeView } from '../flows/inspect.ts';
import type { Approval, Plan } from '../flows/plan-port.ts';
import { candidateAnswer, candidateSchema, personAnswer } from './entry-answer.ts';
import { countsSchema, gateAnswer, gateSchema, personBriefSchema } from './gate.ts';
import { publicId } from './ids.ts';

export const PLAN_STATES = [
  ...(['ready', 'held', 'approved', 'applying', 'paused', 'done', 'rejected', 'expired', 'cancelled'] as const),
] as const;
export const CHANGE_STATES = [
  ...(['planned', 'held', 'approved', 'excluded', 'leased', 'done', 'verified', 'stale', 'failed'] as const),
  ...(['unknown', 'skipped'] as const),
] as const;

const approvalSchema = z.strictObject({
  id: z.string(),
  subject: z.string(),
  reason: z.string(),
  overrides: z.array(z.strictObject({ gate: z.string(), count: z.number(), reason: z.string() })),
  changes: z.number().int().describe('how many changes it approves'),
  createdAt: z.string(),
  expiresAt: z.string(),
});

export const planSchema = z
  .strictObject({
    id: z.string(),
    hash: z.string().describe('what an approval binds to'),
    runId: z.string(),
    kind: z.enum(['reconcile', 'speculative', 'operation']),
    state: z.enum(PLAN_STATES),
    summary: z.string(),
    counts: countsSchema,
    gates: z.array(gateSchema),
    requestedBy: z.string(),
    createdAt: z.string(),
    expiresAt: z.string().describe('an approval must start it before'),
    approvals: z.array(approvalSchema),
  })
  .meta({ id: 'Plan' });

const attributes = z
  .partialRecord(z.enum(ATTRIBUTE_RULES.map(({ name }) => name)), z.string())
  .describe('attributes that the change reads or writes');

export const changeSchema = z
  .strictObject({
    id: z.string(),
    op: z.enum(CHANGE_OPS),
    state: z.enum(CHANGE_STATES),
    target: z.strictObject({ accountId: z.string().nullable(), userName: z.string().nullable() }),
    person: personBriefSchema.nullable(),
    before: attributes,
    after: attributes,
    handover: z
      .strictObject({ from: z.string(), to: z.string(), accounts: z.number().int(), contacts: z.number().int() })
      .nullable(),
    expected: z.strictObject({ exists: z.boolean(), hash: z.string().nullable() }),
    reasons: z.array(z.string()),
    evidence: z.array(candidateSchema),
    reversibility: z.enum(['reversible', 'compensable', 'irreversible']),
    gates: z.array(z.string()),
    calls: z.strictObject({ least: z.number().int(), made: z.number().int() }),
    outcome: z.strictObject({ code: z.string(), detail: z.string(), accountId: z.string().nullable() }).nullable(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Change' });

export type ChangeAnswer = z.output<typeof changeSchema>;

export function planAnswer(
  plan: Plan,
  counts: z.output<typeof countsSchema>,
  approvals: readonly Approval[],
): z.output<typeof planSchema> {
  const { hash, kind, state, summary, gates, requestedBy, createdAt, expiresAt } = plan;
  return {
    ...{ id: publicId('pln', plan.id), hash, runId: publicId('run', plan.runId), kind, state, summary, counts },
    gates: gates.map(gateAnswer),
    ...{ requestedBy, createdAt, expiresAt },
    approvals: approvals.map((approval) => ({
      id: publicId('apr', approval.id),
      subject: approval.subject,
      reason: approval.reason,
      overrides: approval.overrides.map((override) => ({ ...override })),
      changes: approval.changes.length,
      createdAt: approval.createdAt,
      expiresAt: approval.expiresAt,
    })),
  };
}

export function changeAnswer(change: ChangeView): ChangeAnswer {
  const { draft, outcome, account } = change;
  return {
    id: publicId('chg', change.id),
    op: change.op,
    state: change.state,
    target: {
      accountId: draft.accountId ?? outcome?.accountId ?? null,
      userName: draft.before.userName ?? draft.after.userName ?? account?.userName ?? null,
    },
    person: personAnswer(change.person),
    before: valuesAnswer(draft.before),
    after: valuesAnswer(draft.after),
    handover: draft.handover ?? null,
    expected: { exists: draft.expected.exists, hash: draft.expected.hash ?? null },
    reasons: [...draft.reasons],
    evidence: draft.evidence.map(candidateAnswer),
    reversibility: draft.reversibility,
    gates: [...change.gates],
    calls: { least: draft.calls, made: change.calls },
    outcome:
      outcome === undefined
        ? null
        : { code: outcome.code, detail: outcome.detail, accountId: outcome.accountId ?? null },
    updatedAt: change.updatedAt,
  };
}

function valuesAnswer(values: AttributeValues): Partial<Record<keyof AttributeValues, string>> {
  return { ...values };
}

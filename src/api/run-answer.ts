import { z } from 'zod';
import type { SnapshotInfo } from '../flows/account-port.ts';
import type { Plan } from '../flows/plan-port.ts';
import type { Run, RunScope } from '../flows/run-port.ts';
import { countsSchema, gateAnswer, gateSchema } from './gate.ts';
import { publicId } from './ids.ts';

export const situationsSchema = z
  .record(z.string(), z.number().int())
  .describe('{CODE: n}; the numbers add up to population');

export const runSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum([
      ...(['queued', 'observing', 'planning', 'awaiting_approval', 'applying', 'verifying'] as const),
      ...(['done', 'partial', 'failed', 'cancelled'] as const),
    ]),
    stage: z.string(),
    progress: z.strictObject({ done: z.number().int(), total: z.number().int() }),
    planId: z.string().nullable(),
    snapshotId: z.string().nullable(),
    observed: z
      .strictObject({
        at: z.string(),
        agents: z.number().int(),
        accounts: z.number().int().nullable().describe('null: the organisation shows none'),
        contacts: z.number().int().nullable().describe('null: they cannot be listed'),
      })
      .nullable()
      .describe('what the snapshot that was compared holds of Drift; null: none was taken'),
    scope: z.union([z.literal('all'), z.strictObject({ people: z.array(z.string()) })]),
    speculative: z.boolean(),
    refresh: z.boolean(),
    situations: situationsSchema,
    population: z.number().int().describe('persons in scope plus unlinked accounts'),
    gates: z.array(gateSchema),
    plan: z
      .strictObject({ id: z.string(), hash: z.string(), state: z.string(), summary: z.string(), counts: countsSchema })
      .nullable(),
    drift: z.strictObject({
      calls: z.number().int(),
      minimum: z.number().int().describe('the fewest calls that the same work could have taken'),
    }),
    error: z.string().nullable(),
    requestedBy: z.string(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    timings: z
      .strictObject({ waitedMs: z.number().nullable(), tookMs: z.number().nullable() })
      .describe('from the request to the start, and from the start to the end'),
  })
  .meta({ id: 'Run' });

export type RunAnswer = z.output<typeof runSchema>;

export function runAnswer(
  run: Run,
  planned: { readonly plan: Plan; readonly counts: z.output<typeof countsSchema> } | null,
  observed: SnapshotInfo | null,
): RunAnswer {
  const { state, stage, progress, speculative, refresh, population, createdAt, startedAt, endedAt } = run;
  return {
    id: publicId('run', run.id),
    state,
    stage,
    progress,
    planId: run.planId === undefined ? null : publicId('pln', run.planId),
    snapshotId: run.snapshotId === undefined ? null : publicId('snp', run.snapshotId),
    observed:
      observed === null
        ? null
        : {
            at: observed.startedAt,
            agents: observed.accounts,
            accounts: observed.companies,
            contacts: observed.contacts,
          },
    scope: scopeAnswer(run.scope),
    speculative,
    refresh,
    situations: { ...run.situations },
    population,
    gates: run.gates.map(gateAnswer),
    plan:
      planned === null
        ? null
        : {
            id: publicId('pln', planned.plan.id),
            hash: planned.plan.hash,
            state: planned.plan.state,
            summary: planned.plan.summary,
            counts: planned.counts,
          },
    drift: { calls: run.calls, minimum: run.minimumCalls },
    error: run.error ?? null,
    requestedBy: run.requestedBy,
    createdAt,
    startedAt: startedAt ?? null,
    endedAt: endedAt ?? null,
    timings: { waitedMs: between(createdAt, startedAt), tookMs: between(startedAt, endedAt) },
  };
}

function scopeAnswer(scope: RunScope): RunAnswer['scope'] {
  return scope === 'all' ? 'all' : { people: scope.people.map((id) => publicId('per', id)) };
}

function between(from: string | undefined, to: string | undefined): number | null {
  return from === undefined || to === undefined ? null : Date.parse(to) - Date.parse(from);
}

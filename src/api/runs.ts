import { z } from 'zod';
import { SITUATIONS } from '../core/reconcile/situation.ts';
import { DomainError } from '../core/errors.ts';
import type { Run, RunScope } from '../flows/run-port.ts';
import { entryAnswer, entrySchema } from './entry-answer.ts';
import { idInBody, idInPath, personOrAccount, publicId } from './ids.ts';
import { type Page, equalTo, flag, listRoute, mapped, sifted } from './list.ts';
import { mustRun } from './paused.ts';
import { type Route, route } from './route.ts';
import { type RunAnswer, runAnswer, runSchema } from './run-answer.ts';
import { renderRunReport } from './run-report.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'runs';
/** A request is held open so long at the most, in seconds. */
const MOST_WAIT = 60;
const POLL_MS = 150;
/** States in which a run goes no further by itself. */
const RESTING: ReadonlySet<Run['state']> = new Set(['awaiting_approval', 'done', 'partial', 'failed', 'cancelled']);
/** Entries on a printed page; the rest is in the list. */
const PRINTED = 2000;
const PAGE = 500;
/** Moves that a comparison names one by one. */
const MOVES = 1000;

const runParams = z.strictObject({ run: idInPath('run') });
const runAnswers = { 200: { description: 'The run.', schema: runSchema } };

const comparisonSchema = z
  .strictObject({
    run: z.string(),
    other: z.string(),
    situations: z.record(
      z.string(),
      z.strictObject({ entered: z.number().int(), left: z.number().int(), stayed: z.number().int() }),
    ),
    moved: z
      .array(
        z.strictObject({
          person: z.string().nullable(),
          account: z.string().nullable(),
          from: z.string().nullable().describe('situation in the other run; null: it was not there'),
          to: z.string().nullable().describe('situation in this run; null: it is not there'),
        }),
      )
      .describe('first 1,000'),
  })
  .meta({ id: 'RunComparison' });

export function runRoutes(world: ApiWorld): readonly Route[] {
  const { store, clock, makePlan, inspect } = world;

  async function existing(tenantId: string, runId: string): Promise<Run> {
    const run = await store.tenant(tenantId).runs.get(runId);
    if (run === null) throw new DomainError('not_found', 'No such run.');
    return run;
  }

  async function shown(tenantId: string, run: Run): Promise<RunAnswer> {
    const { plans, accounts } = store.tenant(tenantId);
    const observed = run.snapshotId === undefined ? null : await accounts.snapshot(run.snapshotId);
    const plan = run.planId === undefined ? null : await plans.get(run.planId);
    const planned = plan === null ? null : { plan, counts: { ...(await plans.counts(plan.id)) } };
    return runAnswer(run, planned, observed);
  }

  async function settled(tenantId: string, run: Run, seconds: number, gone: AbortSignal): Promise<Run> {
    const until = Date.parse(clock.now()) + seconds * 1000;
    let now = run;
    while (!RESTING.has(now.state) && Date.parse(clock.now()) < until && !gone.aborted) {
      await clock.sleep(POLL_MS);
      now = await existing(tenantId, run.id);
    }
    return now;
  }

  async function knownPeople(tenantId: string, scope: RunScope): Promise<RunScope> {
    if (scope === 'all') return scope;
    const known = new Set((await store.tenant(tenantId).people.states(scope.people)).map(({ id }) => id));
    const places = scope.people.flatMap((id, index) =>
      known.has(id)
        ? []
        : [{ path: `body.scope.people[${index}]`, code: 'unknown_person', message: 'is not a person here' }],
    );
    if (places.length === 0) return scope;
    throw new DomainError('request.invalid', 'The scope names people that are not known here.', { places });
  }

  return [
    route({
      method: 'post',
      path: '/runs',
      scope: 'plan',
      tag: TAG,
      summary: 'Starts a run: observes Drift, compares, plans, and applies what policy approves by itself.',
      query: z.strictObject({
        wait: z.coerce
          .number()
          .int()
          .min(0)
          .max(MOST_WAIT)
          .default(0)
          .describe('seconds to hold the answer until the run rests'),
      }),
      body: z.strictObject({
        scope: z
          .union([z.literal('all'), z.strictObject({ people: z.array(idInBody('per')).min(1).max(PAGE) })])
          .default('all'),
        speculative: z.boolean().default(false).describe('plan and report, apply nothing'),
        refresh: z.boolean().default(true).describe('observe Drift anew; false compares with the stored snapshot'),
      }),
      answers: {
        200: { description: 'The run, at rest: done, or waiting for an approval.', schema: runSchema },
        202: { description: 'The run goes on.', schema: runSchema },
      },
      async handle({ principal, query, body, gone }) {
        const { tenantId, subject } = principal;
        await mustRun(world.tenants, tenantId);
        const scope = await knownPeople(tenantId, body.scope);
        const { speculative, refresh } = body;
        const started = await makePlan.start({ tenantId, scope, speculative, refresh, by: subject });
        const run = await settled(tenantId, started, query.wait, gone);
        return {
          status: RESTING.has(run.state) ? 200 : 202,
          body: await shown(tenantId, run),
          headers: { location: `/api/v1/runs/${publicId('run', run.id)}` },
        };
      },
    }),

    listRoute({
      path: '/runs',
      scope: 'read',
      tag: TAG,
      summary: 'Runs, newest first.',
      filters: { state: runSchema.shape.state.optional(), speculative: flag.optional() },
      item: runSchema,
      csv: ['id', 'state', 'speculative', 'population', 'situations', 'plan.id', 'plan.state', 'plan.summary'].concat([
        'drift.calls',
        'drift.minimum',
        'error',
        'requestedBy',
        'createdAt',
        'startedAt',
        'endedAt',
      ]),
      key: /^[0-9a-f-]{36}$/,
      async open({ principal: { tenantId } }, filters) {
        const { runs } = store.tenant(tenantId);
        const page: Page<Run> = async (after, limit) =>
          (await runs.list(after, limit)).map((run) => ({ key: run.id, item: run }));
        return { page: mapped(sifted(page, equalTo(filters)), (run) => shown(tenantId, run)) };
      },
    }),

    route({
      method: 'get',
      path: '/runs/{run}',
      scope: 'read',
      tag: TAG,
      summary: 'One run; with "Accept: text/html" a page to read and print.',
      params: runParams,
      answers: { 200: { ...runAnswers[200], media: ['text/html'] } },
      async handle({ principal, params, request }) {
        const run = await shown(principal.tenantId, await existing(principal.tenantId, params.run));
        if (request.accepts(['application/json', 'text/html']) !== 'text/html') return { status: 200, body: run };
        const entries = [];
        let after = 0;
        while (entries.length < PRINTED) {
          const page = await inspect.entries(principal.tenantId, params.run, {}, after, PAGE);
          entries.push(...page.map(entryAnswer));
          after = page.at(-1)?.n ?? after;
          if (page.length < PAGE) break;
        }
        const { html, policy } = renderRunReport({ run, entries, demo: world.demo, now: clock.now() });
        return {
          status: 200,
          mediaType: 'text/html; charset=utf-8',
          text: html,
          headers: { 'content-security-policy': policy },
        };
      },
    }),

    listRoute({
      path: '/runs/{run}/entries',
      scope: 'read',
      tag: TAG,
      summary: 'One entry per person in scope and per unlinked account.',
      params: runParams,
      filters: {
        situation: z.enum(SITUATIONS).optional(),
        gate: z
          .string()
          .regex(/^\w{1,40}$/)
          .optional()
          .describe('entries with a change that this gate holds'),
        attribute: z
          .string()
          .regex(/^\w{1,40}$/)
          .optional()
          .describe('entries in which this attribute differs'),
      },
      item: entrySchema,
      csv: ['situation', 'flags', 'person.id', 'person.name', 'person.userName', 'person.emails', 'account.id']
        .concat(['account.userName', 'account.email', 'lifecycle.expected', 'lifecycle.effective', 'lifecycle.dueAt'])
        .concat(['lifecycle.rule', 'disposition', 'reasons', 'changes']),
      key: /^\d{1,12}$/,
      async open({ principal, params }, { situation, gate, attribute }) {
        const run = await existing(principal.tenantId, params.run);
        const filter = {
          ...(situation === undefined ? {} : { situation }),
          ...(gate === undefined ? {} : { gate }),
          ...(attribute === undefined ? {} : { attribute }),
        };
        const isWhole = Object.keys(filter).length === 0;
        return {
          page: async (after, limit) =>
            (await inspect.entries(principal.tenantId, run.id, filter, Number(after ?? 0), limit)).map((entry) => ({
              key: String(entry.n),
              item: entryAnswer(entry),
            })),
          ...(isWhole ? { total: async () => run.population } : {}),
        };
      },
    }),

    route({
      method: 'get',
      path: '/runs/{run}/compare/{other}',
      scope: 'read',
      tag: TAG,
      summary: 'Who entered, left and stayed in each situation since the other run.',
      params: runParams.extend({ other: idInPath('run') }),
      answers: { 200: { description: 'The difference.', schema: comparisonSchema } },
      async handle({ principal, params }) {
        const { situations, moved } = await inspect.compare(principal.tenantId, params.run, params.other);
        return {
          status: 200,
          body: {
            run: publicId('run', params.run),
            other: publicId('run', params.other),
            situations,
            moved: moved.slice(0, MOVES).map(({ personId, accountId, from, to }) => ({
              person: personId === null ? null : personOrAccount(personId),
              account: accountId,
              from,
              to,
            })),
          },
        };
      },
    }),
  ];
}

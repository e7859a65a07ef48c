import { z } from 'zod';
import { type Capabilities, judgeCapabilities, readCapabilities, withCarrier } from '../core/capabilities.ts';
import { type Route, route } from './route.ts';
import { tokenChecks } from './token-checks.ts';
import { webhookChecks } from './webhook-checks.ts';
import type { ApiWorld, Check } from './world.ts';

const TAG = 'administration';
const DAY = 86_400_000;
/** A request is held open so long at the most, in seconds. */
const MOST_WAIT = 60;
const POLL_MS = 150;

const attributeSchema = z.strictObject({ name: z.string(), type: z.string().nullable() });

const capabilitiesSchema: z.ZodType<Capabilities> = z
  .strictObject({
    probedAt: z.string(),
    orgId: z.string().nullable(),
    scimPath: z.string().nullable(),
    scimEntitled: z.boolean().nullable(),
    scopes: z
      .strictObject({
        granted: z.array(z.string()),
        missing: z.array(
          z.strictObject({ scope: z.string(), operations: z.array(z.string()).describe('what will not work') }),
        ),
        excess: z.array(z.string()),
      })
      .nullable(),
    filter: z.enum(['honoured', 'ignored', 'refused', 'wrong']).nullable(),
    activeName: z.enum(['active', 'isActive', 'both']).nullable(),
    contactListing: z.enum(['listed', 'empty', 'refused']).nullable(),
    contactOwnerId: z.boolean().nullable(),
    accountListing: z.enum(['listed', 'refused']).nullable(),
    attributes: z.array(attributeSchema).nullable(),
    carrier: z
      .strictObject({ name: z.string(), declared: z.boolean().nullable() })
      .nullable()
      .describe('the attribute of policy ownership.contactAttribute'),
    unknown: z.record(z.string(), z.string()).describe('fact -> why it is not known, or from when its value is'),
  })
  .meta({ id: 'DriftCapabilities' });

const doctorSchema = z
  .strictObject({
    ok: z.boolean().describe('false when a check failed'),
    demo: z.boolean(),
    checks: z.array(z.strictObject({ code: z.string(), state: z.enum(['ok', 'warn', 'fail']), detail: z.string() })),
    capabilities: capabilitiesSchema
      .nullable()
      .describe('what the Drift organisation can do, as last probed by harmless reads; null: never probed'),
  })
  .meta({ id: 'Doctor' });

export function doctorRoutes(world: ApiWorld): readonly Route[] {
  const { store, clock } = world;

  async function probed(tenantId: string): Promise<Capabilities | null> {
    const tenant = store.tenant(tenantId);
    const capabilities = readCapabilities(await tenant.settings.get('drift.capabilities'));
    // Policy may name another attribute since.
    const { policy } = await tenant.policy.current();
    return capabilities === null ? null : withCarrier(capabilities, policy.ownership.contactAttribute);
  }

  async function examined(tenantId: string): Promise<z.output<typeof doctorSchema>> {
    const capabilities = await probed(tenantId);
    const checks = [
      await storeCheck(world),
      ...(await sourceChecks(world, tenantId)),
      ...(await tokenChecks(world, tenantId)),
      ...(await world.checks(tenantId)),
      ...judgeCapabilities(capabilities),
      ...(await webhookChecks(world, tenantId)),
    ];
    return { ok: !checks.some(({ state }) => state === 'fail'), demo: world.demo, checks, capabilities };
  }

  return [
    route({
      method: 'get',
      path: '/doctor',
      scope: 'read',
      tag: TAG,
      summary: 'What an operator should know: store, sources, tokens, Drift and what it can do.',
      answers: { 200: { description: 'Each check with its state.', schema: doctorSchema } },
      async handle({ principal }) {
        return { status: 200, body: await examined(principal.tenantId) };
      },
    }),

    route({
      method: 'post',
      path: '/doctor/probe',
      scope: 'admin',
      tag: TAG,
      summary: 'Measures anew what Drift can do, with harmless reads only; a worker does it.',
      query: z.strictObject({
        wait: z.coerce
          .number()
          .int()
          .min(0)
          .max(MOST_WAIT)
          .default(0)
          .describe('seconds to hold the answer until Drift was probed'),
      }),
      answers: {
        200: { description: 'Drift was probed.', schema: doctorSchema },
        202: { description: 'The probe goes on; the answer is as things were before.', schema: doctorSchema },
      },
      async handle({ principal: { tenantId, tokenId }, query, gone }) {
        const asked = clock.now();
        await store.tenant(tenantId).write(async (tx) => {
          await tx.jobs.enqueue({ kind: 'probe', dedupeKey: 'probe', payload: {} });
          await tx.audit.append({ actor: tokenId, kind: 'probe.requested', subject: tenantId, data: {} });
        });
        const until = Date.parse(asked) + query.wait * 1000;
        const isDone = async (): Promise<boolean> => ((await probed(tenantId))?.probedAt ?? '') >= asked;
        let done = false;
        while (!done && Date.parse(clock.now()) < until && !gone.aborted) {
          await clock.sleep(POLL_MS);
          done = await isDone();
        }
        return { status: done ? 200 : 202, body: await examined(tenantId) };
      },
    }),
  ];
}

async function storeCheck({ ping }: ApiWorld): Promise<Check> {
  try {
    await ping();
    return { code: 'store', state: 'ok', detail: 'The store takes writes.' };
  } catch {
    return { code: 'store', state: 'fail', detail: 'The store takes no writes; the log says why.' };
  }
}

async function sourceChecks({ store, clock }: ApiWorld, tenantId: string): Promise<readonly Check[]> {
  const tenant = store.tenant(tenantId);
  const { policy } = await tenant.policy.current();
  const checks: Check[] = [];
  for (const [feed, { staleAfterDays }] of Object.entries(policy.sources.feeds)) {
    const last = await tenant.imports.lastAccepted(feed);
    const code = `feed.${feed}`;
    if (last === null) {
      checks.push({ code, state: 'warn', detail: 'No file was accepted yet; HR has no vote.' });
      continue;
    }
    const days = Math.floor((Date.parse(clock.now()) - Date.parse(last.acceptedAt)) / DAY);
    const stale = days > staleAfterDays;
    const age = days === 0 ? 'today' : `${days} days ago`;
    checks.push({
      code,
      state: stale ? 'warn' : 'ok',
      detail: `The last file was accepted ${age}${stale ? '; the feed is stale and has no vote' : ''}.`,
    });
  }
  return checks;
}

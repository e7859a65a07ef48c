import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { AuditRecord } from '../flows/audit-port.ts';
import { equalTo, listRoute, sifted } from './list.ts';
import { type Route, route } from './route.ts';
import type { ApiWorld } from './world.ts';

const TAG = 'administration';

const auditSchema = z
  .strictObject({
    seq: z.number().int(),
    at: z.string(),
    actor: z.string().describe('token id, "policy" or "system"'),
    kind: z.string(),
    subject: z.string(),
    data: z.record(z.string(), z.unknown()).describe('ids, codes, counts and keyed hashes'),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });

const verdictSchema = z
  .strictObject({
    ok: z.boolean(),
    entries: z.number().int(),
    head: z.string().describe('hash of the last entry'),
    checkpoint: z.number().int().describe('the last entry that is in order'),
    brokenAt: z.number().int().nullable().describe('the first entry that is missing or changed'),
  })
  .meta({ id: 'AuditVerdict' });

const tenantSchema = z
  .strictObject({ id: z.string(), name: z.string(), state: z.enum(['active', 'paused']) })
  .meta({ id: 'Tenant' });

export function administrationRoutes(world: ApiWorld): readonly Route[] {
  /** The tenant of the credential, under its own id: no path reaches another one. */
  function switchTenant(name: 'pause' | 'resume', summary: string): Route {
    return route({
      method: 'post',
      path: `/tenants/{tenant}/${name}`,
      scope: 'admin',
      tag: TAG,
      summary,
      params: z.strictObject({ tenant: z.string().max(63) }),
      answers: { 200: { description: 'The tenant as it is now.', schema: tenantSchema } },
      async handle({ principal, params }) {
        const known = params.tenant === principal.tenantId;
        if (!known || !(await world.tenants[name](params.tenant, principal.tokenId))) {
          throw new DomainError('not_found', 'No such tenant.');
        }
        return { status: 200, body: await tenantAnswer(world, principal.tenantId) };
      },
    });
  }

  return [
    listRoute({
      path: '/audit',
      scope: 'admin',
      tag: TAG,
      summary: 'The audit log, oldest first: a hash chain of ids, codes and keyed hashes.',
      filters: {
        kind: z.string().max(100).optional(),
        subject: z.string().max(200).optional(),
        actor: z.string().max(200).optional(),
      },
      item: auditSchema,
      csv: ['seq', 'at', 'actor', 'kind', 'subject', 'data', 'hash'],
      key: /^\d{1,15}$/,
      async open({ principal }, filters) {
        const trail = world.audit(principal.tenantId);
        return {
          page: sifted(
            async (after, limit) =>
              (await trail.list(Number(after ?? 0), limit)).map((record) => ({
                key: String(record.seq),
                item: auditAnswer(record),
              })),
            equalTo(filters),
          ),
        };
      },
    }),

    route({
      method: 'get',
      path: '/audit/verify',
      scope: 'admin',
      tag: TAG,
      summary: 'Recomputes the whole chain.',
      answers: { 200: { description: 'Whether every entry is what its hash says.', schema: verdictSchema } },
      async handle({ principal }) {
        const { ok, entries, head, brokenAt } = await world.audit(principal.tenantId).verify();
        return { status: 200, body: { ok, entries, head, checkpoint: entries, brokenAt: brokenAt ?? null } };
      },
    }),

    route({
      method: 'get',
      path: '/tenants',
      scope: 'admin',
      tag: TAG,
      summary: 'The tenant of the token.',
      answers: {
        200: {
          description: 'A list of one.',
          schema: z.strictObject({ items: z.array(tenantSchema), next: z.null(), total: z.number().int() }),
        },
      },
      async handle({ principal }) {
        return { status: 200, body: { items: [await tenantAnswer(world, principal.tenantId)], next: null, total: 1 } };
      },
    }),

    switchTenant('pause', 'Refuses its tokens and lets its jobs wait; administrators still get in.'),
    switchTenant('resume', 'Takes requests and jobs again.'),
  ];
}

async function tenantAnswer({ tenants }: ApiWorld, tenantId: string): Promise<z.output<typeof tenantSchema>> {
  const tenant = await tenants.get(tenantId);
  if (tenant === null) throw new DomainError('not_found', 'No such tenant.');
  return { id: tenant.id, name: tenant.name, state: tenant.state };
}

function auditAnswer({ seq, at, actor, kind, subject, data, hash }: AuditRecord): z.output<typeof auditSchema> {
  return { seq, at, actor, kind, subject, data: { ...data }, hash };
}

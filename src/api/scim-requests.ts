import { z } from 'zod';
import type { ScimRequest, ScimRequestFilter, ScimRequestKey } from '../flows/scim-request-port.ts';
import { idInBody, publicId } from './ids.ts';
import { flag, listRoute } from './list.ts';
import type { Route } from './route.ts';
import type { ApiWorld } from './world.ts';

/** The operation in the key of a request itself. */
const WHOLE = -1;
const KEY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([\w-]{1,64}) (-1|\d{1,9})$/;

const requestSchema = z
  .strictObject({
    at: z.string().describe('when it came'),
    requestId: z.string().describe('as `x-request-id` of the answer; operations of a Bulk request share it'),
    operation: z.number().int().nullable().describe('of a Bulk request: which operation, 0-based; else null'),
    token: z.string().describe('id of the token, never its text'),
    method: z.string(),
    path: z.string().describe('route and resource id; of the query only names and operators, values as "…"'),
    status: z.number().int().describe('of a write that changed something: as it was committed'),
    code: z.string().nullable().describe('why it was refused'),
    before: z.string().nullable().describe('keyed hash of the resource as it was'),
    after: z.string().nullable().describe('keyed hash of the resource as it is since'),
    person: z.string().nullable(),
    resource: z.string().nullable(),
    changed: z.array(z.string()).describe('names of the attributes that it changed'),
    durationMs: z.number().describe('until the answer was ready; of a write that changed something, until its commit'),
  })
  .meta({ id: 'ScimRequest' });

const id = z.string().min(1).max(64);
/** Any instant of ISO 8601, as the store writes it. */
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export function scimRequestRoutes({ store }: ApiWorld): readonly Route[] {
  return [
    listRoute({
      path: '/scim-requests',
      scope: 'read',
      tag: 'administration',
      summary: 'Every inbound SCIM request of the tenant, newest first: who, what, the outcome; no values, no secrets.',
      filters: {
        method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
        writes: flag
          .optional()
          .describe('only what is no GET; with resource or person found at once, however long the log'),
        status: z
          .string()
          .regex(/^[1-5](\d\d|xx)$/, 'must be a status such as 409, or a class such as 4xx')
          .optional(),
        code: z.string().max(64).optional(),
        token: id.optional().describe('id of a token'),
        resource: id.optional().describe('id of a user or group'),
        person: idInBody('per').optional(),
        request: id.optional().describe('`x-request-id` of an answer'),
        since: instant.optional().describe('from this instant on'),
        until: instant.optional().describe('before this instant'),
      },
      item: requestSchema,
      csv: ['at', 'requestId', 'operation', 'token', 'method', 'path', 'status', 'code', 'before', 'after'].concat([
        ...['person', 'resource', 'changed', 'durationMs'],
      ]),
      key: KEY,
      open: async ({ principal }, filters) => {
        const { scimRequests } = store.tenant(principal.tenantId);
        const wanted = filterOf(filters);
        return {
          page: async (after, limit) =>
            (await scimRequests.list(wanted, after === null ? null : keyOf(after), limit)).map((request) => ({
              key: `${request.at} ${request.requestId} ${String(request.operation ?? WHOLE)}`,
              item: requestAnswer(request),
            })),
        };
      },
    }),
  ];
}

interface Filters {
  readonly method?: string | undefined;
  readonly writes?: boolean | undefined;
  readonly status?: string | undefined;
  readonly code?: string | undefined;
  readonly token?: string | undefined;
  readonly resource?: string | undefined;
  readonly person?: string | undefined;
  readonly request?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

function filterOf({
  status,
  method,
  writes,
  code,
  token,
  resource,
  person,
  request,
  since,
  until,
}: Filters): ScimRequestFilter {
  const [least, most] = [Number(status?.replace('xx', '00')), Number(status?.replace('xx', '99'))];
  return {
    ...(status === undefined ? {} : { status: [least, most] }),
    ...(method === undefined ? {} : { method }),
    ...(writes === true ? { writes } : {}),
    ...(code === undefined ? {} : { code }),
    ...(token === undefined ? {} : { tokenId: token }),
    ...(resource === undefined ? {} : { resourceId: resource }),
    ...(person === undefined ? {} : { personId: person }),
    ...(request === undefined ? {} : { requestId: request }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

/** `text` matches KEY. */
function keyOf(text: string): ScimRequestKey {
  const [, at = '', requestId = '', operation = ''] = KEY.exec(text) ?? [];
  return { at, requestId, operation: Number(operation) };
}

function requestAnswer(request: ScimRequest): z.output<typeof requestSchema> {
  const { at, requestId, method, path, status, changed, durationMs, personId } = request;
  return {
    ...{ at, requestId, operation: request.operation ?? null, token: request.tokenId, method, path, status },
    code: request.code ?? null,
    before: request.before ?? null,
    after: request.after ?? null,
    person: personId === undefined ? null : publicId('per', personId),
    resource: request.resourceId ?? null,
    changed: [...changed],
    durationMs,
  };
}

import { randomUUID } from 'node:crypto';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import type { Sent } from './bridge-app.ts';
import type { Holdings, Kind } from './holdings.ts';
import { DOCUMENT, type MountedRoute, type Operation } from './mounted-routes.ts';

/** Parameters of paths by name: a route with another name has to be told apart here before it can be tried. */
const PATH_KINDS: Readonly<Record<string, Kind>> = {
  ...{ run: 'run', other: 'run', plan: 'plan', import: 'import', person: 'person', agent: 'agent', token: 'token' },
  ...{ tenant: 'tenant', feed: 'feed', batch: 'batch' },
};

export interface PathId {
  readonly name: string;
  readonly kind: Kind;
}

/** Ids in the path; those of discovery are schemas and types, the same for everybody. */
export function pathIds({ path, scope }: MountedRoute): readonly PathId[] {
  if (scope === 'public') return [];
  // The name of an operation is a word of a table, the same for everybody.
  const names = [...path.matchAll(/\{(\w+)\}/g)].filter(([, name]) => name !== 'operation');
  return names.map(([, name = '']) => {
    const kind = name === 'id' ? (path.startsWith('/scim/v2/Users/') ? 'user' : 'group') : PATH_KINDS[name];
    if (kind === undefined) throw new Error(`${path}: what is {${name}} the id of? (test/matrix/requests.ts)`);
    return { name, kind };
  });
}

export function pathWith(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'operation' ? 'request' : (values[name] ?? 'User'),
  );
}

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const MESSAGE = 'urn:ietf:params:scim:api:messages:2.0';

/** A body that the route takes, with these ids in it. */
type Example = (world: {
  readonly ids: Readonly<Record<string, string>>;
  readonly by: Holdings;
  /** An id of this kind for a place in the body. */
  readonly id: (kind: Kind) => string;
}) => Pick<Sent, 'body'> & { readonly headers?: Sent['headers']; readonly type?: string };

const json = (body: unknown) => ({ body: JSON.stringify(body) });
let made = 0;
const fresh = (): string => `made${(made += 1)}@example.com`;

/** What the routes with a body want; without an example a route gets `{}`. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'POST /api/v1/feeds/{feed}/imports': () => ({ body: 'Employee ID,First Name\n9,Nobody\n', type: 'text/csv' }),
  'POST /api/v1/imports/{import}/release': () => json({ reason: 'looked at' }),
  'POST /api/v1/runs': ({ id }) => json({ scope: { people: [id('person')] } }),
  'POST /api/v1/plans/{plan}/approve': ({ ids, by }) =>
    json({ hash: by.planHash(ids['plan'] ?? ''), reason: 'looked at' }),
  'POST /api/v1/plans/{plan}/reject': () => json({ reason: 'looked at' }),
  'PUT /api/v1/policy': () => ({ ...json(DEFAULT_POLICY), headers: [['if-match', '"policy-1"']] }),
  // It would write, which has to be confirmed: nothing comes of it.
  'POST /api/v1/drift/operations/{operation}': () => json({ method: 'DELETE', path: '/contacts/1' }),
  'PUT /api/v1/tenants/{tenant}/drift': () => json({ token: 'a-token-of-nobody' }),
  'POST /api/v1/tokens': () => json({ scopes: ['read'], subject: 'somebody' }),
  'POST /scim/v2/Users': ({ id }) => json({ userName: fresh(), [ENTERPRISE]: { manager: { value: id('user') } } }),
  'PUT /scim/v2/Users/{id}': ({ id }) => json({ userName: fresh(), [ENTERPRISE]: { manager: { value: id('user') } } }),
  'PATCH /scim/v2/Users/{id}': () => patch({ op: 'replace', path: 'title', value: fresh() }),
  'POST /scim/v2/Groups': ({ id }) => json({ displayName: fresh(), members: [{ value: id('user') }] }),
  'PUT /scim/v2/Groups/{id}': ({ id }) => json({ displayName: fresh(), members: [{ value: id('user') }] }),
  'PATCH /scim/v2/Groups/{id}': ({ id }) => patch({ op: 'add', path: 'members', value: [{ value: id('user') }] }),
  'POST /scim/v2/Bulk': () =>
    json({
      schemas: [`${MESSAGE}:BulkRequest`],
      Operations: [{ method: 'POST', path: '/Users', bulkId: 'u', data: { userName: fresh() } }],
    }),
  ...Object.fromEntries(
    ['POST', 'PUT', 'PATCH'].map((method): [string, Example] => [`${method} /scim/v2/Me`, () => json({})]),
  ),
  ...Object.fromEntries(
    ['', '/Users', '/Groups'].map((under): [string, Example] => [
      `POST /scim/v2${under}/.search`,
      ({ id }) => json({ schemas: [`${MESSAGE}:SearchRequest`], filter: `id eq "${id('user')}"` }),
    ]),
  ),
};

function patch(...Operations: readonly unknown[]) {
  return json({ schemas: [`${MESSAGE}:PatchOp`], Operations });
}

/** The route as a request that it takes, with these ids in the path; `bodyIds` tells which stand in the body. */
export function requestOf(
  route: MountedRoute,
  by: Holdings,
  ids: Readonly<Record<string, string>>,
  bodyIds: (kind: Kind) => string = (kind) => by.ids[kind][0] ?? '',
): Sent {
  const { method } = route;
  const path = pathWith(route.path, ids);
  const example = EXAMPLES[`${method} ${route.path}`];
  const takesBody = ['POST', 'PUT', 'PATCH'].includes(method) && operationOf(route)?.requestBody !== undefined;
  if (example === undefined && !takesBody) return { method, path };
  const { body = '{}', headers = [], type = 'application/json' } = example?.({ ids, by, id: bodyIds }) ?? {};
  return { method, path, headers: [...headers, ['content-type', type]], body };
}

export function operationOf({ surface, method, path }: MountedRoute): Operation | undefined {
  if (surface !== 'api') return undefined;
  return DOCUMENT.paths[path.slice('/api/v1'.length)]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
}

export function bearer(token: string): readonly [string, string] {
  return ['authorization', `Bearer ${token}`];
}

/** The token that the route is for. */
export function tokenFor({ surface }: MountedRoute, by: Holdings): string {
  return surface === 'scim' ? by.scim : by.api;
}

/** An id as it could be, that nobody has. */
export function unknownId(kind: Kind): string {
  const id = randomUUID();
  switch (kind) {
    case 'run':
      return `run_${id}`;
    case 'plan':
      return `pln_${id}`;
    case 'change':
      return `chg_${id}`;
    case 'import':
      return `imp_${id}`;
    case 'person':
      return `per_${id}`;
    case 'agent':
      return '9999';
    case 'token':
      return id.replaceAll('-', '').slice(0, 12);
    case 'tenant':
      return 'globez';
    case 'batch':
      return `opb_${id}`;
    case 'feed':
      return 'feed-of-globez';
    case 'user':
    case 'group':
      return id;
  }
}

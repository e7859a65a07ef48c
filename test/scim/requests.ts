import request, { type Response, type Test } from 'supertest';
import type { ScimWorld } from './scim-world.ts';

export type Json = Readonly<Record<string, unknown>>;

const BASE = '/scim/v2';

/** An answer's JSON, as far as the tests look into it: a resource, a list or an error. */
export interface Body {
  readonly schemas: readonly string[];
  readonly id: string;
  readonly active?: boolean;
  readonly userName?: string;
  readonly displayName?: string;
  readonly members?: readonly { readonly value: string; readonly display?: string }[];
  readonly groups?: readonly { readonly value: string; readonly display?: string }[];
  readonly attributes: readonly { readonly name: string }[];
  readonly meta: { readonly location: string; readonly version: string; readonly lastModified: string };
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly startIndex: number;
  readonly Resources: readonly Body[];
  readonly status: string;
  readonly scimType?: string;
  readonly detail: string;
}

export function bodyOf(reply: Response): Body {
  return reply.body as Body;
}

/** Requests as a client of one tenant sends them. */
export interface Client {
  get(path: string, query?: Record<string, string>): Test;
  post(path: string, body: unknown): Test;
  put(path: string, body: unknown): Test;
  patch(path: string, ...operations: readonly Json[]): Test;
  delete(path: string): Test;
  /** The id of a new user. */
  user(userName: string, more?: Json): Promise<string>;
  group(displayName: string, members?: readonly string[]): Promise<string>;
}

export function clientOf(world: ScimWorld, token = 'acme-writer'): Client {
  const sent = (test: Test): Test => test.set('authorization', `Bearer ${token}`);
  const withBody = (test: Test, body: unknown): Test =>
    sent(test).set('content-type', 'application/scim+json').send(JSON.stringify(body));
  const created = async (response: Promise<Response> | Test): Promise<string> => {
    const reply = await response;
    if (reply.status !== 201) throw new Error(`not created: ${reply.status} ${reply.text}`);
    return bodyOf(reply).id;
  };
  const client: Client = {
    get: (path, query = {}) => sent(request(world.app).get(BASE + path)).query(query),
    post: (path, body) => withBody(request(world.app).post(BASE + path), body),
    put: (path, body) => withBody(request(world.app).put(BASE + path), body),
    patch: (path, ...Operations) =>
      withBody(request(world.app).patch(BASE + path), {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations,
      }),
    delete: (path) => sent(request(world.app).delete(BASE + path)),
    user: (userName, more = {}) => created(client.post('/Users', { userName, ...more })),
    group: (displayName, members = []) =>
      created(client.post('/Groups', { displayName, members: members.map((value) => ({ value })) })),
  };
  return client;
}

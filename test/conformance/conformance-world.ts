import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import request, { type Response, type Test } from 'supertest';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { type Client, type Json, bodyOf, clientOf } from '../scim/requests.ts';
import { type ScimWorld, createScimWorld } from '../scim/scim-world.ts';
import { eachDatabase } from '../support/store.ts';

export const BASE = '/scim/v2';
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const DRIFT = 'urn:ietf:params:scim:schemas:extension:drift:2.0:User';

const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';
export const ERROR = `${MESSAGES}:Error`;
export const LIST = `${MESSAGES}:ListResponse`;
export const PATCH_OP = `${MESSAGES}:PatchOp`;
export const BULK_REQUEST = `${MESSAGES}:BulkRequest`;
export const SEARCH_REQUEST = `${MESSAGES}:SearchRequest`;

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options';

/** A service provider with clients of two tenants; it is there while the suite runs. */
export interface Scim extends Client {
  /** A client of another tenant. */
  readonly other: Client;
  world(): ScimWorld;
  /** A text that no other case of the suite uses. */
  unique(prefix?: string): string;
  /** A request as it is: nothing is sent that is not given here, but for the token. */
  send(
    method: Method,
    path: string,
    given?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown; readonly token?: null },
  ): Test;
  /** A resource as it is now. */
  read(path: string): Promise<Json>;
}

type Options = Parameters<typeof createScimWorld>[1];

/** A suite of RFC clauses over the facade and a store in memory. */
export function conformance(title: string, suite: (scim: Scim) => void, options: Options = {}): void {
  describe(title, () => {
    let opened: Database | undefined;
    suite(prepared(async () => (opened = await openDatabase({ url: ':memory:' })), options));
    afterAll(() => opened?.close());
  });
}

/** The same on both databases, for clauses whose answer the database gives. */
export function conformanceOnEach(title: string, suite: (scim: Scim) => void, options: Options = {}): void {
  eachDatabase(title, (store) => {
    suite(prepared(() => store.open(), options));
  });
}

function prepared(open: () => Promise<Database>, options: Options): Scim {
  let opened: ScimWorld | undefined;
  let count = 0;
  beforeAll(async () => {
    opened = await createScimWorld(await open(), options);
  });
  const world = (): ScimWorld => {
    if (opened === undefined) throw new Error('the service is there only while the suite runs');
    return opened;
  };
  return {
    ...lazy(() => clientOf(world())),
    other: lazy(() => clientOf(world(), 'globex-writer')),
    world,
    unique: (prefix = 'u') => `${prefix}${(count += 1)}`,
    send: (method, path, { headers = {}, body, token } = {}) => {
      const test = request(world().app)[method](BASE + path);
      if (token !== null) void test.set('authorization', 'Bearer acme-writer');
      for (const [name, value] of Object.entries(headers)) void test.set(name, value);
      return body === undefined ? test : test.send(typeof body === 'string' ? body : JSON.stringify(body));
    },
    read: async (path) => {
      const reply = await clientOf(world()).get(path);
      expect(reply.status).toBe(200);
      return reply.body as Json;
    },
  };
}

function lazy(client: () => Client): Client {
  return {
    get: (path, query) => client().get(path, query),
    post: (path, body) => client().post(path, body),
    put: (path, body) => client().put(path, body),
    patch: (path, ...operations) => client().patch(path, ...operations),
    delete: (path) => client().delete(path),
    user: (userName, more) => client().user(userName, more),
    group: (displayName, members) => client().group(displayName, members),
  };
}

/** RFC 7644 3.12: every refusal is a SCIM error that repeats its status as text and says why in words. */
export function expectError(reply: Response, status: number, scimType?: string): void {
  const { schemas, detail, ...error } = bodyOf(reply);
  expect([reply.status, error.status, error.scimType]).toEqual([status, String(status), scimType]);
  expect(schemas).toEqual([ERROR]);
  expect(typeof detail).toBe('string');
}

/** What the list holds, by userName or displayName. */
export function namesOf(reply: Response): readonly unknown[] {
  expect(reply.status).toBe(200);
  return bodyOf(reply).Resources.map(({ userName, displayName }) => userName ?? displayName);
}

export function idsOf(reply: Response): readonly string[] {
  return bodyOf(reply).Resources.map(({ id }) => id);
}

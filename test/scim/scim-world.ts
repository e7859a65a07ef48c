import type { RequestListener } from 'node:http';
import express from 'express';
import type { IdpStatement } from '../../src/core/identity/person.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { createAcceptScim } from '../../src/flows/accept-scim.ts';
import type { Store } from '../../src/flows/ports.ts';
import type { Principal } from '../../src/flows/principal.ts';
import type { ScimStore } from '../../src/flows/scim-port.ts';
import { createScimFacade } from '../../src/scim/facade.ts';
import { type RequestLog, createRequestLog } from '../../src/scim/facade/request-log.ts';
import type { BodyLimits } from '../../src/scim/facade/body.ts';
import type { Database } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants } from '../../src/storage/tenants.ts';

export const PUBLIC_URL = 'https://bridge.example.com';
export const TENANTS = ['acme', 'globex'] as const;

export interface ScimWorld {
  readonly app: RequestListener;
  readonly log: readonly string[];
  readonly requests: RequestLog;
  readonly store: Store;
  /** The store that the facade reads from, for a look behind it. */
  scim(tenantId: string): ScimStore;
  /** What the IdP last said of the person behind each record. */
  statements(tenantId: string): Promise<readonly IdpStatement[]>;
  persons(tenantId: string): Promise<number>;
  audit(tenantId: string): Promise<readonly { readonly kind: string; readonly data: string }[]>;
  /** Milliseconds that pass. */
  advance(ms: number): void;
}

/** Tokens of the tests: `<tenant>-writer`, `<tenant>-reader`, `<tenant>-api`. */
export async function authenticateForTest(token: string): Promise<Principal | null> {
  const [tenantId = '', kind = ''] = token.split('-');
  if (!TENANTS.some((tenant) => tenant === tenantId) || !['writer', 'reader', 'api'].includes(kind)) return null;
  return {
    tenantId,
    tokenId: `tok_${tenantId}`,
    subject: `idp of ${tenantId}`,
    audience: kind === 'api' ? 'api' : 'scim',
    scopes: kind === 'reader' ? ['scim:read'] : ['scim:read', 'scim:write'],
  };
}

/** A token of a tenant that is refused, but known: `<tenant>-expired`. */
function whoseForTest(token: string): Pick<Principal, 'tenantId' | 'tokenId'> | null {
  const tenantId = TENANTS.find((tenant) => token === `${tenant}-expired`);
  return tenantId === undefined ? null : { tenantId, tokenId: `tok_${tenantId}_expired` };
}

/** The facade over a real store. */
export async function createScimWorld(
  database: Database,
  options: {
    readonly limits?: Partial<BodyLimits>;
    readonly authenticate?: typeof authenticateForTest;
    readonly verifiedDomains?: readonly string[];
    /** What stands between the store and whoever writes to it. */
    readonly storeOf?: (store: Store) => Store;
    readonly mostRequests?: number;
  } = {},
): Promise<ScimWorld> {
  const crypto = createCrypto({ pepper: new Uint8Array(32).fill(7) });
  let now = Date.parse('2026-01-02T03:04:05.000Z');
  const clock = { now: () => new Date((now += 1)).toISOString(), sleep: async () => undefined };
  const policy = { ...DEFAULT_POLICY, verifiedDomains: options.verifiedDomains ?? [] };
  const log: string[] = [];
  const tenants = createTenants({ database, clock, crypto });
  for (const id of TENANTS) {
    if ((await tenants.get(id)) === null) await tenants.create({ id, name: id }, 'system');
  }

  const store = createStore({ database, clock, crypto, basePolicy: policy });
  const requests = createRequestLog({
    store: options.storeOf?.(store) ?? store,
    clock,
    log: (level, code, data) => log.push(JSON.stringify([level, code, data])),
    whose: async (token) => whoseForTest(token),
    ...(options.mostRequests === undefined ? {} : { most: options.mostRequests }),
  });
  const facade = createScimFacade({
    requests,
    accept: createAcceptScim({ store: options.storeOf?.(store) ?? store, clock, crypto }),
    store,
    authenticate: options.authenticate ?? authenticateForTest,
    publicUrl: PUBLIC_URL,
    sign: (text) => crypto.purposeHash('cursor', text),
    clock,
    log: (level, code, data) => log.push(JSON.stringify([level, code, data])),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const app = express();
  app.use('/scim/v2', facade.app);
  return {
    app: (request, response) => {
      const requestId = crypto.uuid();
      const always = { requestId, headers: ['x-request-id', requestId] };
      if (!facade.front(request, response, always)) app(request, response);
    },
    log,
    requests,
    store,
    scim: (tenantId) => store.tenant(tenantId).scim,
    statements: async (tenantId) => {
      const states = await store.tenant(tenantId).people.states();
      return states.flatMap(({ idp }) => idp ?? []);
    },
    persons: async (tenantId) => (await store.tenant(tenantId).people.list(null, 1000)).length,
    audit: (tenantId) =>
      database.read
        .selectFrom('audit')
        .select(['kind', 'data'])
        .where('tenant_id', '=', tenantId)
        .orderBy('seq')
        .execute(),
    advance: (ms) => {
      now += ms;
    },
  };
}

import type { Express } from 'express';
import request from 'supertest';
import { createApi } from '../../src/api/api.ts';
import type { ApiWorld } from '../../src/api/world.ts';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { createBearer } from '../../src/auth/bearer.ts';
import { createTokenDesk } from '../../src/auth/token-desk.ts';
import { openFeedFile } from '../../src/compose/open-feed.ts';
import { DomainError } from '../../src/core/errors.ts';
import type { Account } from '../../src/core/identity/account.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/core/reconcile/policy.ts';
import { writeFixFile } from '../../src/feeds/fix-file.ts';
import { createApprovePlan } from '../../src/flows/approve-plan.ts';
import { createCallOperation } from '../../src/flows/call-operation.ts';
import { createImportFeed } from '../../src/flows/import-feed.ts';
import { createInspect } from '../../src/flows/inspect.ts';
import { type MakePlan, createMakePlan } from '../../src/flows/make-plan.ts';
import { createPlanOperation } from '../../src/flows/plan-operation.ts';
import type { Clock, Log, TenantStore } from '../../src/flows/ports.ts';
import type { Principal } from '../../src/flows/principal.ts';
import { checkTarget } from '../../src/outgoing/target.ts';
import { createAuditTrail } from '../../src/storage/audit.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { DEFAULT_TENANT, createTenants } from '../../src/storage/tenants.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';

export interface TestClock extends Clock {
  /** Moves time on. */
  pass(ms: number): void;
}

export function testClock(start = '2026-03-02T09:00:00.000Z'): TestClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now).toISOString(),
    pass: (ms) => void (now += ms),
    sleep: async (ms) => {
      now += ms;
      // Lets whoever else is at work go on.
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
}

const PEPPER = new Uint8Array(32).fill(9);

/** The whole API over a real store in memory, without Drift: runs are planned by `plan`, nothing applies them. */
export interface TestApi {
  readonly app: Express;
  readonly clock: TestClock;
  readonly store: TenantStore;
  readonly makePlan: MakePlan;
  readonly logged: { readonly code: string; readonly data: unknown }[];
  /** A token with these scopes, or all of the audience. */
  token(options?: { scopes?: readonly string[]; subject?: string; audience?: 'api' | 'scim' }): Promise<string>;
  observe(accounts: readonly Account[]): Promise<void>;
  close(): Promise<void>;
}

export async function testApi(
  options: {
    readonly policy?: Partial<Policy>;
    readonly demo?: boolean;
    readonly driftCredentials?: ApiWorld['driftCredentials'];
  } = {},
): Promise<TestApi> {
  const clock = testClock();
  const crypto = createCrypto({ pepper: PEPPER });
  const database = await openDatabase({ url: ':memory:' });
  const store = createStore({ database, clock, crypto, basePolicy: { ...DEFAULT_POLICY, ...options.policy } });
  const tenants = createTenants({ database, clock, crypto });
  await tenants.ensureDefault();
  const tokenStore = createTokenStore({ database, clock, crypto });
  const tokens = createTokenDesk({ tokens: tokenStore, clock, pepper: PEPPER });
  const logged: { code: string; data: unknown }[] = [];
  const log: Log = (_level, code, data) => void logged.push({ code, data });
  const makePlan = createMakePlan({ store, clock, crypto, log });
  const world: ApiWorld = {
    store,
    clock,
    importFeed: createImportFeed({ store, clock, crypto, openFeed: openFeedFile, log }),
    makePlan,
    approvePlan: createApprovePlan({ store, clock, crypto }),
    inspect: createInspect({ store }),
    callOperation: createCallOperation({ store, clock, crypto }),
    planOperation: createPlanOperation({ store, clock, crypto }),
    checkResponder: (url) => void checkTarget(url, { allowLoopback: true }),
    answerSecret: () => 'whsec_',
    tokens,
    tenants,
    audit: (tenantId) => createAuditTrail(database.read, tenantId, crypto),
    writeFixFile: writeFixFile as ApiWorld['writeFixFile'],
    ping: () => database.ping(),
    driftCredentials: options.driftCredentials ?? {
      replace: () => Promise.reject(new DomainError('conflict', 'Nobody seals credentials in this test.')),
    },
    checks: async () => [],
    webhook: async () => ({ url: 'http://localhost:8080/webhooks/drift/address-of-the-test', tokens: 1 }),
    demo: options.demo ?? false,
  };
  const authenticate = createAuthenticate({ tokens: tokenStore, clock, pepper: PEPPER });
  const bearer = createBearer({ authenticate, audience: 'api' });
  const app = createApi({ world, authenticate: bearer, version: '0.0.0', log, checkAnswers: true });
  const tenant = store.tenant(DEFAULT_TENANT);
  return {
    app,
    clock,
    store: tenant,
    makePlan,
    logged,
    async token({ scopes, subject = 'tester', audience = 'api' } = {}) {
      const by: Principal = { tenantId: DEFAULT_TENANT, tokenId: 'setup', subject, audience: 'api', scopes: ['admin'] };
      const all = audience === 'api' ? ['read', 'plan', 'approve', 'admin'] : ['scim:read', 'scim:write'];
      return (await tokens.create({ by, audience, scopes: scopes ?? all, subject, name: subject, expiresInDays: 1 }))
        .token;
    },
    async observe(accounts) {
      const now = clock.now();
      const id = crypto.uuid();
      const snapshot = {
        id,
        startedAt: now,
        endedAt: now,
        accounts: accounts.length,
        companies: 0,
        contacts: null,
        complete: { accounts: true, companies: true, contacts: false },
        calls: 2,
      };
      await tenant.write((tx) => tx.accounts.putSnapshot(snapshot, { accounts, companies: [], contacts: null }));
    },
    close: () => database.close(),
  };
}

export function as(app: Express, token: string): ReturnType<typeof request.agent> {
  return request.agent(app).set('authorization', `Bearer ${token}`);
}

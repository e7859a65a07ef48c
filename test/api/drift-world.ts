import type { Express } from 'express';
import { createApi } from '../../src/api/api.ts';
import type { ApiWorld } from '../../src/api/world.ts';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { createBearer } from '../../src/auth/bearer.ts';
import { createTokenDesk } from '../../src/auth/token-desk.ts';
import { answerSecret } from '../../src/compose/operations.ts';
import { systemClock } from '../../src/compose/system.ts';
import { DEFAULT_POLICY } from '../../src/core/reconcile/policy.ts';
import { type DriftClient, createDriftClient } from '../../src/drift/client.ts';
import { createOperationDesk } from '../../src/drift/desk.ts';
import { createCallOperation } from '../../src/flows/call-operation.ts';
import { createRunOperations } from '../../src/flows/call-operation/run-operations.ts';
import { createPlanOperation } from '../../src/flows/plan-operation.ts';
import type { Clock, Log, TenantStore } from '../../src/flows/ports.ts';
import type { Principal } from '../../src/flows/principal.ts';
import { createWorker } from '../../src/jobs/worker.ts';
import { createOutgoing } from '../../src/outgoing/post.ts';
import { checkTarget } from '../../src/outgoing/target.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Database } from '../../src/storage/database.ts';
import { createJobWork } from '../../src/storage/jobs.ts';
import { createCrypto } from '../../src/storage/node-crypto.ts';
import { createStore } from '../../src/storage/store.ts';
import { createTenants, DEFAULT_TENANT } from '../../src/storage/tenants.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';

const PEPPER = new Uint8Array(32).fill(9);

/** The API over a store, a simulated Drift over HTTP, and a worker that does what the API asks for. */
export interface DriftWorld {
  readonly app: Express;
  readonly store: TenantStore;
  readonly simulator: Simulator;
  readonly logged: { readonly code: string; readonly data: unknown }[];
  token(scopes?: readonly string[]): Promise<string>;
  /** Takes jobs from now on; without it nothing is done. */
  work(): void;
  rest(): Promise<void>;
  /** A worker whose clock is so far ahead does one job of each that is due. */
  workAhead(ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function driftWorld(
  database: Database,
  settings: Partial<SimulatorSettings> = {},
  options: { readonly token?: string; readonly secrets?: Readonly<Record<string, unknown>> } = {},
): Promise<DriftWorld> {
  const clock = systemClock;
  const crypto = createCrypto({ pepper: PEPPER });
  const store = createStore({ database, clock, crypto, basePolicy: DEFAULT_POLICY });
  const tenants = createTenants({ database, clock, crypto });
  await tenants.ensureDefault();
  const tokenStore = createTokenStore({ database, clock, crypto });
  const tokens = createTokenDesk({ tokens: tokenStore, clock, pepper: PEPPER });
  const logged: { code: string; data: unknown }[] = [];
  const log: Log = (_level, code, data) => void logged.push({ code, data });
  const simulator = await startSimulator({ settings: { ratePerMinute: 0, ...settings }, seed: 4 });
  const client: DriftClient = createDriftClient({
    baseUrl: simulator.url,
    scimPath: 'auto',
    ratePerMinute: 6000,
    permits: { deprovision: async () => false, erase: async () => false },
    log,
    clock,
    random: () => 0.5,
    token: options.token ?? simulator.token,
    timeouts: { totalMs: 2_000 },
  });
  const outgoing = createOutgoing({ allowLoopback: true, clock, log });
  const world = {
    store,
    clock,
    tenants,
    callOperation: createCallOperation({ store, clock, crypto }),
    planOperation: createPlanOperation({ store, clock, crypto }),
    checkResponder: (url: string) => void checkTarget(url, { allowLoopback: true }),
    answerSecret: (tenantId: string) => answerSecret(crypto, tenantId),
  } as Partial<ApiWorld> as ApiWorld;
  const authenticate = createAuthenticate({ tokens: tokenStore, clock, pepper: PEPPER });
  const app = createApi({
    world,
    authenticate: createBearer({ authenticate, audience: 'api' }),
    version: '0.0.0',
    log,
    checkAnswers: true,
  });
  const run = (at: Clock) =>
    createRunOperations({
      store,
      clock: at,
      log,
      deskFor: async () =>
        createOperationDesk({ clock: at, client: client.session(), secrets: async () => options.secrets ?? null }),
      responder: outgoing,
      respondSecrets: (tenantId) => [answerSecret(crypto, tenantId)],
    });
  const jobs = createJobWork(database);
  const worker = createWorker({
    jobs,
    clock,
    log,
    owner: 'test',
    handlers: { operation: run(clock).run },
    gaveUp: async () => undefined,
  });
  return {
    app,
    store: store.tenant(DEFAULT_TENANT),
    simulator,
    logged,
    async token(scopes = ['read', 'plan', 'approve', 'admin']) {
      const by: Principal = {
        tenantId: DEFAULT_TENANT,
        tokenId: 'setup',
        subject: 'maya',
        audience: 'api',
        scopes: ['admin'],
      };
      return (await tokens.create({ by, audience: 'api', scopes, subject: 'maya', name: 'maya', expiresInDays: 1 }))
        .token;
    },
    work: () => worker.start(),
    rest: () => worker.stop(5_000),
    async workAhead(ms) {
      const now = (): string => new Date(Date.now() + ms).toISOString();
      const ahead = run({ now, sleep: (wait) => clock.sleep(wait) });
      for (;;) {
        const job = await jobs.claim({ owner: 'ahead', at: now(), leaseUntil: now(), kinds: ['operation'] });
        if (job === null) return;
        const { again } = await ahead.run(job);
        await (again === null ? jobs.done(job) : jobs.again(job, again));
      }
    },
    async close() {
      await worker.stop(5_000);
      await client.close();
      await outgoing.close();
      await simulator.close();
    },
  };
}

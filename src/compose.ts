import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RequestListener } from 'node:http';
import { createAuthenticate } from './auth/authenticate.ts';
import { createFindToken } from './auth/find-token.ts';
import { createTokenDesk } from './auth/token-desk.ts';
import { type BootstrapTokens, ensureBootstrapTokens } from './compose/bootstrap.ts';
import { type DemoSimulator, guardDemo } from './compose/demo-guard.ts';
import { createDriftAccess } from './compose/drift-access.ts';
import { composeOperations } from './compose/operations.ts';
import { openFeedFile } from './compose/open-feed.ts';
import { loadPolicyFile } from './compose/policy-file.ts';
import { keptTokens, loadKeys } from './compose/secrets.ts';
import { systemClock } from './compose/system.ts';
import { createTokenWatch } from './compose/token-watch.ts';
import { composeWeb } from './compose/web.ts';
import type { Config } from './config.ts';
import { createAcceptScim } from './flows/accept-scim.ts';
import { createApplyPlan } from './flows/apply-plan.ts';
import { createApprovePlan } from './flows/approve-plan.ts';
import { createImportFeed } from './flows/import-feed.ts';
import { createInspect } from './flows/inspect.ts';
import { createMakePlan } from './flows/make-plan.ts';
import { createObserveDrift } from './flows/observe-drift.ts';
import type { Log } from './flows/ports.ts';
import { createReceiveEvent } from './flows/receive-event.ts';
import { createProcessEvents } from './flows/receive-event/process-events.ts';
import { createProbeDrift } from './flows/probe-drift.ts';
import { createPipeline } from './jobs/pipeline.ts';
import { createWorker } from './jobs/worker.ts';
import { createRequestLog } from './scim/facade/request-log.ts';
import { openDatabase } from './storage/database.ts';
import { newWebhookAddress } from './storage/events.ts';
import { createJobWork } from './storage/jobs.ts';
import { lockDataDir } from './storage/lock.ts';
import { createCrypto } from './storage/node-crypto.ts';
import { createStore } from './storage/store.ts';
import { createStoreMeta } from './storage/store-meta.ts';
import { createTenants, DEFAULT_TENANT } from './storage/tenants.ts';
import { createTokenStore } from './storage/tokens.ts';

export interface Bridge {
  /** Absent in a worker process. */
  readonly web: RequestListener;
  readonly tokens: BootstrapTokens;
  /** Takes jobs from now on, unless this is a web process. */
  startWorker(): void;
  /** Finishes the job in hand (10 s at most), then lets go of store and lock. */
  close(): Promise<void>;
}

/** The only place where adapters meet flows. Throws DomainError with a plain sentence where it must not start. */
export async function compose(
  config: Config,
  options: { readonly log: Log; readonly demo?: DemoSimulator },
): Promise<Bridge> {
  const { log } = options;
  const clock = systemClock;
  // One process a data folder; with PostgreSQL any number of processes share the database and keep nothing here.
  const lock = config.databaseUrl === undefined ? lockDataDir(config.dataDir) : null;
  const keys = loadKeys(config.dataDir, {
    ...(config.secretKey === undefined ? {} : { secretKey: config.secretKey }),
    ...(config.tokenPepper === undefined ? {} : { pepper: config.tokenPepper }),
    needsSecretKey: config.mode !== 'web',
  });
  const crypto = createCrypto({ pepper: keys.pepper });
  const database = await openDatabase({ url: config.databaseUrl ?? join(config.dataDir, 'bridge.db') });
  try {
    await guardDemo(database, config.drift.baseUrl, options.demo ?? null);
    const store = createStore({ database, clock, crypto, basePolicy: loadPolicyFile(config.policyFile) });
    const tenants = createTenants({ database, clock, crypto });
    await tenants.ensureDefault();
    const tokenStore = createTokenStore({ database, clock, crypto });
    const bootstrap = await ensureBootstrapTokens(
      {
        tokens: tokenStore,
        meta: createStoreMeta(database),
        clock,
        crypto,
        pepper: keys.pepper,
        tenantId: DEFAULT_TENANT,
      },
      {
        ...(config.adminToken === undefined ? {} : { admin: config.adminToken }),
        ...(config.scimToken === undefined ? {} : { scim: config.scimToken }),
      },
      keptTokens(config.dataDir),
    );

    const driftAccess = await createDriftAccess({ config, database, store, clock, crypto, log, keys });
    const importFeed = createImportFeed({ store, clock, crypto, openFeed: openFeedFile, log });
    const makePlan = createMakePlan({ store, clock, crypto, log });
    const receiveEvent = createReceiveEvent({
      store,
      clock,
      crypto,
      newAddress: newWebhookAddress,
    });
    const jobs = createJobWork(database);
    const pipeline = createPipeline({
      store,
      clock,
      log,
      makePlan,
      observeDrift: createObserveDrift({ store, clock, crypto }),
      applyPlan: createApplyPlan({ store, clock, crypto, log, settleMs: config.drift.settleMs }),
      driftFor: (tenantId) => driftAccess.target(tenantId),
    });
    const probeDrift = createProbeDrift({
      store,
      clock,
      log,
      driftFor: (tenantId) => driftAccess.target(tenantId),
    });
    const operations = composeOperations({ config, database, store, clock, crypto, log, keys, drift: driftAccess });
    const worker = createWorker({
      jobs,
      clock,
      log,
      owner: `${hostname()}:${String(process.pid)}:${crypto.uuid()}`,
      handlers: {
        ...pipeline.handlers,
        operation: operations.run,
        probe: probeDrift.probe,
        event: createProcessEvents({ store, clock, crypto, log }),
      },
      gaveUp: (job) => (job.kind === 'operation' ? operations.gaveUp(job) : pipeline.gaveUp(job)),
    });
    // Alone on its data folder, this process owns whatever lease an earlier one left behind.
    if (lock !== null) await jobs.releaseAll();
    if (config.mode !== 'web') {
      await pipeline.resume();
      await probeDrift.atStart();
    }
    for (const { id } of await store.tenants()) {
      await importFeed.resume(id, { alone: lock !== null });
      await receiveEvent.address(id);
    }

    const tokenWatch = createTokenWatch({ tokens: tokenStore, clock, log });
    const findToken = createFindToken({ tokens: tokenStore, pepper: keys.pepper });
    const requests = createRequestLog({
      store,
      clock,
      log,
      whose: async (text) => {
        const token = await findToken(text);
        return typeof token === 'string' ? null : { tenantId: token.tenantId, tokenId: token.id };
      },
    });
    const web = composeWeb({
      config,
      log,
      clock,
      store,
      database,
      crypto,
      tenants,
      jobs,
      demo: options.demo !== undefined,
      authenticate: createAuthenticate({ tokens: tokenStore, clock, pepper: keys.pepper }),
      tokens: createTokenDesk({ tokens: tokenStore, clock, pepper: keys.pepper }),
      tokenExpiry: () => tokenWatch.soonest(),
      flows: {
        acceptScim: createAcceptScim({ store, clock, crypto }),
        importFeed,
        makePlan,
        approvePlan: createApprovePlan({ store, clock, crypto }),
        inspect: createInspect({ store }),
        receiveEvent,
      },
      drift: driftAccess,
      requests,
    });
    return {
      web,
      tokens: bootstrap,
      startWorker: () => {
        if (config.mode === 'web') return;
        worker.start();
        tokenWatch.start();
      },
      close: async () => {
        // Timers of the clock hold no process; whoever closes one still waits for its work to end.
        const alive = setInterval(() => undefined, 1_000);
        tokenWatch.stop();
        probeDrift.stop();
        await worker.stop(10_000);
        await operations.close();
        await driftAccess.close();
        await requests.close();
        await database.close();
        lock?.release();
        clearInterval(alive);
      },
    };
  } catch (error) {
    await database.close();
    lock?.release();
    throw error;
  }
}

import type { RequestListener } from 'node:http';
import { createApi } from '../api/api.ts';
import { createWeb } from '../api/web.ts';
import type { Check } from '../api/world.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import { createBearer } from '../auth/bearer.ts';
import type { Config } from '../config.ts';
import { writeFixFile } from '../feeds/fix-file.ts';
import type { AcceptScim } from '../flows/accept-scim.ts';
import type { ApprovePlan } from '../flows/approve-plan.ts';
import { createCallOperation } from '../flows/call-operation.ts';
import type { ImportFeed } from '../flows/import-feed.ts';
import type { Inspect } from '../flows/inspect.ts';
import type { JobWork } from '../flows/job-port.ts';
import type { MakePlan } from '../flows/make-plan.ts';
import { createPlanOperation } from '../flows/plan-operation.ts';
import type { Clock, Log, Store } from '../flows/ports.ts';
import type { ReceiveEvent } from '../flows/receive-event.ts';
import type { TokenDesk } from '../flows/token-port.ts';
import { checkTarget } from '../outgoing/target.ts';
import { createScimFacade } from '../scim/facade.ts';
import type { RequestLog } from '../scim/facade/request-log.ts';
import { createAuditTrail } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { KeyedCrypto } from '../storage/node-crypto.ts';
import type { Tenants } from '../storage/tenants.ts';
import { createMetrics } from '../telemetry.ts';
import type { DriftAccess } from './drift-access.ts';
import type { CredentialState } from './held-credentials.ts';
import { answerSecret, mayPostHere } from './operations.ts';
import { scimCallers } from './scim-callers.ts';
import { VERSION } from './version.ts';
import { composeWebhooks } from './webhooks.ts';

/** The HTTP face: SCIM, the API, health, metrics. */
export function composeWeb(parts: {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly store: Store;
  readonly database: Database;
  readonly crypto: KeyedCrypto;
  readonly tenants: Tenants;
  readonly jobs: JobWork;
  readonly demo: boolean;
  readonly authenticate: Authenticate;
  readonly tokens: TokenDesk;
  readonly tokenExpiry: () => Promise<Readonly<Record<string, string>>>;
  readonly flows: {
    readonly acceptScim: AcceptScim;
    readonly importFeed: ImportFeed;
    readonly makePlan: MakePlan;
    readonly approvePlan: ApprovePlan;
    readonly inspect: Inspect;
    readonly receiveEvent: ReceiveEvent;
  };
  readonly drift: DriftAccess;
  readonly requests: RequestLog;
}): RequestListener {
  const { config, log, clock, store, database, crypto, tenants, jobs, demo, flows, drift, requests } = parts;
  const bearer = createBearer({ authenticate: parts.authenticate, audience: 'api' });

  async function checks(tenantId: string): Promise<readonly Check[]> {
    const credential = await drift.credentialState(tenantId);
    const snapshot = await store.tenant(tenantId).accounts.latestSnapshot();
    const pending = await jobs.pending();
    return [
      credentialCheck(credential),
      {
        code: 'drift.snapshot',
        state: snapshot === null ? 'warn' : 'ok',
        detail:
          snapshot === null
            ? 'Drift was never observed; start a run.'
            : `Drift was last observed at ${snapshot.endedAt}.`,
      },
      {
        code: 'jobs',
        state: 'ok',
        detail:
          Object.entries(pending)
            .map(([kind, count]) => `${kind}: ${String(count)}`)
            .join(', ') || 'nothing waits',
      },
    ];
  }

  const scim = createScimFacade({
    accept: flows.acceptScim,
    store,
    authenticate: scimCallers({ ...parts, settings: config.scimJwt }),
    publicUrl: config.publicUrl,
    sign: (text) => crypto.purposeHash('cursor', text),
    clock,
    log,
    requests,
  });
  const webhooks = composeWebhooks({ config, log, database, receiveEvent: flows.receiveEvent });
  const api = createApi({
    world: {
      store,
      clock,
      importFeed: flows.importFeed,
      makePlan: flows.makePlan,
      approvePlan: flows.approvePlan,
      inspect: flows.inspect,
      callOperation: createCallOperation({ store, clock, crypto }),
      planOperation: createPlanOperation({ store, clock, crypto }),
      checkResponder: (url) => void checkTarget(url, { allowLoopback: mayPostHere(config) }),
      answerSecret: (tenantId) => answerSecret(crypto, tenantId),
      tokens: parts.tokens,
      tenants,
      audit: (tenantId) => createAuditTrail(database.read, tenantId, crypto),
      writeFixFile,
      ping: () => database.ping(),
      driftCredentials: { replace: drift.replace },
      checks,
      webhook: (tenantId) => webhooks.show(tenantId),
      demo,
    },
    authenticate: bearer,
    version: VERSION,
    log,
  });
  return createWeb({
    mounts: [
      { path: '/scim/v2', app: scim.app, front: scim.front },
      { path: '/scim', app: scim.elsewhere },
      { path: '/api/v1', app: api },
      { path: '/webhooks/drift', app: webhooks.app },
    ],
    publicUrl: config.publicUrl,
    demo,
    ping: () => database.ping(),
    metrics: createMetrics({
      pending: () => jobs.pending(),
      tokenExpiry: parts.tokenExpiry,
      scimLog: () => requests.counts(),
    }),
    metricsFor: isLoopback(config.host) ? null : bearer,
    log,
  });
}

function credentialCheck(credential: CredentialState): Check {
  const code = 'drift.credentials';
  if (credential.kind === 'good') return { code, state: 'ok', detail: 'Drift credentials are there.' };
  const detail =
    credential.kind === 'dead'
      ? `${credential.detail} Since ${credential.at} nothing goes out.`
      : 'No Drift credentials: set DRIFT_TOKEN and start again, or give them by PUT /api/v1/tenants/{id}/drift.';
  return { code, state: 'fail', detail };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

import { randomInt } from 'node:crypto';
import type { Config } from '../config.ts';
import { DomainError } from '../core/errors.ts';
import { createDriftClient, type DriftClient } from '../drift/client.ts';
import { createDriftTarget } from '../drift/target.ts';
import type { DriftTarget } from '../flows/drift-port.ts';
import type { Clock, Log, Store } from '../flows/ports.ts';
import type { Database } from '../storage/database.ts';
import { createSecretStore, type SecretKeys, type SecretStore } from '../storage/secrets.ts';
import { DEFAULT_TENANT } from '../storage/tenants.ts';
import type { InstallationKeys } from './secrets.ts';

const TOKEN = 'drift.token';
const SCIM_TOKEN = 'drift.scim_token';
const SCIM_PATH = 'drift.scim_path';

export interface DriftAccess {
  /** Throws DomainError `drift.not_configured` where the tenant has no credentials that this process can open. */
  target(tenantId: string): Promise<DriftTarget>;
  configured(tenantId: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Drift as this installation reaches it. Credentials of the environment are sealed into the store at start, bound to
 * their row; only a process with the secret key opens them. One client a tenant, so that there is one budget of calls.
 */
export async function createDriftAccess(ports: {
  readonly config: Config;
  readonly database: Database;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: InstallationKeys;
}): Promise<DriftAccess> {
  const { config, database, store, clock, log, keys } = ports;
  const { credentials } = config.drift;
  const sealing: SecretKeys | null =
    keys.secretKey === undefined ? null : { current: { id: 'k1', key: keys.secretKey } };
  const secrets = (tenantId: string): SecretStore | null =>
    sealing === null ? null : createSecretStore(database.write, tenantId, sealing);
  const clients = new Map<string, DriftClient>();
  const targets = new Map<string, { readonly attribute: string | undefined; readonly target: DriftTarget }>();

  if (credentials?.kind === 'oauth') {
    throw new DomainError(
      'drift.not_configured',
      'OAuth credentials are not supported by this release; set DRIFT_TOKEN (a private app).',
    );
  }
  if (credentials !== null) {
    const sealed = secrets(DEFAULT_TENANT);
    await sealed?.set(TOKEN, credentials.token, clock.now());
    await sealed?.set(SCIM_TOKEN, credentials.scimToken, clock.now());
  }

  async function clientOf(tenantId: string): Promise<DriftClient> {
    const known = clients.get(tenantId);
    if (known !== undefined) return known;
    const opened = secrets(tenantId);
    const token = (await opened?.get(TOKEN)) ?? null;
    if (token === null) {
      throw new DomainError('drift.not_configured', 'No Drift credentials: set DRIFT_TOKEN and start again.');
    }
    const tenant = store.tenant(tenantId);
    const remembered = config.drift.scimPath === 'auto' ? await tenant.settings.get(SCIM_PATH) : null;
    const client = createDriftClient({
      baseUrl: config.drift.baseUrl,
      scimPath: remembered ?? config.drift.scimPath,
      rememberScimPath: (path) => tenant.write((tx) => tx.settings.set(SCIM_PATH, path)),
      token,
      scimToken: (await opened?.get(SCIM_TOKEN)) ?? token,
      ratePerMinute: config.drift.ratePerMinute,
      permits: {
        deprovision: (permit) => tenant.plans.mayDeprovision({ ...permit, at: clock.now() }),
      },
      log,
      clock,
      random: () => randomInt(1_000_000) / 1_000_000,
      // An outcome must be known before its settle window is over.
      timeouts: { totalMs: Math.min(30_000, Math.max(2_000, config.drift.settleMs / 2)) },
    });
    clients.set(tenantId, client);
    return client;
  }

  return {
    async target(tenantId) {
      const client = await clientOf(tenantId);
      const { policy } = await store.tenant(tenantId).policy.current();
      const { contactAttribute: attribute } = policy.ownership;
      const known = targets.get(tenantId);
      if (known !== undefined && known.attribute === attribute) return known.target;
      const target = createDriftTarget({
        client,
        ...(attribute === undefined ? {} : { contactOwnerAttribute: attribute }),
      });
      targets.set(tenantId, { attribute, target });
      return target;
    },
    async configured(tenantId) {
      if (sealing === null) return true;
      return (await secrets(tenantId)?.names())?.includes(TOKEN) === true;
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

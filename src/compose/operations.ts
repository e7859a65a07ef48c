import { createOperationDesk } from '../drift/desk.ts';
import { type RunOperations, createRunOperations } from '../flows/call-operation/run-operations.ts';
import type { Clock, Log, Store } from '../flows/ports.ts';
import { createOutgoing } from '../outgoing/post.ts';
import type { Config } from '../config.ts';
import type { Database } from '../storage/database.ts';
import type { KeyedCrypto } from '../storage/node-crypto.ts';
import { createSecretStore } from '../storage/secrets.ts';
import type { DriftAccess } from './drift-access.ts';
import { heldCredentials } from './held-credentials.ts';
import type { InstallationKeys } from './secrets.ts';

/**
 * Answers may be posted to this machine too where Drift itself is simulated on it. That the bridge is reached by a loopback
 * address says nothing: so it is behind a proxy, and other services listen here.
 */
export function mayPostHere({ drift }: Pick<Config, 'drift'>): boolean {
  const host = new URL(drift.baseUrl).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** What answers to somebody's address are signed with, in the form of Standard Webhooks. */
export function answerSecret(crypto: KeyedCrypto, tenantId: string): string {
  return `whsec_${Buffer.from(crypto.purposeHash('answers', tenantId), 'hex').toString('base64')}`;
}

/** The worker's side of single operations. */
export function composeOperations(parts: {
  readonly config: Config;
  readonly database: Database;
  readonly store: Store;
  readonly clock: Clock;
  readonly crypto: KeyedCrypto;
  readonly log: Log;
  readonly keys: InstallationKeys;
  readonly drift: DriftAccess;
}): RunOperations & { close(): Promise<void> } {
  const { config, database, store, clock, crypto, log, keys, drift } = parts;
  const outgoing = createOutgoing({ allowLoopback: mayPostHere(config), clock, log });

  /** Of the public app whose OAuth grant the tenant has; null where it has none. */
  async function appSecrets(tenantId: string): Promise<Readonly<Record<string, unknown>> | null> {
    if (keys.secretKey === undefined) return null;
    const secrets = createSecretStore(database.write, tenantId, { current: { id: 'k1', key: keys.secretKey } });
    const found = await heldCredentials({ tenant: store.tenant(tenantId), secrets, clock, crypto }).read();
    if (found?.held.credential.kind !== 'oauth') return null;
    const { clientId, clientSecret } = found.held.credential;
    return { clientId, clientSecret };
  }

  const operations = createRunOperations({
    store,
    clock,
    log,
    deskFor: async (tenantId) =>
      createOperationDesk({
        clock,
        client: (await drift.client(tenantId)).session(),
        secrets: () => appSecrets(tenantId),
      }),
    responder: outgoing,
    respondSecrets: (tenantId) => [answerSecret(crypto, tenantId)],
  });
  return { ...operations, close: () => outgoing.close() };
}

import { randomInt, randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { SETTLES_TOO_SOON, settlesTooSoon } from '../config/drift.ts';
import { readCapabilities, unknownCapabilities } from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import { createDriftClient, type DriftClient } from '../drift/client.ts';
import { type Deaths, type DriftCredentials, tokenCredentials } from '../drift/credentials.ts';
import { oauthCredentials } from '../drift/oauth.ts';
import { createDriftTarget } from '../drift/target.ts';
import { checkedBase, createTransport, type Transport } from '../drift/transport.ts';
import type { DriftTarget } from '../flows/drift-port.ts';
import type { Clock, Crypto, Log, Store } from '../flows/ports.ts';
import type { Database } from '../storage/database.ts';
import { createSecretStore } from '../storage/secrets.ts';
import { DEFAULT_TENANT } from '../storage/tenants.ts';
import {
  credentialState,
  type CredentialState,
  type Held,
  type HeldCredentials,
  heldCredentials,
  organisation,
  type Slot,
} from './held-credentials.ts';
import { createReplaceCredentials, organisationOf, type ReplaceCredentials } from './replace-credentials.ts';
import type { InstallationKeys } from './secrets.ts';

const SCIM_PATH = 'drift.scim_path';
const CAPABILITIES = 'drift.capabilities';
/** Credentials that are only tried die alone. */
const NO_DEATHS: Deaths = { known: async () => false, record: async () => undefined };
/** Most bytes of an answer of the token endpoint. */
const TOKEN_CAP = 64 * 1024;
const FORM = 'application/x-www-form-urlencoded';

export interface DriftAccess {
  /**
   * Drift for one piece of work, with a call counter of its own. Throws DomainError `drift.not_configured` where the tenant
   * has no credentials that this process can open, `drift.credential_dead` where Drift has refused them for good.
   */
  target(tenantId: string): Promise<DriftTarget>;
  /** The same without the flows' view of it, for single operations. */
  client(tenantId: string): Promise<DriftClient>;
  /** Also in a process that cannot open the credentials. */
  credentialState(tenantId: string): Promise<CredentialState>;
  readonly replace: ReplaceCredentials;
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
  readonly crypto: Crypto;
  readonly log: Log;
  readonly keys: InstallationKeys;
}): Promise<DriftAccess> {
  const { config, database, store, clock, crypto, log, keys } = ports;
  const { secretKey } = keys;
  const owner = randomUUID();
  const held = new Map<string, HeldCredentials>();
  const clients = new Map<string, { readonly id: string; readonly client: Promise<DriftClient> }>();
  /** Client -> the organisation that it was found to be of. */
  const assured = new WeakMap<DriftClient, string>();
  const opened: { close(): Promise<void> }[] = [];
  // An outcome must be known before its settle window is over.
  const timeouts = { connectMs: 3_000, totalMs: Math.min(30_000, Math.max(2_000, config.drift.settleMs / 2)) };
  const tokenEndpoint = createTransport(checkedBase(config.drift.baseUrl), timeouts);
  opened.push(tokenEndpoint);

  /** Null in a process without the secret key. */
  function heldBy(tenantId: string): HeldCredentials | null {
    if (secretKey === undefined) return null;
    const known = held.get(tenantId);
    if (known !== undefined) return known;
    const secrets = createSecretStore(database.write, tenantId, { current: { id: 'k1', key: secretKey } });
    const made = heldCredentials({ tenant: store.tenant(tenantId), secrets, clock, crypto });
    held.set(tenantId, made);
    return made;
  }

  function credentialsOf(
    of: HeldCredentials,
    slot: Slot,
    { id, credential, scimToken }: Held,
    deaths: Deaths,
  ): DriftCredentials {
    if (credential.kind === 'token') return tokenCredentials(credential.token, scimToken ?? credential.token, deaths);
    return oauthCredentials({
      vault: of.vault(slot, id),
      post: (form) => postForm(tokenEndpoint, form),
      postMs: timeouts.totalMs,
      scimToken,
      deaths,
      clock,
      log,
      owner,
    });
  }

  /** `isTrial`: nothing of what it finds is remembered. */
  async function clientWith(tenantId: string, credentials: DriftCredentials, isTrial = false): Promise<DriftClient> {
    // Stored credentials are not seen where the environment is read.
    if (settlesTooSoon(config.drift.baseUrl, config.drift.settleMs)) {
      throw new DomainError('drift.not_configured', `Nothing is sent to Drift: DRIFT_SETTLE_MS ${SETTLES_TOO_SOON}.`);
    }
    const tenant = store.tenant(tenantId);
    const remembered = isTrial ? '' : ((await tenant.settings.get(SCIM_PATH)) ?? '');
    return createDriftClient({
      baseUrl: config.drift.baseUrl,
      scimPath: config.drift.scimPath,
      ...(remembered === '' ? {} : { rememberedScimPath: remembered }),
      rememberScimPath: async (path) => {
        if (!isTrial) await tenant.write((tx) => tx.settings.set(SCIM_PATH, path));
      },
      credentials,
      ratePerMinute: config.drift.ratePerMinute,
      permits: {
        deprovision: (proof) => tenant.plans.mayDeprovision({ ...proof, at: clock.now() }),
        erase: (proof) => tenant.plans.mayErase({ ...proof, at: clock.now() }),
      },
      log,
      clock,
      random: () => randomInt(1_000_000) / 1_000_000,
      timeouts,
      // An intent that is older may have been read back and repeated already.
      writeWithinMs: Math.min(30_000, config.drift.settleMs / 2),
    });
  }

  /** The client of the credentials that there are now: another process may have been given others. */
  async function clientOf(tenantId: string): Promise<DriftClient> {
    const state = await credentialState(store.tenant(tenantId));
    if (state.kind === 'dead') throw new DomainError('drift.credential_dead', state.detail);
    const of = heldBy(tenantId);
    const found = (await of?.read()) ?? null;
    if (of === null || found === null) {
      throw new DomainError('drift.not_configured', 'No Drift credentials: set DRIFT_TOKEN and start again.');
    }
    const { id } = found.held;
    const known = clients.get(tenantId);
    if (known?.id === id) return known.client;
    // One that others still work with is not closed under them: its credentials are refused in their own time.
    const client = clientWith(tenantId, credentialsOf(of, 'drift.credentials', found.held, of.deaths(id)));
    clients.set(tenantId, { id, client });
    try {
      opened.push(await client);
      return await client;
    } catch (error) {
      clients.delete(tenantId);
      throw error;
    }
  }

  /**
   * Between other credentials and their probe nothing has looked whose they are: with those of another organisation people
   * would be given seats there.
   */
  async function assuredClientOf(tenantId: string): Promise<DriftClient> {
    const client = await clientOf(tenantId);
    const tenant = store.tenant(tenantId);
    const own = await organisation(tenant);
    const probed = readCapabilities(await tenant.settings.get(CAPABILITIES))?.orgId ?? null;
    if (own === null || probed !== null || assured.get(client) === own) return client;
    const info = await client.tokenInfo();
    if (info.kind !== 'ok') {
      const code = info.code === 'credential_dead' ? 'drift.credential_dead' : 'drift.unreachable';
      throw new DomainError(code, `It cannot be told whose Drift credentials these are (${info.code}).`);
    }
    const theirs = organisationOf(info.value);
    if (theirs === null) {
      throw new DomainError(
        'drift.unreachable',
        `Drift does not say of which organisation its credentials are, and what this tenant knows is of ${own}.`,
      );
    }
    if (theirs !== own) {
      const found = {
        ...unknownCapabilities(clock.now(), 'the credentials are of another organisation'),
        orgId: theirs,
      };
      await tenant.write((tx) => tx.settings.set(CAPABILITIES, JSON.stringify(found)));
      return clientOf(tenantId);
    }
    assured.set(client, own);
    return client;
  }

  if (config.drift.credentials !== null) await heldBy(DEFAULT_TENANT)?.seed(config.drift.credentials);

  return {
    async target(tenantId) {
      const client = (await assuredClientOf(tenantId)).session();
      const tenant = store.tenant(tenantId);
      const { policy } = await tenant.policy.current();
      const { contactAttribute } = policy.ownership;
      const probed = readCapabilities(await tenant.settings.get(CAPABILITIES));
      const orgId = await organisation(tenant);
      const unprobed = unknownCapabilities(clock.now(), 'not probed');
      return createDriftTarget({
        client,
        clock,
        capabilities: orgId === null ? probed : { ...(probed ?? unprobed), orgId },
        ...(contactAttribute === undefined ? {} : { contactOwnerAttribute: contactAttribute }),
        ...(policy.drift?.schemas === undefined ? {} : { schemas: policy.drift.schemas }),
      });
    },
    client: assuredClientOf,
    credentialState: (tenantId) => credentialState(store.tenant(tenantId)),
    replace: createReplaceCredentials({
      heldBy,
      tenant: (tenantId) => store.tenant(tenantId),
      clientFor: (tenantId, of, slot, one) => clientWith(tenantId, credentialsOf(of, slot, one, NO_DEATHS), true),
    }),
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
    },
  };
}

const postForm = (transport: Transport, body: string): ReturnType<Transport['send']> =>
  transport.send({ method: 'POST', target: '/oauth2/token', bearer: null, contentType: FORM, body, cap: TOKEN_CAP });

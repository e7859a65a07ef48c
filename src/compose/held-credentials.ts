import { z } from 'zod';
import type { DriftCredentials } from '../config/drift.ts';
import { readCapabilities } from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import type { BearerKind, Deaths } from '../drift/credentials.ts';
import type { OAuthGrant, OAuthVault } from '../drift/oauth.ts';
import { isWithin } from '../drift/recently.ts';
import type { Clock, Crypto, TenantStore } from '../flows/ports.ts';
import type { SecretStore } from '../storage/secrets.ts';

/** Rows of secrets. `next`: credentials that are being verified; an OAuth grant is spent by that already. */
export type Slot = 'drift.credentials' | 'drift.credentials.next';

/** Settings: what everybody may know of the credentials, also processes that cannot open them. */
const SHOWN = 'drift.credential';
const DEAD = 'drift.credential_dead';
const CAPABILITIES = 'drift.capabilities';
const SCIM_PATH = 'drift.scim_path';
/** Outlives the capabilities, which are measured anew with other credentials. */
const ORGANISATION = 'drift.organisation';
/** So long a look at the mark of death is good for, in milliseconds. */
const LOOK_MS = 2_000;

const accessSchema = z.strictObject({
  token: z.string(),
  renewAt: z.string().nullable(),
  endsAt: z.string().nullable(),
});

const heldSchema = z.strictObject({
  /** Changes whenever other credentials are given, not when an OAuth grant renews itself. */
  id: z.string(),
  /** Keyed hashes of what Drift could refuse: the token, or the grant as it was given; the SCIM token. */
  hashes: z.strictObject({ rest: z.string(), scim: z.string() }),
  /** Keyed hashes of what the environment held when it was last taken. */
  seed: z.strictObject({ grant: z.string(), rest: z.string() }).nullable(),
  scimToken: z.string().nullable(),
  credential: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('token'), token: z.string() }),
    z.strictObject({
      kind: z.literal('oauth'),
      clientId: z.string(),
      clientSecret: z.string(),
      refreshToken: z.string(),
      access: accessSchema.nullable(),
      lease: z.strictObject({ by: z.string(), until: z.string() }).nullable(),
    }),
  ]),
});

/** Credentials of one tenant as they are sealed. */
export type Held = Readonly<z.output<typeof heldSchema>>;
type Seed = NonNullable<Held['seed']>;

const shownSchema = z.object({
  id: z.string(),
  kind: z.enum(['token', 'oauth']),
  rest: z.string(),
  scim: z.string(),
});
/** A mark without a hash, set by hand or by an event, is of whatever credentials there are. */
const deadSchema = z.object({
  at: z.string(),
  kind: z.enum(['rest', 'scim']).catch('rest'),
  hash: z.string().nullish(),
});

export type CredentialState =
  | { readonly kind: 'good' }
  | { readonly kind: 'dead'; readonly at: string; readonly detail: string }
  | { readonly kind: 'none' };

/** As the audit log has it. */
interface CredentialEvent {
  readonly actor: string;
  readonly kind: string;
}

/** What one tenant's credentials are, sealed and shown. */
export interface HeldCredentials {
  /** Throws DomainError `store.unavailable` where they cannot be opened. */
  read(slot?: Slot): Promise<{ readonly held: Held; readonly revision: string } | null>;
  /** What stands there instead of that revision; false where something else stands there by now. */
  swap(slot: Slot, revision: string | null, held: Held): Promise<boolean>;
  drop(slot: Slot): Promise<void>;
  /** Takes the environment's credentials, unless they were taken before. */
  seed(given: DriftCredentials): Promise<void>;
  make(given: DriftCredentials, seed: Held['seed']): Held;
  /** Says to everybody that these are the credentials now, and forgets what was known of those before. */
  publish(held: Held, event: CredentialEvent, verifiedOrganisation?: string | null): Promise<void>;
  vault(slot: Slot, id: string): OAuthVault;
  /** For the credentials of that id alone: those that took their place are not dead with them. */
  deaths(id: string): Deaths;
}

/** Needs no key: from the settings alone. */
export async function credentialState(tenant: TenantStore): Promise<CredentialState> {
  const shown = parsed(shownSchema, await tenant.settings.get(SHOWN));
  if (shown === null) return { kind: 'none' };
  const dead = parsed(deadSchema, await tenant.settings.get(DEAD));
  if (dead !== null && (dead.hash == null || dead.hash === shown[dead.kind])) {
    return { kind: 'dead', at: dead.at, detail: sentence(shown.kind, dead.kind) };
  }
  const found = readCapabilities(await tenant.settings.get(CAPABILITIES));
  const own = await organisation(tenant);
  if (own === null || found?.orgId == null || found.orgId === own) return { kind: 'good' };
  const detail = `The Drift credentials are of organisation ${found.orgId}, and what this tenant knows is of ${own}: nothing is sent with them. Give credentials of ${own}, or use a tenant of its own for the other one.`;
  return { kind: 'dead', at: found.probedAt, detail };
}

/** The Drift organisation that everything in this tenant is about; null until one was seen. */
export async function organisation(tenant: TenantStore): Promise<string | null> {
  const pinned = await tenant.settings.get(ORGANISATION);
  if (pinned !== null && pinned !== '') return pinned;
  return readCapabilities(await tenant.settings.get(CAPABILITIES))?.orgId ?? null;
}

function sentence(credential: 'token' | 'oauth', bearer: BearerKind): string {
  const what = bearer === 'scim' ? 'the SCIM token' : credential === 'token' ? 'the token' : 'the OAuth grant';
  const way =
    credential === 'token'
      ? 'install the private app in Drift again, and give the bridge its new token'
      : 'give the app consent in Drift again, and give the bridge the new refresh token';
  return `Drift has refused ${what} for good and nothing is sent to it any more: ${way} (DRIFT_* in the environment and a new start, or PUT /api/v1/tenants/{tenant}/drift).`;
}

export function heldCredentials(ports: {
  readonly tenant: TenantStore;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): HeldCredentials {
  const { tenant, secrets, clock, crypto } = ports;
  const { tenantId } = tenant;
  const hash = (...parts: readonly (string | null)[]): string =>
    crypto.keyedHash(tenantId, JSON.stringify(['drift.credential', ...parts]));
  let looked: { readonly at: number; readonly dead: boolean } | null = null;

  async function read(slot: Slot = 'drift.credentials'): Promise<{ held: Held; revision: string } | null> {
    const sealed = await secrets.read(slot);
    if (sealed === null) return null;
    const held = parsed(heldSchema, sealed.value);
    if (held !== null) return { held, revision: sealed.revision };
    throw new DomainError('store.unavailable', 'The stored Drift credentials are of an unknown form; give them again.');
  }

  async function swap(slot: Slot, revision: string | null, held: Held): Promise<string | null> {
    return secrets.swap(slot, revision, JSON.stringify(held), clock.now());
  }

  function make(given: DriftCredentials, seed: Held['seed']): Held {
    const own = given.kind === 'token' && given.scimToken === given.token;
    const scimToken = own ? null : (given.scimToken ?? null);
    const rest = grantHash(given);
    return {
      id: crypto.uuid(),
      hashes: { rest, scim: scimToken === null ? rest : hash('scim', scimToken) },
      seed,
      scimToken,
      credential:
        given.kind === 'token'
          ? { kind: 'token', token: given.token }
          : { kind: 'oauth', ...grantOf(given), access: null, lease: null },
    };
  }

  const grantHash = (given: DriftCredentials): string =>
    given.kind === 'token' ? hash('token', given.token) : hash('oauth', given.clientId, given.refreshToken);

  function seedOf(given: DriftCredentials): Seed {
    const secret = given.kind === 'oauth' ? given.clientSecret : null;
    return { grant: grantHash(given), rest: hash('rest', secret, given.scimToken ?? null) };
  }

  /** What takes the place of `before` when the environment says this; `before` itself where it is to stay. */
  function seeded(before: Held | null, given: DriftCredentials): Held {
    const seed = seedOf(given);
    const made = make(given, seed);
    if (before?.seed?.grant !== seed.grant) return made;
    if (before.seed.rest === seed.rest) return before;
    if (given.kind === 'token') return made;
    // The refresh token was taken before, so it is spent; what is new is the client secret or the SCIM token.
    const { credential, hashes } = before;
    if (credential.kind !== 'oauth' || hashes.rest !== seed.grant) return { ...before, seed };
    const { refreshToken, access, lease } = credential;
    return { ...made, credential: { kind: 'oauth', ...grantOf(given), refreshToken, access, lease } };
  }

  async function publish(held: Held, event: CredentialEvent, verified: string | null = null): Promise<void> {
    looked = null;
    const { id, hashes, credential } = held;
    const own = (await organisation(tenant)) ?? verified;
    await tenant.write(async (tx) => {
      await tx.settings.set(SHOWN, JSON.stringify({ id, kind: credential.kind, ...hashes }));
      for (const name of [DEAD, CAPABILITIES, SCIM_PATH]) await tx.settings.set(name, '');
      if (own !== null) await tx.settings.set(ORGANISATION, own);
      const data = { kind: credential.kind, ...hashes };
      await tx.audit.append({ ...event, subject: tenantId, data });
      await tx.jobs.enqueue({ kind: 'probe', dedupeKey: 'probe', payload: { fresh: true } });
    });
  }

  return {
    read,
    swap: async (slot, revision, held) => (await swap(slot, revision, held)) !== null,
    async drop(slot) {
      await secrets.remove(slot);
    },
    make,
    publish,

    async seed(given) {
      let held: Held;
      for (;;) {
        const before = await read();
        held = seeded(before?.held ?? null, given);
        if (held === before?.held) break;
        if ((await swap('drift.credentials', before?.revision ?? null, held)) !== null) break;
      }
      // Also where an earlier start was cut off before it had said so.
      const shown = parsed(shownSchema, await tenant.settings.get(SHOWN));
      if (shown?.id !== held.id) await publish(held, { actor: 'system', kind: 'drift.credentials_seeded' });
    },

    vault: (slot, id) => ({
      async read() {
        const found = await read(slot);
        if (found === null || found.held.id !== id || found.held.credential.kind !== 'oauth') return null;
        const { credential } = found.held;
        const { access, lease } = credential;
        return { grant: { ...grantOf(credential), access, lease }, revision: found.revision };
      },
      async swap(revision, grant: OAuthGrant) {
        const found = await read(slot);
        if (found?.revision !== revision) return null;
        return swap(slot, revision, { ...found.held, credential: { kind: 'oauth', ...grant } });
      },
    }),

    deaths: (id) => ({
      async known() {
        const now = Date.parse(clock.now());
        if (looked === null || looked.dead || !isWithin(LOOK_MS, looked.at, now)) {
          looked = { at: now, dead: (await credentialState(tenant)).kind === 'dead' };
        }
        return looked.dead;
      },
      async record(kind) {
        const held = (await read())?.held;
        if (held?.id !== id) return;
        looked = null;
        const mark = { at: clock.now(), kind, hash: held.hashes[kind] };
        await tenant.write(async (tx) => {
          await tx.settings.set(DEAD, JSON.stringify(mark));
          await tx.audit.append({ actor: 'system', kind: 'drift.credential_dead', subject: tenantId, data: mark });
        });
      },
    }),
  };
}

function grantOf({ clientId, clientSecret, refreshToken }: Extract<DriftCredentials, { kind: 'oauth' }>) {
  return { clientId, clientSecret, refreshToken };
}

/** What a stored text says; null where it says nothing that is known. */
function parsed<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null || text === '') return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

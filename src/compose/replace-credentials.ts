import type { DriftCredentials } from '../config/drift.ts';
import { DomainError } from '../core/errors.ts';
import type { DriftClient } from '../drift/client.ts';
import { listScimUsers } from '../drift/operations/scim.ts';
import type { TenantStore } from '../flows/ports.ts';
import { type Held, type HeldCredentials, organisation, type Slot } from './held-credentials.ts';

/** What is known of credentials that were verified. */
export interface ReplacedCredentials {
  readonly kind: DriftCredentials['kind'];
  readonly organisation: string | null;
  readonly scopes: readonly string[];
}

/**
 * Takes other credentials of a tenant's Drift, once Drift has shown that they are good; until then those before stay.
 * Throws DomainError `conflict` where this process cannot seal them, or they are of another organisation, or of nobody knows which;
 * `drift.refused` where Drift refuses them, `drift.unreachable` where it cannot be asked.
 */
export type ReplaceCredentials = (
  tenantId: string,
  given: DriftCredentials,
  by: string,
) => Promise<ReplacedCredentials>;

const NEXT = 'drift.credentials.next';
const NOW = 'drift.credentials';

export function createReplaceCredentials(ports: {
  readonly heldBy: (tenantId: string) => HeldCredentials | null;
  readonly tenant: (tenantId: string) => TenantStore;
  /** A client that calls with these credentials, whatever there were before. */
  readonly clientFor: (tenantId: string, of: HeldCredentials, slot: Slot, held: Held) => Promise<DriftClient>;
}): ReplaceCredentials {
  const { heldBy, tenant, clientFor } = ports;
  const busy = new Set<string>();

  async function replace(tenantId: string, given: DriftCredentials, by: string): Promise<ReplacedCredentials> {
    const of = heldBy(tenantId);
    if (of === null) {
      throw new DomainError(
        'conflict',
        'This process holds no BRIDGE_SECRET_KEY and cannot seal credentials. Send the request to a process with BRIDGE_MODE=all, or set DRIFT_TOKEN (or the OAuth variables) where the workers run and start them again.',
      );
    }
    const candidate = await staged(of, given);
    const client = await clientFor(tenantId, of, NEXT, candidate);
    let verified: ReplacedCredentials;
    try {
      verified = { kind: given.kind, ...(await verify(client, candidate)) };
    } finally {
      await client.close();
    }
    const own = await organisation(tenant(tenantId));
    if (own !== null && verified.organisation === null) {
      throw new DomainError(
        'conflict',
        `Drift does not say of which organisation these credentials are, and this tenant is of ${own}; those before stay.`,
      );
    }
    if (own !== null && own !== verified.organisation) {
      throw new DomainError(
        'conflict',
        `These credentials are of Drift organisation ${verified.organisation ?? ''}, and this tenant is of ${own}: its people, accounts and history would be taken for others. Use a tenant of its own for another organisation.`,
      );
    }
    const held = await install(of, candidate.id);
    await of.publish(held, { actor: by, kind: 'drift.credentials_replaced' }, verified.organisation);
    await of.drop(NEXT);
    return verified;
  }

  return async (tenantId, given, by) => {
    if (busy.has(tenantId)) throw new DomainError('conflict', 'Other credentials are being verified; wait for that.');
    busy.add(tenantId);
    try {
      return await replace(tenantId, given, by);
    } finally {
      busy.delete(tenantId);
    }
  };
}

/**
 * Stored before they are tried: the first use of an OAuth grant spends its refresh token, and what came in its place must
 * outlast a verification that fails half-way. The same grant given again goes on where that one ended.
 */
async function staged(of: HeldCredentials, given: DriftCredentials): Promise<Held> {
  for (;;) {
    const seed = (await of.read(NOW))?.held.seed ?? null;
    const before = await of.read(NEXT);
    const made = of.make(given, seed);
    const going = before?.held.credential;
    const { credential } = made;
    const same =
      before?.held.hashes.rest === made.hashes.rest && going?.kind === 'oauth' && credential.kind === 'oauth';
    const next = same
      ? { ...made, credential: { ...credential, refreshToken: going.refreshToken, access: going.access } }
      : made;
    if (await of.swap(NEXT, before?.revision ?? null, next)) return next;
  }
}

async function verify(client: DriftClient, { scimToken }: Held): Promise<Omit<ReplacedCredentials, 'kind'>> {
  const info = await client.tokenInfo();
  if (info.kind === 'refused') throw refusal('the credentials', info.code);
  if (info.kind === 'unknown') throw unasked(info.code);
  if (scimToken !== null) {
    if (!(await scimEntitled(client))) throw refusal('the SCIM token', 'scim_not_entitled');
    const users = await client.call(listScimUsers, { query: { count: 1 } });
    if (users.kind === 'refused') throw refusal('the SCIM token', users.code);
    if (users.kind === 'unknown') throw unasked(users.code);
  }
  return {
    organisation: organisationOf(info.value),
    scopes: (info.value.scope ?? '').split(/[\s,]+/).filter((scope) => /^[a-z_]{1,64}$/i.test(scope)),
  };
}

/** The organisation of a token, in the words of `token_info` (Drift API notes 2.9). */
export function organisationOf(info: { readonly authenticated_userid?: string | null | undefined }): string | null {
  return /^orgId:(\d+)$/.exec(info.authenticated_userid ?? '')?.[1] ?? null;
}

async function scimEntitled(client: DriftClient): Promise<boolean> {
  try {
    return (await client.scim()).entitled;
  } catch (error) {
    // Where SCIM is cannot be told with a token that is none.
    if ((await client.credential('scim')) === 'dead') throw refusal('the SCIM token', 'credential_dead');
    throw error;
  }
}

function refusal(what: string, code: string): DomainError {
  return new DomainError('drift.refused', `Drift refuses ${what} (${code}); those before stay.`);
}

function unasked(code: string): DomainError {
  return new DomainError('drift.unreachable', `The credentials could not be verified (${code}); those before stay.`);
}

/** In the place of those before; what the environment held when it was last taken stays remembered. */
async function install(of: HeldCredentials, id: string): Promise<Held> {
  for (;;) {
    const staged = await of.read(NEXT);
    if (staged?.held.id !== id) throw new DomainError('conflict', 'Other credentials were given meanwhile.');
    const before = await of.read(NOW);
    const held = { ...staged.held, seed: before?.held.seed ?? null };
    if (await of.swap(NOW, before?.revision ?? null, held)) return held;
  }
}

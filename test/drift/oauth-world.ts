import { setTimeout as pause } from 'node:timers/promises';
import type { DriftCredentials } from '../../src/drift/credentials.ts';
import { type OAuthGrant, type OAuthVault, oauthCredentials } from '../../src/drift/oauth.ts';
import { checkedBase, createTransport, type Exchange } from '../../src/drift/transport.ts';
import type { Logged } from './recording-server.ts';

export const GRANT: OAuthGrant = {
  clientId: 'client-for-tests',
  clientSecret: 'client-secret-for-tests',
  refreshToken: 'refresh-token-for-tests-1',
  access: null,
  lease: null,
};

/** A vault in memory; `before` may fail or wait in place of a swap. */
export interface TestVault extends OAuthVault {
  grant: OAuthGrant | null;
  before: (grant: OAuthGrant) => Promise<void>;
  readonly swaps: OAuthGrant[];
}

export function testVault(first: OAuthGrant = GRANT): TestVault {
  let revision = 1;
  const vault: TestVault = {
    grant: first,
    before: async () => undefined,
    swaps: [],
    read: async () => (vault.grant === null ? null : { grant: vault.grant, revision: String(revision) }),
    async swap(from, grant) {
      await vault.before(grant);
      if (vault.grant === null || from !== String(revision)) return null;
      revision += 1;
      vault.grant = grant;
      vault.swaps.push(grant);
      return String(revision);
    },
  };
  return vault;
}

export interface OAuthWorld {
  readonly vault: TestVault;
  readonly deaths: string[];
  readonly logged: Logged[];
  /** Forms that were posted. */
  readonly posted: string[];
  readonly slept: number[];
  advance(ms: number): void;
  /** Credentials as one more process has them. */
  process(owner: string, scimToken?: string): DriftCredentials;
  close(): Promise<void>;
}

/** Time that passes only when it is asked to, or, with `real`, by itself. */
export function oauthWorld(
  url: string,
  options: { readonly vault?: TestVault; readonly real?: boolean } = {},
): OAuthWorld {
  const { vault = testVault(), real = false } = options;
  const transport = createTransport(checkedBase(url), { connectMs: 1_000, totalMs: 2_000 });
  let now = real ? null : Date.parse('2030-01-01T00:00:00.000Z');
  const deaths: string[] = [];
  const logged: Logged[] = [];
  const posted: string[] = [];
  const slept: number[] = [];

  function post(form: string): Promise<Exchange> {
    posted.push(form);
    return transport.send({
      method: 'POST',
      target: '/oauth2/token',
      bearer: null,
      contentType: 'application/x-www-form-urlencoded',
      body: form,
      cap: 65_536,
    });
  }

  return {
    vault,
    deaths,
    logged,
    posted,
    slept,
    advance: (ms) => {
      now = (now ?? 0) + ms;
    },
    process: (owner, scimToken) =>
      oauthCredentials({
        vault,
        post,
        postMs: 2_000,
        scimToken: scimToken ?? null,
        deaths: { known: async () => deaths.length > 0, record: async (kind) => void deaths.push(kind) },
        clock: {
          now: () => new Date(now ?? Date.now()).toISOString(),
          sleep: async (ms) => {
            slept.push(ms);
            if (now === null) await pause(ms);
            else now += ms;
          },
        },
        log: (level, code, data) => void logged.push({ level, code, data }),
        owner,
      }),
    close: () => transport.close(),
  };
}

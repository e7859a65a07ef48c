import { DomainError } from '../core/errors.ts';
import type { Clock, Log } from '../flows/ports.ts';
import { createConcealment } from './concealment.ts';
import { deadCredential, type Deaths, type DriftCredentials } from './credentials.ts';
import { type Access, askForToken, type TokenAnswer } from './oauth-token.ts';
import { isWithin } from './recently.ts';
import type { Exchange } from './transport.ts';

/** An OAuth grant as it is stored. The refresh token is spent by its use: Drift gives another one each time. */
export interface OAuthGrant {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** Null: none was had yet. */
  readonly access: Access | null;
  /** Who spends the refresh token now, and until when that is believed. */
  readonly lease: { readonly by: string; readonly until: string } | null;
}

/** Where the grant is stored, for all processes that use it. */
export interface OAuthVault {
  /** Null: other credentials stand in its place. */
  read(): Promise<{ readonly grant: OAuthGrant; readonly revision: string } | null>;
  /** The new revision; null where what is stored is not of that revision any more. */
  swap(revision: string, grant: OAuthGrant): Promise<string | null>;
}

/** Milliseconds between two looks at a grant that somebody else renews. */
const LOOK = 200;
/** Milliseconds before an answer that was lost or refused is asked for once more. */
const PAUSE = 500;
/** So long a renewal that failed is not tried again, in milliseconds. */
const REST = 5_000;
/** A bearer that is refused so soon after the one before it is proof that no other will do, in milliseconds. */
const FRESH = 60_000;
const SAVES = 5;
/** By so much the clocks of two machines may differ, in milliseconds; the lease of a process that died waits as long. */
const SKEW = 60_000;
/** A renewal that was held up so long after it took its lease takes it anew, in milliseconds. */
const HELD_UP = 5_000;

/**
 * An OAuth grant that renews its access token: a little before it ends, or when Drift has refused it. One renewal at a time
 * in all processes (a lease in the stored grant), and the new refresh token is stored before the new bearer is used: a
 * refresh token that is spent twice, or lost, ends the grant (Drift API notes 1.3).
 */
export function oauthCredentials(ports: {
  readonly vault: OAuthVault;
  /** POST of a form to the token endpoint. */
  readonly post: (form: string) => Promise<Exchange>;
  /** Longest that `post` takes, in milliseconds. */
  readonly postMs: number;
  /** SCIM may have a token of its own, which does not renew itself. */
  readonly scimToken: string | null;
  readonly deaths: Deaths;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells this process from every other. */
  readonly owner: string;
}): DriftCredentials {
  const { vault, post, postMs, scimToken, deaths, clock, log, owner } = ports;
  const leaseMs = 2 * postMs + PAUSE + 10_000;
  const conceal = createConcealment(...(scimToken === null ? [] : [scimToken]));
  let current: Access | null = null;
  let renewing: Promise<Access> | null = null;
  /** Answered, but not stored yet: nothing else may be asked before it is. */
  let unsaved: { readonly spent: string; readonly grant: OAuthGrant } | null = null;
  let failed: { readonly at: number; readonly error: Error } | null = null;
  /** The bearer that took the place of a refused one. */
  let successor: { readonly token: string; readonly at: number } | null = null;

  const now = (): number => Date.parse(clock.now());
  const later = (ms: number): string => new Date(now() + ms).toISOString();
  const before = (instant: string | null): boolean => instant === null || now() < Date.parse(instant);

  async function stored(): Promise<{ readonly grant: OAuthGrant; readonly revision: string }> {
    const held = await vault.read();
    if (held === null) throw unreachable('other credentials were put in place of these; begin again');
    const { clientSecret, refreshToken, access } = held.grant;
    conceal.learn(clientSecret, refreshToken, ...(access === null ? [] : [access.token]));
    return held;
  }

  /** However many callers want another bearer than `stale`, one renewal answers for all. */
  function renew(stale: string | null): Promise<Access> {
    if (failed !== null && isWithin(REST, failed.at, now())) return Promise.reject(failed.error);
    renewing ??= inTurn(stale)
      .then((access) => {
        failed = null;
        current = access;
        return access;
      })
      .catch((caught: unknown) => {
        const error = caught instanceof Error ? caught : new Error('not an error', { cause: caught });
        failed = { at: now(), error };
        throw error;
      })
      .finally(() => (renewing = null));
    return renewing;
  }

  /** Waits while another process renews, and takes what it has got. */
  async function inTurn(stale: string | null): Promise<Access> {
    const patience = now() + 2 * leaseMs;
    let watched = '';
    let since = 0;
    while (now() < patience) {
      if (unsaved !== null) return save(unsaved);
      const { grant, revision } = await stored();
      const { access, lease } = grant;
      if (access !== null && access.token !== stale && before(access.renewAt)) return access;
      if (watched !== revision || now() < since) since = now();
      watched = revision;
      // Whose clock is right is not known: a lease has ended when it was seen to last, or is long over.
      const isOver = now() - since >= leaseMs || now() >= Date.parse(lease?.until ?? '') + SKEW;
      if (lease !== null && lease.by !== owner && !isOver) {
        await clock.sleep(LOOK);
        continue;
      }
      const leased = { ...grant, lease: { by: owner, until: later(leaseMs) } };
      const mine = await vault.swap(revision, leased);
      if (mine === null) continue;
      const got = await spend(leased, mine);
      if (got !== null) return got;
    }
    throw unreachable('another process is renewing the access token and does not come to an end');
  }

  /** Null: the grant was renewed by somebody else meanwhile, and is to be read again. */
  async function spend(grant: OAuthGrant, revision: string): Promise<Access | null> {
    const since = now();
    let answer = await askForToken(grant, post, now);
    // The same token once more. Where it was not spent, that is the way on; where it was, it is worth nothing already, and
    // a refusal is the proof.
    if (answer.kind === 'refused' || (answer.kind === 'lost' && answer.maySpend)) {
      await clock.sleep(PAUSE);
      if (now() - since > postMs + PAUSE + HELD_UP) return null;
      answer = await askForToken(grant, post, now);
    }
    if (answer.kind === 'granted') return save({ spent: grant.refreshToken, grant: renewed(grant, answer) });
    // Where the lease is not ours any more, somebody else has spent the token meanwhile, or is about to.
    if ((await vault.swap(revision, { ...grant, lease: null })) === null) return null;
    log('warn', 'drift.token_not_renewed', { outcome: answer.kind, code: answer.code });
    if (answer.kind === 'lost') throw unreachable(`the access token could not be renewed (${answer.code})`);
    await deaths.record('rest');
    throw deadCredential();
  }

  function renewed(grant: OAuthGrant, answer: Extract<TokenAnswer, { kind: 'granted' }>): OAuthGrant {
    const { access, refreshToken } = answer;
    conceal.learn(access.token, refreshToken ?? grant.refreshToken);
    return { ...grant, refreshToken: refreshToken ?? grant.refreshToken, access, lease: null };
  }

  /** Stored before it is used; a store that takes no writes now must not cost the grant. */
  async function save(answered: NonNullable<typeof unsaved>): Promise<Access> {
    unsaved = answered;
    const { spent, grant } = answered;
    for (let tries = 1; ; tries += 1) {
      try {
        const held = await vault.read();
        const there = held?.grant;
        if (held === null || there === undefined || (there.refreshToken !== spent && !isSame(there, grant))) {
          unsaved = null;
          throw unreachable('other credentials were put in place of these; begin again');
        }
        // A save whose own answer was lost may be there already.
        if (isSame(there, grant) || (await vault.swap(held.revision, grant)) !== null) break;
      } catch (error) {
        if (unsaved === null || tries >= SAVES) throw error;
        await clock.sleep(PAUSE * tries);
      }
    }
    unsaved = null;
    log('info', 'drift.token_renewed', { endsAt: grant.access?.endsAt ?? null });
    if (grant.access === null) throw unreachable('there is no access token');
    return grant.access;
  }

  /**
   * Another bearer right after a refused one, and refused as well: it is the app that Drift does not know any more. Unless
   * the grant was renewed since, or is being renewed by whoever has the lease: that is what ended this bearer.
   */
  async function isLast(bearer: string): Promise<boolean> {
    if (successor?.token !== bearer || !isWithin(FRESH, successor.at, now())) return false;
    const { access, lease } = (await stored()).grant;
    return access?.token === bearer && lease === null;
  }

  return {
    conceal,

    async bearer(kind) {
      if (await deaths.known()) throw deadCredential();
      if (kind === 'scim' && scimToken !== null) return scimToken;
      current ??= (await stored()).grant.access;
      const held: Access | null = current;
      if (held !== null && before(held.renewAt)) return held.token;
      try {
        return (await renew(null)).token;
      } catch (error) {
        if (held !== null && before(held.endsAt) && !isDead(error)) return held.token;
        throw error;
      }
    },

    async refused(kind, bearer) {
      if (kind === 'scim' && scimToken !== null) {
        await deaths.record(kind);
        return false;
      }
      if (current !== null && current.token !== bearer) return true;
      if (await isLast(bearer)) {
        await deaths.record(kind);
        return false;
      }
      try {
        let { token } = await renew(bearer);
        // A renewal that was under way already may have found this very bearer good.
        if (token === bearer) ({ token } = await renew(bearer));
        successor = { token, at: now() };
        return token !== bearer;
      } catch (error) {
        if (isDead(error)) return false;
        throw error;
      }
    },
  };
}

function isSame(one: OAuthGrant, other: OAuthGrant): boolean {
  return one.refreshToken === other.refreshToken && one.access?.token === other.access?.token;
}

const isDead = (error: unknown): boolean => error instanceof DomainError && error.code === 'drift.credential_dead';

function unreachable(why: string): DomainError {
  return new DomainError('drift.unreachable', `No access token for Drift: ${why}.`);
}

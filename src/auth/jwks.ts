import { type CryptoKey, importJWK } from 'jose';
import type { Clock, Log } from '../flows/ports.ts';
import type { JsonObject } from './strict-json.ts';

/** Asymmetric and named one by one: HS* would make a public key a shared secret, `none` would need no key (RFC 8725 3.1). */
export const JWT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

export type FoundKey =
  | { readonly kind: 'key'; readonly key: CryptoKey }
  /** The issuer was asked, and has no such key. */
  | { readonly kind: 'unknown' }
  /** The issuer cannot be asked now, and the key is not among those that it gave before. */
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** The issuer's keys. `find` never throws; `kid` is undefined where the token names none. */
export interface KeySet {
  find(algorithm: JwtAlgorithm, kid: string | undefined): Promise<FoundKey>;
}

/** Reads the key set document. Throws where there is none. */
export type FetchKeys = () => Promise<unknown>;

const FRESH_MS = 10 * 60_000;
/** A set is asked for at most so often, whatever kids are made up, and where the issuer does not answer. */
const PAUSE_MS = 30_000;
/** Known keys go on for so long while the issuer does not answer. */
const STALE_MS = 24 * 3_600_000;
const MOST_KEYS = 100;
const MOST_KID = 256;

interface UsableKey {
  readonly kid: string | undefined;
  readonly byAlgorithm: ReadonlyMap<JwtAlgorithm, CryptoKey>;
}

/**
 * A cache with one flight at a time: fresh for 10 minutes; asked again for an unknown kid, and after a failure, at most
 * every 30 seconds; known keys serve up to 24 hours while the issuer is down. (jose's own remote set counts its pause from
 * the last success only, so that a dead issuer would be asked on every request.)
 */
export function createKeySet(ports: {
  readonly fetchKeys: FetchKeys;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): KeySet {
  const { fetchKeys, clock, log } = ports;
  let held: { readonly keys: readonly UsableKey[]; readonly at: number } | null = null;
  let triedAt = -Infinity;
  let missedAt = -Infinity;
  let failed = false;
  let flight: Promise<void> | null = null;
  const now = (): number => Date.parse(clock.now());

  async function fetchOnce(): Promise<void> {
    triedAt = now();
    try {
      const keys = await usableKeys(await fetchKeys());
      held = { keys, at: now() };
      failed = false;
    } catch (error) {
      failed = true;
      log('warn', 'jwks.unavailable', { reason: error instanceof KeySetError ? error.message : 'not_reached' });
    } finally {
      flight = null;
    }
  }

  /** The flight under way, or a new one; null where the issuer was found to be down a moment ago. */
  function refresh(): Promise<void> | null {
    if (flight === null && failed && now() - triedAt < PAUSE_MS) return null;
    flight ??= fetchOnce();
    return flight;
  }

  /** For a kid that is not known: once, so that a new key works at the first token, and then no more for a while. */
  function refreshForUnknown(): Promise<void> | null {
    if (flight !== null) return flight;
    if (now() - missedAt < PAUSE_MS) return null;
    missedAt = now();
    return refresh();
  }

  function known(algorithm: JwtAlgorithm, kid: string | undefined): CryptoKey | null {
    if (held === null || now() - held.at >= STALE_MS) return null;
    const { keys } = held;
    if (kid === undefined) return keys.length === 1 ? (keys[0]?.byAlgorithm.get(algorithm) ?? null) : null;
    const fitting = keys.flatMap((key) => (key.kid === kid ? (key.byAlgorithm.get(algorithm) ?? []) : []));
    return fitting.length === 1 ? (fitting[0] ?? null) : null;
  }

  return {
    async find(algorithm, kid) {
      let asked = false;
      if (held === null || now() - held.at >= FRESH_MS) {
        const asking = refresh();
        // Once the issuer was found to be down, nobody with a known key waits for it.
        if (asking !== null && (!failed || known(algorithm, kid) === null)) {
          await asking;
          asked = true;
        }
      }
      let key = known(algorithm, kid);
      if (key === null && !asked) {
        await refreshForUnknown();
        key = known(algorithm, kid);
      }
      if (key !== null) return { kind: 'key', key };
      if (!failed && held !== null) return { kind: 'unknown' };
      return { kind: 'unavailable', retryAfterSeconds: Math.max(1, Math.ceil((triedAt + PAUSE_MS - now()) / 1000)) };
    },
  };
}

/** What is wrong with a key set document, in one word for the log. */
export class KeySetError extends Error {}

/** Keys that can verify one of our algorithms; the rest of the set is ignored. A set without any is as good as none. */
async function usableKeys(document: unknown): Promise<readonly UsableKey[]> {
  const list = isObject(document) ? document['keys'] : undefined;
  if (!Array.isArray(list) || list.length > MOST_KEYS) throw new KeySetError('no_key_set');
  const keys = (await Promise.all(list.map(usableKey))).filter((key) => key !== null);
  if (keys.length === 0) throw new KeySetError('no_usable_key');
  return keys;
}

async function usableKey(jwk: unknown): Promise<UsableKey | null> {
  if (!isObject(jwk) || !isForVerifying(jwk)) return null;
  const { kid } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MOST_KID)) return null;
  const byAlgorithm = new Map<JwtAlgorithm, CryptoKey>();
  for (const algorithm of JWT_ALGORITHMS) {
    const material = jwk['alg'] === undefined || jwk['alg'] === algorithm ? materialFor(algorithm, jwk) : null;
    if (material === null) continue;
    try {
      const key = await importJWK(material, algorithm);
      if (!(key instanceof Uint8Array) && isLongEnough(key)) byAlgorithm.set(algorithm, key);
    } catch {
      // A damaged key does not spoil the set.
    }
  }
  return byAlgorithm.size === 0 ? null : { kid, byAlgorithm };
}

/** RFC 7517 4.2, 4.3. A private key that was published is everybody's: it proves nothing. */
function isForVerifying(jwk: JsonObject): boolean {
  const { use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  return !('d' in jwk);
}

/** The public members alone, where type and curve are those of the algorithm (RFC 7518 3.1, RFC 8037 3.1). */
function materialFor(algorithm: JwtAlgorithm, jwk: JsonObject): Record<string, string> | null {
  switch (algorithm) {
    case 'RS256':
    case 'PS256':
      return jwk['kty'] === 'RSA' ? members(jwk, ['kty', 'n', 'e']) : null;
    case 'ES256':
      return jwk['kty'] === 'EC' && jwk['crv'] === 'P-256' ? members(jwk, ['kty', 'crv', 'x', 'y']) : null;
    case 'EdDSA':
      return jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519' ? members(jwk, ['kty', 'crv', 'x']) : null;
  }
}

function members(jwk: JsonObject, names: readonly string[]): Record<string, string> | null {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = jwk[name];
    if (typeof value !== 'string') return null;
    picked[name] = value;
  }
  return picked;
}

/** RFC 7518 3.3: RSA keys of 2048 bits or more. */
function isLongEnough(key: CryptoKey): boolean {
  const { modulusLength } = key.algorithm as { readonly modulusLength?: number };
  return modulusLength === undefined || modulusLength >= 2048;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

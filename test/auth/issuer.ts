import { type KeyObject, constants, createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Json = Readonly<Record<string, unknown>>;

/** A key pair of an issuer, or of somebody who would like to be one. */
export interface Pair {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it stands in a key set. */
  readonly jwk: Json;
}

function pair(kid: string, alg: string, keys: { publicKey: KeyObject; privateKey: KeyObject }): Pair {
  return { kid, alg, ...keys, jwk: { ...keys.publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function rsaPair(kid: string, alg: 'RS256' | 'PS256' = 'RS256', modulusLength = 2048): Pair {
  return pair(kid, alg, generateKeyPairSync('rsa', { modulusLength }));
}

export function ecPair(kid: string, namedCurve = 'P-256', alg = 'ES256'): Pair {
  return pair(kid, alg, generateKeyPairSync('ec', { namedCurve }));
}

export function edPair(kid: string): Pair {
  return pair(kid, 'EdDSA', generateKeyPairSync('ed25519'));
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)).toString(
    'base64url',
  );

/** The signature of any text under any name of an algorithm: what a forger can do, too. */
export function signature(text: string, alg: string, key: KeyObject | string): Buffer {
  const data = Buffer.from(text);
  const bits = alg.slice(-3);
  if (alg.startsWith('HS')) return createHmac(`sha${bits}`, key).update(data).digest();
  const own = typeof key === 'string' ? createPrivateKey(key) : key;
  switch (alg.slice(0, 2)) {
    case 'RS':
      return sign(`sha${bits}`, data, own);
    case 'PS':
      return sign(`sha${bits}`, data, {
        key: own,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: Number(bits) / 8,
      });
    case 'ES':
      return sign(`sha${bits}`, data, { key: own, dsaEncoding: 'ieee-p1363' });
    default:
      return sign(null, data, own);
  }
}

/** A compact JWS of any header and payload; texts and bytes go in as they are. */
export function compact(header: unknown, payload: unknown, alg: string, key: KeyObject | string): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${signature(text, alg, key).toString('base64url')}`;
}

/** A real HTTP server with a key set. */
export interface KeyServer {
  readonly url: string;
  readonly hits: () => number;
  /** What it answers from now on. */
  answer(next: {
    readonly status?: number;
    readonly body?: string;
    readonly location?: string;
    readonly hangs?: true;
  }): void;
  serve(keys: readonly Json[]): void;
  close(): Promise<void>;
}

export async function startKeyServer(keys: readonly Json[]): Promise<KeyServer> {
  let hits = 0;
  let current: Parameters<KeyServer['answer']>[0] = { body: JSON.stringify({ keys }) };
  const server: Server = createServer((_request, response) => {
    hits += 1;
    const { status = 200, body = '', location, hangs } = current;
    if (hangs === true) return;
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/keys`,
    hits: () => hits,
    answer: (next) => {
      current = next;
    },
    serve: (next) => {
      current = { body: JSON.stringify({ keys: next }) };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

import { createSign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Json, type Pair, compact, ecPair, edPair, encode, rsaPair, signature } from './issuer.ts';
import { AUDIENCE, ISSUER, type JwtWorld, jwtWorld } from './jwt-world.ts';

const evil = { rsa: rsaPair('rsa-1'), ec: ecPair('ec-1'), ed: edPair('ed-1') };
const strange = {
  p384: ecPair('p384', 'P-384', 'ES384'),
  k1: ecPair('k1', 'secp256k1', 'ES256K'),
  short: rsaPair('short', 'RS256', 1024),
  encrypts: rsaPair('encrypts'),
  published: rsaPair('published'),
  forOther: rsaPair('for-other'),
  twice: rsaPair('twice'),
  twin: rsaPair('twice'),
};
const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw';

let world: JwtWorld;
beforeAll(async () => {
  world = await jwtWorld({
    // A careless issuer: what is in its set and cannot be meant for signing tokens must not help anybody.
    extraKeys: [
      strange.p384.jwk,
      strange.k1.jwk,
      strange.short.jwk,
      { ...strange.encrypts.jwk, use: 'enc' },
      strange.published.privateKey.export({ format: 'jwk' }),
      { ...strange.published.privateKey.export({ format: 'jwk' }), kid: 'published' },
      { ...strange.forOther.jwk, use: undefined, key_ops: ['encrypt'] },
      strange.twice.jwk,
      strange.twin.jwk,
      { kty: 'oct', k: SECRET, kid: 'oct', alg: 'HS256' },
    ],
  });
});
afterAll(() => world.close());

const by = (pair: Pair, header: Json = {}, change: Json = {}): string =>
  compact({ alg: pair.alg, typ: 'at+jwt', kid: pair.kid, ...header }, world.claims(change), pair.alg, pair.privateKey);
/** A good token with a header or payload text of one's own, signed by the issuer itself. */
const raw = (header: unknown, payload: unknown): string => {
  const { rsa } = world.keys;
  return compact(header, payload, 'RS256', rsa.privateKey);
};
const goodHeader = { alg: 'RS256', typ: 'at+jwt', kid: 'rsa-1' };
const parts = (token = world.token()): [string, string, string] => token.split('.') as [string, string, string];
const hmac = (secret: string, kid = 'rsa-1'): string =>
  compact({ alg: 'HS256', typ: 'at+jwt', kid }, world.claims(), 'HS256', secret);
const unsigned = (alg: unknown, mark = ''): string =>
  `${encode({ alg, typ: 'at+jwt', kid: 'rsa-1' })}.${encode(world.claims())}.${mark}`;
const marked = (pair: Pair, mark: Uint8Array): string => {
  const [header, payload] = parts(world.token({}, {}, pair));
  return `${header}.${payload}.${encode(mark)}`;
};
const now = (): number => world.seconds();
const jwtTyp = { typ: 'JWT' };

const FORGED: Readonly<Record<string, () => string>> = {
  // Algorithms
  'alg none': () => unsigned('none'),
  'alg None in other letters': () => unsigned('nOnE'),
  'alg none with a signature': () => unsigned('none', parts()[2]),
  'no alg': () => unsigned(undefined, parts()[2]),
  'alg as a list': () => unsigned(['RS256'], parts()[2]),
  'alg null': () => unsigned(null, parts()[2]),
  'HS256 with the public key in PEM as the secret': () =>
    hmac(world.keys.rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
  'HS256 with the public key in PKCS 1 as the secret': () =>
    hmac(world.keys.rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()),
  'HS256 with the public JWK as the secret': () => hmac(JSON.stringify(world.keys.rsa.jwk)),
  'HS256 with the modulus as the secret': () => hmac(String(world.keys.rsa.jwk['n'])),
  'HS256 with no secret': () => hmac(''),
  'HS256 with a symmetric key of the set': () => hmac(Buffer.from(SECRET, 'base64url').toString('latin1'), 'oct'),
  'RS384, well signed': () => by({ ...world.keys.rsa, alg: 'RS384' }),
  'RS512, well signed': () => by({ ...world.keys.rsa, alg: 'RS512' }),
  'PS512, well signed': () => by({ ...world.keys.rsa, alg: 'PS512' }),
  'RS256 named, PS256 signed': () => by({ ...world.keys.rsa, alg: 'PS256' }, { alg: 'RS256' }),
  'PS256 named, RS256 signed': () => by(world.keys.rsa, { alg: 'PS256' }),
  'RS256, well signed, with a key of the set that is for PS256': () => by({ ...world.keys.pss, alg: 'RS256' }),
  'ES256 named for an RSA key': () => by(world.keys.rsa, { alg: 'ES256' }),
  'RS256 named for an EC key': () => by(world.keys.ec, { alg: 'RS256' }),
  'EdDSA named for an EC key': () => by(world.keys.ec, { alg: 'EdDSA' }),
  'ES384 with a P-384 key of the set': () => by(strange.p384),
  'ES256 with a P-384 key of the set': () => by({ ...strange.p384, alg: 'ES256' }),
  'ES256 with a secp256k1 key of the set': () => by({ ...strange.k1, alg: 'ES256' }),

  // Keys
  'a stranger with the same kid (RSA)': () => by(evil.rsa),
  'a stranger with the same kid (EC)': () => by(evil.ec),
  'a stranger with the same kid (Ed25519)': () => by(evil.ed),
  'a kid that nobody has': () => by(evil.rsa, { kid: 'unknown' }),
  'a kid that climbs folders': () => by(evil.rsa, { kid: '../../../../dev/null' }),
  'a kid that speaks SQL': () => by(evil.rsa, { kid: "x' union select 'secret' --" }),
  'a kid that is an address': () => by(evil.rsa, { kid: 'https://evil.example.com/key' }),
  'a kid that is a property of every object': () => by(evil.rsa, { kid: '__proto__' }),
  'an empty kid': () => by(world.keys.rsa, { kid: '' }),
  'a kid that is a number': () => by(world.keys.rsa, { kid: 1 }),
  'a kid that is a list': () => by(world.keys.rsa, { kid: ['rsa-1'] }),
  'no kid, where the set has several keys': () => by(world.keys.rsa, { kid: undefined }),
  'the kid of another key of the issuer': () => by(world.keys.rsa, { kid: 'pss-1' }),
  'the kid in other letters': () => by(world.keys.rsa, { kid: 'RSA-1' }),
  'a kid that two keys have': () => by(strange.twice),
  'a key set at jku': () => by(evil.rsa, { jku: 'http://127.0.0.1:9/keys', kid: 'evil' }),
  'a key set at jku, with a known kid': () => by(evil.rsa, { jku: 'http://127.0.0.1:9/keys' }),
  'a certificate at x5u': () => by(evil.rsa, { x5u: 'http://127.0.0.1:9/cert' }),
  'a certificate in x5c': () =>
    by(evil.rsa, { x5c: [evil.rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }),
  'a key in jwk': () => by(evil.rsa, { jwk: evil.rsa.jwk }),
  'a key in jwk, and no kid': () => by(evil.ec, { jwk: evil.ec.jwk, kid: undefined }),
  'an RSA key of 1024 bits in the set': () => by(strange.short),
  'a key of the set that is for encryption': () => by(strange.encrypts),
  'a key of the set whose operations are others': () => by(strange.forOther),
  'a key of the set whose private half was published': () => by(strange.published),

  // Claims
  'another audience': () => world.token({ aud: 'api://other' }),
  'an audience that begins with ours': () => world.token({ aud: `${AUDIENCE}/extra` }),
  'an audience in other letters': () => world.token({ aud: AUDIENCE.toUpperCase() }),
  'no audience': () => world.token({ aud: undefined }),
  'an empty list of audiences': () => world.token({ aud: [] }),
  'an audience that is an object': () => world.token({ aud: { [AUDIENCE]: true } }),
  'another issuer': () => world.token({ iss: 'https://evil.example.com/' }),
  'the issuer without its slash': () => world.token({ iss: ISSUER.slice(0, -1) }),
  'the issuer in other letters': () => world.token({ iss: ISSUER.toUpperCase() }),
  'the issuer with more behind it': () => world.token({ iss: `${ISSUER}v2` }),
  'a list of issuers': () => world.token({ iss: [ISSUER] }),
  'no issuer': () => world.token({ iss: undefined }),
  'the tenant of a stranger': () => world.token({ tid: 'evilcorp' }),
  'the tenant in other letters': () => world.token({ tid: 'Contoso' }),
  'our own name of the tenant': () => world.token({ tid: 'acme' }),
  'a list of tenants': () => world.token({ tid: ['contoso'] }),
  'a tenant that is a property of every object': () => world.token({ tid: 'constructor' }),
  'no tenant': () => world.token({ tid: undefined }),
  'a tenant that is mapped to none': () => world.token({ tid: 'fabrikam' }),
  'an end 60 seconds ago': () => world.token({ exp: now() - 60 }),
  'an end 61 seconds ago': () => world.token({ exp: now() - 61 }),
  'no end': () => world.token({ exp: undefined }),
  'an end that is a text': () => world.token({ exp: String(now() + 3600) }),
  'an end that is null': () => world.token({ exp: null }),
  'a beginning in 61 seconds': () => world.token({ nbf: now() + 61 }),
  'a beginning that is a text': () => world.token({ nbf: '0' }),
  'no issue': () => world.token({ iat: undefined }),
  'an issue in 61 seconds': () => world.token({ iat: now() + 61 }),
  'an issue that is a text': () => world.token({ iat: String(now()) }),
  'an age of 24 hours and 61 seconds': () => world.token({ iat: now() - 86_400 - 61 }),
  'an end that is never, and an old issue': () =>
    raw(goodHeader, JSON.stringify(world.claims({ iat: 0 })).replace(/"exp":\d+/, '"exp":1e999')),
  'an issue that is never': () => raw(goodHeader, JSON.stringify(world.claims()).replace(/"iat":\d+/, '"iat":-1e999')),
  'no client and no subject': () => world.token({ azp: undefined, sub: undefined }),
  'an empty client and a subject that is a number': () => world.token({ azp: '', sub: 7 }),

  // Other kinds of token
  'an ID token, by its nonce': () => world.token({ nonce: 'n' }, jwtTyp),
  'an ID token that calls itself at+jwt': () => world.token({ nonce: 'n' }),
  'an ID token, by at_hash': () => world.token({ at_hash: 'h' }, jwtTyp),
  'an ID token, by c_hash': () => world.token({ c_hash: 'h' }, jwtTyp),
  'an ID token, by s_hash': () => world.token({ s_hash: 'h' }, jwtTyp),
  'an ID token that has nothing but azp': () => world.token({ scp: undefined, email: 'a@example.com' }, jwtTyp),
  'an ID token without a type': () => world.token({ scp: undefined }, { typ: undefined }),
  'an ID token, by the mark of Keycloak': () => world.token({ typ: 'ID' }, jwtTyp),
  'a refresh token, by the mark of Keycloak': () => world.token({ typ: 'Refresh' }, jwtTyp),
  'an ID token, by the mark of Cognito': () => world.token({ token_use: 'id' }, jwtTyp),
  'a logout token': () => world.token({}, { typ: 'logout+jwt' }),
  'a logout token without a type': () => world.token({ events: {} }, jwtTyp),
  'a security event token': () => world.token({}, { typ: 'secevent+jwt' }),
  'a DPoP proof': () => world.token({}, { typ: 'dpop+jwt' }),
  'a type that is a list': () => world.token({}, { typ: ['at+jwt'] }),
  'a type that is null': () => world.token({}, { typ: null }),
  'a token that is bound to a key of its client': () => world.token({ cnf: { jkt: 'thumbprint' } }),

  // Headers
  'a critical header': () => world.token({}, { crit: ['exp'], exp: 1 }),
  'a critical header that is known elsewhere': () => world.token({}, { crit: ['b64'], b64: true }),
  'an empty list of critical headers': () => world.token({}, { crit: [] }),
  'b64 false': () => world.token({}, { b64: false }),
  'a compressed payload': () => world.token({}, { zip: 'DEF' }),
  'an encryption header': () => world.token({}, { enc: 'A256GCM' }),
  'a JWE': () => `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'rsa-1' })}.a2V5.aXY.dGV4dA.dGFn`,
  'a JWE with the header of a JWS': () => `${parts().join('.')}.dGV4dA.dGFn`,

  // Spelling
  'the audience twice': () =>
    raw(goodHeader, `${JSON.stringify(world.claims({ aud: undefined })).slice(0, -1)},"aud":"x","aud":"${AUDIENCE}"}`),
  'the scope twice, once in escapes': () =>
    raw(goodHeader, `${JSON.stringify(world.claims()).slice(0, -1)},"s\\u0063p":"scim:read"}`),
  'a name twice in an inner object': () =>
    raw(goodHeader, `${JSON.stringify(world.claims()).slice(0, -1)},"x":[{"a":1,"a" : 2}]}`),
  'the algorithm twice': () => raw('{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"rsa-1"}', world.claims()),
  'a payload that is a list': () => raw(goodHeader, [world.claims()]),
  'a payload that is a text': () => raw(goodHeader, '"text"'),
  'a payload that is null': () => raw(goodHeader, 'null'),
  'a payload that is a token': () => raw({ ...goodHeader, cty: 'JWT' }, world.token()),
  'a payload that is cut off': () => raw(goodHeader, JSON.stringify(world.claims()).slice(0, -1)),
  'a payload with more behind it': () => raw(goodHeader, `${JSON.stringify(world.claims())}{}`),
  'a payload with a byte order mark': () => raw(goodHeader, `\ufeff${JSON.stringify(world.claims())}`),
  'a payload that is no UTF-8': () =>
    raw(
      goodHeader,
      Buffer.concat([Buffer.from(JSON.stringify(world.claims()).slice(0, -1)), Buffer.from([0xff, 0x7d])]),
    ),
  'a header that is a list': () => raw([goodHeader], world.claims()),
  'a signature cut by a byte': () =>
    marked(world.keys.rsa, signature('x', 'RS256', world.keys.rsa.privateKey).subarray(1)),
  'a signature cut by a character': () => world.token().slice(0, -1),
  'a signature with stray bits at its end': () => {
    const token = world.token({}, {}, world.keys.ec);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return `${token.slice(0, -1)}${letters.charAt(letters.indexOf(token.slice(-1)) + 1)}`;
  },
  'a signature with padding': () => `${world.token({}, {}, world.keys.ec)}==`,
  'a signature with a byte more': () => {
    const [header, payload, mark] = parts();
    return `${header}.${payload}.${encode(Buffer.concat([Buffer.from(mark, 'base64url'), Buffer.from([0])]))}`;
  },
  'no signature': () => `${parts().slice(0, 2).join('.')}.`,
  'a signature of zeros (ECDSA)': () => marked(world.keys.ec, Buffer.alloc(64)),
  'a signature of zeros (Ed25519)': () => marked(world.keys.ed, Buffer.alloc(64)),
  'a signature of zeros (RSA)': () => marked(world.keys.rsa, Buffer.alloc(256)),
  'a signature of one (RSA)': () => marked(world.keys.rsa, Buffer.concat([Buffer.alloc(255), Buffer.from([1])])),
  'an ECDSA signature in DER': () => {
    const { ec } = world.keys;
    const [header, payload] = parts(world.token({}, {}, ec));
    return `${header}.${payload}.${encode(createSign('sha256').update(`${header}.${payload}`).sign(ec.privateKey))}`;
  },
  'the payload of another token': () => {
    const [header, , mark] = parts();
    return `${header}.${parts(world.token({ azp: 'another' }))[1]}.${mark}`;
  },
  'the header of another token': () => {
    const [, payload, mark] = parts();
    return `${parts(world.token({}, {}, world.keys.ec))[0]}.${payload}.${mark}`;
  },
  'two parts': () => parts().slice(0, 2).join('.'),
  'four parts': () => `${world.token()}.${encode({})}`,
  'one part': () => parts()[0],
  'a space inside': () => world.token().replace('.', '. '),
  'padding inside': () => world.token().replace('.', '=.'),
  'base64 with plus and slash': () => {
    const [header, payload, mark] = parts();
    return `${header}.${payload}.${mark.replaceAll('-', '+').replaceAll('_', '/')}+/`;
  },
  'the JSON serialization': () => {
    const [header, payload, mark] = parts();
    return JSON.stringify({ payload, protected: header, signature: mark });
  },
  'nothing but dots': () => '..',
  'more than 8 kB': () => world.token({ pad: 'x'.repeat(9000) }),
};

describe('a token is refused that has', () => {
  it.each(Object.keys(FORGED))('%s', async (name) => {
    expect(await world.authenticate(world.token())).toMatchObject({ ok: true });
    expect(await world.authenticate(FORGED[name]?.() ?? '')).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('one of more than a hundred faults', () => {
    expect(Object.keys(FORGED).length).toBeGreaterThan(100);
  });
});

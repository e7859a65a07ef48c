import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MOST_JWT } from '../../src/auth/jwt.ts';
import { type Json, encode } from './issuer.ts';
import { AUDIENCE, ISSUER, type JwtWorld, jwtWorld } from './jwt-world.ts';
import { randomSource } from './random-source.ts';

let world: JwtWorld;
beforeAll(async () => {
  world = await jwtWorld();
});
afterAll(() => world.close());

/** What makes a token of these claims and this header acceptable. */
const TAKEN: readonly (readonly [string, () => string])[] = [
  ['RS256', () => world.token()],
  ['PS256', () => world.token({}, {}, world.keys.pss)],
  ['ES256', () => world.token({}, {}, world.keys.ec)],
  ['EdDSA', () => world.token({}, {}, world.keys.ed)],
  ['PS256 with an RSA key that names no algorithm', () => world.token({}, {}, { ...world.keys.rsa, alg: 'PS256' })],
  ['the type application/at+jwt', () => world.token({}, { typ: 'application/at+jwt' })],
  ['the type AT+JWT in other letters', () => world.token({}, { typ: 'AT+JWT' })],
  ['the type JWT, as Entra sets it', () => world.token({}, { typ: 'JWT' })],
  ['no type', () => world.token({}, { typ: undefined })],
  ['several audiences, one of them ours', () => world.token({ aud: ['api://other', AUDIENCE] })],
  ['an end 59 seconds ago', () => world.token({ exp: world.seconds() - 59 })],
  ['a beginning in 59 seconds', () => world.token({ nbf: world.seconds() + 59 })],
  ['an issue in 59 seconds', () => world.token({ iat: world.seconds() + 59 })],
  ['no beginning', () => world.token({ nbf: undefined })],
  ['an age of 24 hours and 59 seconds', () => world.token({ iat: world.seconds() - 86_400 - 59 })],
  ['a subject alone', () => world.token({ azp: undefined })],
  ['a client alone', () => world.token({ sub: undefined })],
  ['a key set named in its own header, which is not read', () => world.token({}, { jku: 'https://evil.example.com' })],
  ["Keycloak's mark of a bearer token", () => world.token({ typ: 'Bearer' }, { typ: 'JWT' })],
  [
    'an Entra token without scopes, known by azpacr',
    () => world.token({ scp: undefined, azpacr: '1' }, { typ: 'JWT' }),
  ],
];

describe('an access token is taken', () => {
  it.each(TAKEN)('with %s', async (_, make) => {
    expect(await world.authenticate(make())).toMatchObject({ ok: true, principal: { tenantId: 'acme' } });
  });

  it(`of ${String(MOST_JWT)} characters, and not of one more`, async () => {
    const ofLength = (length: number): string => {
      for (let pad = 0; ; pad += 1) {
        const token = world.token({ pad: 'x'.repeat(Math.floor(((length - 700) * 3) / 4) + pad) });
        if (token.length >= length) return token;
      }
    };
    const sizes = [MOST_JWT - 1, MOST_JWT, MOST_JWT + 1].map((length) => ofLength(length));
    for (const token of sizes) {
      const { ok } = await world.authenticate(token);
      expect([token.length, ok]).toEqual([token.length, token.length <= MOST_JWT]);
    }
    expect(sizes.some(({ length }) => length > MOST_JWT)).toBe(true);
    expect(sizes.some(({ length }) => length >= MOST_JWT - 1 && length <= MOST_JWT)).toBe(true);
  });
});

describe('the caller', () => {
  it('is named by client before subject, and by a keyed hash in logs', async () => {
    const answer = await world.authenticate(world.token());
    expect(answer).toMatchObject({
      principal: { subject: 'client-1', audience: 'scim', scopes: ['scim:read', 'scim:write'] },
    });
    if (!answer.ok) return;
    expect(answer.principal.tokenId).toMatch(/^jwt:[0-9a-f]{24}$/);
    const again = await world.authenticate(world.token({ jti: 'another' }));
    const other = await world.authenticate(world.token({ azp: 'client-2' }));
    expect([again, other].map((one) => one.ok && one.principal.tokenId === answer.principal.tokenId)).toEqual([
      true,
      false,
    ]);
    expect(await world.authenticate(world.token({ azp: undefined }))).toMatchObject({
      principal: { subject: 'service-principal-1' },
    });
  });

  it.each<[string, Json, readonly string[]]>([
    ['scope, a text', { scope: 'openid scim:read' }, ['scim:read']],
    ['scp, a text', { scp: 'scim:write' }, ['scim:write']],
    ['scp, a list as Okta sends it', { scp: ['scim:read', 'scim:write'] }, ['scim:read', 'scim:write']],
    ['roles, a list as Entra sends it', { roles: ['scim:write', 'other'] }, ['scim:write']],
    ['both of two claims', { scope: 'scim:read', roles: ['scim:write'] }, ['scim:read', 'scim:write']],
    ['a claim that names nothing of ours', { scope: 'email' }, []],
    ['a claim of another shape', { scope: { read: true } }, []],
    ['words that only look like ours', { scope: 'SCIM:READ scim:readx xscim:write' }, []],
    ['no claim at all', {}, []],
  ])('may do what stands in %s', async (_, change, scopes) => {
    expect(await world.authenticate(world.token({ scp: undefined, ...change }))).toMatchObject({
      ok: true,
      principal: { scopes },
    });
  });

  it('gets the scopes of the settings only where the token names none at all', async () => {
    const lenient = await jwtWorld({ settings: { defaultScopes: ['scim:read'] } });
    const scopesOf = async (change: Json): Promise<unknown> => lenient.authenticate(lenient.token(change));
    expect(await scopesOf({ scp: undefined })).toMatchObject({ principal: { scopes: ['scim:read'] } });
    expect(await scopesOf({ scp: 'other' })).toMatchObject({ principal: { scopes: [] } });
    expect(await scopesOf({ scp: '' })).toMatchObject({ principal: { scopes: [] } });
    await lenient.close();
  });

  it('belongs to the default tenant where the settings name no claim', async () => {
    const single = await jwtWorld({ settings: { tenantClaim: undefined as never } });
    expect(await single.authenticate(single.token({ tid: undefined }))).toMatchObject({
      principal: { tenantId: 'default' },
    });
    await single.close();
  });

  it('of a paused tenant is told so', async () => {
    await expect(world.authenticate(world.token({ tid: 'resting' }))).rejects.toMatchObject({ code: 'auth.paused' });
  });
});

it('an answer says what is wrong, and nothing of the token', async () => {
  const answers = await Promise.all([
    world.authenticate(world.token({ exp: world.seconds() - 61 })),
    world.authenticate(world.token({ aud: 'secret-audience' })),
    world.authenticate(world.token({ iss: 'secret-issuer' })),
    world.authenticate(world.token({ exp: undefined })),
  ]);
  expect(answers.map((answer) => (answer.ok || answer.reason !== 'refused' ? null : answer.because))).toEqual([
    'The access token has expired.',
    'The access token is for another audience.',
    'The access token is of another issuer.',
    'The access token lacks the claim exp.',
  ]);
});

it('a thousand tokens with made-up keys at once cost the issuer two questions at the most', async () => {
  const fresh = await jwtWorld();
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => fresh.authenticate(fresh.token({}, { kid: `made-up-${String(n)}` }))),
  );
  expect(answers.filter(({ ok }) => ok)).toEqual([]);
  expect(fresh.server.hits()).toBeLessThanOrEqual(2);
  expect(await fresh.authenticate(fresh.token())).toMatchObject({ ok: true });
  await fresh.close();
});

/** `npm test` takes a slice; a campaign sets JWT_MUTANTS. */
const MUTANTS = Number(process.env['JWT_MUTANTS'] ?? 2000);

it(
  `of ${String(MUTANTS)} random mutants of good tokens none is taken`,
  async () => {
    const random = randomSource(Number(process.env['JWT_SEED'] ?? 20_260_302));
    const below = (most: number): number => {
      const [a = 0, b = 0] = random(2);
      return ((a << 8) | b) % most;
    };
    const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
    const pairs = Object.values(world.keys);
    const good = pairs.flatMap((by) => [
      world.token({}, {}, by),
      world.token({ azp: 'client-2', scp: 'scim:read' }, {}, by),
    ]);
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    const parts = (token: string): string[] => token.split('.');
    const mutations: readonly ((token: string) => string)[] = [
      (token) => replaced(token, below(token.length), pick(letters)),
      (token) => replaced(token, token.length - 1, pick(letters)),
      (token) => token.slice(below(token.length)),
      (token) => token.slice(0, below(token.length)),
      (token) => replaced(token, below(token.length), ''),
      (token) => replaced(token, below(token.length), `${pick(letters)}${pick(letters)}`),
      (token) => replaced(token, below(token.length), pick(['=', '+', '/', ' ', '.', '\u0000', 'ä', '%2e'])),
      // Parts of different tokens put together.
      (token) => [pick([token, pick(good)]), pick(good), pick(good)].map((one, n) => parts(one)[n]).join('.'),
      // A header or a claim changed, under the old signature.
      (token) => {
        const [header = '', payload = '', mark = ''] = parts(token);
        const at = pick([0, 1]);
        const read = JSON.parse(Buffer.from(at === 0 ? header : payload, 'base64url').toString()) as Record<
          string,
          unknown
        >;
        const name = pick(['alg', 'kid', 'typ', 'aud', 'iss', 'exp', 'iat', 'scp', 'tid', 'azp', 'sub']);
        const value = pick<unknown>([
          'none',
          'HS256',
          '',
          null,
          0,
          1e12,
          [],
          'rsa-1',
          'ed-1',
          AUDIENCE,
          ISSUER,
          'contoso',
        ]);
        const changed = encode({ ...read, [name]: value });
        return at === 0 ? `${changed}.${payload}.${mark}` : `${header}.${changed}.${mark}`;
      },
      // A signature of random bytes, of any length.
      (token) => `${parts(token).slice(0, 2).join('.')}.${Buffer.from(random(below(300))).toString('base64url')}`,
    ];
    function replaced(text: string, at: number, by: string): string {
      return `${text.slice(0, at)}${by}${text.slice(at + 1)}`;
    }

    const taken: string[] = [];
    for (let n = 0; n < MUTANTS; n += 1) {
      let mutant = pick(mutations)(pick(good));
      while (good.includes(mutant)) mutant = pick(mutations)(pick(good));
      const answer = await world.authenticate(mutant);
      if (answer.ok || answer.reason !== 'refused') taken.push(mutant);
    }
    expect(taken).toEqual([]);
    expect((await Promise.all(good.map((token) => world.authenticate(token)))).every(({ ok }) => ok)).toBe(true);
  },
  20_000 + MUTANTS,
);

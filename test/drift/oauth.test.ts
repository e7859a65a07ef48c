import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GRANT, oauthWorld, type OAuthWorld, testVault } from './oauth-world.ts';
import { json, type RecordingServer, startRecording } from './recording-server.ts';

const granted = (n: number, more: Readonly<Record<string, unknown>> = {}) =>
  json(200, {
    access_token: `access-token-${n}`,
    refresh_token: `refresh-token-${n}`,
    expires_in: 1000,
    orgId: 7,
    ...more,
  });
const refused = json(400, { error: { type: 'validation_error', message: 'the refresh token is invalid' } });

describe('an OAuth grant', () => {
  let server: RecordingServer;
  let world: OAuthWorld;
  beforeEach(async () => {
    server = await startRecording(granted(2));
    world = oauthWorld(server.url);
  });
  afterEach(async () => {
    await world.close();
    await server.close();
  });

  it('gets its first bearer from the token endpoint, form-encoded, with no bearer of its own (notes 1.3)', async () => {
    expect(await world.process('a').bearer('rest')).toBe('access-token-2');
    expect(server.received).toEqual([
      {
        method: 'POST',
        target: '/oauth2/token',
        authorization: undefined,
        body: 'client_id=client-for-tests&client_secret=client-secret-for-tests&refresh_token=refresh-token-for-tests-1&grant_type=refresh_token',
      },
    ]);
  });

  it('reads the answer of the other dialect, with ids beyond 2^53', async () => {
    server.answer = json(
      200,
      '{"accessToken":"access-token-9","refreshToken":"refresh-token-9","orgId":11751623441268737,"expiresIn":"500"}',
    );
    expect(await world.process('a').bearer('rest')).toBe('access-token-9');
    expect(world.vault.grant).toMatchObject({
      refreshToken: 'refresh-token-9',
      access: { token: 'access-token-9', renewAt: '2030-01-01T00:07:30.000Z', endsAt: '2030-01-01T00:08:20.000Z' },
      lease: null,
    });
  });

  it('keeps the refresh token where the answer brings no new one', async () => {
    server.answer = granted(2, { refresh_token: undefined });
    await world.process('a').bearer('rest');
    expect(world.vault.grant).toMatchObject({ refreshToken: GRANT.refreshToken, access: { token: 'access-token-2' } });
  });

  it('is stored renewed before its new bearer is used', async () => {
    let hold = (): void => undefined;
    const held = new Promise<void>((resolve) => (hold = resolve));
    world.vault.before = async ({ refreshToken }) => (refreshToken === 'refresh-token-2' ? held : undefined);
    let got = '';
    const asked = world
      .process('a')
      .bearer('rest')
      .then((bearer) => (got = bearer));
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(got).toBe('');
    hold();
    await asked;
    expect(got).toBe('access-token-2');
  });

  it('is not lost with a store that takes no writes: it is stored before anything else is asked', async () => {
    let broken = true;
    world.vault.before = async ({ refreshToken }) => {
      if (broken && refreshToken === 'refresh-token-2') throw new Error('the disk is full');
    };
    const credentials = world.process('a');
    await expect(credentials.bearer('rest')).rejects.toThrow('the disk is full');
    world.advance(6_000);
    await expect(credentials.bearer('rest')).rejects.toThrow('the disk is full');
    broken = false;
    world.advance(6_000);
    expect(await credentials.bearer('rest')).toBe('access-token-2');
    expect(world.posted).toHaveLength(1);
    expect(world.vault.grant).toMatchObject({ refreshToken: 'refresh-token-2', lease: null });
  });

  it('takes a save whose own answer was lost for what it is', async () => {
    const swap = world.vault.swap.bind(world.vault);
    let lost = false;
    world.vault.swap = async (revision, grant) => {
      const done = await swap(revision, grant);
      if (grant.refreshToken === 'refresh-token-2' && !lost) {
        lost = true;
        throw new Error('the connection was lost after the commit');
      }
      return done;
    };
    expect(await world.process('a').bearer('rest')).toBe('access-token-2');
    expect(world.posted).toHaveLength(1);
  });

  it('is renewed a little before its end, and not sooner', async () => {
    const credentials = world.process('a');
    await credentials.bearer('rest');
    server.answer = granted(3);
    world.advance(899_999);
    expect(await credentials.bearer('rest')).toBe('access-token-2');
    world.advance(1);
    expect(await credentials.bearer('rest')).toBe('access-token-3');
    expect(world.posted).toHaveLength(2);
    expect(world.posted[1]).toContain('refresh_token=refresh-token-2');
  });

  it.each([
    ['two minutes before the end of a long life', 7200, 7_080_000],
    ['a tenth before the end of a short one', 20, 18_000],
  ])('is renewed %s', async (_what, seconds, ms) => {
    server.answer = granted(2, { expires_in: seconds });
    const credentials = world.process('a');
    await credentials.bearer('rest');
    world.advance(ms - 1);
    await credentials.bearer('rest');
    expect(world.posted).toHaveLength(1);
    world.advance(1);
    await credentials.bearer('rest');
    expect(world.posted).toHaveLength(2);
  });

  it.each([undefined, 0, -5, 'soon', null])('waits for a refusal where the life is said to be %s', async (expires) => {
    server.answer = granted(2, { expires_in: expires });
    const credentials = world.process('a');
    await credentials.bearer('rest');
    world.advance(100 * 86_400_000);
    await credentials.bearer('rest');
    expect(world.posted).toHaveLength(1);
  });

  it('goes on with a bearer that still lives when it cannot be renewed, and says so when it has ended', async () => {
    const credentials = world.process('a');
    await credentials.bearer('rest');
    server.answer = json(503, {});
    world.advance(900_000);
    expect(await credentials.bearer('rest')).toBe('access-token-2');
    // Not asked again at once.
    const asked = world.posted.length;
    expect(await credentials.bearer('rest')).toBe('access-token-2');
    expect(world.posted).toHaveLength(asked);
    world.advance(100_000);
    await expect(credentials.bearer('rest')).rejects.toMatchObject({ code: 'drift.unreachable' });
    server.answer = granted(3);
    world.advance(5_000);
    expect(await credentials.bearer('rest')).toBe('access-token-3');
    expect(world.deaths).toEqual([]);
  });

  it('is dead once it is refused twice, and nothing is asked any more', async () => {
    server.answer = refused;
    const credentials = world.process('a');
    await expect(credentials.bearer('rest')).rejects.toMatchObject({ code: 'drift.credential_dead' });
    expect(world.posted).toHaveLength(2);
    expect(world.deaths).toEqual(['rest']);
    await expect(credentials.bearer('rest')).rejects.toMatchObject({ code: 'drift.credential_dead' });
    await expect(world.process('b').bearer('scim')).rejects.toMatchObject({ code: 'drift.credential_dead' });
    expect(world.posted).toHaveLength(2);
    expect(world.vault.grant).toMatchObject({ refreshToken: GRANT.refreshToken, lease: null });
  });

  it('lives on where the second answer is good: one refusal proves nothing', async () => {
    server.answer = (call, response, nth) => (nth === 1 ? refused : granted(2))(call, response, nth);
    expect(await world.process('a').bearer('rest')).toBe('access-token-2');
    expect(world.deaths).toEqual([]);
  });

  it.each([
    ['a page of a proxy', json(403, '<html>no</html>'), 1],
    ['a refusal that no token endpoint gives', json(403, { reason: 'address' }), 1],
    ['an address that is not there', json(404, {}), 1],
    ['a redirect, which is not followed', json(302, {}, { location: '/oauth2/token2' }), 1],
    ['too many calls', json(429, { error: { type: 'rate_limit' } }), 1],
    ['a fault', json(500, 'Internal'), 2],
    ['an answer without a token', json(200, { orgId: 7 }), 2],
    ['a token with a line break', json(200, { access_token: 'access\r\nx: y' }), 2],
    ['a refresh token that is none', json(200, { access_token: 'access-token-2', refresh_token: {} }), 2],
    ['no JSON', json(200, 'access_token=access-token-2'), 2],
    ['an answer without an end', json(200, `{"access_token":"${'x'.repeat(70_000)}"}`), 2],
  ])('is not dead with %s', async (_what, answer, posts) => {
    server.answer = answer;
    await expect(world.process('a').bearer('rest')).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(world.posted).toHaveLength(posts);
    expect(world.deaths).toEqual([]);
    expect(world.vault.grant).toMatchObject({ refreshToken: GRANT.refreshToken, lease: null });
    expect(server.received.every(({ target }) => target === '/oauth2/token')).toBe(true);
  });

  it('repeats no secret that the endpoint repeats, in errors or in the log', async () => {
    server.answer = (call, response, nth) =>
      json(400, { error: { type: GRANT.clientSecret, message: call.body }, error_description: call.body })(
        call,
        response,
        nth,
      );
    const error: unknown = await world
      .process('a')
      .bearer('rest')
      .catch((caught: unknown) => caught);
    const said = JSON.stringify([world.logged, String(error), error]);
    expect(world.logged).toContainEqual({
      level: 'warn',
      code: 'drift.token_not_renewed',
      data: { outcome: 'refused', code: 'http_400' },
    });
    expect(said).not.toMatch(/client-secret|refresh-token/);
  });

  it('has a SCIM token of its own where one is given, whose refusal is the end of it', async () => {
    const credentials = world.process('a', 'scim-token-for-tests');
    expect(await credentials.bearer('scim')).toBe('scim-token-for-tests');
    expect(world.posted).toHaveLength(0);
    expect(await credentials.refused('scim', 'scim-token-for-tests')).toBe(false);
    expect(world.deaths).toEqual(['scim']);
  });

  it('is renewed when its bearer is refused, once for all who were refused', async () => {
    const credentials = world.process('a');
    const first = await credentials.bearer('rest');
    server.answer = granted(3);
    expect(await Promise.all([1, 2, 3].map(() => credentials.refused('rest', first)))).toEqual([true, true, true]);
    expect(await credentials.bearer('scim')).toBe('access-token-3');
    expect(await credentials.refused('rest', first)).toBe(true);
    expect(world.posted).toHaveLength(2);
  });

  it('is dead where the bearer that took the place of a refused one is refused as well', async () => {
    const credentials = world.process('a');
    const first = await credentials.bearer('rest');
    server.answer = granted(3);
    expect(await credentials.refused('rest', first)).toBe(true);
    expect(await credentials.refused('rest', 'access-token-3')).toBe(false);
    expect(world.deaths).toEqual(['rest']);
    expect(world.posted).toHaveLength(2);
  });

  it('is not renewed by whoever holds credentials that others took the place of', async () => {
    const credentials = world.process('a');
    world.vault.grant = null;
    await expect(credentials.bearer('rest')).rejects.toMatchObject({ code: 'drift.unreachable' });
    expect(world.posted).toHaveLength(0);
  });

  it('waits out the lease of a process that died while it renewed, and goes on', async () => {
    const lease = { by: 'died', until: '2030-01-01T00:00:01.000Z' };
    world.vault.grant = { ...GRANT, lease };
    expect(await world.process('a').bearer('rest')).toBe('access-token-2');
    expect(world.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(14_500);
    expect(world.posted).toHaveLength(1);
  });

  it('does not wait for a lease that is long over', async () => {
    world.vault.grant = { ...GRANT, lease: { by: 'died', until: '2029-12-31T23:59:00.000Z' } };
    expect(await world.process('a').bearer('rest')).toBe('access-token-2');
    expect(world.slept).toEqual([]);
  });

  it('keeps what it got although its lease had ended meanwhile', async () => {
    const late = testVault();
    const other = oauthWorld(server.url, { vault: late });
    server.answer = (call, response, nth) => {
      // Another process took the lease over in the meantime.
      late.grant = { ...GRANT, lease: { by: 'b', until: '2030-01-01T01:00:00.000Z' } };
      granted(2)(call, response, nth);
    };
    expect(await other.process('a').bearer('rest')).toBe('access-token-2');
    expect(late.grant).toMatchObject({ refreshToken: 'refresh-token-2', access: { token: 'access-token-2' } });
    await other.close();
  });
});

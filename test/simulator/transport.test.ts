import { describe, expect, it } from '@jest/globals';

import { startSimulator } from '../../src/simulator/simulator.ts';
import { at, caller, handClock, list, withSimulator } from './calling.ts';

describe('bearer tokens', () => {
  it('are required, with a scheme in any case', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const refused = await call('GET', '/users/list', undefined, { token: null });
      expect(refused.status).toBe(401);
      expect(refused.json).toEqual({
        error: { type: 'authentication_error', message: 'The access token is invalid or has expired' },
      });
      expect((await call('GET', '/users/list', undefined, { token: 'nonsense' })).status).toBe(401);
      const lower = { token: null, headers: { authorization: `bearer ${simulator.token}` } };
      expect((await call('GET', '/users/list', undefined, lower)).status).toBe(200);
      simulator.set({ unauthorizedStatus: 403 });
      expect((await call('GET', '/users/list', undefined, { token: null })).status).toBe(403);
    }));

  it('carry scopes frozen at issue; a missing one is 403 until the app is installed again', () =>
    withSimulator({ settings: { scopes: ['user_read'] } }, async ({ simulator, call }) => {
      expect((await call('GET', '/users/list')).status).toBe(200);
      const refused = await call('GET', '/accounts');
      expect([refused.status, at(refused.json, 'error', 'type')]).toEqual([403, 'authentication_error']);
      simulator.set({ scopes: ['user_read', 'account_read'] });
      expect((await call('GET', '/accounts')).status).toBe(403);
      const old = simulator.token;
      expect(simulator.reinstall()).toBe(simulator.token);
      expect((await caller(simulator)('GET', '/accounts')).status).toBe(200);
      expect((await call('GET', '/users/list', undefined, { token: old })).status).toBe(401);
    }));

  it('can all be revoked', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.revokeTokens();
      expect((await call('GET', '/users/list')).status).toBe(401);
    }));
});

describe('errors', () => {
  it('come in either of the two forms on record', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const error = { type: 'not_found', message: 'No such resource' };
      expect((await call('GET', '/nowhere')).json).toEqual({ error });
      simulator.set({ errorStyle: 'errors' });
      expect((await call('GET', '/nowhere')).json).toEqual({ errors: [error] });
      simulator.set({ errorsBesideData: true });
      const success = await call('GET', '/users/list');
      expect([success.status, list(success.json, 'errors').length]).toEqual([200, 1]);
    }));

  it('put the CONTACT code into the message or into the type', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const inMessage = await call('GET', '/contacts/1');
      expect(inMessage.json).toEqual({
        error: { type: 'not_found', message: 'CONTACT-1: contact not found, or not allowed to see it' },
      });
      simulator.set({ contactCodeIn: 'type' });
      expect(at((await call('GET', '/contacts/1')).json, 'error', 'type')).toBe('CONTACT-1');
    }));

  it('of SCIM are SCIM errors, or REST errors by setting', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const scim = await call('GET', '/scim/Users/999');
      expect(scim.json).toEqual({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '404',
        detail: 'User not found',
      });
      simulator.set({ scimErrors: 'rest' });
      expect((await call('GET', '/scim/Users/999')).json).toEqual({
        error: { type: 'not_found', message: 'User not found' },
      });
    }));
});

describe('OAuth', () => {
  const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
  const asForm = { token: null, headers: { 'content-type': 'application/x-www-form-urlencoded' } };

  it('exchanges a code once, in dialect A, for tokens of two hours', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now }, async ({ simulator, call }) => {
      const { clientId, clientSecret, code } = simulator.grant();
      const body = form({ client_id: clientId, client_secret: clientSecret, code, grant_type: 'authorization_code' });
      const issued = await call('POST', '/oauth2/token', body, asForm);
      expect(issued.json).toMatchObject({ expires_in: 7200, refresh_token: expect.any(String) });
      expect(at(issued.json, 'orgId')).toEqual(expect.any(Number));
      expect((await call('POST', '/oauth2/token', body, asForm)).status).toBe(400);
      const token = String(at(issued.json, 'access_token'));
      expect((await call('GET', '/users/list', undefined, { token })).status).toBe(200);
      clock.advance(7_200_000);
      expect((await call('GET', '/users/list', undefined, { token })).status).toBe(401);
    });
  });

  it('rotates refresh tokens, in dialect B; an old one is refused unless the setting says otherwise', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const refresh = (text: unknown) =>
        call(
          'POST',
          '/oauth2/token',
          { clientId, clientSecret, refreshToken: text, grantType: 'refresh_token' },
          { token: null },
        );
      const first = await refresh(refreshToken);
      expect(first.json).toMatchObject({ accessToken: expect.any(String), expiresIn: 7200 });
      expect((await refresh(refreshToken)).status).toBe(400);
      const rotated = at(first.json, 'refreshToken');
      simulator.set({ oauthRefresh: 'reusable' });
      expect((await refresh(rotated)).status).toBe(200);
      expect((await refresh(rotated)).status).toBe(200);
      simulator.set({ accessTokenSeconds: 5 });
      expect((await refresh(rotated)).json).toMatchObject({ expiresIn: 5 });
      const wrong = { clientId, clientSecret: 'x', refreshToken: rotated, grantType: 'refresh_token' };
      expect((await call('POST', '/oauth2/token', wrong, { token: null })).status).toBe(401);
    }));

  it('tells about tokens, in milliseconds, with 0 for one that does not expire', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now }, async ({ simulator, call }) => {
      const own = await call('POST', '/app/token_info', { access_token: simulator.token });
      expect(own.json).toMatchObject({ expires_in: 0, token_type: 'bearer', created_at: clock.now() });
      expect(String(at(own.json, 'scope')).split(' ')).toContain('user_read');
      const { clientId, clientSecret, code } = simulator.grant();
      const body = { clientId, clientSecret, code, grantType: 'authorization_code' };
      const issued = await call('POST', '/oauth2/token', body, { token: null });
      const accessToken = at(issued.json, 'accessToken');
      clock.advance(200_000);
      expect(at((await call('POST', '/app/token_info', { accessToken })).json, 'expires_in')).toBe(7_000_000);
      expect((await call('POST', '/app/token_info', { access_token: 'unknown' })).status).toBe(400);
      const bad = await call('POST', '/app/token_info', { access_token: 'unknown' }, { token: 'bad' });
      expect(bad.status).toBe(401);
    });
  });

  it('uninstalls a public app, whose tokens are then dead', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const { clientId, clientSecret, code } = simulator.grant();
      const body = { clientId, clientSecret, code, grantType: 'authorization_code' };
      const issued = await call('POST', '/oauth2/token', body, { token: null });
      const token = String(at(issued.json, 'accessToken'));
      const path = `/app/uninstall?clientId=${clientId}&clientSecret=${clientSecret}`;
      expect((await call('POST', path)).status).toBe(400);
      const done = await call('POST', path, undefined, { token });
      expect([done.status, done.json]).toEqual([200, { result: 'OK', ok: true }]);
      expect((await call('GET', '/users/list', undefined, { token })).status).toBe(401);
    }));

  it('leaves no secret in the journal', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const { clientId, clientSecret, refreshToken } = simulator.grant();
      const body = { clientId, clientSecret, refreshToken, grantType: 'refresh_token' };
      await call('POST', '/oauth2/token', body, { token: null });
      await call('POST', `/app/uninstall?clientId=${clientId}&clientSecret=${clientSecret}`);
      await call('POST', '/app/token_info', { access_token: simulator.token });
      const journal = JSON.stringify(simulator.journal());
      for (const secret of [clientSecret, refreshToken, simulator.token]) expect(journal).not.toContain(secret);
    }));
});

describe('controls', () => {
  it('work over HTTP without a token', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const open = { token: null };
      expect((await call('GET', '/__sim/identity', undefined, open)).json).toEqual({
        instanceId: simulator.instanceId,
      });
      expect((await call('PATCH', '/__sim/settings', { scimPath: 'both' }, open)).json).toMatchObject({
        scimPath: 'both',
      });
      expect(at((await call('GET', '/__sim/settings', undefined, open)).json, 'ratePerMinute')).toBe(200);
      await call('POST', '/__sim/faults', { kind: 'status', status: 503 }, open);
      expect((await call('GET', '/users/list')).status).toBe(503);
      await call('DELETE', '/__sim/faults', undefined, open);
      const seed = { users: [{ email: 'nina.new@example.com', name: 'Nina New' }] };
      expect((await call('POST', '/__sim/seed', seed, open)).status).toBe(204);
      expect(list((await call('GET', '/__sim/state', undefined, open)).json, 'users')).toHaveLength(5);
      expect(list((await call('GET', '/__sim/journal', undefined, open)).json)).toHaveLength(1);
      await call('DELETE', '/__sim/journal', undefined, open);
      expect((await call('GET', '/__sim/journal', undefined, open)).json).toEqual([]);
    }));

  it('refuse what they do not know and say why', () =>
    withSimulator({}, async ({ call }) => {
      const setting = await call('PATCH', '/__sim/settings', { scimPth: 'both' });
      expect([setting.status, String(at(setting.json, 'problem'))]).toEqual([400, expect.stringContaining('scimPth')]);
      expect((await call('POST', '/__sim/faults', { kind: 'earthquake' })).status).toBe(400);
      const seed = { accounts: [{ domain: 'a.example.org', ownerEmail: 'nobody@example.com' }] };
      expect((await call('POST', '/__sim/seed', seed)).status).toBe(400);
      expect((await call('GET', '/__sim/nowhere')).status).toBe(404);
    }));

  it('refuse to start on a port that is taken', async () => {
    const first = await startSimulator();
    await expect(startSimulator({ port: Number(new URL(first.url).port) })).rejects.toThrow('EADDRINUSE');
    await first.close();
  });
});

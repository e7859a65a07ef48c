import { describe, expect, it } from '@jest/globals';

import { at, EMAILS, handClock, list, withSimulator } from './calling.ts';

describe('REST users', () => {
  it('are listed whole, bots included, with unset fields absent', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const { json } = await call('GET', '/users/list');
      expect(list(json, 'data').map((user) => [at(user, 'email'), at(user, 'bot'), at(user, 'role')])).toEqual([
        [EMAILS.owner, false, 'admin'],
        [EMAILS.ada, false, 'admin'],
        [EMAILS.mel, false, 'member'],
        [EMAILS.bot, true, 'member'],
      ]);
      const mel = (await call('GET', `/users/${idOf(EMAILS.mel)}`)).json;
      expect(at(mel, 'data')).not.toHaveProperty('phone');
      expect(at(mel, 'data')).toMatchObject({
        orgId: expect.any(Number),
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
      });
    }));

  it('are fetched up to 20 at once as a map without the unknown ones', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const [mel, ada] = [idOf(EMAILS.mel), idOf(EMAILS.ada)];
      const { json } = await call('GET', `/users?userId=${mel}&userId=5&userId=${ada}`);
      expect(Object.keys(at(json, 'data') as object).sort()).toEqual([String(ada), String(mel)].sort());
      const ids = (count: number) => Array.from({ length: count }, (_, n) => `userId=${n + 1}`).join('&');
      expect((await call('GET', `/users?${ids(20)}`)).json).toEqual({ data: {} });
      expect((await call('GET', `/users?${ids(21)}`)).status).toBe(400);
      expect((await call('GET', '/users')).json).toEqual({ data: {} });
      simulator.set({ bareUsers: 'refused' });
      expect((await call('GET', '/users')).status).toBe(400);
    }));

  it('are updated field by field; the role is ignored', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now }, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.mel);
      const path = `/users/update?userId=${id}`;
      const body = { alias: 'Mel', availability: 'AVAILABLE', avatarUrl: 'https://example.com/mel.png', role: 'admin' };
      const updated = await call('PATCH', path, body);
      expect([updated.status, at(updated.json, 'data')]).toMatchObject([
        200,
        { alias: 'Mel', availability: 'AVAILABLE', role: 'member', name: 'Mel Member', updatedAt: clock.now() + 1 },
      ]);
      expect(simulator.journal()[0]).toMatchObject({
        query: { userId: String(id) },
        effect: { kind: 'user.update', id: String(id) },
      });
      const photo = at((await call('GET', `/scim/Users/${id}`)).json, 'photos', 0, 'value');
      expect(photo).toBe('https://example.com/mel.png');
      expect((await call('PATCH', path, { availability: 'ON_CALL' })).status).toBe(400);
      expect((await call('PATCH', path, { email: 'nonsense' })).status).toBe(400);
      expect((await call('PATCH', path, { name: 7 })).status).toBe(400);
      expect((await call('PATCH', '/users/update', { name: 'x' })).status).toBe(400);
      expect((await call('PATCH', '/users/update?userId=999', { name: 'x' })).status).toBe(404);
      simulator.set({ roleInRestUpdate: 'refused' });
      expect((await call('PATCH', path, { role: 'admin' })).status).toBe(400);
    });
  });

  it('are renamed by e-mail, and SCIM follows', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const id = idOf(EMAILS.mel);
      const email = 'mel.married@example.com';
      expect((await call('PATCH', `/users/update?userId=${id}`, { email })).status).toBe(200);
      expect((await call('GET', `/scim/Users/${id}`)).json).toMatchObject({
        userName: email,
        emails: [{ value: email, primary: true }],
      });
      expect((await call('PATCH', `/users/update?userId=${id}`, { email: EMAILS.ada })).status).toBe(400);
      expect((await call('POST', '/scim/Users', { userName: EMAILS.mel, displayName: 'Free' })).status).toBe(201);
    }));

  it('belong to one read-only team', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const { json } = await call('GET', '/teams/org');
      expect(at(json, 'data', 0)).toMatchObject({
        owner: idOf(EMAILS.owner),
        members: [idOf(EMAILS.owner), idOf(EMAILS.ada), idOf(EMAILS.mel)],
      });
      expect((await call('GET', `/teams/users/${idOf(EMAILS.mel)}`)).json).toEqual(json);
      expect((await call('GET', `/teams/users/${idOf(EMAILS.bot)}`)).json).toEqual({ data: [] });
    }));
});

describe('privacy', () => {
  it('erasure takes a while and takes agents and contacts alike', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now, settings: { gdprDelayMs: 500 } }, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.mel);
      const created = await call('POST', '/contacts', { attributes: { email: EMAILS.mel } });
      const contact = `/contacts/${String(at(created.json, 'data', 'id'))}`;
      const asked = await call('POST', '/gdpr/delete', { email: EMAILS.mel.toUpperCase() });
      expect([asked.status, String(at(asked.json, 'data', 'message'))]).toEqual([
        200,
        expect.stringContaining('processing'),
      ]);
      const statuses = async () => [
        (await call('GET', `/users/${id}`)).status,
        (await call('GET', `/scim/Users/${id}`)).status,
        (await call('GET', contact)).status,
      ];
      expect(await statuses()).toEqual([200, 200, 200]);
      clock.advance(500);
      expect(await statuses()).toEqual([404, 404, 404]);
      expect(simulator.journal().find((entry) => entry.path === '/gdpr/delete')?.effect?.kind).toBe('gdpr.delete');
      expect((await call('POST', '/gdpr/delete', {})).status).toBe(400);
      expect((await call('POST', '/gdpr/retrieve', { email: 'x@example.com' })).json).toMatchObject({
        data: { sentToEmail: expect.any(String) },
      });
    });
  });
});

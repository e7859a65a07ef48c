import { describe, expect, it } from '@jest/globals';

import { at, EMAILS, handClock, list, withSimulator } from './calling.ts';

const NEW = { userName: 'nina.new@example.com', displayName: 'Nina New' };
const ROLE = (value: string) => ({ roles: [{ value, display: value, type: null, primary: true }] });

describe('the SCIM base path', () => {
  it('is /scim, or /scim/v2, or both', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const statuses = async () => [
        (await call('GET', '/scim/Users?count=1')).status,
        (await call('GET', '/scim/v2/Users?count=1')).status,
      ];
      expect(await statuses()).toEqual([200, 404]);
      simulator.set({ scimPath: '/scim/v2' });
      expect(await statuses()).toEqual([404, 200]);
      simulator.set({ scimPath: 'both' });
      expect(await statuses()).toEqual([200, 200]);
    }));

  it('refuses everything where SCIM is not in the plan', () =>
    withSimulator({ settings: { scimEntitled: false } }, async ({ simulator, call }) => {
      expect((await call('GET', '/scim/Users')).status).toBe(403);
      expect((await call('POST', '/scim/Users', NEW)).status).toBe(403);
      simulator.set({ scimRefusalStatus: 404 });
      expect((await call('DELETE', '/scim/Users/1')).status).toBe(404);
      expect(simulator.state().users).toHaveLength(4);
    }));
});

describe('SCIM list', () => {
  it('has the odd shape of the vendor sample, with the OWNER and bots in it', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const { json, headers } = await call('GET', '/scim/Users');
      expect(headers.get('content-type')).toContain('application/json');
      expect(json).toMatchObject({ id: null, externalId: null, meta: null, totalResults: 4, startIndex: 1 });
      expect(at(json, 'itemsPerPage')).toBe(0);
      expect(list(json, 'Resources').map((user) => at(user, 'userName'))).toEqual([
        EMAILS.owner,
        EMAILS.ada,
        EMAILS.mel,
        EMAILS.bot,
      ]);
      expect(at(json, 'Resources', 0, 'roles', 0, 'value')).toBe('OWNER');
      expect(at(json, 'Resources', 2)).toMatchObject({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        id: String(idOf(EMAILS.mel)),
        externalId: null,
        meta: null,
        active: true,
        name: { givenName: 'Mel', familyName: 'Member', formatted: 'Mel Member' },
        emails: [{ value: EMAILS.mel, primary: true }],
        phoneNumbers: [{ primary: true }],
        photos: [{}],
        roles: [{ value: 'MEMBER', display: 'MEMBER', type: null, primary: true }],
        groups: null,
      });
      expect(at(json, 'Resources', 2)).not.toHaveProperty('locale');
      expect(at((await call('GET', `/scim/Users/${idOf(EMAILS.mel)}`)).json, 'locale')).toBe('en-GB');
    }));

  it('filters by userName in any case; other filters are refused; by setting every filter is ignored', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const filtered = (filter: string) => call('GET', `/scim/Users?filter=${encodeURIComponent(filter)}`);
      const found = await filtered('userName eq "MEL.member@example.com"');
      expect([at(found.json, 'totalResults'), at(found.json, 'Resources', 0, 'userName')]).toEqual([1, EMAILS.mel]);
      expect(at((await filtered('userName eq "no@example.com"')).json, 'Resources')).toEqual([]);
      const refused = await filtered('emails.value co "x"');
      expect([refused.status, at(refused.json, 'scimType')]).toEqual([400, 'invalidFilter']);
      simulator.set({ filterHonoured: false });
      expect(at((await filtered('userName eq "no@example.com"')).json, 'totalResults')).toBe(4);
    }));

  it('pages by startIndex and count, capped by the server', () =>
    withSimulator({ settings: { serverPageCap: 3 } }, async ({ call }) => {
      const page = async (query: string) => {
        const { json } = await call('GET', `/scim/Users?${query}`);
        return [at(json, 'startIndex'), list(json, 'Resources').length, at(json, 'totalResults')];
      };
      expect(await page('count=100')).toEqual([1, 3, 4]);
      expect(await page('startIndex=4&count=100')).toEqual([4, 1, 4]);
      expect(await page('startIndex=9')).toEqual([9, 0, 4]);
      expect(await page('startIndex=0&count=0')).toEqual([1, 0, 4]);
      expect((await call('GET', '/scim/Users?count=many')).status).toBe(400);
    }));

  it('answers as scim+json by setting, and with ids of another space by setting', () =>
    withSimulator({ settings: { scimContentType: 'scim+json', scimIdSpace: 'different' } }, async ({ call, idOf }) => {
      const { json, headers } = await call('GET', '/scim/Users');
      expect(headers.get('content-type')).toBe('application/scim+json');
      const id = String(at(json, 'Resources', 2, 'id'));
      expect(id).not.toBe(String(idOf(EMAILS.mel)));
      expect(at((await call('GET', `/scim/Users/${id}`)).json, 'userName')).toBe(EMAILS.mel);
      expect((await call('GET', `/scim/Users/${idOf(EMAILS.mel)}`)).status).toBe(404);
    }));
});

describe('SCIM create', () => {
  it('answers 201 with the user, whose id is the REST id as text', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const body = {
        ...NEW,
        ...ROLE('ADMIN'),
        externalId: 'hr-1',
        phoneNumbers: [{ value: '555-010-0009', primary: true }],
      };
      const created = await call('POST', '/scim/Users', body);
      expect(created.status).toBe(201);
      const id = String(idOf(NEW.userName));
      expect(created.json).toMatchObject({ id, externalId: null, roles: [{ value: 'ADMIN' }], active: true });
      expect((await call('GET', `/users/${id}`)).json).toMatchObject({
        data: { id: Number(id), email: NEW.userName, name: 'Nina New', role: 'admin', phone: '555-010-0009' },
      });
      expect(simulator.journal()[0]).toMatchObject({
        n: 1,
        method: 'POST',
        path: '/scim/Users',
        body,
        status: 201,
        effect: { kind: 'scim.create', id },
      });
    }));

  it('needs userName and displayName, in strict mode an e-mail too', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const missing = await call('POST', '/scim/Users', { userName: NEW.userName });
      expect([missing.status, at(missing.json, 'detail')]).toEqual([400, 'displayName is required']);
      expect((await call('POST', '/scim/Users', { displayName: 'X' })).status).toBe(400);
      expect((await call('POST', '/scim/Users', { ...NEW, userName: 'no-address' })).status).toBe(400);
      simulator.set({ strictEmail: true });
      expect((await call('POST', '/scim/Users', NEW)).status).toBe(400);
      const withEmail = { ...NEW, emails: [{ value: NEW.userName, primary: true }] };
      expect((await call('POST', '/scim/Users', withEmail)).status).toBe(201);
    }));

  it('takes either schemas URN or none, and either media type', () =>
    withSimulator({}, async ({ call }) => {
      const post = (n: number, extra: object, type = 'application/json') =>
        call(
          'POST',
          '/scim/Users',
          { ...NEW, userName: `n${n}@example.com`, ...extra },
          { headers: { 'content-type': type } },
        );
      expect((await post(1, { schemas: ['urn:scim:schemas:core:2.0'] })).status).toBe(201);
      const rfc = await post(2, { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'] }, 'application/scim+json');
      expect(at(rfc.json, 'schemas')).toEqual(['urn:ietf:params:scim:schemas:core:2.0:User']);
      expect((await post(3, { schemas: ['urn:else'] })).status).toBe(400);
      expect((await post(4, {}, 'text/plain')).status).toBe(415);
      expect((await call('POST', '/scim/Users', '{"userName":')).status).toBe(400);
    }));

  it('knows the roles ADMIN, MEMBER and existing role ids, nothing else', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const post = async (role: string, n: number) =>
        (await call('POST', '/scim/Users', { ...NEW, userName: `n${n}@example.com`, ...ROLE(role) })).status;
      expect(await post('role-ids=[208]', 1)).toBe(201);
      expect(at((await call('GET', `/users/${idOf('n1@example.com')}`)).json, 'data', 'role')).toBe('agent');
      expect(await post('role-ids=[9]', 2)).toBe(400);
      simulator.set({ roleIds: [9] });
      expect(await post('role-ids=[9]', 20)).toBe(201);
      expect(await post('role-ids=[208]', 21)).toBe(400);
      expect(await post('admin', 3)).toBe(400);
      expect(await post('OWNER', 4)).toBe(400);
    }));

  it('refuses a live userName, unless the setting lets duplicates come', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const twice = { userName: EMAILS.mel.toUpperCase(), displayName: 'Mel' };
      const refused = await call('POST', '/scim/Users', twice);
      expect([refused.status, at(refused.json, 'scimType')]).toEqual([409, 'uniqueness']);
      simulator.set({ duplicateUser: 'created' });
      expect((await call('POST', '/scim/Users', twice)).status).toBe(201);
    }));

  it('refuses when no seat is left; bots take none', () =>
    withSimulator({ settings: { seatLimit: 4 } }, async ({ call }) => {
      expect((await call('POST', '/scim/Users', NEW)).status).toBe(201);
      const full = await call('POST', '/scim/Users', { ...NEW, userName: 'x@example.com' });
      expect([full.status, at(full.json, 'detail')]).toEqual([403, 'No seats are left in your plan']);
    }));
});

describe('SCIM delete', () => {
  it('is for good: 204, then 404 everywhere, and the agent is gone from REST', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.mel);
      const deleted = await call('DELETE', `/scim/Users/${id}`, { userName: 'a body is tolerated' });
      expect([deleted.status, deleted.text]).toEqual([204, '']);
      expect((await call('DELETE', `/scim/Users/${id}`)).status).toBe(404);
      expect((await call('GET', `/scim/Users/${id}`)).status).toBe(404);
      expect((await call('GET', `/users/${id}`)).status).toBe(404);
      expect(list((await call('GET', '/users/list')).json, 'data')).toHaveLength(3);
      expect(simulator.state().deletedUsers).toMatchObject([{ id, userName: EMAILS.mel }]);
      simulator.set({ deletedVisibleInRest: true });
      expect((await call('GET', `/users/${id}`)).status).toBe(200);
      expect(list((await call('GET', '/users/list')).json, 'data')).toHaveLength(4);
      expect((await call('GET', `/scim/Users/${id}`)).status).toBe(404);
    }));

  it('makes the userName unusable, or usable with a new id by setting', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.mel);
      await call('DELETE', `/scim/Users/${id}`);
      const again = { userName: EMAILS.mel, displayName: 'Mel Member' };
      const refused = await call('POST', '/scim/Users', again);
      expect([refused.status, at(refused.json, 'scimType')]).toEqual([409, 'uniqueness']);
      simulator.set({ recreateStatus: 400 });
      expect((await call('POST', '/scim/Users', again)).status).toBe(400);
      simulator.set({ recreate: 'new-id' });
      expect((await call('POST', '/scim/Users', again)).status).toBe(201);
      expect(idOf(EMAILS.mel)).toBeGreaterThan(id);
    }));

  it('and demotion of the OWNER are refused', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.owner)}`;
      const self = { userName: EMAILS.owner, displayName: 'Olive Owner' };
      expect((await call('DELETE', path)).status).toBe(403);
      expect((await call('PATCH', path, { active: false })).status).toBe(403);
      expect((await call('PUT', path, { ...self, ...ROLE('MEMBER') })).status).toBe(403);
      expect((await call('PUT', path, self)).status).toBe(403);
      expect((await call('PUT', path, { ...self, ...ROLE('OWNER') })).status).toBe(200);
      expect(simulator.state().users[0]).toMatchObject({ role: 'OWNER' });
    }));
});

describe('lag', () => {
  it('keeps a write from readers for as long as the settings say, never from writers', async () => {
    const clock = handClock();
    const settings = { applyDelayMs: 100, getLagMs: 50, listLagMs: 400 };
    await withSimulator({ clock: clock.now, settings }, async ({ call, idOf }) => {
      expect((await call('POST', '/scim/Users', NEW)).status).toBe(201);
      const id = idOf(NEW.userName);
      const views = async () => [
        (await call('GET', `/scim/Users/${id}`)).status,
        (await call('GET', `/users/${id}`)).status,
        at((await call('GET', '/scim/Users')).json, 'totalResults'),
        list((await call('GET', '/users/list')).json, 'data').length,
      ];
      expect(await views()).toEqual([404, 404, 4, 4]);
      expect((await call('POST', '/scim/Users', NEW)).status).toBe(409);
      clock.advance(150);
      expect(await views()).toEqual([200, 200, 4, 4]);
      clock.advance(350);
      expect(await views()).toEqual([200, 200, 5, 5]);
      await call('PUT', `/scim/Users/${id}`, { ...NEW, displayName: 'Nina Newer' });
      expect(at((await call('GET', `/scim/Users/${id}`)).json, 'displayName')).toBe('Nina New');
      await call('DELETE', `/scim/Users/${id}`);
      expect((await call('DELETE', `/scim/Users/${id}`)).status).toBe(404);
      expect(await views()).toEqual([200, 200, 5, 5]);
      clock.advance(500);
      expect(await views()).toEqual([404, 404, 4, 4]);
    });
  });
});

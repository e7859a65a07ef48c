import { describe, expect, it } from '@jest/globals';

import { at, EMAILS, withSimulator } from './calling.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const patchOp = (...operations: unknown[]) => ({ schemas: [PATCH_OP], Operations: operations });

describe('SCIM PUT', () => {
  it('clears what it omits, the role too, but leaves active alone', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.ada);
      const put = await call('PUT', `/scim/Users/${id}`, { userName: EMAILS.ada, displayName: 'Ada A.' });
      expect([put.status, put.json]).toMatchObject([
        200,
        {
          displayName: 'Ada A.',
          name: { givenName: '', familyName: '', formatted: 'Ada A.' },
          phoneNumbers: [{ primary: true }],
          roles: [{ value: 'MEMBER' }],
          active: true,
        },
      ]);
      expect(simulator.journal()[0]?.effect).toEqual({ kind: 'scim.replace', id: String(id) });
    }));

  it('keeps what it carries', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const body = {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: EMAILS.ada,
        displayName: 'Ada Admin',
        name: { givenName: 'Ada', familyName: 'Adminova' },
        emails: [{ value: EMAILS.ada, primary: true }],
        phoneNumbers: [{ value: '555-010-0002', primary: true }],
        locale: 'de-DE',
        roles: [{ value: 'ADMIN', primary: true }],
        active: true,
      };
      const path = `/scim/Users/${idOf(EMAILS.ada)}`;
      expect((await call('PUT', path, body)).status).toBe(200);
      expect((await call('GET', path)).json).toMatchObject({
        ...body,
        roles: [{ value: 'ADMIN' }],
        name: { formatted: 'Ada Adminova' },
      });
    }));

  it('needs userName and displayName, and does not rename unless the setting says so', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.mel)}`;
      expect((await call('PUT', path, { userName: EMAILS.mel })).status).toBe(400);
      const renamed = { userName: 'mel.married@example.com', displayName: 'Mel Married' };
      expect(at((await call('PUT', path, renamed)).json, 'userName')).toBe(EMAILS.mel);
      simulator.set({ scimRename: 'applied' });
      expect(at((await call('PUT', path, renamed)).json, 'userName')).toBe('mel.married@example.com');
      expect((await call('PUT', path, { ...renamed, userName: EMAILS.ada })).status).toBe(409);
      expect((await call('PUT', '/scim/Users/999', renamed)).status).toBe(404);
    }));

  it('with active or isActive false deletes the seat for good', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.mel)}`;
      const put = await call('PUT', path, { userName: EMAILS.mel, displayName: 'Mel', active: false });
      expect([put.status, at(put.json, 'active')]).toEqual([200, false]);
      expect((await call('GET', path)).status).toBe(404);
      expect(simulator.journal()[0]?.effect?.kind).toBe('scim.delete');
      expect(simulator.state().deletedUsers).toHaveLength(1);
    }));
});

describe('SCIM PATCH', () => {
  it('takes a partial user', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const id = idOf(EMAILS.ada);
      const patched = await call('PATCH', `/scim/Users/${id}`, { name: { familyName: 'Ziegler' }, locale: 'fr-FR' });
      expect(patched.json).toMatchObject({
        displayName: 'Ada Admin',
        name: { givenName: 'Ada', familyName: 'Ziegler' },
        locale: 'fr-FR',
        phoneNumbers: [{ value: '555-010-0001' }],
        roles: [{ value: 'ADMIN' }],
      });
      expect(simulator.journal()[0]?.effect).toEqual({ kind: 'scim.patch', id: String(id) });
    }));

  it('takes a PatchOp', () =>
    withSimulator({}, async ({ call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.ada)}`;
      const patched = await call(
        'PATCH',
        path,
        patchOp(
          { op: 'Replace', path: 'displayName', value: 'Ada Z.' },
          { op: 'add', path: 'name.familyName', value: 'Ziegler' },
          { op: 'replace', path: 'phoneNumbers[primary eq true].value', value: '555-010-0003' },
          { op: 'remove', path: 'locale' },
          { op: 'replace', value: { roles: [{ value: 'MEMBER', primary: true }] } },
        ),
      );
      expect(patched.json).toMatchObject({
        displayName: 'Ada Z.',
        name: { givenName: 'Ada', familyName: 'Ziegler' },
        phoneNumbers: [{ value: '555-010-0003' }],
        roles: [{ value: 'MEMBER' }],
        locale: null,
      });
      const refused = await call('PATCH', path, patchOp({ op: 'replace', path: 'a..b', value: 1 }));
      expect([refused.status, at(refused.json, 'scimType')]).toEqual([400, 'invalidPath']);
      expect((await call('PATCH', path, patchOp({ op: 'move', path: 'locale' }))).status).toBe(400);
    }));

  it('takes one dialect only by setting', () =>
    withSimulator({ settings: { patchDialect: 'partial' } }, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.mel)}`;
      const operation = patchOp({ op: 'replace', path: 'locale', value: 'nl-NL' });
      expect((await call('PATCH', path, operation)).status).toBe(400);
      expect((await call('PATCH', path, { locale: 'nl-NL' })).status).toBe(200);
      simulator.set({ patchDialect: 'patchop' });
      expect((await call('PATCH', path, operation)).status).toBe(200);
      expect((await call('PATCH', path, { locale: 'nl-NL' })).status).toBe(400);
    }));

  it.each([
    ['isActive', { isActive: false }],
    ['active', { active: false }],
    ['active in a PatchOp', patchOp({ op: 'replace', path: 'active', value: false })],
    ['active in a PatchOp without path', patchOp({ op: 'replace', value: { active: false } })],
  ])('with %s false deletes the seat for good', (_name, body) =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.mel)}`;
      expect((await call('PATCH', path, body)).status).toBe(200);
      expect((await call('GET', path)).status).toBe(404);
      expect((await call('POST', '/scim/Users', { userName: EMAILS.mel, displayName: 'Mel' })).status).toBe(409);
      expect(simulator.journal()[0]?.effect?.kind).toBe('scim.delete');
    }),
  );

  it('silently ignores the other name where only one works', () =>
    withSimulator({ settings: { deactivateBy: 'isActive' } }, async ({ simulator, call, idOf }) => {
      const path = `/scim/Users/${idOf(EMAILS.mel)}`;
      const ignored = await call('PATCH', path, { active: false });
      expect([ignored.status, at(ignored.json, 'active')]).toEqual([200, true]);
      simulator.set({ deactivateBy: 'active' });
      expect(at((await call('PATCH', path, { isActive: false })).json, 'active')).toBe(true);
      expect((await call('PATCH', path, { active: 'False' })).status).toBe(400);
      expect(simulator.state().deletedUsers).toEqual([]);
    }));
});

import { describe, expect, it } from '@jest/globals';

import { at, EMAILS, list, withSimulator } from './calling.ts';

describe('accounts', () => {
  it('are created with a live owner and a domain of their own', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const ownerId = idOf(EMAILS.mel);
      const property = { label: 'Size', name: 'size', value: 7, type: 'NUMBER' };
      const body = { ownerId, name: 'Amber', domain: 'Amber.example.org', customProperties: [property] };
      const created = await call('POST', '/accounts/create', body);
      expect([created.status, at(created.json, 'data')]).toMatchObject([
        200,
        { ownerId, name: 'Amber', domain: 'amber.example.org', deleted: false, customProperties: [property] },
      ]);
      const accountId = String(at(created.json, 'data', 'accountId'));
      expect(accountId).toMatch(/^\d+_amber\.example\.org$/);
      expect(simulator.journal()[0]?.effect).toEqual({ kind: 'account.create', id: accountId });
      expect((await call('GET', `/accounts/${accountId}`)).json).toEqual(created.json);
      const post = async (other: object) => (await call('POST', '/accounts/create', other)).status;
      expect(await post(body)).toBe(400);
      expect(await post({ domain: 'b.example.org', owner_id: ownerId })).toBe(400);
      expect(await post({ domain: 'b.example.org', ownerId: 5 })).toBe(400);
      expect(await post({ domain: 'b.example.org', ownerId: String(ownerId) })).toBe(400);
      expect(await post({ ownerId })).toBe(400);
      expect(await post({ domain: 'b.example.org', ownerId, customProperties: [{ name: 'x' }] })).toBe(400);
    }));

  it('are listed ten at a time, at most 65, with a relative next until the last page', () =>
    withSimulator({ settings: { ratePerMinute: 0 } }, async ({ simulator, call }) => {
      const accounts = Array.from({ length: 23 }, (_, n) => ({ domain: `a${n}.example.org`, ownerEmail: EMAILS.mel }));
      simulator.seed({ accounts });
      let path: unknown = '/accounts';
      const sizes = [];
      while (typeof path === 'string') {
        const { json } = await call('GET', path);
        sizes.push(list(json, 'data', 'accounts').length);
        expect(at(json, 'data', 'total')).toBe(23);
        path = at(json, 'data', 'next');
        if (path !== undefined) expect(path).toBe(`/accounts?index=${sizes.length * 10}&size=10`);
      }
      expect(sizes).toEqual([10, 10, 3]);
      expect(list((await call('GET', '/accounts?size=65')).json, 'data', 'accounts')).toHaveLength(23);
      expect((await call('GET', '/accounts?size=66')).status).toBe(400);
      expect((await call('GET', '/accounts?index=x')).status).toBe(400);
      simulator.set({ repeatCursor: true });
      expect(at((await call('GET', '/accounts?index=10&size=10')).json, 'data', 'next')).toBe(
        '/accounts?index=10&size=10',
      );
    }));

  it('are updated by the id in the body, which needs an owner', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      simulator.seed({ accounts: [{ domain: 'a.example.org', name: 'A', ownerEmail: EMAILS.mel }] });
      const [account] = simulator.state().accounts;
      const accountId = account?.accountId;
      const ownerId = idOf(EMAILS.ada);
      const updated = await call('PATCH', '/accounts/update', { accountId, ownerId });
      expect(at(updated.json, 'data')).toMatchObject({ accountId, ownerId, name: 'A' });
      expect(Number(at(updated.json, 'data', 'updateDateTime'))).toBeGreaterThan(account?.updateDateTime ?? 0);
      expect(simulator.journal()[0]?.effect).toEqual({ kind: 'account.update', id: accountId });
      const patch = async (body: object) => (await call('PATCH', '/accounts/update', body)).status;
      expect(await patch({ ownerId })).toBe(400);
      expect(await patch({ accountId, name: 'B' })).toBe(400);
      expect(await patch({ accountId, ownerId: 5 })).toBe(400);
      expect(await patch({ accountId: '1_x', ownerId })).toBe(404);
    }));

  it('are deleted softly: out of the list, readable by id, the domain free again', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      simulator.seed({ accounts: [{ domain: 'a.example.org', ownerEmail: EMAILS.mel }] });
      const path = `/accounts/${simulator.state().accounts[0]?.accountId ?? ''}`;
      expect((await call('DELETE', path)).json).toEqual({ result: 'OK', ok: true });
      expect((await call('GET', '/accounts')).json).toEqual({ data: { accounts: [], total: 0 } });
      expect(at((await call('GET', path)).json, 'data', 'deleted')).toBe(true);
      expect((await call('DELETE', path)).status).toBe(404);
      const again = { domain: 'a.example.org', ownerId: idOf(EMAILS.mel) };
      expect((await call('POST', '/accounts/create', again)).status).toBe(200);
    }));

  it('keep pointing at a deleted owner, or lose the owner by setting', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const accounts = [
        { domain: 'a.example.org', ownerEmail: EMAILS.mel },
        { domain: 'b.example.org', ownerEmail: EMAILS.ada },
      ];
      simulator.seed({ accounts });
      const [mel, ada] = [idOf(EMAILS.mel), idOf(EMAILS.ada)];
      await call('DELETE', `/scim/Users/${mel}`);
      expect(at((await call('GET', '/accounts')).json, 'data', 'accounts', 0, 'ownerId')).toBe(mel);
      simulator.set({ deletingAgentOwner: 'cleared' });
      await call('DELETE', `/scim/Users/${ada}`);
      expect(at((await call('GET', '/accounts')).json, 'data', 'accounts', 1)).not.toHaveProperty('ownerId');
    }));
});

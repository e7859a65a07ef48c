import { describe, expect, it } from '@jest/globals';
import { capable, drift, NEW } from './drift-world.ts';

describe('the calls of one change', () => {
  const MEL = 'mel.member@example.com';
  const GET = (id: string): string => `GET /scim/Users/${id}`;

  it('are one each for a look-up, a write and a read-back', async () => {
    const { target, idOf, callsOf } = await drift({}, { client: { scimPath: '/scim' } });
    const known = (await target.listAccounts()).find(({ id }) => id === idOf(MEL));
    const id = known?.id ?? '';
    const calls = await callsOf(async () => {
      const seen = await target.readAccount(id, known);
      const effect = await target.replaceAccount(id, { displayName: 'Mel X' }, seen ?? undefined);
      if (effect.kind !== 'ok') throw new Error(effect.code);
      const after = await target.readAccount(id, effect.value);
      expect(after).toMatchObject({ restId: id, values: { displayName: 'Mel X' } });
      expect(after).toEqual(effect.value);
    });
    expect(calls).toEqual([GET(id), `PUT /scim/Users/${id}`, GET(id)]);
    expect(
      await callsOf(async () => {
        const seen = await target.readAccount(id, known);
        await target.setRole(id, 'ADMIN', seen ?? undefined);
      }),
    ).toEqual([GET(id), `PUT /scim/Users/${id}`]);
    expect(
      await callsOf(async () => {
        const seen = await target.readAccount(id, known);
        await target.renameAccount(id, 'mel.x@example.com', seen ?? undefined);
      }),
    ).toEqual([GET(id), 'PATCH /users/update']);
  });

  it('are three for a new seat', async () => {
    const { target, callsOf } = await drift({}, { client: { scimPath: '/scim' } });
    const calls = await callsOf(async () => {
      expect(await target.findAccounts('nia.new@example.com')).toEqual([]);
      const effect = await target.createAccount(NEW);
      if (effect.kind !== 'ok') throw new Error(effect.code);
      expect(await target.readAccount(effect.value.id, effect.value)).toMatchObject({
        values: { displayName: 'Nia New' },
      });
    });
    expect(calls.map((call) => call.replace(/\d+$/, 'N'))).toEqual(['GET /scim/Users', 'POST /scim/Users', GET('N')]);
  });

  it('are more where SCIM alone says too little', async () => {
    const { target, simulator, idOf, callsOf } = await drift({}, { client: { scimPath: '/scim' } });
    const id = idOf(MEL);
    const known = (await target.listAccounts()).find((account) => account.id === id);
    if (known === undefined) throw new Error('not listed');
    // REST alone had a phone: whether it is still there, only REST can say.
    const restOnly = { ...known, values: { ...known.values, phone: '1' }, restOnly: ['phone'] as const };
    expect(await callsOf(() => target.readAccount(id, restOnly))).toEqual([GET(id), `GET /users/${id}`]);
    // Another sign-in name than was known: the REST id is proven anew.
    const other = { ...known, values: { ...known.values, userName: 'before@example.com' } };
    expect((await target.readAccount(id, other))?.restId).toBe(id);
    expect(await callsOf(() => target.readAccount(id, other))).toHaveLength(2);
    simulator.fault({ kind: 'status', status: 404, path: `/scim/Users/${id}` });
    expect(await target.readAccount(id, known)).toMatchObject({ active: false, roles: [], views: { scim: false } });
  });

  it('do not take the filter for granted', async () => {
    const { targetWith, idOf } = await drift({ filterHonoured: false });
    for (const filter of ['ignored', 'refused', 'wrong', 'honoured', null] as const) {
      const target = targetWith({ capabilities: capable({ filter }) });
      expect((await target.findAccounts(MEL)).map(({ id }) => id)).toEqual([idOf(MEL)]);
    }
    const { targetWith: honest, callsOf, simulator } = await drift({}, { client: { scimPath: '/scim' } });
    await callsOf(() => honest({ capabilities: capable({ filter: 'wrong' }) }).findAccounts(MEL));
    expect(simulator.journal().every(({ query }) => query['filter'] === undefined)).toBe(true);
  });

  it('go first in a removal, and are counted together', async () => {
    const { target } = await drift({}, { client: { scimPath: '/scim' } });
    const account = await target.removal(async (first) => {
      const [found] = await first.findAccounts(MEL);
      return first.removal(async (same) => {
        expect(same).toBe(first);
        return same.readAccount(found?.id ?? '');
      });
    });
    expect(account?.values.userName).toBe(MEL);
    await target.readAccount(account?.id ?? '', account ?? undefined);
    expect(target.takeCallCount()).toBe(2 + 2 + 1);
    expect(target.takeCallCount()).toBe(0);
    await expect(target.removal(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});

describe('a privacy deletion', () => {
  const permit = { changeId: 'chg-1', fence: 1 };

  it('is refused for the e-mail of an agent, in either view and however it is written', async () => {
    const { target, writes } = await drift();
    for (const email of ['mel.member@example.com', ' Mel.Member@Example.com', 'olive.owner@example.com']) {
      expect(await target.hasAgent(email)).toBe(true);
    }
    expect(writes()).toEqual([]);
  });

  it('is one call for anybody else, with a permit', async () => {
    const { target, writes } = await drift();
    expect(await target.eraseContacts('c1@example.net', permit)).toEqual({ kind: 'ok', value: null });
    expect(writes()).toEqual(['POST /gdpr/delete']);
    const denied = await drift(
      {},
      { client: { permits: { deprovision: async () => true, erase: async () => false } } },
    );
    expect(await denied.target.eraseContacts('c1@example.net', permit)).toMatchObject({ code: 'firewall' });
    expect(denied.writes()).toEqual([]);
  });
});

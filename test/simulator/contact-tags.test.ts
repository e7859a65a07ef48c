import { expect, it } from '@jest/globals';

import { at, type Caller, withSimulator } from './calling.ts';

async function contactPath(call: Caller): Promise<string> {
  const created = await call('POST', '/contacts', { attributes: { email: 'a@example.org' } });
  return `/contacts/${String(at(created.json, 'data', 'id'))}`;
}

it('contacts cannot be tagged, as the vendor has it', () =>
  withSimulator({}, async ({ call }) => {
    const path = await contactPath(call);
    expect((await call('POST', `${path}/tags`, [{ name: 'customer' }])).status).toBe(404);
    expect((await call('GET', `${path}/tags`)).status).toBe(404);
  }));

it('contacts can be tagged by setting, as the vendor’s own client does it', () =>
  withSimulator({ settings: { contactTags: 'supported', knownTags: ['customer', 'a b', 'vip'] } }, async (world) => {
    const { simulator, call } = world;
    const path = await contactPath(call);
    const added = await call('POST', `${path}/tags`, [{ name: 'customer' }, { name: 'a b' }]);
    expect(added.json).toEqual({ data: [{ name: 'customer' }, { name: 'a b' }] });
    await call('POST', `${path}/tags`, [{ name: 'vip' }, { name: 'customer' }]);
    expect((await call('DELETE', `${path}/tags/a%20b`)).json).toEqual({ result: 'OK', ok: true });
    expect(at((await call('GET', path)).json, 'data', 'attributes', 'tags')).toEqual([
      { name: 'customer' },
      { name: 'vip' },
    ]);
    await call('POST', `${path}/tags/delete/_bulk`, [{ name: 'customer' }]);
    expect((await call('GET', `${path}/tags`)).json).toEqual({ data: [{ name: 'vip' }] });
    expect(simulator.journal().map((entry) => entry.effect?.kind)).toEqual([
      'contact.create',
      'contact.tag',
      'contact.tag',
      'contact.untag',
      undefined,
      'contact.untag',
      undefined,
    ]);
  }));

it('tags that are unknown or no tags are refused by code', () =>
  withSimulator({ settings: { contactTags: 'supported' } }, async ({ call }) => {
    const path = await contactPath(call);
    const refusal = async (body: unknown) => {
      const answer = await call('POST', `${path}/tags`, body);
      return [answer.status, /CONTACT-\d+/.exec(answer.text)?.[0]];
    };
    expect(await refusal([{ name: 'nonsense' }])).toEqual([400, 'CONTACT-9']);
    expect(await refusal(['customer'])).toEqual([400, 'CONTACT-9']);
    expect(await refusal({ name: 'customer' })).toEqual([400, 'CONTACT-4']);
    expect(await refusal([])).toEqual([400, 'CONTACT-4']);
    expect((await call('POST', '/contacts/1/tags', [{ name: 'customer' }])).status).toBe(404);
    expect((await call('GET', `${path}/tags`)).json).toEqual({ data: [] });
  }));

import { describe, expect, it } from '@jest/globals';

import { at, type Caller, EMAILS, handClock, list, withSimulator } from './calling.ts';

const create = (call: Caller, attributes: Record<string, unknown>) => call('POST', '/contacts', { attributes });
const code = (answer: { readonly status: number; readonly json: unknown }) => [
  answer.status,
  /CONTACT-\d+/.exec(String(at(answer.json, 'error', 'message')))?.[0],
];

describe('contact ids', () => {
  it('are odd integers beyond 2^53, written as plain JSON numbers', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const created = await create(call, { email: 'c1@example.org' });
      expect(created.text).toMatch(/"id":11751623441268737,/);
      const id = at(created.json, 'data', 'id');
      expect([typeof id, (id as bigint) > 2n ** 53n, (id as bigint) % 2n]).toEqual(['bigint', true, 1n]);
      expect((JSON.parse(created.text) as { data: { id: number } }).data.id).not.toBe(id);
      expect((await call('GET', `/contacts/${String(id)}`)).json).toMatchObject({ data: { id } });
      expect(simulator.journal()[0]?.effect).toEqual({ kind: 'contact.create', id: String(id) });
      expect(simulator.state().contacts[0]?.id).toBe('11751623441268737');
      const event = await call('POST', '/contacts/timeline', { contactId: id, event: 'Signed', attributes: { n: 1 } });
      expect(event.text).toContain('"contactId":11751623441268737,');
      expect(at(event.json, 'data', 'attributes')).toEqual({ n: '1' });
      const journal = await call('GET', '/__sim/journal');
      expect(at(journal.json, 2, 'body', 'contactId')).toBe(id);
      const rounded = { contactId: 11_751_623_441_268_738n, event: 'Signed' };
      expect((await call('POST', '/contacts/timeline', rounded)).status).toBe(404);
    }));
});

describe('contact create', () => {
  it('wants the e-mail inside attributes and names what is wrong by code', () =>
    withSimulator({}, async ({ call }) => {
      const post = async (body: unknown) => code(await call('POST', '/contacts', body));
      expect(await post({ email: 'a@example.org' })).toEqual([400, 'CONTACT-8']);
      expect(await post({ attributes: { name: 'A' } })).toEqual([400, 'CONTACT-7']);
      expect(await post({ attributes: [] })).toEqual([400, 'CONTACT-4']);
      expect(await post('{"attributes"')).toEqual([400, 'CONTACT-4']);
      expect(await post({ attributes: { email: 'nonsense' } })).toEqual([400, 'CONTACT-4']);
    }));

  it('refuses a query parameter that it does not know, on every call of contacts', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const attributes = { email: 'c@example.org' };
      await call('POST', '/contacts', { attributes });
      const path = `/contacts/${simulator.state().contacts[0]?.id ?? ''}`;
      const before = simulator.state();
      const calls = [
        ['POST', '/contacts?notify=true', { attributes: { email: 'd@example.org' } }],
        ['GET', `${path}?fields=email`],
        ['GET', '/contacts/attributes?limit=1'],
        ['PATCH', `${path}?upsert=1`, { attributes: { city: 'Oslo' } }],
        ['PATCH', '/contacts/normalize?idType=drift&id=1&x=1', { attributes }],
        ['POST', '/contacts/timeline?x=1', { contactId: 1, event: 'Met' }],
        ['DELETE', `${path}?hard=true`],
      ] as const;
      for (const [method, target, body] of calls) {
        const { status, text } = await call(method, target, body);
        expect([method, target, status, text]).toEqual([method, target, 400, expect.stringContaining('CONTACT-10')]);
      }
      expect(simulator.state()).toEqual(before);
    }));

  it('refuses a known e-mail, or silently updates the old contact by setting', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const first = await create(call, { email: 'a@example.org', name: 'A' });
      const twice = await create(call, { email: 'A@example.org', name: 'B' });
      expect(code(twice)).toEqual([409, 'CONTACT-6']);
      simulator.set({ duplicateContact: 'upsert' });
      const upserted = await create(call, { email: 'a@example.org', name: 'B' });
      expect([upserted.status, at(upserted.json, 'data', 'id')]).toEqual([200, at(first.json, 'data', 'id')]);
      expect(at(upserted.json, 'data', 'attributes', 'name')).toBe('B');
      expect(simulator.journal().at(-1)?.effect?.kind).toBe('contact.update');
    }));

  it('goes by externalId where there is one: the e-mail may repeat, the externalId may not', () =>
    withSimulator({}, async ({ call }) => {
      const email = 'shared@example.org';
      const one = await create(call, { email, externalId: 'x-1' });
      expect(at(one.json, 'data', 'attributes')).toMatchObject({ externalId: 'x-1', external_id: 'x-1' });
      expect((await create(call, { email, externalId: 'x-2' })).status).toBe(200);
      expect(code(await create(call, { email: 'other@example.org', externalId: 'x-1' }))).toEqual([409, 'CONTACT-6']);
      expect(list((await call('GET', `/contacts?email=${email}`)).json, 'data')).toHaveLength(2);
    }));

  it('silently ignores undeclared attributes, or declares them by setting', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.seed({ attributes: [{ name: 'tier', displayName: 'Tier', type: 'STRING' }] });
      const first = await create(call, { email: 'a@example.org', tier: 'gold', shoe: 43 });
      expect(at(first.json, 'data', 'attributes', 'tier')).toBe('gold');
      expect(at(first.json, 'data', 'attributes')).not.toHaveProperty('shoe');
      simulator.set({ undeclaredAttribute: 'created' });
      const second = await create(call, { email: 'b@example.org', shoe: 43 });
      expect(at(second.json, 'data', 'attributes', 'shoe')).toBe(43);
      const { json } = await call('GET', '/contacts/attributes');
      expect(list(json, 'data', 'properties')).toEqual(
        expect.arrayContaining([
          { name: 'tier', displayName: 'Tier', type: 'STRING' },
          { name: 'shoe', displayName: 'shoe', type: 'NUMERIC' },
          expect.objectContaining({ name: 'email' }),
        ]),
      );
    }));

  it('silently ignores ownerId, or stores it under attributes by setting', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      const ownerId = idOf(EMAILS.mel);
      const ignored = await create(call, { email: 'a@example.org', ownerId });
      expect([ignored.status, at(ignored.json, 'data', 'attributes', 'ownerId')]).toEqual([200, undefined]);
      simulator.set({ undeclaredAttribute: 'created' });
      const still = await create(call, { email: 'b@example.org', ownerId });
      expect(at(still.json, 'data', 'attributes', 'ownerId')).toBeUndefined();
      simulator.set({ contactOwnerId: 'stored' });
      const stored = await create(call, { email: 'c@example.org', ownerId });
      expect(at(stored.json, 'data', 'attributes', 'ownerId')).toBe(ownerId);
    }));
});

describe('contact update', () => {
  it('changes what is sent, keeps the rest, and counts versions', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const created = await create(call, { email: 'a@example.org', name: 'A', phone: '555' });
      const path = `/contacts/${String(at(created.json, 'data', 'id'))}`;
      const updated = await call('PATCH', path, { attributes: { name: 'B', phone: null } });
      expect(at(updated.json, 'data', 'attributes')).toMatchObject({ name: 'B', phone: '555', _END_USER_VERSION: 2 });
      simulator.set({ nullAttribute: 'cleared' });
      const cleared = await call('PATCH', path, { attributes: { phone: null } });
      expect(at(cleared.json, 'data', 'attributes')).not.toHaveProperty('phone');
      expect(code(await call('PATCH', path, {}))).toEqual([400, 'CONTACT-8']);
      expect(code(await call('PATCH', '/contacts/5', { attributes: {} }))).toEqual([404, 'CONTACT-1']);
    }));

  it('goes by another id through normalize', () =>
    withSimulator({}, async ({ call }) => {
      const created = await create(call, { email: 'a@example.org', externalId: 'x-1' });
      const id = String(at(created.json, 'data', 'id'));
      const normalize = (query: string) =>
        call('PATCH', `/contacts/normalize?${query}`, { attributes: { city: 'Oslo' } });
      expect(at((await normalize('idType=external&id=x-1')).json, 'data', 'attributes', 'city')).toBe('Oslo');
      expect((await normalize(`idType=drift&id=${id}`)).status).toBe(200);
      expect((await normalize('idType=external&id=x-9')).status).toBe(404);
      expect((await normalize('idType=email&id=a')).status).toBe(400);
    }));
});

describe('contact search', () => {
  it('answers a list: several, one or none, by e-mail and by external id', () =>
    withSimulator({}, async ({ simulator, call }) => {
      await create(call, { email: 'a+b@example.org', externalId: 'x-1' });
      await create(call, { email: 'c@example.org', externalId: 'x-2' });
      const found = await call('GET', `/contacts?email=${encodeURIComponent('A+b@example.org')}&limit=5`);
      expect(list(found.json, 'data')).toHaveLength(1);
      expect((await call('GET', '/contacts?email=no@example.org')).json).toEqual({ data: [] });
      const both = await call('GET', '/contacts?idType=external&id=x-1&id=x-2&id=x-3');
      expect(list(both.json, 'data')).toHaveLength(2);
      expect(code(await call('GET', '/contacts?mail=c@example.org'))).toEqual([400, 'CONTACT-10']);
      expect((await call('GET', '/contacts/by_email?email=c@example.org')).status).toBe(404);
      simulator.set({ contactByEmailPath: true });
      const single = await call('GET', '/contacts/by_email?email=c@example.org');
      expect(at(single.json, 'data', 'attributes', 'externalId')).toBe('x-2');
      expect((await call('GET', '/contacts/by_email?email=no@example.org')).status).toBe(404);
    }));

  it('links to the next page when there are more than asked for', () =>
    withSimulator({}, async ({ call }) => {
      for (const n of [1, 2, 3]) await create(call, { email: 's@example.org', externalId: `x-${n}` });
      const first = await call('GET', '/contacts?email=s@example.org&limit=2');
      const link = /^<(.*)>; rel='next'$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      const second = await call('GET', link);
      expect([list(first.json, 'data').length, list(second.json, 'data').length]).toEqual([2, 1]);
      expect(second.headers.has('link')).toBe(false);
    }));

  it('can lag behind', async () => {
    const clock = handClock();
    await withSimulator({ clock: clock.now, settings: { contactSearchLagMs: 300 } }, async ({ call }) => {
      const created = await create(call, { email: 'a@example.org' });
      expect((await call('GET', `/contacts/${String(at(created.json, 'data', 'id'))}`)).status).toBe(200);
      expect((await call('GET', '/contacts?email=a@example.org')).json).toEqual({ data: [] });
      clock.advance(300);
      expect(list((await call('GET', '/contacts?email=a@example.org')).json, 'data')).toHaveLength(1);
    });
  });

  it('does not list everything, or answers nothing, or pages by cursor', () =>
    withSimulator({}, async ({ simulator, call }) => {
      for (const n of [1, 2, 3, 4, 5]) await create(call, { email: `c${n}@example.org` });
      expect(code(await call('GET', '/contacts?limit=2'))).toEqual([400, 'CONTACT-10']);
      simulator.set({ contactListing: 'empty' });
      expect((await call('GET', '/contacts?limit=2')).json).toEqual({ data: [] });
      simulator.set({ contactListing: 'cursor' });
      const emails: unknown[] = [];
      let next: string | undefined = '';
      let pages = 0;
      while (next !== undefined) {
        const { json } = await call('GET', `/contacts?limit=2&next=${next}`);
        emails.push(...list(json, 'data').map((contact) => at(contact, 'attributes', 'email')));
        next = at(json, 'pagination', 'next') as string | undefined;
        pages += 1;
      }
      expect([pages, emails]).toEqual([3, [1, 2, 3, 4, 5].map((n) => `c${n}@example.org`)]);
      expect((await call('GET', '/contacts?limit=101')).status).toBe(400);
      expect((await call('GET', '/contacts?next=foreign')).status).toBe(400);
      simulator.set({ repeatCursor: true });
      const first = at((await call('GET', '/contacts?limit=2')).json, 'pagination', 'next');
      const again = await call('GET', `/contacts?limit=2&next=${String(first)}`);
      expect(at(again.json, 'pagination', 'next')).toBe(first);
      simulator.set({ pageTokenLifeMs: 0 });
      expect(code(await call('GET', `/contacts?limit=2&next=${String(first)}`))).toEqual([400, 'CONTACT-11']);
    }));
});

describe('contact delete', () => {
  it('answers 202 and only hides: out of the search, still readable by id', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const path = `/contacts/${String(at((await create(call, { email: 'a@example.org' })).json, 'data', 'id'))}`;
      const deleted = await call('DELETE', path);
      expect([deleted.status, deleted.json]).toEqual([202, { result: 'OK', ok: true }]);
      expect((await call('GET', '/contacts?email=a@example.org')).json).toEqual({ data: [] });
      expect((await call('GET', path)).status).toBe(200);
      expect((await call('DELETE', path)).status).toBe(404);
      expect(simulator.state().contacts).toMatchObject([{ state: 'hidden' }]);
    }));

  it('erases with 200 by setting', () =>
    withSimulator({ settings: { contactDelete: 'hard' } }, async ({ call }) => {
      const id = at((await create(call, { email: 'a@example.org' })).json, 'data', 'id');
      const deleted = await call('DELETE', `/contacts/${String(id)}`);
      expect([deleted.status, deleted.json]).toEqual([200, { data: { id } }]);
      expect((await call('GET', `/contacts/${String(id)}`)).status).toBe(404);
    }));
});

it('unsubscribe takes a bare list of addresses', () =>
  withSimulator({}, async ({ simulator, call }) => {
    expect((await call('POST', '/emails/unsubscribe', ['a@example.org'])).json).toEqual({ result: 'OK', ok: true });
    expect((await call('POST', '/emails/unsubscribe', { email: 'a@example.org' })).status).toBe(400);
    expect(simulator.journal()[0]?.effect).toEqual({ kind: 'contact.unsubscribe', id: 'a@example.org' });
  }));

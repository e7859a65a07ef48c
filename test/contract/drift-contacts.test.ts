import { expect } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import {
  createContact,
  deleteContact,
  findContacts,
  findContactsByExternalId,
  getContact,
  listContactAttributes,
  listContacts,
  updateContact,
  updateContactByIdType,
  type Contact,
} from '../../src/drift/operations/contacts.ts';
import { listConversations } from '../../src/drift/operations/conversations.ts';
import { nextPage } from '../../src/drift/operations/paging.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

/** Contacts cannot be listed everywhere, but whoever talks is one. */
async function someContact(client: DriftClient): Promise<Contact> {
  const talking = first(offered(await client.call(listConversations, { query: { limit: 1 } })).data);
  return offered(await client.call(getContact, { params: { contactId: talking.contactId ?? '' } })).data;
}

async function cleo(client: DriftClient): Promise<Contact> {
  return first(ok(await client.call(findContacts, { query: { email: 'cleo@example.net' } })).data);
}

driftContract('contacts', ({ covers, coversAnywhere }) => {
  coversAnywhere('get-contact', 'reads a contact by an id that no number holds', async ({ client }) => {
    const contact = await someContact(client);
    expect(contact.id).toMatch(/^\d+$/);
    expect(typeof contact.attributes).toBe('object');
  });

  coversAnywhere('find-contacts', 'finds a contact by e-mail, perhaps among several', async ({ client }) => {
    const { id, attributes } = await someContact(client);
    const email = first([attributes['email']].filter((value) => typeof value === 'string'));
    const { data: found } = ok(await client.call(findContacts, { query: { email } }));
    expect(found.map((contact) => contact.id)).toContain(id);
  });

  coversAnywhere('find-contacts', 'answers an empty list for nobody', async ({ client }) => {
    const called = await client.call(findContacts, { query: { email: 'nobody-at-all@example.com' } });
    // A plain 404 says the same (Drift API notes 3, "contacts of an e-mail").
    expect(called.kind === 'ok' ? called.value.data : refusal(called).slice(0, 4)).toEqual(
      called.kind === 'ok' ? [] : '404 ',
    );
  });

  coversAnywhere('find-contacts-by-external-id', 'answers who has one of the ids', async ({ client }) => {
    const id = ['crm-1', 'nobody-has-this-one'];
    const { data: found } = ok(await client.call(findContactsByExternalId, { query: { id } }));
    expect(found.every(({ attributes }) => attributes['externalId'] === 'crm-1')).toBe(true);
  });

  coversAnywhere('list-contacts', 'is refused, empty, or walked by its cursor', async ({ client }) => {
    let query: Parameters<typeof nextPage>[1] | null = { limit: 100 };
    const seen = new Set<string>();
    for (let page = 0; query !== null && page < 2; page += 1) {
      const called = await client.call(listContacts, { query });
      if (page === 0 && called.kind !== 'ok') {
        expect(refusal(called)).toMatch(/^4\d\d (contact_10|http_\d+|validation_error|not_found)$/);
        return;
      }
      const value = ok(called);
      const before = seen.size;
      for (const { id } of value.data) seen.add(id);
      expect(seen.size - before).toBe(value.data.length);
      query = nextPage(listContacts, query, value, called.kind === 'ok' ? called.nextLink : null);
    }
  });

  coversAnywhere('list-contact-attributes', 'names the declared attributes', async ({ client }) => {
    const { properties } = offered(await client.call(listContactAttributes)).data;
    expect(properties.map(({ name }) => name)).toEqual(expect.arrayContaining(['email']));
  });

  covers('find-contacts', 'follows the header that leads on, and takes nothing but its cursor', async ({ client }) => {
    for (const externalId of ['crm-2', 'crm-3']) {
      ok(await client.call(createContact, { body: { attributes: { email: 'cleo@example.net', externalId } } }));
    }
    const seen: string[] = [];
    let query: Parameters<typeof nextPage>[1] | null = { email: 'cleo@example.net', limit: 1 };
    for (let page = 0; query !== null && page < 9; page += 1) {
      const called = await client.call(findContacts, { query: query as { email: string } });
      seen.push(...ok(called).data.map(({ attributes }) => String(attributes['externalId'])));
      query = nextPage(findContacts, query, ok(called), called.kind === 'ok' ? called.nextLink : null);
    }
    expect(seen).toEqual(['crm-1', 'crm-2', 'crm-3']);
  });

  covers('create-contact', 'answers the contact with its whole 64-bit id', async ({ client, simulator }) => {
    const body = { attributes: { email: 'nia@example.net', name: 'Nia' } };
    const { data: contact } = ok(await client.call(createContact, { body }));
    expect(Number.isSafeInteger(Number(contact.id))).toBe(false);
    expect(simulator.state().contacts.map(({ id }) => id)).toContain(contact.id);
    expect(contact.attributes).toMatchObject(body.attributes);
    const { data: read } = ok(await client.call(getContact, { params: { contactId: contact.id } }));
    expect(read.id).toBe(contact.id);
  });

  covers(
    'create-contact',
    'is refused where the e-mail is known',
    async ({ client }) => {
      const called = await client.call(createContact, { body: { attributes: { email: 'cleo@example.net' } } });
      expect(refusal(called)).toBe('409 contact_6');
    },
    {},
    { contactCodeIn: 'type' },
    { errorStyle: 'errors' },
  );

  covers(
    'create-contact',
    'gives the known contact back where it updates without a word',
    async ({ client }) => {
      const before = await cleo(client);
      const body = { attributes: { email: 'cleo@example.net', name: 'Cleo Changed' } };
      const { data: contact } = ok(await client.call(createContact, { body }));
      expect([contact.id, contact.attributes['name']]).toEqual([before.id, 'Cleo Changed']);
    },
    { duplicateContact: 'upsert' },
  );

  covers(
    'create-contact',
    'drops or declares what was not declared',
    async ({ client, simulator }) => {
      const body = { attributes: { email: 'nia@example.net', favourite: 'tea', ownerId: 5 } };
      const { data: contact } = ok(await client.call(createContact, { body }));
      const { undeclaredAttribute, contactOwnerId } = simulator.settings();
      expect('favourite' in contact.attributes).toBe(undeclaredAttribute === 'created');
      expect('ownerId' in contact.attributes).toBe(contactOwnerId === 'stored');
    },
    {},
    { undeclaredAttribute: 'created' },
    { contactOwnerId: 'stored' },
  );

  covers(
    'update-contact',
    'changes what is named, and leaves the rest',
    async ({ client, simulator }) => {
      const { id: contactId } = await cleo(client);
      const attributes = { owner_email: 'mel.member@example.com', ownerId: 4711 };
      ok(await client.call(updateContact, { params: { contactId }, body: { attributes } }));
      const { data: after } = ok(await client.call(getContact, { params: { contactId } }));
      expect(after.attributes).toMatchObject({ name: 'Cleo', owner_email: 'mel.member@example.com' });
      expect(after.attributes['ownerId']).toBe(simulator.settings().contactOwnerId === 'stored' ? 4711 : undefined);
    },
    {},
    { contactOwnerId: 'stored' },
  );

  covers(
    'update-contact',
    'clears a value with null, or does not and says nothing',
    async ({ client, simulator }) => {
      const { id: contactId } = await cleo(client);
      ok(await client.call(updateContact, { params: { contactId }, body: { attributes: { name: null } } }));
      const isCleared = simulator.settings().nullAttribute === 'cleared';
      expect((await cleo(client)).attributes['name']).toBe(isCleared ? undefined : 'Cleo');
    },
    { nullAttribute: 'ignored' },
    { nullAttribute: 'cleared' },
  );

  covers(
    'update-contact-by-id-type',
    'finds the contact by either kind of id',
    async ({ client }) => {
      const { id } = await cleo(client);
      for (const query of [
        { idType: 'external' as const, id: 'crm-1' },
        { idType: 'drift' as const, id },
        { idType: 'internal' as const, id },
      ]) {
        const name = `Cleo by ${query.idType}`;
        const called = await client.call(updateContactByIdType, { query, body: { attributes: { name } } });
        expect([ok(called).data.id, (await cleo(client)).attributes['name']]).toEqual([id, name]);
      }
      const query = { idType: 'external' as const, id: 'nobody-has-this-one' };
      const called = await client.call(updateContactByIdType, { query, body: { attributes: { name: 'x' } } });
      expect(refusal(called)).toBe('404 contact_1');
    },
    {},
    { contactCodeIn: 'type' },
    { errorStyle: 'errors' },
  );

  covers(
    'delete-contact',
    'hides a contact, which is no erasure',
    async ({ client, simulator }) => {
      const { id: contactId } = await cleo(client);
      ok(await client.call(deleteContact, { params: { contactId } }));
      expect(ok(await client.call(findContacts, { query: { email: 'cleo@example.net' } })).data).toEqual([]);
      const byId = await client.call(getContact, { params: { contactId } });
      if (simulator.settings().contactDelete === 'hidden') expect(ok(byId).data.id).toBe(contactId);
      else expect(refusal(byId)).toBe('404 contact_1');
    },
    { contactDelete: 'hidden' },
    { contactDelete: 'hard' },
  );

  covers('get-contact', 'does not take one hidden contact for a dead credential', async ({ client, simulator }) => {
    const { id: contactId } = await cleo(client);
    simulator.fault({ kind: 'contact-401', method: 'GET', path: `/contacts/${contactId}`, times: 1 });
    expect(refusal(await client.call(getContact, { params: { contactId } }))).toBe('401 contact_2');
    expect(await client.credential('rest')).toBe('good');
    expect((await cleo(client)).id).toBe(contactId);
  });
});

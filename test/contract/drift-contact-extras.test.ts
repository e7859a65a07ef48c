import { expect } from '@jest/globals';
import type { DriftClient } from '../../src/drift/client.ts';
import {
  addContactTags,
  listContactTags,
  removeContactTag,
  removeContactTags,
} from '../../src/drift/operations/contact-tags.ts';
import { createTimelineEvent, findContacts, unsubscribeEmails } from '../../src/drift/operations/contacts.ts';
import { listConversations } from '../../src/drift/operations/conversations.ts';
import { driftContract, first, offered, ok, refusal } from './drift-suite.ts';

async function cleoId(client: DriftClient): Promise<string> {
  return first(ok(await client.call(findContacts, { query: { email: 'cleo@example.net' } })).data).id;
}

const tagsOf = async (client: DriftClient, contactId: string): Promise<unknown> =>
  ok(await client.call(listContactTags, { params: { contactId } })).data.map(({ name }) => name);

driftContract('tags, events and subscriptions of contacts', ({ covers, coversAnywhere }) => {
  coversAnywhere('list-contact-tags', 'answers the tags, or that there are none to have', async ({ client }) => {
    const talking = first(offered(await client.call(listConversations, { query: { limit: 1 } })).data);
    const called = await client.call(listContactTags, { params: { contactId: talking.contactId ?? '' } });
    if (called.kind === 'ok') expect(Array.isArray(called.value.data)).toBe(true);
    else expect(refusal(called)).toMatch(/^40[0-9] /);
  });

  covers(
    'add-contact-tags',
    'puts known tags on a contact, and is told of an unknown one',
    async ({ client }) => {
      const contactId = await cleoId(client);
      const body = [{ name: 'customer' }, { name: 'partner' }];
      ok(await client.call(addContactTags, { params: { contactId }, body }));
      expect(await tagsOf(client, contactId)).toEqual(['customer', 'partner']);
      const unknown = await client.call(addContactTags, { params: { contactId }, body: [{ name: 'stranger' }] });
      expect(refusal(unknown)).toBe('400 contact_9');
    },
    { contactTags: 'supported' },
    { contactTags: 'supported', contactCodeIn: 'type' },
    { contactTags: 'supported', errorStyle: 'errors' },
  );

  covers(
    'add-contact-tags',
    'is refused where tags were given up',
    async ({ client }) => {
      const contactId = await cleoId(client);
      const called = await client.call(addContactTags, { params: { contactId }, body: [{ name: 'customer' }] });
      expect(refusal(called)).toBe('404 not_found');
    },
    { contactTags: 'unsupported' },
  );

  covers(
    'remove-contact-tag',
    'takes off one tag, whatever characters its name has',
    async ({ client }) => {
      const contactId = await cleoId(client);
      const names = ['customer', 'größter Kunde', 'active member'];
      ok(await client.call(addContactTags, { params: { contactId }, body: names.map((name) => ({ name })) }));
      ok(await client.call(removeContactTag, { params: { contactId, tagName: 'größter Kunde' } }));
      expect(await tagsOf(client, contactId)).toEqual(['customer', 'active member']);
      ok(await client.call(removeContactTag, { params: { contactId, tagName: 'active member' } }));
      expect(await tagsOf(client, contactId)).toEqual(['customer']);
    },
    { contactTags: 'supported', knownTags: ['customer', 'größter Kunde', 'active member'] },
  );

  covers(
    'remove-contact-tags',
    'takes off several at once',
    async ({ client }) => {
      const contactId = await cleoId(client);
      const body = [{ name: 'customer' }, { name: 'partner' }];
      ok(await client.call(addContactTags, { params: { contactId }, body }));
      ok(await client.call(removeContactTags, { params: { contactId }, body }));
      expect(await tagsOf(client, contactId)).toEqual([]);
    },
    { contactTags: 'supported' },
  );

  covers('create-timeline-event', 'writes an event of a contact who is named by either id', async ({ client }) => {
    const contactId = await cleoId(client);
    const createdAt = 1_790_000_000_000;
    const byId = { contactId, event: 'Trial began', createdAt, attributes: { plan: 'gold', seats: 3 } };
    const { data: event } = ok(await client.call(createTimelineEvent, { body: byId }));
    expect(event).toMatchObject({ contactId, event: 'Trial began', createdAt });
    const byExternalId = await client.call(createTimelineEvent, {
      body: { externalId: 'crm-1', event: 'Trial ended' },
    });
    expect(ok(byExternalId).data.contactId).toBe(contactId);
  });

  covers(
    'create-timeline-event',
    'is refused for nobody',
    async ({ client }) => {
      const body = { externalId: 'nobody-has-this-one', event: 'Trial began' };
      expect(refusal(await client.call(createTimelineEvent, { body }))).toBe('404 contact_1');
    },
    {},
    { contactCodeIn: 'type' },
    { errorStyle: 'errors' },
  );

  covers('unsubscribe-emails', 'sends the list of addresses as the body', async ({ client, simulator }) => {
    simulator.clearJournal();
    const body = ['cleo@example.net', 'guest1@example.net'];
    expect(ok(await client.call(unsubscribeEmails, { body }))).toMatchObject({ ok: true });
    expect(simulator.journal().map((entry) => [entry.path, entry.body, entry.effect?.kind])).toEqual([
      ['/emails/unsubscribe', body, 'contact.unsubscribe'],
    ]);
  });
});

import { z } from 'zod';
import {
  acknowledged,
  email,
  enveloped,
  instant,
  MOST_IN_LIST,
  NO_BODY,
  nonBlank,
  NOTHING,
  numericId,
  operation,
  pathId,
  text,
  wireId,
} from './operation.ts';

/** A contact: everything but id and creation lives in `attributes` (Drift API notes 2.4). */
const contact = z.looseObject({ id: wireId, attributes: z.record(z.string(), z.unknown()) });

export type Contact = z.output<typeof contact>;

const oneContact = z.looseObject({ data: contact });

/** The text of the vendor's page says list, its sample shows one object: both are read (Drift API notes 2.4). */
const contacts = z.looseObject({
  data: z.preprocess((data): unknown => (Array.isArray(data) ? data : [data]), z.array(contact)),
  next: text,
  pagination: z.looseObject({ more: z.boolean().nullish(), next: wireId.nullish() }).nullish(),
});

const limit = z.int().min(1).max(100).optional();

const SHARED = { api: 'rest', scope: 'contact_read', rate: 'standard' } as const;
const WRITES = { ...SHARED, scope: 'contact_write' } as const;

export const getContact = operation({
  ...SHARED,
  name: 'get-contact',
  summary: 'Reads one contact by its id.',
  method: 'GET',
  path: '/contacts/{contactId}',
  params: z.strictObject({ contactId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: oneContact,
  pager: null,
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts/{contactId}',
});

export const findContacts = operation({
  ...SHARED,
  name: 'find-contacts',
  summary: 'Finds contacts by e-mail: none, one or several.',
  method: 'GET',
  path: '/contacts',
  params: NOTHING,
  query: z.strictObject({ email: nonBlank, limit, next: nonBlank.optional() }),
  body: NO_BODY,
  answer: contacts,
  pager: 'contacts',
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts?email=&limit=, a list, empty when there is none; a Link header leads on',
});

export const findContactsByExternalId = operation({
  ...SHARED,
  name: 'find-contacts-by-external-id',
  summary: 'Finds contacts by one or more external ids.',
  method: 'GET',
  path: '/contacts',
  params: NOTHING,
  query: z.strictObject({
    idType: z.literal('external').default('external'),
    id: z.union([nonBlank, z.array(nonBlank).min(1).max(MOST_IN_LIST)]),
  }),
  body: NO_BODY,
  answer: contacts,
  pager: 'whole',
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts?idType=external&id=, id may be repeated',
});

export const listContacts = operation({
  ...SHARED,
  name: 'list-contacts',
  summary: 'Lists all contacts, where the organisation can do that at all.',
  method: 'GET',
  path: '/contacts',
  params: NOTHING,
  query: z.strictObject({ limit, next: nonBlank.optional() }),
  body: NO_BODY,
  answer: contacts,
  pager: 'contacts',
  reversibility: 'read',
  source: 'Drift API notes 3 ("contact list"): not dependable, CONTACT-10 or empty where it is not offered',
});

export const createContact = operation({
  ...WRITES,
  name: 'create-contact',
  summary: 'Creates a contact; look it up first, since some organisations update an existing one without a word.',
  method: 'POST',
  path: '/contacts',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ attributes: z.looseObject({ email: nonBlank }) }),
  answer: oneContact,
  pager: null,
  reversibility: 'compensable',
  lookup: ({ body }) => ({ operation: findContacts, input: { query: { email: body.attributes.email } } }),
  source: 'Drift API notes 2.4: POST /contacts, email inside attributes; a known e-mail without externalId is refused',
});

export const updateContact = operation({
  ...WRITES,
  name: 'update-contact',
  summary: 'Changes attributes of a contact; the others keep their values.',
  method: 'PATCH',
  path: '/contacts/{contactId}',
  params: z.strictObject({ contactId: pathId }),
  query: NOTHING,
  body: z.strictObject({ attributes: z.record(z.string(), z.unknown()) }),
  answer: oneContact,
  pager: null,
  reversibility: 'reversible',
  lookup: ({ params }) => ({ operation: getContact, input: { params } }),
  source: 'Drift API notes 2.4: PATCH /contacts/{contactId} with the changed attributes only',
});

export const updateContactByIdType = operation({
  ...WRITES,
  name: 'update-contact-by-id-type',
  summary: 'Changes attributes of the contact that has an id of the named type; for an e-mail, find the contact first.',
  method: 'PATCH',
  path: '/contacts/normalize',
  params: NOTHING,
  query: z.strictObject({ idType: z.enum(['external', 'drift', 'internal']), id: pathId }),
  body: z.strictObject({ attributes: z.record(z.string(), z.unknown()) }),
  answer: oneContact,
  pager: null,
  reversibility: 'reversible',
  lookup: ({ query: { idType, id } }) =>
    idType === 'external'
      ? { operation: findContactsByExternalId, input: { query: { id: String(id) } } }
      : { operation: getContact, input: { params: { contactId: id } } },
  source: 'Drift API notes 2.4: PATCH /contacts/normalize?idType=&id=, with the changed attributes only',
});

export const deleteContact = operation({
  ...WRITES,
  name: 'delete-contact',
  summary: 'Hides a contact from searches; it may still be read by its id, and nothing is erased.',
  method: 'DELETE',
  path: '/contacts/{contactId}',
  params: z.strictObject({ contactId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: acknowledged,
  pager: null,
  // Another contact with the same attributes can be made, with another id.
  reversibility: 'compensable',
  lookup: ({ params }) => ({ operation: getContact, input: { params } }),
  source: 'Drift API notes 2.4: DELETE /contacts/{contactId}, 200, 202 or 204; hidden, not erased',
});

export const createTimelineEvent = operation({
  ...WRITES,
  name: 'create-timeline-event',
  summary: 'Writes an event into the timeline of a contact, who is named by id or by external id.',
  method: 'POST',
  path: '/contacts/timeline',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({
      contactId: numericId.optional(),
      externalId: nonBlank.optional(),
      /** Shown in lower case. */
      event: nonBlank,
      createdAt: instant.optional(),
      /** Deprecated by Drift; values become texts. */
      attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    })
    .refine(
      ({ contactId, externalId }) => (contactId === undefined) !== (externalId === undefined),
      'must name either contactId or externalId',
    ),
  answer: enveloped(z.looseObject({ contactId: wireId.nullish(), event: text, createdAt: z.number().nullish() })),
  pager: null,
  reversibility: 'irreversible',
  blastRadius: 'The event stays in the timeline of the contact; no call removes it.',
  lookup: ({ body: { contactId, externalId } }) =>
    contactId === undefined
      ? { operation: findContactsByExternalId, input: { query: { id: externalId } } }
      : { operation: getContact, input: { params: { contactId: String(contactId) } } },
  source: 'Drift API notes 2.4: POST /contacts/timeline, contactId or externalId and an event',
});

export const unsubscribeEmails = operation({
  ...WRITES,
  name: 'unsubscribe-emails',
  summary: 'Ends all e-mail of the organisation to these addresses.',
  method: 'POST',
  path: '/emails/unsubscribe',
  params: NOTHING,
  query: NOTHING,
  body: z.array(email).min(1).max(MOST_IN_LIST),
  answer: acknowledged,
  pager: null,
  reversibility: 'irreversible',
  blastRadius:
    'These people get no e-mail from the organisation through Drift any more, and no call subscribes them again.',
  source: 'Drift API notes 2.4: POST /emails/unsubscribe, a list of addresses as the body',
});

export const listContactAttributes = operation({
  ...SHARED,
  scope: 'all_contact_read',
  name: 'list-contact-attributes',
  summary: 'Lists the declared attributes of contacts; others are not to be written.',
  method: 'GET',
  path: '/contacts/attributes',
  params: NOTHING,
  query: NOTHING,
  body: NO_BODY,
  answer: z.looseObject({ data: z.looseObject({ properties: z.array(z.looseObject({ name: z.string() })) }) }),
  pager: 'whole',
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts/attributes, properties of name, displayName and type',
});

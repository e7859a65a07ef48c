import { z } from 'zod';
import { NO_BODY, nonBlank, NOTHING, operation, pathId, text, wireId } from './operation.ts';

/** A contact: everything but id and creation lives in `attributes` (Drift API notes 2.4). */
const contact = z.looseObject({ id: wireId, attributes: z.record(z.string(), z.unknown()) });

export type Contact = z.output<typeof contact>;

const oneContact = z.looseObject({ data: contact });

/** The text of the vendor's page says list, its sample shows one object: both are read (Drift API notes 2.4). */
const contacts = z.looseObject({
  data: z.union([z.array(contact), contact.transform((only) => [only])]),
  next: text,
  pagination: z.looseObject({ more: z.boolean().nullish(), next: wireId.nullish() }).nullish(),
});

const limit = z.int().min(1).max(100).optional();

const SHARED = { api: 'rest', scope: 'contact_read', rate: 'standard' } as const;
const WRITES = { ...SHARED, scope: 'contact_write' } as const;

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
  source: 'Drift API notes 2.4: POST /contacts, email inside attributes; a known e-mail without externalId is refused',
});

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
  query: z.strictObject({ email: nonBlank, limit }),
  body: NO_BODY,
  answer: contacts,
  pager: 'contacts',
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts?email=&limit=, a list, empty when there is none',
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
    id: z.union([nonBlank, z.array(nonBlank).min(1)]),
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
  source: 'Drift API notes 2.4: PATCH /contacts/{contactId} with the changed attributes only',
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

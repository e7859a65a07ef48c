import { z } from 'zod';
import { enveloped, MOST_IN_LIST, NO_BODY, nonBlank, NOTHING, operation, pathId, text } from './operation.ts';

// Drift's own client calls these; its pages say that attributes took the place of tags (Drift API notes 3, "contact tags").
// Nothing of the bridge builds on them, and many organisations will refuse them.

const SHARED = { api: 'rest', rate: 'standard' } as const;
const one = z.strictObject({ contactId: pathId });
const tags = z
  .array(z.strictObject({ name: nonBlank }))
  .min(1)
  .max(MOST_IN_LIST);

/** No source shows an answer. */
const anything = z.unknown();

export const listContactTags = operation({
  ...SHARED,
  name: 'list-contact-tags',
  summary: 'Lists the tags of a contact, where the organisation still has tags.',
  method: 'GET',
  path: '/contacts/{contactId}/tags',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: enveloped(z.array(z.looseObject({ name: text }))),
  pager: 'whole',
  scope: 'contact_read',
  reversibility: 'read',
  source: 'Drift API notes 2.4: GET /contacts/{contactId}/tags, inferred from clients that offer it',
});

export const addContactTags = operation({
  ...SHARED,
  name: 'add-contact-tags',
  summary: 'Puts tags on a contact, where the organisation still has tags; a name that is no known tag is refused.',
  method: 'POST',
  path: '/contacts/{contactId}/tags',
  params: one,
  query: NOTHING,
  body: tags,
  answer: anything,
  pager: null,
  scope: 'contact_write',
  reversibility: 'reversible',
  lookup: ({ params }) => ({ operation: listContactTags, input: { params } }),
  source: 'Drift API notes 2.4: POST /contacts/{contactId}/tags, a list of names; CONTACT-9 for an unknown one',
});

export const removeContactTag = operation({
  ...SHARED,
  name: 'remove-contact-tag',
  summary: 'Takes one tag off a contact, where the organisation still has tags.',
  method: 'DELETE',
  path: '/contacts/{contactId}/tags/{tagName}',
  params: z.strictObject({ contactId: pathId, tagName: nonBlank.max(200) }),
  query: NOTHING,
  body: NO_BODY,
  answer: anything,
  pager: null,
  scope: 'contact_write',
  reversibility: 'reversible',
  lookup: ({ params: { contactId } }) => ({ operation: listContactTags, input: { params: { contactId } } }),
  source: 'Drift API notes 2.4: DELETE /contacts/{contactId}/tags/{tagName}',
});

export const removeContactTags = operation({
  ...SHARED,
  name: 'remove-contact-tags',
  summary: 'Takes several tags off a contact, where the organisation still has tags.',
  method: 'POST',
  path: '/contacts/{contactId}/tags/delete/_bulk',
  params: one,
  query: NOTHING,
  body: tags,
  answer: anything,
  pager: null,
  scope: 'contact_write',
  reversibility: 'reversible',
  lookup: ({ params }) => ({ operation: listContactTags, input: { params } }),
  source: 'Drift API notes 2.4: POST /contacts/{contactId}/tags/delete/_bulk, a list of names',
});

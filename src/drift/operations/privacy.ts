import { z } from 'zod';
import { findContacts } from './contacts.ts';
import { email, enveloped, NOTHING, operation, text } from './operation.ts';

const SHARED = {
  api: 'rest',
  rate: 'standard',
  method: 'POST',
  pager: null,
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    // What nobody can see in an address may be dropped by whoever reads it, and then it is another one.
    email: email.regex(/^[\x21-\x7e]+$/, 'must be plain ASCII'),
  }),
  reversibility: 'irreversible',
} as const;

const contactsOf = (body: { readonly email: string }): { operation: typeof findContacts; input: object } => ({
  operation: findContacts,
  input: { query: { email: body.email, limit: 100 } },
});

export const gdprRetrieve = operation({
  ...SHARED,
  name: 'gdpr-retrieve',
  summary: 'Has everything about a person mailed to the organisation; the data itself is not in the answer.',
  path: '/gdpr/retrieve',
  answer: enveloped(z.looseObject({ message: text, sentToEmail: text })),
  scope: 'gdpr_read',
  blastRadius: 'Drift mails everything it holds about the person to an address that the organisation has set.',
  lookup: ({ body }) => contactsOf(body),
  source: 'Drift API notes 2.8: POST /gdpr/retrieve, asynchronous, by mail; own apps of the organisation only',
});

export const gdprDelete = operation({
  ...SHARED,
  name: 'gdpr-delete',
  summary: 'Erases every contact and every agent with an e-mail, later and for good.',
  path: '/gdpr/delete',
  answer: enveloped(z.looseObject({ message: text })),
  scope: 'gdpr_write',
  use: 'plan',
  blastRadius:
    'Every contact and every agent with this e-mail is erased with all conversations and messages, and an agent cannot be provisioned again.',
  lookup: ({ body }) => contactsOf(body),
  source: 'Drift API notes 2.8: POST /gdpr/delete, asynchronous; own apps of the organisation only',
});

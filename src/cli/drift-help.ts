import type { Operation } from '../drift/operations/operation.ts';
import { type Field, type Json, formsOf, textOf, typesOf } from './drift-field.ts';

/** What a name stands for where the schema does not say so, and what could be typed. */
const MEMBERS: Readonly<Record<string, { readonly about?: string; readonly sample: string }>> = {
  userId: { about: 'id of an agent, from list-users', sample: '2180055' },
  ownerId: { about: 'id of the agent who owns it, from list-users', sample: '2180055' },
  assignedAgentId: { about: 'id of an agent, from list-users', sample: '2180055' },
  contactId: { about: 'id of a contact, from find-contacts', sample: '4711' },
  accountId: { about: 'id of an account, from list-accounts', sample: '44781_example.org' },
  conversationId: { about: 'id of a conversation, from list-conversations', sample: '4711' },
  documentId: { about: 'id of an attachment, from list-messages', sample: '4711' },
  orgId: { about: 'id of the organisation, from token-info', sample: '1234' },
  externalId: { about: 'id of the contact in a system of yours', sample: 'crm-0815' },
  id: { about: 'id of the contact, of the kind that --id-type says', sample: 'crm-0815' },
  idType: { about: 'whose id --id is', sample: 'external' },
  email: { sample: 'ann@example.org' },
  userName: { about: 'the e-mail that the agent signs in with', sample: 'ann@example.org' },
  displayName: { sample: '"Ann Example"' },
  domain: { sample: 'example.org' },
  next: { about: '`next` of the answer before: the page after it', sample: '4711' },
  pageToken: { about: 'as `next`, in the older form', sample: 'abc' },
  filter: { about: 'such as \'userName eq "ann@example.org"\'', sample: '\'userName eq "ann@example.org"\'' },
  status: { sample: 'closed' },
  statusId: { about: 'id of a status: 1 open, 2 closed, 3 pending', sample: '1' },
  minStartTime: { about: 'epoch milliseconds', sample: '1700000000000' },
  maxStartTime: { about: 'epoch milliseconds', sample: '1700000000000' },
  createdAt: { about: 'epoch milliseconds', sample: '1700000000000' },
  event: { about: 'name of the event', sample: '"Attended webinar"' },
  tagName: { about: 'name of a tag, from list-contact-tags', sample: 'partner' },
  metrics: { about: 'name of a metric', sample: 'timeToClose' },
  name: { sample: '"Ann Example"' },
  schemas: { about: 'URN of a SCIM schema', sample: 'urn:ietf:params:scim:schemas:core:2.0:User' },
  emails: { sample: '\'{"value":"ann@example.org","primary":true}\'' },
  phoneNumbers: { sample: '\'{"value":"+15550100","type":"work"}\'' },
  roles: { sample: '\'{"value":"MEMBER"}\'' },
  Operations: { sample: '\'{"op":"replace","path":"displayName","value":"Ann Example"}\'' },
  customProperties: { sample: '\'{"label":"Tier","name":"tier","value":"gold","type":"STRING"}\'' },
  attributes: { sample: '\'{"source":"webinar"}\'' },
  message: { sample: '\'{"body":"Hello"}\'' },
  buttons: { sample: '\'{"label":"Yes","value":"yes"}\'' },
  filters: { sample: '\'{"property":"createdAt","operation":"HAS_PROPERTY"}\'' },
};

/** Where a name says something else in one operation. */
const OWN: Readonly<Record<string, { readonly about?: string; readonly sample: string }>> = {
  'create-scim-user.name': { sample: '\'{"givenName":"Ann","familyName":"Example"}\'' },
  'patch-scim-user.name': { sample: '\'{"givenName":"Ann","familyName":"Example"}\'' },
  'create-account.name': { sample: '"Example Ltd"' },
  'update-account.name': { sample: '"Example Ltd"' },
  'get-account.accountId': { about: 'id of an account, from list-accounts', sample: '44781_example.org' },
  'unsubscribe-emails.body': { about: 'an e-mail', sample: 'ann@example.org' },
  'add-contact-tags.body': { sample: '\'{"name":"partner"}\'' },
  'remove-contact-tags.body': { sample: '\'{"name":"partner"}\'' },
  'post-message.body': { about: 'the text', sample: '"Thank you!"' },
};

/** Options beside those that are needed, without which the example would change nothing. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  'patch-scim-user': ['displayName'],
  'update-user': ['name'],
  'update-contact': ['name'],
  'update-contact-by-id-type': ['name'],
  'create-timeline-event': ['contactId'],
  'update-account': ['name'],
  'update-conversation': ['status'],
  'post-message': ['body'],
};

/** The description of an option: needed or not, what it is, and an example of what is JSON. */
export function aboutOf(row: Operation, field: Field): string {
  const { schema, required, fixed } = field;
  const known = knownOf(row, field);
  const said = textOf(schema['description']);
  const words = [
    required ? 'needed' : '',
    said === '' ? (known?.about ?? '') : said,
    wordsOf(schema),
    fixed === undefined ? '' : `${textOf(fixed)} unless given`,
    takesJson(schema) && known !== undefined ? `such as ${known.sample}` : '',
    field.path.length > 1 ? 'an attribute' : '',
  ];
  return words.filter((word) => word !== '').join('; ') || 'text';
}

/** A line that could be typed, for the help; of what changes something, one that does. */
export function exampleFor(row: Operation, fields: readonly Field[]): string {
  const more = SHOWN[row.name] ?? [];
  const shown = fields.filter(({ required, path }) => required || more.includes(path.at(-1) ?? ''));
  const values = shown.map((field) => `${field.flag} ${sampleOf(row, field)}`);
  return ['bridge drift', row.name, ...values].join(' ');
}

function knownOf(row: Operation, { path }: Field): { readonly about?: string; readonly sample: string } | undefined {
  const name = path.at(-1) ?? '';
  return OWN[`${row.name}.${name}`] ?? MEMBERS[name];
}

function sampleOf(row: Operation, field: Field): string {
  const [choice] = (field.schema['enum'] ?? []) as readonly unknown[];
  return knownOf(row, field)?.sample ?? (choice === undefined ? 'text' : textOf(choice));
}

const itemsOf = (schema: Json): Json => (formsOf(schema).find(({ type }) => type === 'array')?.['items'] ?? {}) as Json;
const takesJson = (schema: Json): boolean => [...typesOf(schema), ...typesOf(itemsOf(schema))].includes('object');

/** `number`, or the words that may stand there. */
function wordsOf(schema: Json): string {
  const { enum: words, const: word } = schema;
  if (Array.isArray(words)) return words.map(textOf).join(', ');
  if (word !== undefined) return textOf(word);
  if (takesJson(schema)) return 'JSON';
  const types = [...new Set(typesOf(schema).filter((type) => typeof type === 'string' && type !== 'array'))];
  return types.includes('string') ? '' : types.join(' or ');
}

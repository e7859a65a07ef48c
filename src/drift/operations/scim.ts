import { z } from 'zod';
import { NO_BODY, nonBlank, NOTHING, operation, pathId, text, wireId } from './operation.ts';

const element = z.looseObject({ value: text, primary: z.boolean().nullish() });

/** A SCIM user as Drift answers it: the full attribute set, mostly null. What is not named here is kept as it came. */
const scimUser = z.looseObject({
  id: wireId,
  userName: z.string().min(1),
  displayName: text,
  name: z.looseObject({ givenName: text, familyName: text, formatted: text }).nullish(),
  emails: z.array(element).nullish(),
  phoneNumbers: z.array(element).nullish(),
  roles: z.array(element).nullish(),
  active: z.boolean().nullish(),
  locale: text,
});

export type ScimUser = z.output<typeof scimUser>;

const scimPage = z.looseObject({
  totalResults: z.int().min(0),
  // Absent where nothing was found (RFC 7644 3.4.2).
  Resources: z.preprocess((resources) => resources ?? [], z.array(scimUser)),
});

const writtenElement = z.strictObject({
  value: nonBlank,
  display: z.string().nullish(),
  type: z.string().nullish(),
  primary: z.boolean().nullish(),
});

const writable = {
  schemas: z.array(z.string()).optional(),
  userName: nonBlank,
  displayName: nonBlank,
  name: z.strictObject({ givenName: z.string(), familyName: z.string(), formatted: z.string() }).partial().optional(),
  emails: z.array(writtenElement).optional(),
  phoneNumbers: z.array(writtenElement).optional(),
  locale: nonBlank.optional(),
  roles: z.array(writtenElement).optional(),
  active: z.literal(true).optional(),
};

const patchMessage = z.strictObject({
  schemas: z.tuple([z.literal('urn:ietf:params:scim:api:messages:2.0:PatchOp')]),
  Operations: z
    .array(
      z.strictObject({
        op: z.enum(['add', 'replace', 'remove']),
        path: nonBlank.optional(),
        value: z.json().optional(),
      }),
    )
    .min(1),
});

const SHARED = { api: 'scim', scope: null, rate: 'standard' } as const;
const one = z.strictObject({ userId: pathId });

export const listScimUsers = operation({
  ...SHARED,
  name: 'list-scim-users',
  summary: 'Lists agents through SCIM, bots and the OWNER among them.',
  method: 'GET',
  path: '/Users',
  params: NOTHING,
  query: z.strictObject({
    filter: nonBlank.optional(),
    startIndex: z.int().min(1).optional(),
    count: z.int().min(0).optional(),
  }),
  body: NO_BODY,
  answer: scimPage,
  pager: 'scim',
  reversibility: 'read',
  source: 'Drift API notes 2.1 and 4.5: GET /scim/Users?filter=&startIndex=&count=, itemsPerPage 0 in the sample',
});

export const getScimUser = operation({
  ...SHARED,
  name: 'get-scim-user',
  summary: 'Reads one agent through SCIM.',
  method: 'GET',
  path: '/Users/{userId}',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: scimUser,
  pager: null,
  reversibility: 'read',
  source: 'Drift API notes 2.1: GET /scim/Users/{userId}',
});

export const createScimUser = operation({
  ...SHARED,
  name: 'create-scim-user',
  summary: 'Gives a person a seat.',
  method: 'POST',
  path: '/Users',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject(writable),
  answer: scimUser,
  pager: null,
  // A seat can only be taken back by a removal, which uses the identity up (Drift API notes 4.3).
  reversibility: 'compensable',
  lookup: ({ body }) => ({
    operation: listScimUsers,
    input: { query: { filter: `userName eq ${JSON.stringify(body.userName)}` } },
  }),
  source:
    'Drift API notes 2.1: POST /scim/Users, userName and displayName required; status of the answer not documented',
});

export const replaceScimUser = operation({
  ...SHARED,
  name: 'replace-scim-user',
  summary: 'Replaces an agent with the whole resource that is sent.',
  method: 'PUT',
  path: '/Users/{userId}',
  params: one,
  query: NOTHING,
  // The whole known resource, with what we do not know of it as it was read.
  body: z.looseObject({ userName: nonBlank, displayName: nonBlank, active: z.literal(true) }),
  answer: scimUser.optional(),
  pager: null,
  reversibility: 'reversible',
  use: 'plan',
  lookup: ({ params }) => ({ operation: getScimUser, input: { params } }),
  source:
    'Drift API notes 2.1 and 4.3: PUT /scim/Users/{userId} with the complete known resource, omitted optionals are cleared',
});

export const patchScimUser = operation({
  ...SHARED,
  name: 'patch-scim-user',
  summary: 'Changes an agent in one of the two dialects of PATCH; never its activity.',
  method: 'PATCH',
  path: '/Users/{userId}',
  params: one,
  query: NOTHING,
  body: z.union([patchMessage, z.strictObject(writable).partial()]),
  answer: scimUser.optional(),
  pager: null,
  reversibility: 'reversible',
  use: 'plan',
  lookup: ({ params }) => ({ operation: getScimUser, input: { params } }),
  source: 'Drift API notes 2.1 and 3 ("PATCH body"): PATCH /scim/Users/{userId}, PatchOp or a partial resource',
});

export const deleteScimUser = operation({
  ...SHARED,
  name: 'delete-scim-user',
  summary: 'Removes an agent for good: a deleted user cannot be provisioned again.',
  method: 'DELETE',
  path: '/Users/{userId}',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: z.unknown(),
  pager: null,
  reversibility: 'irreversible',
  use: 'plan',
  blastRadius:
    'The agent is gone for good and cannot be provisioned again; accounts, conversations and playbooks go on naming the id.',
  lookup: ({ params }) => ({ operation: getScimUser, input: { params } }),
  source: 'Drift API notes 2.1 and 4.3: DELETE /scim/Users/{userId}, re-provisioning is not supported',
});

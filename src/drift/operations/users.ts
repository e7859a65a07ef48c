import { z } from 'zod';
import { NO_BODY, nonBlank, NOTHING, numericId, operation, pathId, text, wireId } from './operation.ts';

/** An agent in the REST view; fields that are not set are absent (Drift API notes 2.2). */
const restUser = z.looseObject({
  id: wireId,
  orgId: wireId.nullish(),
  name: text,
  alias: text,
  email: text,
  phone: text,
  locale: text,
  availability: text,
  role: text,
  bot: z.boolean().nullish(),
});

export type RestUser = z.output<typeof restUser>;

const READ = { api: 'rest', scope: 'user_read', rate: 'standard', reversibility: 'read', pager: null } as const;

export const listUsers = operation({
  ...READ,
  name: 'list-users',
  summary: 'Lists every agent of the organisation in one answer, bots included.',
  method: 'GET',
  path: '/users/list',
  params: NOTHING,
  query: NOTHING,
  body: NO_BODY,
  answer: z.looseObject({ data: z.array(restUser) }),
  pager: 'whole',
  source: 'Drift API notes 2.2: GET /users/list, unpaginated; bare /users is something else',
});

export const getUser = operation({
  ...READ,
  name: 'get-user',
  summary: 'Reads one agent.',
  method: 'GET',
  path: '/users/{userId}',
  params: z.strictObject({ userId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: z.looseObject({ data: restUser }),
  source: 'Drift API notes 2.2: GET /users/{userId}',
});

export const updateUser = operation({
  ...READ,
  scope: 'user_write',
  reversibility: 'reversible',
  name: 'update-user',
  summary: 'Changes an agent in place: name, alias, e-mail, phone, locale, availability, avatar.',
  method: 'PATCH',
  path: '/users/update',
  params: NOTHING,
  query: z.strictObject({ userId: numericId }),
  body: z
    .strictObject({
      name: nonBlank,
      alias: z.string(),
      email: nonBlank,
      phone: z.string(),
      locale: z.string(),
      availability: z.enum(['AVAILABLE', 'OFFLINE']),
      avatarUrl: z.string(),
    })
    .partial()
    .refine((body) => Object.keys(body).length > 0, 'must change something'),
  answer: z.looseObject({ data: restUser }),
  source: 'Drift API notes 2.2: PATCH /users/update?userId={id}, only changed fields; roles cannot be changed here',
});

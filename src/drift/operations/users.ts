import { z } from 'zod';
import {
  enveloped,
  instant,
  NO_BODY,
  nonBlank,
  NOTHING,
  numericId,
  operation,
  pathId,
  text,
  wireId,
} from './operation.ts';

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

export const getUsers = operation({
  ...READ,
  name: 'get-users',
  summary: 'Reads up to twenty agents by their ids; who does not exist is left out.',
  method: 'GET',
  path: '/users',
  params: NOTHING,
  // Without ids the call means something else, and is never made (Drift API notes 3, "REST list of agents").
  query: z.strictObject({ userId: z.union([numericId, z.array(numericId).min(1).max(20)]) }),
  body: NO_BODY,
  /** A map by id in Drift's sample, a list elsewhere: a list here. */
  answer: z.looseObject({
    data: z.preprocess(
      (data) => (typeof data === 'object' && data !== null ? Object.values(data) : data),
      z.array(restUser),
    ),
  }),
  pager: 'whole',
  source: 'Drift API notes 2.2: GET /users?userId=&userId=, 20 at most, a map by id without those who do not exist',
});

const meeting = z.looseObject({
  id: wireId.nullish(),
  agentId: wireId.nullish(),
  schedulerId: wireId.nullish(),
  slotStart: z.number().nullish(),
  slotEnd: z.number().nullish(),
});

export const listMeetings = operation({
  ...READ,
  name: 'list-meetings',
  summary: 'Lists booked meetings of about the last thirty days.',
  method: 'GET',
  path: '/users/meetings/org',
  params: NOTHING,
  query: z.strictObject({
    min_start_time: instant.optional(),
    max_start_time: instant.optional(),
    limit: z.int().min(0).max(1000).optional(),
  }),
  body: NO_BODY,
  answer: enveloped(z.array(meeting)),
  pager: 'whole',
  source: 'Drift API notes 2.2: GET /users/meetings/org?min_start_time=&max_start_time=&limit=, 1,000 at most',
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
  lookup: ({ query: { userId } }) => ({ operation: getUser, input: { params: { userId: String(userId) } } }),
  source: 'Drift API notes 2.2: PATCH /users/update?userId={id}, only changed fields; roles cannot be changed here',
});

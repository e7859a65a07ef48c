import { z } from 'zod';
import { findContacts } from './contacts.ts';
import {
  bare,
  email,
  enveloped,
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

/** A conversation; rows of a list lack their participants, who are the agents responsible (Drift API notes 2.6). */
const conversation = z.looseObject({
  id: wireId,
  status: text,
  contactId: wireId.nullish(),
  inboxId: wireId.nullish(),
  participants: z.array(wireId).nullish(),
  createdAt: z.number().nullish(),
  updatedAt: z.number().nullish(),
});

const SHARED = { api: 'rest', scope: 'conversation_read', rate: 'standard' } as const;
const WRITES = { ...SHARED, scope: 'conversation_write', pager: null } as const;
const one = z.strictObject({ conversationId: pathId });
const statusId = z.int().min(1).max(3);

export const listConversations = operation({
  ...SHARED,
  name: 'list-conversations',
  summary: 'Lists conversations, latest change first, so that rows may move between two pages.',
  method: 'GET',
  path: '/conversations/list',
  params: NOTHING,
  query: z.strictObject({
    /** The older form takes 50 at most. */
    limit: z.int().min(1).max(100).optional(),
    /** 1 open, 2 closed, 3 pending. */
    statusId: z.union([statusId, z.array(statusId).min(1).max(3)]).optional(),
    // Some organisations want it on the first page as well, blank.
    page_token: z.string().default(''),
    next: z.union([nonBlank, z.int().min(0)]).optional(),
  }),
  body: NO_BODY,
  answer: z.looseObject({
    data: z.array(conversation),
    links: z.looseObject({ self: text, next: text }).nullish(),
    pagination: z.looseObject({ more: z.boolean().nullish(), next: wireId.nullish() }).nullish(),
  }),
  pager: 'conversations',
  reversibility: 'read',
  source:
    'Drift API notes 2.6: GET /conversations/list?limit=&statusId=&page_token=, links to another host; older form: next and pagination',
});

export const getConversation = operation({
  ...SHARED,
  name: 'get-conversation',
  summary: 'Reads one conversation with its participants.',
  method: 'GET',
  path: '/conversations/{conversationId}',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: enveloped(conversation),
  pager: null,
  reversibility: 'read',
  source: 'Drift API notes 2.6: GET /conversations/{conversationId}',
});

export const createConversation = operation({
  ...WRITES,
  name: 'create-conversation',
  summary: 'Opens a conversation with a first message, and makes the contact where there is none.',
  method: 'POST',
  path: '/conversations/new',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    email,
    message: z.strictObject({
      body: nonBlank,
      attributes: z.strictObject({ integrationSource: nonBlank, autoAssigneeId: numericId }).partial().optional(),
    }),
  }),
  answer: bare(conversation),
  reversibility: 'irreversible',
  blastRadius: 'The message is written and agents are told of it; neither it nor the conversation can be taken back.',
  lookup: ({ body }) => ({ operation: findContacts, input: { query: { email: body.email } } }),
  source: 'Drift API notes 2.6: POST /conversations/new, answered without an envelope in Drift’s sample',
});

export const updateConversation = operation({
  ...WRITES,
  name: 'update-conversation',
  summary: 'Changes status or assignee of a conversation; most organisations do not support it and answer 404.',
  method: 'PATCH',
  path: '/conversations/{conversationId}',
  params: one,
  query: NOTHING,
  body: z
    .strictObject({ status: z.enum(['open', 'closed', 'pending']), assignedAgentId: numericId })
    .partial()
    .refine((body) => Object.keys(body).length > 0, 'must change something'),
  answer: enveloped(conversation),
  reversibility: 'reversible',
  lookup: ({ params }) => ({ operation: getConversation, input: { params } }),
  source: 'Drift API notes 2.6 and 3 ("update conversation"): one guide only, and status is on its way out',
});

export const countConversations = operation({
  ...SHARED,
  name: 'count-conversations',
  summary: 'Counts conversations by status.',
  method: 'GET',
  path: '/conversations/stats',
  params: NOTHING,
  query: NOTHING,
  body: NO_BODY,
  answer: bare(z.looseObject({ conversationCount: z.record(z.string(), z.number()) })),
  pager: null,
  reversibility: 'read',
  source: 'Drift API notes 2.6: GET /conversations/stats, without an envelope',
});

/** What is missing comes as the word NaN; it is null here. */
const metric = z
  .union([z.number(), z.bigint(), z.string()])
  .nullish()
  .transform((value) => (typeof value === 'string' || value == null ? null : Number(value)))
  .pipe(z.number().nullable());

export const reportConversations = operation({
  ...SHARED,
  rate: 'reports',
  name: 'report-conversations',
  summary: 'Reports figures of the conversations that pass a filter; has a narrow rate limit of its own.',
  method: 'POST',
  path: '/reports/conversations',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    filters: z
      .array(
        z.strictObject({
          property: nonBlank,
          operation: z.string().regex(/^[A-Z_]{1,40}$/, 'must be a word such as HAS_PROPERTY, BETWEEN or IN'),
          values: z
            .array(z.union([z.string(), z.number(), z.boolean()]))
            .max(MOST_IN_LIST)
            .optional(),
        }),
      )
      .max(MOST_IN_LIST)
      .default([]),
    metrics: z.array(nonBlank).min(1).max(MOST_IN_LIST),
  }),
  answer: z.looseObject({
    count: z.int().nullish(),
    data: z.array(z.looseObject({ conversationId: wireId, metrics: z.array(metric) })),
  }),
  pager: 'whole',
  // A POST that changes nothing.
  reversibility: 'read',
  source:
    'Drift API notes 2.6 and 1.6: POST /reports/conversations, metrics in the order of the request, 60 calls a minute',
});

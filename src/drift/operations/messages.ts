import { z } from 'zod';
import { getConversation } from './conversations.ts';
import {
  bare,
  fileAnswer,
  MOST_IN_LIST,
  NO_BODY,
  NOTHING,
  numericId,
  operation,
  pathId,
  text,
  wireId,
} from './operation.ts';

const message = z.looseObject({
  id: wireId,
  conversationId: wireId.nullish(),
  type: text,
  body: text,
  author: z.looseObject({ id: wireId.nullish(), type: text, bot: z.boolean().nullish() }).nullish(),
  createdAt: z.number().nullish(),
  attachments: z.array(z.looseObject({ id: wireId.nullish(), fileName: text, mimeType: text })).nullish(),
});

const SHARED = { api: 'rest', scope: 'conversation_read', rate: 'standard', reversibility: 'read' } as const;
const one = z.strictObject({ conversationId: pathId });
const messages = z.looseObject({ messages: z.array(message) });

export const listMessages = operation({
  ...SHARED,
  name: 'list-messages',
  summary: 'Lists the messages of a conversation, fifty a page.',
  method: 'GET',
  path: '/conversations/{conversationId}/messages',
  params: one,
  query: z.strictObject({ next: z.union([z.string().min(1), z.int().min(0)]).optional() }),
  body: NO_BODY,
  answer: z.looseObject({
    data: messages,
    pagination: z.looseObject({ more: z.boolean().nullish(), next: wireId.nullish() }).nullish(),
  }),
  pager: 'messages',
  source: 'Drift API notes 2.6: GET /conversations/{conversationId}/messages?next=, pagination of more and next',
});

export const postMessage = operation({
  ...SHARED,
  scope: 'conversation_write',
  reversibility: 'irreversible',
  name: 'post-message',
  summary: 'Writes into a conversation, as a bot or as the agent that is named: to the visitor, or as a private note.',
  method: 'POST',
  path: '/conversations/{conversationId}/messages',
  params: one,
  query: NOTHING,
  body: z
    .strictObject({
      type: z.enum(['chat', 'private_note']),
      body: z.string().optional(),
      buttons: z.array(z.record(z.string(), z.json())).max(MOST_IN_LIST).optional(),
      userId: numericId.optional(),
      // Older clients send it.
      orgId: numericId.optional(),
    })
    .refine(({ body = '', buttons = [] }) => body !== '' || buttons.length > 0, 'must have a body or buttons'),
  answer: z.looseObject({ data: messages }),
  pager: null,
  blastRadius: 'The message is sent to whoever is in the conversation, and no call takes it back.',
  lookup: ({ params }) => ({ operation: getConversation, input: { params } }),
  source: 'Drift API notes 2.6: POST /conversations/{conversationId}/messages',
});

export const getTranscript = operation({
  ...SHARED,
  name: 'get-transcript',
  summary: 'Reads a conversation as plain text.',
  method: 'GET',
  path: '/conversations/{conversationId}/transcript',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: z.string(),
  answerAs: 'text',
  pager: 'whole',
  source: 'Drift API notes 2.6: GET /conversations/{conversationId}/transcript, text',
});

export const getJsonTranscript = operation({
  ...SHARED,
  name: 'get-json-transcript',
  summary: 'Reads a conversation as JSON, of a form that no source shows.',
  method: 'GET',
  path: '/conversations/{conversationId}/json_transcript',
  params: one,
  query: NOTHING,
  body: NO_BODY,
  answer: bare(z.union([z.array(z.unknown()), z.looseObject({})])),
  pager: 'whole',
  source: 'Drift API notes 2.6: GET /conversations/{conversationId}/json_transcript',
});

export const getAttachment = operation({
  ...SHARED,
  name: 'get-attachment',
  summary: 'Reads the bytes of a file that hangs on a message.',
  method: 'GET',
  path: '/attachments/{documentId}/data',
  params: z.strictObject({ documentId: pathId }),
  query: NOTHING,
  body: NO_BODY,
  answer: fileAnswer,
  answerAs: 'bytes',
  pager: null,
  source: 'Drift API notes 2.6: GET /attachments/{documentId}/data',
});

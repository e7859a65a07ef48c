import { addMessage, changeConversation, messagesOf, raiseMessage, shownMessage } from './conversation-writes.ts';
import { checkedAgent, seenConversation, targetConversation, withParticipant, withV1 } from './conversations.ts';
import { type Call, objectBody, queryInteger, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isObject } from './json.ts';
import type { Attachment, Message } from './model.ts';
import { isLive, type Org } from './org.ts';

const PAGE = 50;
const invalid = (message: string): Refusal => restError('validation_error', message);

/** Messages, transcripts and attachments (Drift API notes 2.6). */
export function messageRoutes(org: Org): readonly Route[] {
  const read = { scope: 'conversation_read' } as const;
  const write = { scope: 'conversation_write' } as const;
  return [
    ...withV1(org, [
      { method: 'GET', path: '/conversations/:id/messages', ...read, handle: (call) => list(org, call) },
      { method: 'POST', path: '/conversations/:id/messages', ...write, handle: (call) => post(org, call) },
      { method: 'GET', path: '/conversations/:id/transcript', ...read, handle: (call) => transcript(org, call) },
      { method: 'GET', path: '/conversations/:id/json_transcript', ...read, handle: (call) => asJson(org, call) },
    ]),
    { method: 'GET', path: '/attachments/:id/data', ...read, handle: (call) => attachment(org, call) },
  ];
}

function read(org: Org, call: Call): readonly Message[] {
  const { applyDelayMs, getLagMs } = org.settings();
  return messagesOf(org, seenConversation(org, call).id, applyDelayMs + getLagMs);
}

function list(org: Org, call: Call): Reply {
  const all = read(org, call);
  const from = call.query.get('next') === '' ? 0 : queryInteger(call, 'next', 0, invalid);
  const messages = all.slice(from, from + PAGE).map((message) => shownMessage(org, message));
  const more = from + PAGE < all.length;
  const next = org.settings().repeatCursor && from > 0 ? from : from + PAGE;
  const pagination = { more, ...(more && { next: String(next) }) };
  return { status: 200, body: { data: { messages }, pagination } };
}

/** Speaks as the agent `userId`, who joins, or as a bot. */
function post(org: Org, call: Call): Reply {
  const before = targetConversation(org, call);
  const { type, body = '', buttons = [], userId, orgId } = objectBody(call, invalid);
  if (type !== 'chat' && type !== 'private_note') throw invalid('type must be chat or private_note');
  if (typeof body !== 'string') throw invalid('body must be a string');
  if (!Array.isArray(buttons) || !buttons.every(isObject)) throw invalid('buttons must be a list of objects');
  if (body === '' && buttons.length === 0) throw invalid('body or buttons are required');
  if (orgId !== undefined && orgId !== org.orgId) throw invalid('orgId is not the one of this token');
  const agentId = userId === undefined ? undefined : checkedAgent(org, userId, 'userId');
  const bot = [...org.store.agents.all()].find((agent) => agent.bot && isLive(agent));
  const speaker = agentId === undefined ? undefined : org.store.agents.latest(String(agentId));
  const author = {
    type: 'user',
    id: agentId ?? bot?.id ?? 0,
    bot: speaker === undefined || speaker.bot,
  } as const;
  const message = addMessage(org, before.id, { type, body, buttons, author, createdAt: call.now }, call.now);
  const conversation = changeConversation(org, before, {}, call.now);
  if (agentId !== undefined && !author.bot) withParticipant(org, conversation, agentId, call.now);
  raiseMessage(org, message);
  return {
    status: 200,
    body: { data: { messages: [shownMessage(org, message)] } },
    effect: { kind: 'message.create', id: message.id },
  };
}

/** Plain text, one paragraph for each message of the chat; its form is assumed. Notes are not for the visitor. */
function transcript(org: Org, call: Call): Reply {
  const lines = read(org, call)
    .filter((message) => message.type === 'chat')
    .map(
      (message) => `${new Date(message.createdAt).toISOString()} ${speakerOf(org, message)}: ${plain(message.body)}`,
    );
  return {
    status: 200,
    file: { mimeType: 'text/plain;charset=utf-8', bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')) },
  };
}

function speakerOf(org: Org, { author }: Message): string {
  if (author.type === 'user') return org.store.agents.latest(String(author.id))?.displayName ?? 'Bot';
  const { name, email } = org.store.contacts.latest(author.id)?.attributes ?? {};
  return typeof name === 'string' ? name : String(email);
}

const plain = (html: string): string => html.replaceAll(/<[^<>]*>/g, ' ').trim();

/** Its form is assumed: every message at once. */
function asJson(org: Org, call: Call): Reply {
  const messages = read(org, call).map((message) => shownMessage(org, message));
  return { status: 200, body: { data: { conversationId: messages[0]?.['conversationId'], messages } } };
}

function attachment(org: Org, call: Call): Reply {
  const { applyDelayMs, getLagMs } = org.settings();
  const { id = '' } = call.params;
  const [message] = org.store.messages.findSeen('attachment', id, applyDelayMs + getLagMs);
  const found = message?.attachments.find((one) => String(one.id) === id);
  if (found !== undefined) return { status: 200, file: { mimeType: found.mimeType, bytes: bytesOf(found) } };
  throw restError('not_found', 'No attachment found with this id');
}

function bytesOf({ text, base64 }: Attachment): Buffer {
  return base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
}

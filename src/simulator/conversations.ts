import { conversationPage } from './conversation-pages.ts';
import {
  addMessage,
  changeConversation,
  contactFor,
  liveConversation,
  openConversation,
  raiseMessage,
} from './conversation-writes.ts';
import { type Call, isEmail, objectBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isObject } from './json.ts';
import type { Conversation } from './model.ts';
import { liveAgent, type Org } from './org.ts';

const invalid = (message: string): Refusal => restError('validation_error', message);
const notFound = (): Refusal => restError('not_found', 'No conversation found with this id');

/** Conversations (Drift API notes 2.6). */
export function conversationRoutes(org: Org): readonly Route[] {
  const read = { scope: 'conversation_read' } as const;
  const write = { scope: 'conversation_write' } as const;
  return withV1(org, [
    { method: 'GET', path: '/conversations/list', ...read, handle: (call) => list(org, call) },
    { method: 'GET', path: '/conversations/stats', ...read, handle: () => stats(org) },
    { method: 'POST', path: '/conversations/new', ...write, handle: (call) => create(org, call) },
    { method: 'GET', path: '/conversations/:id', ...read, handle: (call) => get(org, call) },
    { method: 'PATCH', path: '/conversations/:id', ...write, handle: (call) => update(org, call) },
  ]);
}

/** The same routes under `/v1`, where the setting has them. */
export function withV1(org: Org, routes: readonly Route[]): readonly Route[] {
  const older = routes.map((route) => ({
    ...route,
    path: `/v1${route.path}`,
    handle: (call: Call): Reply => {
      if (!org.settings().v1Prefix) throw restError('not_found', 'No such resource');
      return route.handle(call);
    },
  }));
  return [...routes, ...older];
}

/** The conversation as a reader by id sees it. Throws the refusal when there is none. */
export function seenConversation(org: Org, call: Call): Conversation {
  const { applyDelayMs, getLagMs } = org.settings();
  const conversation = org.store.conversations.seen(call.params['id'] ?? '', applyDelayMs + getLagMs);
  if (conversation === undefined || conversation.erased === true) throw notFound();
  return conversation;
}

/** The conversation that a write addresses: writers see the truth. */
export function targetConversation(org: Org, call: Call): Conversation {
  const conversation = liveConversation(org, call.params['id'] ?? '');
  if (conversation === undefined) throw notFound();
  return conversation;
}

function shown(conversation: Conversation): Readonly<Record<string, unknown>> {
  const { id, contactId } = conversation;
  return { ...conversation, erased: undefined, id: BigInt(id), contactId: BigInt(contactId) };
}

/** The rows of a list lack their participants. */
function list(org: Org, call: Call): Reply {
  const { conversations, beside } = conversationPage(org, call);
  const data = conversations.map((one) => ({ ...shown(one), participants: undefined }));
  return { status: 200, body: { data, ...beside } };
}

function get(org: Org, call: Call): Reply {
  return { status: 200, body: { data: shown(seenConversation(org, call)) } };
}

function stats(org: Org): Reply {
  const { applyDelayMs, listLagMs } = org.settings();
  const conversationCount = { OPEN: 0, CLOSED: 0, PENDING: 0 };
  for (const { status, erased } of org.store.conversations.list(applyDelayMs + listLagMs)) {
    if (erased === true) continue;
    if (status === 'open') conversationCount.OPEN += 1;
    else if (status === 'closed') conversationCount.CLOSED += 1;
    else if (status === 'pending') conversationCount.PENDING += 1;
  }
  return { status: 200, body: { conversationCount } };
}

/** Makes the contact where there is none; the answer has no wrapper. That the message is the contact's is assumed. */
function create(org: Org, call: Call): Reply {
  const { email, message } = objectBody(call, invalid);
  if (typeof email !== 'string' || !isEmail(email)) throw invalid('email is required');
  if (!isObject(message) || typeof message['body'] !== 'string' || message['body'] === '') {
    throw invalid('message.body is required');
  }
  const { body, attributes = {} } = message;
  if (!isObject(attributes)) throw invalid('message.attributes must be an object');
  const { integrationSource, autoAssigneeId } = attributes;
  if (integrationSource !== undefined && typeof integrationSource !== 'string') {
    throw invalid('message.attributes.integrationSource must be a string');
  }
  const participants = autoAssigneeId === undefined ? [] : [checkedAgent(org, autoAssigneeId, 'autoAssigneeId')];
  const { contact } = contactFor(org, email, call.now);
  const conversation = openConversation(org, contact, participants, call.now);
  const author = { type: 'contact', id: contact.id } as const;
  const sent = { type: 'chat', body, author, createdAt: call.now } as const;
  raiseMessage(org, addMessage(org, conversation.id, sent, call.now));
  const { status, createdAt, inboxId } = conversation;
  const id = BigInt(conversation.id);
  return {
    status: 200,
    body: { status, participants, contactId: BigInt(contact.id), createdAt, id, inboxId },
    effect: { kind: 'conversation.create', id: conversation.id },
  };
}

/** The id of a live agent. Throws the refusal for anything else. */
export function checkedAgent(org: Org, id: unknown, name: string): number {
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw invalid(`${name} must be an integer`);
  if (liveAgent(org, id) === undefined) throw invalid(`${name} is not a known user`);
  return id;
}

/** One guide alone knows this call (Drift API notes 3, "update conversation"). */
function update(org: Org, call: Call): Reply {
  if (org.settings().conversationUpdate === 'unsupported') throw restError('not_found', 'No such resource');
  const before = targetConversation(org, call);
  const { status, assignedAgentId } = objectBody(call, invalid);
  if (status === undefined && assignedAgentId === undefined) throw invalid('status or assignedAgentId is required');
  if (status !== undefined && status !== 'open' && status !== 'closed' && status !== 'pending') {
    throw invalid('status must be open, closed or pending');
  }
  const agentId = assignedAgentId === undefined ? undefined : checkedAgent(org, assignedAgentId, 'assignedAgentId');
  const conversation = changeConversation(org, before, { status: status ?? before.status }, call.now);
  const after = agentId === undefined ? conversation : withParticipant(org, conversation, agentId, call.now);
  if (after.status !== before.status) raiseStatus(org, after, call.now);
  return { status: 200, body: { data: shown(after) }, effect: { kind: 'conversation.update', id: after.id } };
}

/** Agents who take part are added by themselves. */
export function withParticipant(org: Org, before: Conversation, agentId: number, now: number): Conversation {
  if (before.participants.includes(agentId)) return before;
  org.raise({
    type: 'conversation_participant_added',
    data: { conversationId: BigInt(before.id), participantId: agentId },
  });
  return changeConversation(org, before, { participants: [...before.participants, agentId] }, now);
}

/** A closed conversation is ready for export, which is told twice nested (Drift API notes 5). */
function raiseStatus(org: Org, conversation: Conversation, now: number): void {
  const conversationId = BigInt(conversation.id);
  org.raise({ type: 'conversation_status_updated', data: { conversationId, status: conversation.status } });
  if (conversation.status !== 'closed') return;
  const data = { conversationId, userId: conversation.participants.at(-1), pushedAt: now };
  org.raise({ type: 'conversation_push', data: { source: 'conversation_manual_push', data } });
  org.raise({ type: 'conversation_manual_push', data });
}

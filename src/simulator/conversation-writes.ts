import type { Attachment, Contact, Conversation, Message } from './model.ts';
import { nextContactId, type Org, putContact } from './org.ts';

/** A live conversation as the truth has it. */
export function liveConversation(org: Org, id: string): Conversation | undefined {
  const conversation = org.store.conversations.latest(id);
  return conversation?.erased === true ? undefined : conversation;
}

/** Ids beyond 2^53 and odd, so that a lossy parse shows (Drift API notes 6.3). */
export function addConversation(org: Org, fields: Omit<Conversation, 'id'>, at: number): Conversation {
  const id = org.store.next('conversation', 9_300_417_000_000_001n, 2n).toString();
  const conversation = { id, ...fields };
  org.store.conversations.put(id, conversation, at);
  return conversation;
}

/** Stores a changed conversation with an `updatedAt` that always grows. */
export function changeConversation(
  org: Org,
  before: Conversation,
  change: Partial<Conversation>,
  now: number,
): Conversation {
  const conversation = { ...before, ...change, updatedAt: Math.max(now, before.updatedAt + 1) };
  org.store.conversations.put(conversation.id, conversation, now);
  return conversation;
}

export interface NewMessage {
  readonly type: Message['type'];
  readonly body: string;
  readonly author: Message['author'];
  readonly createdAt: number;
  readonly buttons?: readonly unknown[];
  readonly attachments?: readonly Omit<Attachment, 'id'>[];
}

/** `at`: when readers may see it. */
export function addMessage(org: Org, conversationId: string, message: NewMessage, at: number): Message {
  const { buttons = [], attachments = [] } = message;
  const stored: Message = {
    ...message,
    id: org.store.next('message', 10_100_417_000_000_003n, 2n).toString(),
    conversationId,
    body: withoutMostTags(message.body),
    buttons,
    attachments: attachments.map((one) => ({ id: Number(org.store.next('attachment', 640_001n, 1n)), ...one })),
  };
  org.store.messages.put(stored.id, stored, at);
  return stored;
}

const KEPT_TAGS = new Set(['a', 'b', 'br', 'em', 'i', 'li', 'ol', 'p', 'strong', 'u', 'ul']);

function withoutMostTags(html: string): string {
  return html.replaceAll(/<\/?([a-z][a-z0-9]*)\b[^<>]*>/gi, (tag, name: string) =>
    KEPT_TAGS.has(name.toLowerCase()) ? tag : '',
  );
}

/** The messages of a conversation in their order, as a reader with this lag sees them. */
export function messagesOf(org: Org, conversationId: string, lagMs: number): readonly Message[] {
  return org.store.messages.findSeen('conversation', conversationId, lagMs);
}

/** The contact in the index with this e-mail, or a new one. */
export function contactFor(
  org: Org,
  email: string,
  now: number,
): { readonly contact: Contact; readonly added: boolean } {
  const folded = email.toLowerCase();
  const known = org.store.contacts.find('email', folded).find((one) => one.state === 'live');
  if (known !== undefined) return { contact: known, added: false };
  const contact: Contact = {
    id: nextContactId(org),
    createdAt: now,
    attributes: { email },
    version: 1,
    state: 'live',
  };
  putContact(org, contact, now);
  return { contact, added: true };
}

/** A message as the API and the webhooks have it. */
export function shownMessage(org: Org, message: Message): Readonly<Record<string, unknown>> {
  const { author } = message;
  return {
    id: BigInt(message.id),
    orgId: org.orgId,
    conversationId: BigInt(message.conversationId),
    body: message.body,
    author: author.type === 'contact' ? { type: 'contact', id: BigInt(author.id), bot: false } : { ...author },
    type: message.type,
    createdAt: message.createdAt,
    ...(message.buttons.length > 0 && { buttons: message.buttons }),
    context: { ip: '192.0.2.1', userAgent: 'simulated' },
    attributes: {},
    ...(message.attachments.length > 0 && {
      attachments: message.attachments.map(({ id, fileName, mimeType }) => ({ id, fileName, mimeType })),
    }),
  };
}

export function raiseMessage(org: Org, message: Message): void {
  const data = shownMessage(org, message);
  org.raise({ type: 'new_message', data });
  if (message.body.startsWith('/')) org.raise({ type: 'new_command_message', data });
}

/** What a visitor writes: into the newest conversation of the contact, which it opens again, or into a new one. */
export function visit(org: Org, visitor: { readonly email: string; readonly text: string }, now: number): Conversation {
  const { contact, added } = contactFor(org, visitor.email, now);
  if (added) org.raise({ type: 'contact_identified', data: { contactId: BigInt(contact.id), email: visitor.email } });
  const newest = org.store.conversations.find('contact', contact.id).findLast((one) => one.erased !== true);
  const conversation =
    newest === undefined
      ? openConversation(org, contact, [], now)
      : changeConversation(org, newest, { status: 'open' }, now);
  const author = { type: 'contact', id: contact.id } as const;
  raiseMessage(
    org,
    addMessage(org, conversation.id, { type: 'chat', body: visitor.text, author, createdAt: now }, now),
  );
  return conversation;
}

/** A new conversation of the contact, told of by `new_conversation`. */
export function openConversation(
  org: Org,
  contact: Contact,
  participants: readonly number[],
  now: number,
): Conversation {
  const fields = { contactId: contact.id, inboxId: 1, participants, createdAt: now, updatedAt: now };
  const conversation = addConversation(org, { status: 'open', conversationTags: [], ...fields }, now);
  const data = { id: BigInt(conversation.id), contactId: BigInt(contact.id), status: 'open', createdAt: now };
  org.raise({ type: 'new_conversation', data });
  return conversation;
}

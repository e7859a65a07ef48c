import { type Call, isEmail, objectBody, type Refusal, type Reply, restError, type Route } from './exchange.ts';
import { isLive, type Org, putContact, removeAgent } from './org.ts';

/** Privacy requests (Drift API notes 2.8). */
export function privacyRoutes(org: Org): readonly Route[] {
  return [
    { method: 'POST', path: '/gdpr/delete', scope: 'gdpr_write', handle: (call) => erase(org, call) },
    { method: 'POST', path: '/gdpr/retrieve', scope: 'gdpr_read', handle: retrieve },
  ];
}

function emailOf(call: Call): string {
  const invalid = (message: string): Refusal => restError('validation_error', message);
  const { email } = objectBody(call, invalid);
  if (typeof email !== 'string' || !isEmail(email)) throw invalid('email is required');
  return email;
}

/** Erases contacts and agents alike, later: readers see it once the erasure has had its time. */
function erase(org: Org, call: Call): Reply {
  const email = emailOf(call);
  const folded = email.toLowerCase();
  const at = call.now + org.settings().gdprDelayMs;
  for (const contact of org.store.contacts.find('email', folded)) {
    putContact(org, { ...contact, attributes: {}, tags: [], state: 'gone', version: contact.version + 1 }, at);
    eraseConversations(org, contact.id, at);
  }
  for (const agent of org.store.agents.find('userName', folded)) {
    if (isLive(agent)) removeAgent(org, agent, at);
  }
  org.raise({ type: 'gdpr_delete_requested', data: { email } });
  return {
    status: 200,
    body: { data: { message: 'The deletion request is processing' } },
    effect: { kind: 'gdpr.delete', id: email },
  };
}

function eraseConversations(org: Org, contactId: string, at: number): void {
  const { conversations, messages } = org.store;
  for (const conversation of conversations.find('contact', contactId)) {
    conversations.put(conversation.id, { ...conversation, erased: true }, at);
    for (const message of messages.find('conversation', conversation.id)) {
      messages.put(message.id, { ...message, body: '', attachments: [] }, at);
    }
  }
}

function retrieve(call: Call): Reply {
  const email = emailOf(call);
  return {
    status: 200,
    body: { data: { message: 'The retrieval request is processing', sentToEmail: 'privacy@example.com' } },
    effect: { kind: 'gdpr.retrieve', id: email },
  };
}

import type { Org } from './org.ts';
import type { WebhookType } from './webhook-events.ts';

/**
 * What a payload of this type may hold, made of the first contact, agent and conversation there are. Shapes that no source shows are
 * assumed; who needs another one sends it along (Drift API notes 5).
 */
export function sampleData(org: Org, type: WebhookType): unknown {
  const now = org.clock();
  const { contacts, conversations, agents } = org.store;
  const contact = [...contacts.all()].find((one) => one.state === 'live');
  const conversation = [...conversations.all()].find((one) => one.erased !== true);
  const agent = [...agents.all()].find((one) => one.deletedAt === undefined && !one.bot);
  const contactId = BigInt(conversation?.contactId ?? contact?.id ?? 11_751_623_441_268_737n);
  const conversationId = BigInt(conversation?.id ?? 9_300_417_000_000_001n);
  const userId = agent?.id ?? 2_180_055;
  const email = contact?.attributes['email'] ?? 'visitor@example.org';
  const message = (body: string) => ({
    id: 10_100_417_000_000_003n,
    orgId: org.orgId,
    conversationId,
    body,
    author: { type: 'contact', id: contactId, bot: false },
    type: 'chat',
    createdAt: now,
  });
  const pushed = { conversationId, userId, pushedAt: now };
  const meeting = { agentId: userId, conversationId, endUserId: contactId, slotStart: now, slotEnd: now + 1_800_000 };
  switch (type) {
    case 'contact_identified':
      return { contactId, email };
    case 'contact_updated': {
      const diff = [{ name: 'attributes.city', previous: null, updated: 'Oslo' }];
      return { endUserId: contactId, timestamp: now, diff };
    }
    case 'phone_captured':
      return { contactId, conversationId, phone: '555-010-0199' };
    case 'new_conversation':
      return { id: conversationId, contactId, status: 'open', createdAt: now };
    case 'new_message':
      return message('Hello');
    case 'new_command_message':
      return message('/help');
    case 'conversation_push':
      return { source: 'conversation_manual_push', data: pushed };
    case 'conversation_manual_push':
      return pushed;
    case 'conversation_inactive':
      return { conversationId };
    case 'conversation_participant_added':
    case 'conversation_participant_removed':
      return { conversationId, participantId: userId };
    case 'button_clicked':
      return { conversationId, button: { label: 'Yes', value: 'yes' } };
    case 'new_meeting':
    case 'meeting_updated':
      return meeting;
    case 'playbook_goal_met':
      return { contactId, playbookName: 'Welcome', goalName: 'Booked' };
    case 'chat_to_call':
      return { conversationId, durationMs: 60_000, participants: [userId] };
    case 'user_availability_updated':
      return { id: userId, availability: agent?.availability ?? 'OFFLINE' };
    case 'user_unsubscribed':
    case 'gdpr_delete_requested':
      return { email };
    case 'app_disconnected':
      return { orgId: org.orgId };
    case 'conversation_status_updated':
      return { conversationId, status: conversation?.status ?? 'open' };
  }
}

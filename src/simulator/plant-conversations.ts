import { z } from 'zod';

import { addConversation, addMessage } from './conversation-writes.ts';
import type { Org } from './org.ts';

const messageSchema = z.strictObject({
  /** `contact`, `bot`, or the e-mail of an agent. */
  from: z.string(),
  body: z.string(),
  type: z.enum(['chat', 'private_note']).optional(),
  createdAt: z.number().int().optional(),
  attachments: z.array(z.strictObject({ fileName: z.string(), mimeType: z.string(), text: z.string() })).optional(),
});

export const seedConversationSchema = z.strictObject({
  /** The contact's. */
  email: z.string(),
  status: z.enum(['open', 'closed', 'pending', 'bulk_sent']).optional(),
  /** E-mails of agents; those who write take part anyway. */
  participants: z.array(z.string()).optional(),
  tags: z.array(z.strictObject({ name: z.string(), color: z.string() })).optional(),
  relatedPlaybookId: z.number().int().optional(),
  createdAt: z.number().int().optional(),
  messages: z.array(messageSchema).optional(),
});

export type SeedConversation = Readonly<z.infer<typeof seedConversationSchema>>;

/** The e-mails of the agents that the conversation names. */
export function agentsNamed({ participants = [], messages = [] }: SeedConversation): readonly string[] {
  const writers = messages.map(({ from }) => from).filter((from) => from !== 'contact' && from !== 'bot');
  return [...new Set([...participants, ...writers])];
}

/** Stores the conversations of contacts and agents that are known to exist. */
export function plantConversations(
  org: Org,
  conversations: readonly SeedConversation[],
  agentId: (email: string) => number,
): void {
  if (conversations.length === 0) return;
  const now = org.clock();
  const contacts = new Map(
    Array.from(org.store.contacts.all(), (one) => [String(one.attributes['email']).toLowerCase(), one.id]),
  );
  const bot = [...org.store.agents.all()].find((agent) => agent.bot)?.id ?? 0;
  for (const planned of conversations) {
    const { email, status = 'open', tags = [], relatedPlaybookId, createdAt = now, messages = [] } = planned;
    const contactId = contacts.get(email.toLowerCase()) ?? '0';
    const updatedAt = Math.max(createdAt, ...messages.map((message) => message.createdAt ?? createdAt));
    const { id } = addConversation(
      org,
      {
        status,
        contactId,
        inboxId: 1,
        participants: agentsNamed(planned).map(agentId),
        createdAt,
        updatedAt,
        relatedPlaybookId,
        conversationTags: tags,
      },
      0,
    );
    for (const { from, body, type = 'chat', createdAt: writtenAt = createdAt, attachments = [] } of messages) {
      const author =
        from === 'contact'
          ? ({ type: 'contact', id: contactId } as const)
          : ({ type: 'user', id: from === 'bot' ? bot : agentId(from), bot: from === 'bot' } as const);
      addMessage(org, id, { type, body, author, createdAt: writtenAt, attachments }, 0);
    }
  }
}

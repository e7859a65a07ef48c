import { addConversation, addMessage } from './conversation-writes.ts';
import type { Org } from './org.ts';
import { agentsNamed } from './plant-checks.ts';
import type { SeedConversation } from './seed-schema.ts';

/** Stores the conversations of contacts and agents that are known to exist. */
export function plantConversations(
  org: Org,
  conversations: readonly SeedConversation[],
  agentId: (email: string) => number,
): void {
  if (conversations.length === 0) return;
  const now = org.clock();
  const bot = [...org.store.agents.all()].find((agent) => agent.bot)?.id ?? 0;
  for (const planned of conversations) {
    const { email, status = 'open', tags = [], relatedPlaybookId, createdAt = now, messages = [] } = planned;
    const contactId = org.store.contacts.find('email', email.toLowerCase()).at(-1)?.id ?? '0';
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

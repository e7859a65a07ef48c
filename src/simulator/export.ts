import type { z } from 'zod';

import type { Agent, Attachment, Contact, Message } from './model.ts';
import { isLive, type Org } from './org.ts';
import type { orgFileSchema } from './seed-schema.ts';

export type OrgExport = z.infer<typeof orgFileSchema>;

/**
 * The organisation as a file that another simulator can begin with: everything but what was erased, ids and tokens. Planted
 * into an empty simulator it gives the same agents, contacts, accounts and conversations in the same order.
 */
export function exportOrg(org: Org): OrgExport {
  const { store } = org;
  const emailOf = (id: number | undefined): string | undefined =>
    id === undefined ? undefined : store.agents.latest(String(id))?.userName;
  const contactEmail = (id: string): string | undefined => {
    const email = store.contacts.latest(id)?.attributes['email'];
    return typeof email === 'string' ? email : undefined;
  };
  return {
    settings: { ...org.settings(), roleIds: [...org.settings().roleIds] },
    users: Array.from(store.agents.all(), exportedUser),
    contacts: [...store.contacts.all()]
      .filter(({ state }) => state !== 'gone')
      .map((contact) => exportedContact(contact, emailOf)),
    accounts: Array.from(store.accounts.all(), (account) => ({
      domain: account.domain,
      name: account.name,
      ownerEmail: emailOf(account.ownerId),
      targeted: account.targeted,
      customProperties: account.customProperties.map(({ label, name, value, type }) => ({ label, name, value, type })),
      ...(account.deleted && { deleted: true }),
      createdAt: account.createDateTime,
    })),
    attributes: [...org.attributes()],
    conversations: [...store.conversations.all()].flatMap((one) => {
      const email = contactEmail(one.contactId);
      if (one.erased === true || email === undefined) return [];
      const { status, createdAt, relatedPlaybookId, conversationTags } = one;
      const messages = store.messages.find('conversation', one.id);
      return {
        email,
        status,
        participants: one.participants.flatMap((id) => emailOf(id) ?? []),
        tags: conversationTags.map(({ name, color }) => ({ name, color })),
        relatedPlaybookId,
        createdAt,
        messages: messages.map((message) => exportedMessage(message, emailOf)),
      };
    }),
    playbooks: [...store.playbooks.all()].flatMap(({ name, authorId, active, goals, landingPageUrl, createdAt }) => {
      const authorEmail = emailOf(authorId);
      if (authorEmail === undefined) return [];
      return { name, authorEmail, active, goals: goals.map(({ message }) => message), landingPageUrl, createdAt };
    }),
    meetings: [...store.meetings.all()].flatMap(({ agentId, contactId, slotStart, slotEnd }) => {
      const agentEmail = emailOf(agentId);
      const email = contactEmail(contactId);
      return agentEmail === undefined || email === undefined
        ? []
        : { agentEmail, contactEmail: email, slotStart, slotEnd };
    }),
  };
}

function exportedUser(agent: Agent) {
  const { givenName, familyName, phone, alias, locale, timeZone, avatarUrl } = agent;
  return {
    email: agent.userName,
    name: agent.displayName,
    // Without both of them the name would be split when it is planted.
    givenName: givenName ?? (familyName === undefined ? '' : undefined),
    familyName,
    role: agent.role,
    phone,
    alias,
    locale,
    timeZone,
    avatarUrl,
    availability: agent.availability,
    verified: agent.verified,
    bot: agent.bot,
    ...(!isLive(agent) && { deleted: true }),
    createdAt: agent.createdAt,
  };
}

function exportedContact(
  { attributes, tags, state, createdAt }: Contact,
  emailOf: (id: number | undefined) => string | undefined,
) {
  const { ownerId, ...others } = attributes;
  const ownerEmail = typeof ownerId === 'number' ? emailOf(ownerId) : undefined;
  return {
    attributes: ownerEmail === undefined ? { ...attributes } : others,
    ownerEmail,
    ...(tags !== undefined && { tags: [...tags] }),
    ...(state === 'hidden' && { deleted: true }),
    createdAt,
  };
}

function exportedMessage(message: Message, emailOf: (id: number | undefined) => string | undefined) {
  const { author, body, type, createdAt, attachments } = message;
  const speaker = author.type === 'user' && !author.bot ? emailOf(author.id) : undefined;
  return {
    from: author.type === 'contact' ? 'contact' : (speaker ?? 'bot'),
    body,
    type,
    createdAt,
    attachments: attachments.map(exportedAttachment),
  };
}

function exportedAttachment({ fileName, mimeType, text, base64 }: Attachment) {
  return { fileName, mimeType, ...(text !== undefined && { text }), ...(base64 !== undefined && { base64 }) };
}

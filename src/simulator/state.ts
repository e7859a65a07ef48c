import type { Account, Agent, Attribute, Contact, Conversation, Message, TimelineEvent } from './model.ts';
import { isLive, type Org } from './org.ts';
import { scimIdOf } from './scim-shape.ts';

type AgentState = Agent & { readonly scimId: string };

/** The truth, whatever readers may see at the moment. */
export interface SimulatorState {
  /** Live agents, bots and the OWNER included. */
  readonly users: readonly AgentState[];
  readonly deletedUsers: readonly AgentState[];
  /** All but erased contacts. */
  readonly contacts: readonly Contact[];
  /** Soft-deleted accounts included. */
  readonly accounts: readonly Account[];
  /** Declared custom attributes. */
  readonly attributes: readonly Attribute[];
  readonly timeline: readonly TimelineEvent[];
  /** All but erased ones, and their messages. */
  readonly conversations: readonly Conversation[];
  readonly messages: readonly Message[];
}

export function stateOf(org: Org): SimulatorState {
  const settings = org.settings();
  const agents = Array.from(org.store.agents.all(), (agent) => ({ ...agent, scimId: scimIdOf(agent, settings) }));
  const conversations = [...org.store.conversations.all()].filter((one) => one.erased !== true);
  const kept = new Set(conversations.map((one) => one.id));
  return {
    users: agents.filter(isLive),
    deletedUsers: agents.filter((agent) => !isLive(agent)),
    contacts: [...org.store.contacts.all()].filter((contact) => contact.state !== 'gone'),
    accounts: [...org.store.accounts.all()],
    attributes: org.attributes(),
    timeline: [...org.store.timeline.all()],
    conversations,
    messages: [...org.store.messages.all()].filter((one) => kept.has(one.conversationId)),
  };
}

import { z } from 'zod';

import type { Agent, Role } from './model.ts';
import { nextAgentId, nextContactId, type Org, putAccount, putAgent, putContact } from './org.ts';
import {
  agentsNamed,
  plantConversations,
  type SeedConversation,
  seedConversationSchema,
} from './plant-conversations.ts';
import {
  plantMeetings,
  plantPlaybooks,
  type SeedMeeting,
  seedMeetingSchema,
  type SeedPlaybook,
  seedPlaybookSchema,
} from './plant-playbooks.ts';

const roleSchema = z.custom<Role>(
  (value) => typeof value === 'string' && /^(OWNER|ADMIN|MEMBER|role-ids=\[\d{1,9}\])$/.test(value),
  'must be OWNER, ADMIN, MEMBER or role-ids=[N]',
);

const seedUserSchema = z.strictObject({
  email: z.string(),
  /** Display name; given and family name are taken from it unless they are given. */
  name: z.string(),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  role: roleSchema.optional(),
  phone: z.string().optional(),
  alias: z.string().optional(),
  locale: z.string().optional(),
  timeZone: z.string().optional(),
  avatarUrl: z.string().optional(),
  availability: z.enum(['AVAILABLE', 'OFFLINE', 'ON_CALL']).optional(),
  verified: z.boolean().optional(),
  bot: z.boolean().optional(),
  /** A seat that was removed before the story begins. */
  deleted: z.boolean().optional(),
  createdAt: z.number().int().optional(),
});

const seedContactSchema = z.strictObject({
  attributes: z.record(z.string(), z.unknown()),
  /** Becomes `attributes.ownerId` where the setting `contactOwnerId` is `stored`, else it is dropped. */
  ownerEmail: z.string().optional(),
  createdAt: z.number().int().optional(),
});

const seedAccountSchema = z.strictObject({
  domain: z.string(),
  name: z.string().optional(),
  ownerEmail: z.string(),
  targeted: z.boolean().optional(),
  createdAt: z.number().int().optional(),
});

const attributeSchema = z.strictObject({
  name: z.string(),
  displayName: z.string(),
  type: z.enum(['STRING', 'NUMERIC', 'BOOLEAN', 'DATETIME', 'DATE']),
});

export const seedSchema = z.strictObject({
  users: z.array(seedUserSchema).optional(),
  contacts: z.array(seedContactSchema).optional(),
  accounts: z.array(seedAccountSchema).optional(),
  attributes: z.array(attributeSchema).optional(),
  conversations: z.array(seedConversationSchema).optional(),
  playbooks: z.array(seedPlaybookSchema).optional(),
  meetings: z.array(seedMeetingSchema).optional(),
});

export type SeedUser = Readonly<z.infer<typeof seedUserSchema>>;
export type SeedContact = Readonly<z.infer<typeof seedContactSchema>>;
export type SeedAccount = Readonly<z.infer<typeof seedAccountSchema>>;
export interface SeedData {
  readonly users?: readonly SeedUser[] | undefined;
  readonly contacts?: readonly SeedContact[] | undefined;
  readonly accounts?: readonly SeedAccount[] | undefined;
  readonly attributes?: z.infer<typeof seedSchema>['attributes'];
  readonly conversations?: readonly SeedConversation[] | undefined;
  readonly playbooks?: readonly SeedPlaybook[] | undefined;
  readonly meetings?: readonly SeedMeeting[] | undefined;
}

/**
 * Puts people, contacts and accounts into the organisation as if they had always been there: no call, no journal, visible
 * at once. Ids are given in order. Throws RangeError for an owner or an e-mail that does not fit; then nothing is stored.
 */
export function plant(org: Org, data: SeedData): void {
  const now = org.clock();
  const {
    users = [],
    contacts = [],
    accounts = [],
    attributes = [],
    conversations = [],
    playbooks = [],
    meetings = [],
  } = data;
  const owners = new Map<string, number>();
  for (const agent of org.store.agents.all()) {
    if (agent.deletedAt === undefined) owners.set(agent.userName.toLowerCase(), agent.id);
  }
  const planned = new Set(users.filter((user) => user.deleted !== true).map((user) => user.email.toLowerCase()));
  for (const user of users) {
    if (owners.has(user.email.toLowerCase())) throw new RangeError(`seed: ${user.email} has a seat already`);
  }
  for (const { ownerEmail } of [...contacts, ...accounts]) {
    const folded = ownerEmail?.toLowerCase();
    if (folded !== undefined && !owners.has(folded) && !planned.has(folded)) {
      throw new RangeError(`seed: owner ${folded} is no agent`);
    }
  }
  refuseStrangers(org, data, (email) => owners.has(email) || planned.has(email));
  const taken = new Set([...org.store.accounts.all()].filter((one) => !one.deleted).map((one) => one.domain));
  for (const { domain } of accounts) {
    if (taken.has(domain)) throw new RangeError(`seed: a second account for ${domain}`);
    taken.add(domain);
  }

  org.store.transaction(() => {
    if (attributes.length > 0) org.declareAttributes(attributes);
    for (const user of users) {
      const agent = seededAgent(user, nextAgentId(org), now);
      putAgent(org, agent, 0);
      if (agent.deletedAt === undefined) owners.set(agent.userName.toLowerCase(), agent.id);
    }
    const keepOwner = org.settings().contactOwnerId === 'stored';
    for (const { attributes: sent, ownerEmail, createdAt = now } of contacts) {
      const ownerId = keepOwner && ownerEmail !== undefined ? owners.get(ownerEmail.toLowerCase()) : undefined;
      const kept = { ...sent, ...(ownerId !== undefined && { ownerId }) };
      putContact(org, { id: nextContactId(org), createdAt, attributes: kept, version: 1, state: 'live' }, 0);
    }
    for (const { domain, name, ownerEmail, targeted = false, createdAt = now } of accounts) {
      const account = {
        accountId: `${org.store.next('account', 4_210_031n, 7n)}_${domain}`,
        ownerId: owners.get(ownerEmail.toLowerCase()),
        name,
        domain,
        customProperties: [],
        targeted,
        deleted: false,
        createDateTime: createdAt,
        updateDateTime: createdAt,
      };
      putAccount(org, account, 0);
    }
    const agentId = (email: string): number => owners.get(email.toLowerCase()) ?? 0;
    plantConversations(org, conversations, agentId);
    plantPlaybooks(org, playbooks, agentId);
    plantMeetings(org, meetings, agentId);
  });
}

/** Conversations, playbooks and meetings are of contacts and agents that exist by then. */
function refuseStrangers(org: Org, data: SeedData, isAgent: (email: string) => boolean): void {
  const { contacts = [], conversations = [], playbooks = [], meetings = [] } = data;
  const agents = [
    ...conversations.flatMap(agentsNamed),
    ...playbooks.map((one) => one.authorEmail),
    ...meetings.map((one) => one.agentEmail),
  ];
  const stranger = agents.find((email) => !isAgent(email.toLowerCase()));
  if (stranger !== undefined) throw new RangeError(`seed: ${stranger} is no agent`);
  const visitors = [...conversations.map((one) => one.email), ...meetings.map((one) => one.contactEmail)];
  if (visitors.length === 0) return;
  const known = new Set(
    [...org.store.contacts.all(), ...contacts].map(({ attributes }) => String(attributes['email']).toLowerCase()),
  );
  const nobody = visitors.find((email) => !known.has(email.toLowerCase()));
  if (nobody !== undefined) throw new RangeError(`seed: ${nobody} is no contact`);
}

function seededAgent(user: SeedUser, id: number, now: number): Agent {
  const [first, ...rest] = user.name.split(' ');
  const { createdAt = now } = user;
  return {
    id,
    userName: user.email,
    displayName: user.name,
    givenName: user.givenName ?? first,
    familyName: user.familyName ?? (rest.length > 0 ? rest.join(' ') : undefined),
    phone: user.phone,
    locale: user.locale,
    alias: user.alias,
    avatarUrl: user.avatarUrl,
    timeZone: user.timeZone,
    availability: user.availability ?? 'OFFLINE',
    role: user.role ?? 'MEMBER',
    verified: user.verified ?? user.bot !== true,
    bot: user.bot ?? false,
    createdAt,
    updatedAt: createdAt,
    deletedAt: user.deleted === true ? createdAt : undefined,
  };
}

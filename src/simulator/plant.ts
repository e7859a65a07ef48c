import type { Account, Agent, Contact } from './model.ts';
import { isLive, nextAgentId, nextContactId, type Org, putAccount, putAgent, putContact } from './org.ts';
import { refuseMisfits } from './plant-checks.ts';
import { plantConversations } from './plant-conversations.ts';
import { plantMeetings, plantPlaybooks } from './plant-playbooks.ts';
import type { SeedAccount, SeedContact, SeedData, SeedUser } from './seed-schema.ts';

/**
 * Puts people, contacts and accounts into the organisation as if they had always been there: no call, no journal, visible
 * at once. Ids are given in order. Throws RangeError for what does not fit, with its place; then nothing is stored.
 */
export function plant(org: Org, data: SeedData): void {
  const now = org.clock();
  const { users = [], contacts = [], accounts = [], attributes = [] } = data;
  const { conversations = [], playbooks = [], meetings = [] } = data;
  refuseMisfits(org, data);
  org.store.transaction(() => {
    if (attributes.length > 0) org.declareAttributes(attributes);
    for (const user of users) putAgent(org, seededAgent(user, nextAgentId(org), now), 0);
    for (const contact of contacts) putContact(org, seededContact(org, contact, now), 0);
    for (const account of accounts) putAccount(org, seededAccount(org, account, now), 0);
    const agentId = (email: string): number => agentNamed(org, email)?.id ?? 0;
    plantConversations(org, conversations, agentId);
    plantPlaybooks(org, playbooks, agentId);
    plantMeetings(org, meetings, agentId);
  });
}

/** The agent with this e-mail; a live one before those that were deleted. */
function agentNamed(org: Org, email: string | undefined): Agent | undefined {
  const found = email === undefined ? [] : org.store.agents.find('userName', email.toLowerCase());
  return found.find(isLive) ?? found.at(-1);
}

function seededAgent(user: SeedUser, id: number, now: number): Agent {
  const [first, ...rest] = user.name.split(' ');
  const { createdAt = now } = user;
  const names =
    user.givenName === undefined && user.familyName === undefined
      ? { givenName: first, familyName: rest.length > 0 ? rest.join(' ') : undefined }
      : { givenName: user.givenName || undefined, familyName: user.familyName || undefined };
  return {
    id,
    userName: user.email,
    displayName: user.name,
    ...names,
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

function seededContact(org: Org, contact: SeedContact, now: number): Contact {
  const { attributes, ownerEmail, tags, deleted = false, createdAt = now } = contact;
  const owner = org.settings().contactOwnerId === 'stored' ? agentNamed(org, ownerEmail) : undefined;
  return {
    id: nextContactId(org),
    createdAt,
    attributes: owner === undefined ? attributes : { ...attributes, ownerId: owner.id },
    version: 1,
    state: deleted ? 'hidden' : 'live',
    ...(tags !== undefined && { tags }),
  };
}

function seededAccount(org: Org, account: SeedAccount, now: number): Account {
  const {
    domain,
    name,
    ownerEmail,
    targeted = false,
    customProperties = [],
    deleted = false,
    createdAt = now,
  } = account;
  return {
    accountId: `${org.store.next('account', 4_210_031n, 7n)}_${domain}`,
    ownerId: agentNamed(org, ownerEmail)?.id,
    name,
    domain,
    customProperties,
    targeted,
    deleted,
    createDateTime: createdAt,
    updateDateTime: createdAt,
  };
}

import { isLive, type Org } from './org.ts';
import type { SeedConversation, SeedData } from './seed-schema.ts';
import { externalIdOf } from './store.ts';

/** Everything that would not fit, with its place. Throws RangeError for the first. */
export function refuseMisfits(org: Org, data: SeedData): void {
  const agents = refuseUsers(org, data);
  refuseContacts(org, data, agents);
  refuseAccounts(org, data, agents);
  refuseStrangers(org, data, agents);
}

/** The e-mails of the agents that the conversation names. */
export function agentsNamed({ participants = [], messages = [] }: SeedConversation): readonly string[] {
  const writers = messages.map(({ from }) => from).filter((from) => from !== 'contact' && from !== 'bot');
  return [...new Set([...participants, ...writers])];
}

function misfit(place: string, problem: string): RangeError {
  return new RangeError(`seed: ${place}: ${problem}`);
}

/** Gives the folded e-mails of all agents that will be there, deleted ones too. */
function refuseUsers(org: Org, { users = [] }: SeedData): ReadonlySet<string> {
  const everybody = new Set<string>();
  const live = new Set<string>();
  for (const agent of org.store.agents.all()) {
    everybody.add(agent.userName.toLowerCase());
    if (isLive(agent)) live.add(agent.userName.toLowerCase());
  }
  const refused = org.settings().duplicateUser === 'refused';
  for (const [index, { email, deleted = false }] of users.entries()) {
    const folded = email.toLowerCase();
    if (!deleted && refused && live.has(folded)) throw misfit(`users[${index}].email`, `${email} has a seat already`);
    if (!deleted) live.add(folded);
    everybody.add(folded);
  }
  return everybody;
}

function refuseContacts(org: Org, { contacts = [] }: SeedData, agents: ReadonlySet<string>): void {
  const taken = new Set<string>();
  for (const [index, { attributes, ownerEmail, deleted = false }] of contacts.entries()) {
    refuseNobody(ownerEmail, `contacts[${index}].ownerEmail`, agents);
    const externalId = deleted ? undefined : externalIdOf(attributes);
    if (externalId === undefined) continue;
    const planted = org.store.contacts.find('externalId', externalId).some(({ state }) => state === 'live');
    if (planted || taken.has(externalId)) {
      throw misfit(`contacts[${index}].attributes.externalId`, `a second contact with ${externalId}`);
    }
    taken.add(externalId);
  }
}

function refuseAccounts(org: Org, { accounts = [] }: SeedData, agents: ReadonlySet<string>): void {
  const taken = new Set<string>();
  for (const [index, { domain, ownerEmail, deleted = false }] of accounts.entries()) {
    refuseNobody(ownerEmail, `accounts[${index}].ownerEmail`, agents);
    if (deleted) continue;
    const planted = org.store.accounts.find('domain', domain).some((one) => !one.deleted);
    if (planted || taken.has(domain)) {
      throw misfit(`accounts[${index}].domain`, `a second account for ${domain}`);
    }
    taken.add(domain);
  }
}

function refuseNobody(email: string | undefined, place: string, agents: ReadonlySet<string>): void {
  if (email !== undefined && !agents.has(email.toLowerCase())) throw misfit(place, `${email} is no agent`);
}

/** Conversations, playbooks and meetings are of contacts and agents that exist by then. */
function refuseStrangers(org: Org, data: SeedData, agents: ReadonlySet<string>): void {
  const { contacts = [], conversations = [], playbooks = [], meetings = [] } = data;
  const planned = new Set(contacts.map(({ attributes }) => String(attributes['email']).toLowerCase()));
  const refuseStranger = (email: string, place: string): void => {
    const folded = email.toLowerCase();
    if (planned.has(folded) || org.store.contacts.find('email', folded).length > 0) return;
    throw misfit(place, `${email} is no contact`);
  };
  for (const [index, conversation] of conversations.entries()) {
    refuseStranger(conversation.email, `conversations[${index}].email`);
    for (const email of agentsNamed(conversation)) refuseNobody(email, `conversations[${index}]`, agents);
  }
  for (const [index, { authorEmail }] of playbooks.entries()) {
    refuseNobody(authorEmail, `playbooks[${index}].authorEmail`, agents);
  }
  for (const [index, { agentEmail, contactEmail }] of meetings.entries()) {
    refuseNobody(agentEmail, `meetings[${index}].agentEmail`, agents);
    refuseStranger(contactEmail, `meetings[${index}].contactEmail`);
  }
}

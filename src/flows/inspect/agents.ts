import type { Account, OwnedCounts } from '../../core/identity/account.ts';
import { createProtection } from '../../core/identity/protection.ts';
import { type HandoverChoice, chooseReceiver } from '../../core/ownership/handover.ts';
import { fold } from '../../core/fold.ts';
import type { TenantStore } from '../ports.ts';
import { type PersonBrief, loadNames } from './brief.ts';

export interface Agent {
  readonly id: string;
  readonly userName: string | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly role: string | null;
  readonly active: boolean;
  readonly person: PersonBrief | null;
  readonly owned: OwnedCounts;
}

/** What the removal of an agent would touch, from what is stored; Drift is not asked. */
export interface Impact {
  readonly agent: Agent;
  /** Why nothing may touch it; null if it may be planned for. */
  readonly protected: string | null;
  readonly receiver: {
    readonly kind: HandoverChoice['kind'];
    readonly account: string | null;
    readonly rule: string | null;
    readonly reasons: readonly string[];
  };
  /** What cannot be seen, as sentences. */
  readonly unknown: readonly string[];
  readonly snapshotAt: string | null;
}

const NOTHING_KNOWN: OwnedCounts = { accounts: 0, contacts: 0, contactsListable: false };

/** Agents of the latest complete snapshot, by id: numbers in their order. */
export async function listAgents(store: TenantStore): Promise<readonly Agent[]> {
  const accounts = [...(await store.accounts.present())].sort(byId);
  const owned = await store.accounts.owned();
  const personOf = new Map((await store.people.links()).map((link) => [link.accountId, link.personId]));
  const names = await loadNames(store, [...personOf.values()], []);
  return accounts.map((account) => toAgent(account, owned, names.person(personOf.get(account.id))));
}

export async function impactOf(store: TenantStore, agentId: string): Promise<Impact | null> {
  const agents = await listAgents(store);
  const agent = agents.find(({ id }) => id === agentId);
  const accounts = await store.accounts.present();
  const account = accounts.find(({ id }) => id === agentId);
  if (agent === undefined || account === undefined) return null;
  const { policy } = await store.policy.current();
  const protectionOf = createProtection(policy.protected);
  const choice = chooseReceiver({
    from: account,
    owned: agent.owned,
    rules: policy.handover,
    find: (name) => accounts.filter((one) => one.id === name.trim() || isNamed(one, name)),
    unfit: (to) => (protectionOf(to) === null ? null : 'is protected'),
  });
  const snapshot = await store.accounts.latestSnapshot();
  return {
    agent,
    protected: protectionOf(account),
    receiver: {
      kind: choice.kind,
      account: choice.kind === 'chosen' ? (choice.shares[0]?.to.id ?? null) : null,
      rule: choice.kind === 'chosen' ? choice.rule : null,
      reasons: choice.kind === 'blocked' ? choice.reasons : [],
    },
    unknown: [
      ...(agent.owned.contactsListable
        ? []
        : [`Contacts cannot be listed in this organisation: ${agent.owned.contacts} are known, there may be more.`]),
      ...(agent.owned.accountsListable === false
        ? [`Accounts cannot be listed in this organisation: ${agent.owned.accounts} are known, there may be more.`]
        : []),
    ],
    snapshotAt: snapshot?.endedAt ?? null,
  };
}

export interface OwnedItem {
  readonly kind: 'account' | 'contact';
  readonly id: string;
}

/** Companies, then contacts, that the agent owns; null when there is no such agent. */
export async function ownedItems(store: TenantStore, agentId: string): Promise<readonly OwnedItem[] | null> {
  const found = await store.accounts.find(agentId);
  if (found === null) return null;
  const { restId } = found.account;
  if (restId === undefined) return [];
  const { companies, contacts } = await store.accounts.ownedOf(restId);
  return [
    ...companies.map((id) => ({ kind: 'account' as const, id })),
    ...contacts.map((id) => ({ kind: 'contact' as const, id })),
  ];
}

function isNamed({ values }: Account, name: string): boolean {
  const wanted = fold(name.trim());
  return [values.userName, values.email].some((own) => own !== undefined && fold(own) === wanted);
}

function toAgent(account: Account, owned: ReadonlyMap<string, OwnedCounts>, person: PersonBrief | null): Agent {
  const { id, values, active, roles } = account;
  const parts = [values.givenName, values.familyName].filter((part) => part !== undefined);
  return {
    id,
    userName: values.userName ?? null,
    email: values.email ?? null,
    name: values.displayName ?? (parts.length === 0 ? null : parts.join(' ')),
    role: values.role ?? roles[0] ?? null,
    active,
    person,
    owned: owned.get(id) ?? NOTHING_KNOWN,
  };
}

function byId(a: Account, b: Account): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
}

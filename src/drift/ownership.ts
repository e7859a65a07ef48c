import { emailKey } from '../core/identity/email.ts';
import type { Company, Effect, OwnedContact } from '../flows/drift-port.ts';
import type { Clock } from '../flows/ports.ts';
import type { Called, DriftClient } from './client.ts';
import { allRestUsers, answeredOrNull } from './listing.ts';
import { updateAccount, type DriftAccount } from './operations/accounts.ts';
import { getContact, listContactAttributes, updateContact, type Contact } from './operations/contacts.ts';
import { getUser } from './operations/users.ts';

const NATIVE = 'ownerId';

/** REST ids of agents by folded e-mail. */
export type AgentsByMail = ReadonlyMap<string, string>;

/** Agents by e-mail are taken as they were listed, so long at the most. */
const AGENTS_HOLD_MS = 60_000;

export interface Ownership {
  readonly company: (account: DriftAccount) => Company;
  /** Owners of contacts; e-mails in the carrier attribute are looked up in one listing of agents. */
  contacts(contacts: readonly Contact[]): Promise<readonly OwnedContact[]>;
  assignCompany(companyId: string, ownerRestId: string): Promise<Effect<Company>>;
  assignContact(contactId: string, ownerRestId: string): Promise<Effect<OwnedContact>>;
}

/**
 * Who owns what. Accounts have a documented owner. A contact may show one in `ownerId`, which rests on one source alone, or
 * in a declared attribute that the organisation uses for it, holding the agent's id or e-mail (Drift API notes 3.1).
 */
export function createOwnership(options: {
  readonly client: DriftClient;
  readonly clock: Pick<Clock, 'now'>;
  readonly carrier: string | undefined;
  readonly orgId: string | undefined;
  /** As probed; null where that is not known. */
  readonly declared: readonly { readonly name: string }[] | null;
}): Ownership {
  const { client, clock, carrier, orgId } = options;
  let declared = options.declared;
  let isFresh = false;
  let agents: { readonly at: number; readonly byMail: AgentsByMail } | null = null;
  /** E-mails of receivers, by REST id. */
  const mails = new Map<string, string>();

  function ownerOf({ attributes }: Contact, byMail: AgentsByMail): string | undefined {
    const carried = carrier === undefined ? undefined : wordOf(attributes[carrier]);
    const word = carried ?? wordOf(attributes[NATIVE]);
    const mail = emailKey(word);
    return mail === undefined ? word : byMail.get(mail);
  }

  /** Only where somebody is named by an e-mail: one more call, once in a while. */
  async function agentsFor(contacts: readonly Contact[]): Promise<AgentsByMail> {
    const isNamed = carrier !== undefined && contacts.some(({ attributes }) => emailKey(wordOf(attributes[carrier])));
    if (!isNamed) return new Map();
    const now = Date.parse(clock.now());
    if (agents === null || now - agents.at >= AGENTS_HOLD_MS) {
      const users = await allRestUsers(client, orgId);
      const byMail = new Map(
        users.flatMap(({ id, email }): [string, string][] => {
          const mail = emailKey(email ?? undefined);
          return mail === undefined ? [] : [[mail, id]];
        }),
      );
      agents = { at: now, byMail };
    }
    return agents.byMail;
  }

  const shown = (contact: Contact, byMail: AgentsByMail): OwnedContact => {
    const ownerId = ownerOf(contact, byMail);
    return { id: contact.id, ...(ownerId === undefined ? {} : { ownerId }) };
  };

  async function isDeclared(name: string): Promise<boolean> {
    const has = (): boolean => declared?.some((property) => property.name === name) === true;
    // Attributes may be declared after the probe: what it did not see is asked for once more.
    if (has() || isFresh) return has();
    const called = await client.call(listContactAttributes);
    // Where the list may not be read, the read-back afterwards has to tell.
    if (called.kind !== 'ok') return true;
    declared = called.value.data.properties;
    isFresh = true;
    return has();
  }

  async function mailOf(ownerRestId: string): Promise<string | null> {
    const known = mails.get(ownerRestId);
    if (known !== undefined) return known;
    const agent = answeredOrNull(getUser.name, await client.call(getUser, { params: { userId: ownerRestId } }));
    const mail = agent?.data.email ?? null;
    if (mail !== null) mails.set(ownerRestId, mail);
    return mail;
  }

  /** What to write, in the form that stands there: an attribute that holds e-mails goes on holding e-mails. */
  async function written(contact: Contact | null, ownerRestId: string): Promise<Record<string, unknown> | Refused> {
    const native = { [NATIVE]: BigInt(ownerRestId) };
    if (carrier === undefined || contact === null) return native;
    if (!(await isDeclared(carrier))) {
      return refused('attribute_undeclared', 'the attribute that carries owners is not declared in Drift');
    }
    const before = contact.attributes[carrier];
    const both = wordOf(contact.attributes[NATIVE]) === undefined ? {} : native;
    if (typeof before === 'number' || typeof before === 'bigint') return { ...both, [carrier]: BigInt(ownerRestId) };
    if (emailKey(wordOf(before)) === undefined) return { ...both, [carrier]: ownerRestId };
    const mail = await mailOf(ownerRestId);
    return mail === null
      ? refused('owner_unknown', 'the new owner has no e-mail in Drift')
      : { ...both, [carrier]: mail };
  }

  async function assignContact(contactId: string, ownerRestId: string): Promise<Effect<OwnedContact>> {
    if (!isAgentId(ownerRestId)) return refused('owner_invalid', 'the new owner has no numeric id');
    const params = { contactId };
    const read = async (): Promise<Contact | null> =>
      answeredOrNull(getContact.name, await client.call(getContact, { params }))?.data ?? null;
    const contact = carrier === undefined ? null : await read();
    if (carrier !== undefined && contact === null) return refused('not_found', 'the contact is gone', 404);
    const attributes = await written(contact, ownerRestId);
    if (isRefused(attributes)) return attributes;
    const called = await client.call(updateContact, { params, body: { attributes } });
    if (called.kind !== 'ok') return called;
    const now = await read().catch(() => null);
    if (now === null)
      return { kind: 'unknown', code: 'not_shown', detail: 'The contact cannot be read after the change.' };
    // The one e-mail that matters here is the new owner's.
    const mail = emailKey(mails.get(ownerRestId));
    const byMail: AgentsByMail = mail === undefined ? new Map() : new Map([[mail, ownerRestId]]);
    const found = shown(now, byMail);
    if (found.ownerId === ownerRestId) return { kind: 'ok', value: found };
    const echoed = shown(called.value.data, byMail);
    return echoed.ownerId === ownerRestId
      ? { kind: 'unknown', code: 'not_shown', detail: 'Drift took the owner of the contact, but does not show it yet.' }
      : refused('owner_did_not_stick', 'Drift answered with success, but does not keep the owner of a contact');
  }

  async function assignCompany(companyId: string, ownerRestId: string): Promise<Effect<Company>> {
    if (!isAgentId(ownerRestId)) return refused('owner_invalid', 'the new owner has no numeric id');
    const called = await client.call(updateAccount, { body: { accountId: companyId, ownerId: ownerRestId } });
    if (called.kind !== 'ok') return called;
    const value = company(called.value.data);
    return value.ownerId === ownerRestId && value.id === companyId
      ? { kind: 'ok', value }
      : { kind: 'unknown', code: 'not_shown', detail: 'Drift answered with another owner or account than was sent.' };
  }

  return {
    company,
    async contacts(contacts) {
      const agents = await agentsFor(contacts);
      return contacts.map((contact) => shown(contact, agents));
    },
    assignCompany,
    assignContact,
  };
}

type Refused = Extract<Called<unknown>, { readonly kind: 'refused' }>;

/** A refusal of ours: nothing was sent. */
export function refused(code: string, detail: string, status = 0): Refused {
  return { kind: 'refused', code, status, detail: `${detail}; nothing was changed.` };
}

const isRefused = (value: object): value is Refused => 'kind' in value && value.kind === 'refused';

const isAgentId = (id: string): boolean => /^[1-9]\d{0,18}$/.test(id);

function company(account: DriftAccount): Company {
  const ownerId = account.ownerId ?? undefined;
  return { id: account.accountId, ...(ownerId === undefined ? {} : { ownerId }), deleted: account.deleted === true };
}

function wordOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

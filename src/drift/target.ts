import type { Capabilities } from '../core/capabilities.ts';
import { DomainError } from '../core/errors.ts';
import type { DriftTarget, Effect } from '../flows/drift-port.ts';
import type { Clock } from '../flows/ports.ts';
import { createAgents } from './agents.ts';
import { probeCapabilities } from './capabilities.ts';
import type { DriftClient } from './client.ts';
import { createContacts } from './contacts.ts';
import { eraseContacts, hasAgent } from './erasure.ts';
import { allAccounts, answeredOrNull, unreachable } from './listing.ts';
import { getAccount, listAccounts } from './operations/accounts.ts';
import { createOwnership, refused } from './ownership.ts';
import { USER_SCHEMAS, VENDOR_SCHEMAS } from './scim-body.ts';

export interface DriftTargetOptions {
  /** A session of its own: its calls are what `takeCallCount` counts. */
  readonly client: DriftClient;
  readonly clock: Pick<Clock, 'now'>;
  /** As last probed. Answers of another organisation than it names are refused, and what it says is refused is not asked for. */
  readonly capabilities?: Capabilities | null;
  /** Declared contact attribute that names the owner by id or e-mail; absent: the native `ownerId`. */
  readonly contactOwnerAttribute?: string;
  /** `schemas` of what is written: the RFC's URN (default), or the one of Drift's request sample. */
  readonly schemas?: 'rfc' | 'sample';
}

/** Drift as the flows see it. Every mutating method makes exactly one write call, after the reads that it needs. */
export function createDriftTarget(options: DriftTargetOptions): DriftTarget {
  const { client } = options;
  let first: { readonly client: DriftClient; readonly target: DriftTarget } | null = null;
  const takeCallCount = (): number => client.takeCallCount() + (first?.client.takeCallCount() ?? 0);

  function beforeOthers(): DriftTarget {
    if (first !== null) return first.target;
    const session = client.session({ priority: 'removal' });
    const target: DriftTarget = targetOn({ ...options, client: session }, takeCallCount, (work) => work(target));
    first = { client: session, target };
    return target;
  }

  return targetOn(options, takeCallCount, async (work) => {
    const release = client.holdForRemoval();
    try {
      return await work(beforeOthers());
    } finally {
      release();
    }
  });
}

function targetOn(
  options: DriftTargetOptions,
  takeCallCount: DriftTarget['takeCallCount'],
  removal: DriftTarget['removal'],
): DriftTarget {
  const { client, clock, capabilities = null, contactOwnerAttribute: carrier, schemas = 'rfc' } = options;
  const orgId = capabilities?.orgId ?? undefined;
  const agents = createAgents({
    client,
    schemas: schemas === 'rfc' ? USER_SCHEMAS : VENDOR_SCHEMAS,
    orgId,
    filter: capabilities?.filter ?? null,
  });
  const ownership = createOwnership({ client, clock, carrier, orgId, declared: capabilities?.attributes ?? null });
  const contacts = createContacts({ client, clock, ownership, capabilities });

  /** Scopes never change within a token: what the probe saw holds until there are other credentials. */
  async function mayReadAccounts(): Promise<boolean> {
    const granted = capabilities?.scopes?.granted;
    if (granted !== undefined) return granted.includes('account_read');
    const info = await client.tokenInfo();
    return info.kind === 'ok' && (info.value.scope ?? '').split(/[\s,]+/).includes('account_read');
  }

  return {
    probe: ({ contactIds }) => probeCapabilities({ client, clock, carrier, contactIds }),
    listAccounts: () => agents.list(),
    async listCompanies() {
      const accounts = await allAccounts(client, mayReadAccounts);
      if (accounts === null && capabilities?.accountListing === 'listed') {
        throw unreachable(
          listAccounts.name,
          'the list was there before; run "bridge doctor --probe" if it is gone for good',
        );
      }
      return accounts === null ? null : accounts.map(ownership.company);
    },
    listContacts: () => contacts.list(),
    readAccount: (accountId, known) => agents.read(accountId, known),
    findAccounts: (userName) => agents.find(userName),
    async readCompany(companyId) {
      const called = await client.call(getAccount, { params: { accountId: companyId } });
      const account = answeredOrNull(getAccount.name, called)?.data ?? null;
      return account === null ? null : ownership.company(account);
    },
    readContact: (contactId) => contacts.read(contactId),
    recallContacts: (by, key) => contacts.recall(by, key),
    createAccount: (values) => guarded(() => agents.create(values)),
    replaceAccount: (accountId, values, seen) => guarded(() => agents.replace(accountId, values, seen)),
    setRole: (accountId, role, seen) => guarded(() => agents.setRole(accountId, role, seen)),
    renameAccount: (accountId, email, seen) => guarded(() => agents.rename(accountId, email, seen)),
    removeAccount: (accountId, permit) => guarded(() => agents.remove(accountId, permit)),
    hasAgent: (email) => hasAgent(client, orgId, email),
    eraseContacts: (email, permit) => guarded(() => eraseContacts(client, email, permit)),
    assignCompany: (companyId, ownerRestId) => guarded(() => ownership.assignCompany(companyId, ownerRestId)),
    assignContact: (contactId, ownerRestId) => guarded(() => ownership.assignContact(contactId, ownerRestId)),
    removal,
    takeCallCount,
  };
}

/**
 * What the firewall or the table of operations stopped was not sent: a refusal, like any other. A read that could not be
 * answered, before or after the write, leaves its outcome open.
 */
async function guarded<T>(write: () => Promise<Effect<T>>): Promise<Effect<T>> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'drift.firewall')
      return refused('firewall', stem(error.message));
    if (error instanceof DomainError && error.code === 'drift.unreachable') {
      return { kind: 'unknown', code: 'unreachable', detail: error.message };
    }
    if (error instanceof DomainError && error.code === 'request.invalid') {
      const fields = error.places.map(({ path }) => path).join(', ');
      return refused('invalid', fields === '' ? stem(error.message) : `${stem(error.message)} (${fields})`);
    }
    throw error;
  }
}

const stem = (sentence: string): string => sentence.replace(/\.$/, '');

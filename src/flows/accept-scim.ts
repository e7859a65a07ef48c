import { DomainError } from '../core/errors.ts';
import { fold } from '../core/fold.ts';
import type { MemberChange } from '../core/membership.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import { audited, changedNames, named } from './accept-scim/change-detail.ts';
import { statementOf } from './accept-scim/statement.ts';
import type { PeopleStore } from './people-port.ts';
import type { AuditLog, Clock, Crypto, PolicyStore } from './ports.ts';
import type { Principal } from './principal.ts';
import type { CreatedResource, ResourceType, ScimStore, StoredResource } from './scim-port.ts';
import type { RequestTrace, ScimRequestStore } from './scim-request-port.ts';

interface Transaction {
  readonly scim: ScimStore;
  readonly people: Pick<PeopleStore, 'accept'>;
  readonly policy: Pick<PolicyStore, 'current'>;
  readonly audit: AuditLog;
  readonly scimRequests: Pick<ScimRequestStore, 'add'>;
}

type Document = StoredResource['doc'];

export interface AcceptScimStore {
  tenant(tenantId: string): {
    readonly scim: Pick<ScimStore, 'byUserName' | 'byExternalId'>;
    write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  };
}

/** What a PUT or PATCH makes of a resource. */
export interface Change {
  readonly doc: Document;
  readonly members?: readonly MemberChange[];
}

/** Whether the client's conditions (If-Match, If-None-Match) allow a change of that version. */
export type Condition = (version: number) => boolean;

/**
 * Writes of an identity provider. Each is one transaction: resource, statement about the person and audit entry stand
 * together before it is acknowledged, and what changed something is in the log of requests with them, by its `trace`. None of it ever calls Drift, whatever it says of `active`.
 */
export interface AcceptScim {
  /**
   * Throws what `admit` throws on the policy in force, and `scim.uniqueness`, except for the same POST again after a lost
   * answer: that gives what it created.
   */
  createUser(principal: Principal, doc: Document, admit?: Admit, trace?: RequestTrace): Promise<StoredResource>;
  createGroup(
    principal: Principal,
    doc: Document,
    members: readonly string[],
    admit?: Admit,
    trace?: RequestTrace,
  ): Promise<StoredResource>;
  /**
   * `change` sees the policy in force. Throws `not_found`, `scim.version`, `scim.uniqueness`, and what `change` throws; then
   * nothing is stored.
   */
  change(
    principal: Principal,
    type: ResourceType,
    id: string,
    condition: Condition,
    change: (current: StoredResource, policy: Policy) => Change,
    trace?: RequestTrace,
  ): Promise<StoredResource>;
  remove(
    principal: Principal,
    type: ResourceType,
    id: string,
    condition: Condition,
    trace?: RequestTrace,
  ): Promise<void>;
}

/** Throws when a new resource is not to be taken as it was sent. */
export type Admit = (policy: Policy) => void;

/** How long an equal POST is taken for a retry of the first. */
const RETRY_WINDOW_MS = 72 * 60 * 60 * 1000;

export function createAcceptScim(world: {
  readonly store: AcceptScimStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly crypto: Pick<Crypto, 'uuid' | 'keyedHash'>;
}): AcceptScim {
  const { store, clock, crypto } = world;

  return {
    async createUser(principal, doc, admit = () => undefined, trace) {
      const { tenantId } = principal;
      const tenant = store.tenant(tenantId);
      const key = fold(String(doc['userName']));
      const createHash = crypto.keyedHash(tenantId, JSON.stringify(doc));
      const retried = (existing: CreatedResource | null) => existing !== null && isRetry(existing, createHash);
      try {
        return await write(principal, trace, async (tx) => {
          const { policy } = await tx.policy.current();
          admit(policy);
          const existing = await tx.scim.byUserName(key);
          if (existing !== null && retried(existing)) return existing;
          if (existing !== null) throw new DomainError('scim.uniqueness', 'The userName is in use.');
          const at = clock.now();
          const user = newResource('User', doc, at);
          const personId = await accept(tx, user, stateOf(doc), at, policy);
          const created = { ...user, personId };
          await tx.scim.insert({ ...created, createHash });
          await record(tx, { principal, trace }, 'created', created, null, { changed: named(doc) });
          return created;
        });
      } catch (error) {
        // Two equal POSTs raced: the loser finds what the winner made.
        if (!(error instanceof DomainError) || error.code !== 'scim.uniqueness') throw error;
        const existing = await tenant.scim.byUserName(key);
        if (existing !== null && retried(existing)) return existing;
        throw error;
      }
    },

    async createGroup(principal, doc, members, admit = () => undefined, trace) {
      const { tenantId } = principal;
      const createHash = crypto.keyedHash(tenantId, JSON.stringify([doc, members]));
      return write(principal, trace, async (tx) => {
        admit((await tx.policy.current()).policy);
        const { externalId } = doc;
        const known = typeof externalId === 'string' ? await tx.scim.byExternalId('Group', externalId) : [];
        const retried = known.find((group) => isRetry(group, createHash));
        if (retried !== undefined) return retried;
        const at = clock.now();
        const group = newResource('Group', doc, at);
        await tx.scim.insert({ ...group, createHash });
        const changes: readonly MemberChange[] = [{ kind: 'add', users: members }];
        await changeMembers(tx, group.id, changes, at);
        const changed = members.length === 0 ? named(doc) : [...named(doc), 'members'];
        await record(tx, { principal, trace }, 'created', group, null, { changed, members: audited(changes) });
        return group;
      });
    },

    async change(principal, type, id, condition, change, trace) {
      return write(principal, trace, async (tx) => {
        const current = await held(tx, type, id, condition);
        const at = clock.now();
        const { policy } = await tx.policy.current();
        const { doc, members = [] } = change(current, policy);
        const moved = await changeMembers(tx, id, members, at);
        const changed = changedNames(current.doc, doc);
        // Nothing new is no new version (RFC 7644 3.5.2.1).
        if (changed.length === 0 && moved === 0) return current;
        const next: StoredResource = { ...current, doc, version: current.version + 1, modifiedAt: at };
        const result = type === 'User' ? { ...next, personId: await accept(tx, next, stateOf(doc), at, policy) } : next;
        if (!(await tx.scim.replace(result, current.version))) {
          throw new DomainError('scim.version', 'The resource was changed by somebody else at the same moment.');
        }
        const detail = members.length === 0 ? { changed } : { changed, moved, members: audited(members) };
        await record(tx, { principal, trace }, 'changed', result, current, detail);
        return result;
      });
    },

    async remove(principal, type, id, condition, trace) {
      await write(principal, trace, async (tx) => {
        const current = await held(tx, type, id, condition);
        const at = clock.now();
        if (type === 'User') await accept(tx, current, 'deleted', at, (await tx.policy.current()).policy);
        await tx.scim.remove(type, id, at);
        await record(tx, { principal, trace }, 'removed', current, current, { changed: [] });
      });
    },
  };

  function write<T>(
    principal: Principal,
    trace: RequestTrace | undefined,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    return store.tenant(principal.tenantId).write((tx) => {
      trace?.begins();
      return work(tx);
    });
  }

  function newResource(type: ResourceType, doc: Document, at: string): StoredResource {
    return { id: crypto.uuid(), type, doc, version: 1, createdAt: at, modifiedAt: at };
  }

  /** An empty externalId is none, and what was changed since is not what the client created. */
  function isRetry(existing: CreatedResource, createHash: string): boolean {
    const age = Date.parse(clock.now()) - Date.parse(existing.createdAt);
    return (
      typeof existing.doc['externalId'] === 'string' &&
      existing.createHash === createHash &&
      existing.version === 1 &&
      age <= RETRY_WINDOW_MS
    );
  }

  async function accept(
    tx: Transaction,
    user: StoredResource,
    state: 'active' | 'inactive' | 'deleted',
    at: string,
    { verifiedDomains }: Policy,
  ): Promise<string> {
    const { personId } = await tx.people.accept(statementOf(user, state, at, verifiedDomains));
    return personId;
  }

  /** In the transaction of the change: its entry in the audit and its row in the log of requests. */
  async function record(
    tx: Transaction,
    { principal, trace }: { readonly principal: Principal; readonly trace: RequestTrace | undefined },
    what: 'created' | 'changed' | 'removed',
    resource: StoredResource,
    old: StoredResource | null,
    {
      changed,
      ...detail
    }: Readonly<Record<string, unknown>> & {
      readonly changed: readonly string[];
      readonly moved?: number;
    },
  ): Promise<void> {
    const hashOf = (doc: Document) => crypto.keyedHash(principal.tenantId, JSON.stringify(doc));
    const { id, personId } = resource;
    const hashes = {
      ...(old === null ? {} : { before: hashOf(old.doc) }),
      ...(what === 'removed' ? {} : { after: hashOf(resource.doc) }),
    };
    await tx.audit.append({
      actor: principal.tokenId,
      kind: `scim.${resource.type.toLowerCase()}.${what}`,
      subject: id,
      data: {
        version: resource.version,
        ...(personId === undefined ? {} : { person: personId }),
        ...hashes,
        ...(what === 'changed' ? { changed } : {}),
        ...detail,
      },
    });
    if (trace === undefined) return;
    const names = (detail.moved ?? 0) > 0 ? [...changed, 'members'] : changed;
    const person = personId === undefined ? {} : { personId };
    await tx.scimRequests.add([trace.row({ ...hashes, ...person, resourceId: id, changed: names })]);
  }
}

async function held(tx: Transaction, type: ResourceType, id: string, condition: Condition): Promise<StoredResource> {
  const current = await tx.scim.get(type, id, { lock: true });
  if (current === null) throw new DomainError('not_found', `There is no ${type} with this id.`);
  if (!condition(current.version)) throw new DomainError('scim.version', 'The resource has another version.');
  return current;
}

async function changeMembers(
  tx: Transaction,
  groupId: string,
  changes: readonly MemberChange[],
  at: string,
): Promise<number> {
  let moved = 0;
  for (const change of changes) {
    const { changed, unknown } = await tx.scim.changeMembers(groupId, change, at);
    const [first] = unknown;
    if (first !== undefined) {
      const message = `names ${unknown.length} that are no users, the first of them ${first.slice(0, 64)}`;
      throw new DomainError('scim.invalid_value', `members ${message}.`, {
        places: [{ path: 'members', code: 'unknown_member', message }],
      });
    }
    moved += changed;
  }
  return moved;
}

function stateOf(doc: Document): 'active' | 'inactive' {
  return doc['active'] === false ? 'inactive' : 'active';
}

import type { ProvisioningState } from '../core/reconcile/provisioning-state.ts';
import type { MemberChange } from '../core/membership.ts';
import type { Filter, IndexPage, Position, Sort } from '../core/query.ts';

export type ResourceType = 'User' | 'Group';

/** A stored SCIM resource: `doc` is the rendered document without meta, members, groups and the drift extension. */
export interface StoredResource {
  readonly id: string;
  readonly type: ResourceType;
  readonly doc: Readonly<Record<string, unknown>>;
  readonly version: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly personId?: string;
}

/** With the keyed hash of the body that created it, for a retried POST. */
export type CreatedResource = StoredResource & { readonly createHash: string };

export interface Member {
  readonly id: string;
  readonly display?: string;
}

/** What the extension of a user shows: taken from the last run, never asked of Drift. */
export interface ProvisioningView {
  readonly accountId?: string;
  readonly situation?: string;
  readonly state: ProvisioningState;
  readonly since: string;
  readonly detail?: string;
  readonly ownedContacts: number;
  readonly ownedAccounts: number;
}

/** What belongs to a resource beside its document; loaded only where it is asked for. */
export interface Surroundings {
  readonly groups?: readonly Member[];
  readonly members?: readonly Member[];
  readonly view?: ProvisioningView;
}

/**
 * Decides what SQL cannot: the whole filter and the sort key, on resources that the indexes let through. The store
 * compiles what it can of `filter` and `sort` and asks the judge for the rest, in bounded slices.
 */
export interface Judge {
  /** The surroundings that it looks at. */
  readonly reads: ReadonlySet<keyof Surroundings>;
  matches(resource: StoredResource, surroundings: Surroundings): boolean;
  sortKey(resource: StoredResource, surroundings: Surroundings): string | number | undefined;
}

export interface ListRequest {
  readonly filter?: Filter;
  readonly sort?: Sort;
  readonly page: IndexPage;
  readonly judge: Judge;
}

/** One page behind a position (RFC 9865), in the order of `list`. */
export interface PageRequest {
  readonly filter?: Filter;
  readonly sort?: Sort;
  readonly judge: Judge;
  /** Null: from the beginning. */
  readonly after: Position | null;
  readonly count: number;
  /** Whether the total is wanted: it may cost more than the page. */
  readonly counts: boolean;
}

export interface ResourcePage {
  readonly resources: readonly StoredResource[];
  /** Where the page ended; null when it is empty. */
  readonly last: Position | null;
  readonly more: boolean;
  readonly total?: number;
}

export interface ScimStore {
  /**
   * Another number after anything has changed that the answer with a resource is made of; null where it cannot be told,
   * because other processes write too, or within a transaction.
   */
  stamp(): number | null;
  /** `lock` holds the row until the transaction ends, so that parallel changes of one resource wait for each other. */
  get(type: ResourceType, id: string, options?: { readonly lock: boolean }): Promise<StoredResource | null>;
  /** Without `sort` in order of creation; resources without a value come last, first when descending. */
  list(
    type: ResourceType,
    request: ListRequest,
  ): Promise<{ readonly total: number; readonly resources: readonly StoredResource[] }>;
  /** Throws DomainError `scim.expired_cursor` for a position without a key whose resource is gone. */
  page(type: ResourceType, request: PageRequest): Promise<ResourcePage>;
  byUserName(folded: string): Promise<CreatedResource | null>;
  byExternalId(type: ResourceType, externalId: string): Promise<readonly CreatedResource[]>;
  /** Throws DomainError `scim.uniqueness` when a live user of the tenant has the same folded userName. */
  insert(resource: CreatedResource): Promise<void>;
  /** Compare-and-set on `version`; false when somebody else was faster. Throws `scim.uniqueness` as `insert` does. */
  replace(resource: StoredResource, expectedVersion: number): Promise<boolean>;
  /** A removed user leaves all groups, and they become a new version. False when there is none. */
  remove(type: ResourceType, id: string, at: string): Promise<boolean>;
  groupsOfMany(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly Member[]>>;
  membersOfMany(groupIds: readonly string[]): Promise<ReadonlyMap<string, readonly Member[]>>;
  /** A delta, whatever the size of the group. With `unknown` users nothing of it is to be kept: roll back. */
  changeMembers(
    groupId: string,
    change: MemberChange,
    at: string,
  ): Promise<{ readonly changed: number; readonly unknown: readonly string[] }>;
  views(personIds: readonly string[]): Promise<ReadonlyMap<string, ProvisioningView>>;
}

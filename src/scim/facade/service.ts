import { DomainError } from '../../core/errors.ts';
import type { AttributePath, Filter, Sort } from '../../core/query.ts';
import type { AcceptScim, Change, Condition } from '../../flows/accept-scim.ts';
import type { Policy } from '../../core/reconcile/policy.ts';
import type { Principal } from '../../flows/principal.ts';
import type { Judge, ResourceType, ScimStore, StoredResource, Surroundings } from '../../flows/scim-port.ts';
import type { Cursors } from '../cursor.ts';
import { type Dialect, dialectOf, refuseUnknown } from '../dialect.ts';
import { readDocument, rawAttribute } from '../document.ts';
import { etag, namesVersion } from '../etag.ts';
import { type ListQuery, type Parameters, projectionOf, readListQuery } from '../list-query.ts';
import { matches } from '../match.ts';
import { readMembers } from '../members.ts';
import { applyPatch } from '../patch.ts';
import { type Projection, isWanted, project } from '../projection.ts';
import { DRIFT_SCHEMA } from '../schema-user.ts';
import { sortKey } from '../sort-key.ts';
import type { JsonObject } from '../value.ts';
import { type PagedList, cursorList } from './cursor-list.ts';
import { WITHOUT_PARAMETERS } from './endpoints.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { type Page, listReply } from './list-reply.ts';
import { definitionOf, locationOf, render } from './render.ts';
import { Reply, jsonReply } from './reply.ts';
import { type Trace, showing } from './request-trace.ts';

/** One request, as far as it matters to a resource. */
export interface Exchange {
  readonly principal: Principal;
  readonly parameters: Parameters;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Where what becomes of it is noted for the log. */
  readonly trace?: Trace | undefined;
}

/** Reads and writes of one resource type in the words of SCIM; every method throws DomainError. */
export interface ResourceService {
  read(exchange: Exchange, id: string): Promise<Reply>;
  list(exchange: Exchange): Promise<Reply>;
  page(exchange: Exchange, query: ListQuery): Promise<Page>;
  /** The list of the query, to be paged by cursor. */
  paged(exchange: Exchange, query: ListQuery): PagedList;
  create(exchange: Exchange, body: unknown): Promise<Reply>;
  replace(exchange: Exchange, id: string, body: unknown): Promise<Reply>;
  patch(exchange: Exchange, id: string, body: unknown): Promise<Reply>;
  remove(exchange: Exchange, id: string): Promise<Reply>;
}

export function createResourceService(
  type: ResourceType,
  world: {
    readonly accept: AcceptScim;
    readonly scimOf: (
      tenantId: string,
    ) => Pick<ScimStore, 'stamp' | 'get' | 'list' | 'page' | 'groupsOfMany' | 'membersOfMany' | 'views'>;
    readonly baseUrl: string;
    readonly cursors: Cursors;
  },
): ResourceService {
  const { accept, scimOf, baseUrl, cursors } = world;
  const definition = definitionOf(type);
  const answers = createKeptAnswers();

  return {
    async read(exchange, id) {
      const { principal, parameters } = exchange;
      const scim = scimOf(principal.tenantId);
      const stamp = scim.stamp();
      const keeps = stamp !== null && parameters === WITHOUT_PARAMETERS;
      const kept = keeps ? answers.get(principal.tenantId, id, stamp) : undefined;
      if (kept !== undefined) return notModified(exchange, kept.version) ?? kept.reply;
      const resource = await scim.get(type, checkedId(type, id));
      if (resource === null) throw missing(type);
      const { version } = resource;
      const unread = notModified(exchange, version);
      if (unread !== null) return unread;
      const reply = await answer(200, exchange, resource);
      if (keeps) answers.put(principal.tenantId, id, { stamp, version, reply });
      return reply;
    },

    async list(exchange) {
      const query = readListQuery(definition, exchange.parameters);
      const { cursor, page } = query;
      return cursor === undefined
        ? listReply(await this.page(exchange, query), { startIndex: page.startIndex })
        : cursorList(cursors, exchange.principal.tenantId, cursor, [this.paged(exchange, query)]);
    },

    async page({ principal }, query) {
      const scim = scimOf(principal.tenantId);
      const { total, resources } = await scim.list(type, { ...query, judge: judge(query) });
      return { total, resources: await rendered(principal, resources, query.projection) };
    },

    paged({ principal }, query) {
      return {
        type,
        query,
        page: async (from) => {
          const request = { ...query, ...from, judge: judge(query) };
          const { resources, ...place } = await scimOf(principal.tenantId).page(type, request);
          return { ...place, resources: await rendered(principal, resources, query.projection) };
        },
      };
    },

    async create(exchange, body) {
      const doc = readDocument(definition, body);
      const { principal } = exchange;
      const trace = exchange.trace?.willAnswer(201);
      const admit = (policy: Policy): void => checkBody(dialectFor(principal, policy), body);
      const resource =
        type === 'User'
          ? await accept.createUser(principal, withActive(doc, true), admit, trace)
          : await accept.createGroup(
              principal,
              doc,
              readMembers(rawAttribute(body, 'members'), 'members'),
              admit,
              trace,
            );
      return answer(201, exchange, resource, { Location: locationOf(baseUrl, type, resource.id) });
    },

    async replace(exchange, id, body) {
      const doc = readDocument(definition, body);
      const members = type === 'Group' ? readMembers(rawAttribute(body, 'members'), 'members') : [];
      const resource = await change(exchange, id, (current, dialect) => {
        checkBody(dialect, body);
        if (type === 'Group') return { doc, members: [{ kind: 'set', users: members }] };
        return { doc: dialect.missingActive === 'true' ? withActive(doc, true) : keepActive(doc, current) };
      });
      return answer(200, exchange, resource);
    },

    async patch(exchange, id, body) {
      const isAsked = exchange.parameters['attributes'] !== undefined;
      let told: Dialect['patchAnswer'];
      const resource = await change(exchange, id, (current, dialect) => {
        // A group is not read back for one member more: its size must not count (RFC 7644 3.5.2 allows 204).
        told = dialect.patchAnswer ?? (type === 'Group' ? 'none' : 'resource');
        exchange.trace?.willAnswer(told === 'none' && !isAsked ? 204 : 200);
        const { document, members } = applyPatch(definition, id, current.doc, body, dialect);
        return type === 'User' ? { doc: keepActive(document, current) } : { doc: document, members };
      });
      if (told === 'none' && !isAsked) return new Reply(204, undefined, { ETag: etag(resource.version) });
      return answer(200, exchange, resource);
    },

    async remove(exchange, id) {
      const { principal, trace } = exchange;
      await accept.remove(principal, type, checkedId(type, id), conditionOf(exchange), trace?.willAnswer(204));
      return new Reply(204);
    },
  };

  /** The settings of the connection are those of the policy that the transaction sees. */
  function change(
    exchange: Exchange,
    id: string,
    make: (current: StoredResource, dialect: Dialect) => Change,
  ): Promise<StoredResource> {
    const { principal, trace } = exchange;
    const changed = (current: StoredResource, policy: Policy): Change => make(current, dialectFor(principal, policy));
    return accept.change(principal, type, checkedId(type, id), conditionOf(exchange), changed, trace?.willAnswer(200));
  }

  function checkBody({ unknownAttributes }: Dialect, body: unknown): void {
    if (unknownAttributes === 'refuse') refuseUnknown(definition, body);
  }

  async function answer(
    status: number,
    { principal, parameters }: Exchange,
    resource: StoredResource,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const [body] = await rendered(principal, [resource], projectionOf(definition, parameters));
    return showing(jsonReply(status, body, { ...headers, ETag: etag(resource.version) }), resource);
  }

  /** Loads what the projection lets through, and no more: a group's members may be many. */
  async function rendered(
    principal: Principal,
    resources: readonly StoredResource[],
    projection: Projection,
  ): Promise<readonly JsonObject[]> {
    const scim = scimOf(principal.tenantId);
    const ids = resources.map(({ id }) => id);
    const groups = type === 'User' && isWanted(projection, 'groups') ? await scim.groupsOfMany(ids) : null;
    const members = type === 'Group' && isWanted(projection, 'members') ? await scim.membersOfMany(ids) : null;
    const people = resources.flatMap(({ personId }) => (personId === undefined ? [] : [personId]));
    const views = type === 'User' && isWanted(projection, DRIFT_SCHEMA.id) ? await scim.views(people) : null;
    return resources.map((resource) => {
      const view = resource.personId === undefined ? undefined : views?.get(resource.personId);
      const surroundings: Surroundings = {
        ...(groups === null ? {} : { groups: groups.get(resource.id) ?? [] }),
        ...(members === null ? {} : { members: members.get(resource.id) ?? [] }),
        ...(view === undefined ? {} : { view }),
      };
      return project(definition, projection, render(baseUrl, resource, surroundings));
    });
  }

  function judge({ filter, sort }: { readonly filter?: Filter; readonly sort?: Sort }): Judge {
    return {
      reads: partsRead(filter, sort),
      matches: (resource, surroundings) =>
        filter === undefined || matches(definition, filter, render(baseUrl, resource, surroundings)),
      sortKey: (resource, surroundings) =>
        sort === undefined ? undefined : sortKey(definition, sort, render(baseUrl, resource, surroundings)),
    };
  }
}

function dialectFor({ connection, subject }: Principal, policy: Policy): Dialect {
  return dialectOf(policy, connection ?? subject);
}

/** `active` is always said; a new user is, where nobody said otherwise. */
function withActive(doc: StoredResource['doc'], active: boolean): StoredResource['doc'] {
  return doc['active'] === undefined ? { ...doc, active } : doc;
}

/** A change that does not speak of `active` neither suspends nor restores anybody. */
function keepActive(doc: StoredResource['doc'], current: StoredResource): StoredResource['doc'] {
  return withActive(doc, current.doc['active'] !== false);
}

/** Throws `scim.version` for a version that the client does not want to read (RFC 9110 13.1). */
function notModified({ ifMatch, ifNoneMatch }: Exchange, version: number): Reply | null {
  if (ifMatch !== undefined && !namesVersion(ifMatch, version)) {
    throw new DomainError('scim.version', 'The resource has another version.');
  }
  const isKnown = ifNoneMatch !== undefined && namesVersion(ifNoneMatch, version);
  return isKnown ? new Reply(304, undefined, { ETag: etag(version) }) : null;
}

function conditionOf({ ifMatch, ifNoneMatch }: Exchange): Condition {
  return (version) =>
    (ifMatch === undefined || namesVersion(ifMatch, version)) &&
    (ifNoneMatch === undefined || !namesVersion(ifNoneMatch, version));
}

/** Ids are ours, and short: anything else names nothing, and never reaches the store. */
function checkedId(type: ResourceType, id: string): string {
  if (id.length > 64 || id.includes('\u0000') || !id.isWellFormed()) throw missing(type);
  return id;
}

function missing(type: ResourceType): DomainError {
  return new DomainError('not_found', `There is no ${type} with this id.`);
}

function partsRead(filter: Filter | undefined, sort: Sort | undefined): ReadonlySet<keyof Surroundings> {
  const paths: AttributePath[] = sort === undefined ? [] : [sort.path];
  const open: Filter[] = filter === undefined ? [] : [filter];
  for (let next: Filter | undefined = open.pop(); next !== undefined; next = open.pop()) {
    if ('parts' in next) open.push(...next.parts);
    else if (next.kind === 'not') open.push(next.part);
    else paths.push(next.path);
  }
  const parts = new Set<keyof Surroundings>();
  for (const { schema, attribute } of paths) {
    if (schema === DRIFT_SCHEMA.id) parts.add('view');
    if (schema === undefined && (attribute === 'groups' || attribute === 'members')) parts.add(attribute);
  }
  return parts;
}

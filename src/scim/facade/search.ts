import { DomainError } from '../../core/errors.ts';
import type { ResourceType } from '../../flows/scim-port.ts';
import type { Cursors } from '../cursor.ts';
import { rawAttribute } from '../document.ts';
import { type Parameters, readListQuery } from '../list-query.ts';
import { isObject } from '../value.ts';
import { cursorList } from './cursor-list.ts';
import { type Page, listReply } from './list-reply.ts';
import { definitionOf } from './render.ts';
import type { Reply } from './reply.ts';
import type { Exchange, ResourceService } from './service.ts';

const SEARCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:searchrequest';

const NAMES = [
  'filter',
  'attributes',
  'excludedAttributes',
  'sortBy',
  'sortOrder',
  'startIndex',
  'count',
  'cursor',
] as const;

type Services = Readonly<Record<ResourceType, ResourceService>>;

/** A query in a body, for filters that are too long or too private for a URL (RFC 7644 3.4.3, 7.5.2). */
export async function search(
  { services, cursors }: { readonly services: Services; readonly cursors: Cursors },
  types: readonly ResourceType[],
  exchange: Exchange,
  body: unknown,
): Promise<Reply> {
  const parameters = readSearch(body);
  const [only] = types;
  if (types.length === 1 && only !== undefined) return services[only].list({ ...exchange, parameters });
  const lists = types.map((type) => {
    const query = readListQuery(definitionOf(type), parameters, { unknown: 'no_value' });
    return services[type].paged(exchange, query);
  });
  const cursor = lists[0]?.query.cursor;
  return cursor === undefined
    ? searchAll(services, types, exchange, parameters)
    : cursorList(cursors, exchange.principal.tenantId, cursor, lists);
}

/**
 * Over all types: one list after the other, paged as one; a name that a type lacks has no value there
 * (RFC 7644 3.4.2.1). A sort orders within each type.
 */
async function searchAll(
  services: Services,
  types: readonly ResourceType[],
  exchange: Exchange,
  parameters: Parameters,
): Promise<Reply> {
  let all: Page = { total: 0, resources: [] };
  let startIndex = 1;
  for (const type of types) {
    const query = readListQuery(definitionOf(type), parameters, { unknown: 'no_value' });
    startIndex = query.page.startIndex;
    const page = {
      startIndex: Math.max(1, startIndex - all.total),
      count: query.page.count - all.resources.length,
    };
    const { total, resources } = await services[type].page(exchange, { ...query, page });
    all = { total: all.total + total, resources: [...all.resources, ...resources] };
  }
  return listReply(all, { startIndex });
}

function readSearch(body: unknown): Parameters {
  if (!isObject(body)) throw new DomainError('scim.invalid_syntax', 'The body is not a JSON object.');
  const schemas = rawAttribute(body, 'schemas');
  if (
    !Array.isArray(schemas) ||
    !schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === SEARCH_SCHEMA)
  ) {
    throw new DomainError(
      'scim.invalid_syntax',
      'schemas of a search names urn:ietf:params:scim:api:messages:2.0:SearchRequest.',
    );
  }
  return Object.fromEntries(NAMES.map((name) => [name, rawAttribute(body, name)]));
}

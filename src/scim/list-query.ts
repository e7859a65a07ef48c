import { DomainError } from '../core/errors.ts';
import type { Filter, IndexPage, Sort } from '../core/query.ts';
import { type FilterOptions, parseFilter } from './filter.ts';
import { type Projection, readProjection } from './projection.ts';
import { type ResourceDefinition, resolvePlace, subAttribute } from './schema.ts';
import { invalid } from './value.ts';

/** Resources on one page: when the client does not say, and at most. Advertised in the provider configuration. */
export const PAGE = { usual: 200, most: 1000 } as const;

/** Parameters of a query as they came: texts of a URL, or JSON of a SearchRequest (RFC 7644 3.4.2, 3.4.3). */
export type Parameters = Readonly<Record<string, unknown>>;

export interface ListQuery {
  readonly filter?: Filter;
  readonly sort?: Sort;
  readonly page: IndexPage;
  /** Paging by cursor (RFC 9865): empty for the first page; the page then has a count only. */
  readonly cursor?: string;
  readonly projection: Projection;
}

/** Throws DomainError `scim.invalid_…`: filter, path, value, cursor or count. */
export function readListQuery(
  definition: ResourceDefinition,
  parameters: Parameters,
  options: FilterOptions = {},
): ListQuery {
  const filter = text(parameters, 'filter');
  const sort = readSort(definition, parameters, options);
  const cursor = readCursor(parameters);
  return {
    ...(filter === undefined ? {} : { filter: parseFilter(definition, filter, options) }),
    ...(sort === undefined ? {} : { sort }),
    page: readPage(parameters),
    ...(cursor === undefined ? {} : { cursor }),
    projection: projectionOf(definition, parameters),
  };
}

export function projectionOf(definition: ResourceDefinition, parameters: Parameters): Projection {
  return readProjection(definition, list(parameters, 'attributes'), list(parameters, 'excludedAttributes'));
}

/** Of the two ways of paging a client takes one; what is wrong with `count` has a word of its own (RFC 9865 2). */
function readCursor(parameters: Parameters): string | undefined {
  const { cursor, startIndex } = parameters;
  if (cursor === undefined || cursor === null) return undefined;
  if (typeof cursor !== 'string') throw new DomainError('scim.invalid_cursor', 'The cursor is not a text.');
  if (startIndex !== undefined && startIndex !== null) throw invalid('startIndex', 'does not go together with cursor');
  try {
    integer(parameters, 'count');
  } catch {
    throw new DomainError('scim.invalid_count', 'count is an integer.');
  }
  return cursor;
}

/** RFC 7644 3.4.2.4: a start below 1 is 1, a negative count is 0. */
function readPage(parameters: Parameters): IndexPage {
  const startIndex = integer(parameters, 'startIndex') ?? 1;
  const count = integer(parameters, 'count') ?? PAGE.usual;
  return { startIndex: Math.max(1, startIndex), count: Math.min(Math.max(0, count), PAGE.most) };
}

function readSort(definition: ResourceDefinition, parameters: Parameters, options: FilterOptions): Sort | undefined {
  const order = (text(parameters, 'sortOrder') ?? 'ascending').toLowerCase();
  if (order !== 'ascending' && order !== 'descending') throw invalid('sortOrder', 'is ascending or descending');
  const by = text(parameters, 'sortBy');
  if (by === undefined) return undefined;
  const place = resolvePlace(definition, by);
  if (place === undefined || place.attribute.returned === 'never') {
    if (options.unknown === 'no_value') return undefined;
    throw new DomainError('scim.invalid_path', 'sortBy names no attribute of this resource type.');
  }
  // A complex attribute is sorted by its value, a list by its primary or first one (RFC 7644 3.4.2.3).
  const value = place.attribute.type === 'complex' ? subAttribute(place.attribute, 'value') : undefined;
  const path = value === undefined ? place.path : { ...place.path, sub: value.name };
  return { path, descending: order === 'descending' };
}

function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === '') {
    if (name === 'filter' && value === '') throw new DomainError('scim.invalid_filter', 'The filter is empty.');
    return undefined;
  }
  if (typeof value !== 'string') throw invalid(name, 'is a text');
  return value;
}

function list(parameters: Parameters, name: string): readonly string[] {
  const value = parameters[name];
  if (value === undefined || value === null) return [];
  const parts: unknown = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    throw invalid(name, 'is a list of attribute names');
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function integer(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && isDecimal(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw invalid(name, 'is an integer');
  return Math.min(Math.max(number, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

function isDecimal(value: string): boolean {
  const digits = value.startsWith('-') || value.startsWith('+') ? value.slice(1) : value;
  for (let at = 0; at < digits.length; at += 1) if (!'0123456789'.includes(digits.charAt(at))) return false;
  return digits !== '' && digits.length <= 20;
}

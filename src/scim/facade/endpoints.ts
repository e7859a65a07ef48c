import type { Request } from 'express';
import { DomainError } from '../../core/errors.ts';

export type EndpointName =
  'users' | 'user' | 'groups' | 'group' | 'search' | 'bulk' | 'me' | 'config' | 'schemas' | 'resourceTypes';

export interface Endpoint {
  readonly name: EndpointName;
  readonly methods: readonly string[];
  /** Open to everybody (RFC 7643 5: how to authenticate must be readable without). */
  readonly isPublic: boolean;
}

function endpoint(name: EndpointName, methods: readonly string[], isPublic = false): Endpoint {
  return { name, methods, isPublic };
}

const COLLECTION = ['GET', 'HEAD', 'POST'];
const RESOURCE = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'];
const READ = ['GET', 'HEAD'];

/** RFC 7644 3.2, by the first segment of the path. */
const ROOTS: ReadonlyMap<string, { readonly self: Endpoint; readonly inner?: Endpoint }> = new Map([
  ['Users', { self: endpoint('users', COLLECTION), inner: endpoint('user', RESOURCE) }],
  ['Groups', { self: endpoint('groups', COLLECTION), inner: endpoint('group', RESOURCE) }],
  ['.search', { self: endpoint('search', ['POST']) }],
  ['Bulk', { self: endpoint('bulk', ['POST']) }],
  ['Me', { self: endpoint('me', [...RESOURCE, 'POST']) }],
  ['ServiceProviderConfig', { self: endpoint('config', READ, true) }],
  ['Schemas', { self: endpoint('schemas', READ, true), inner: endpoint('schemas', READ, true) }],
  ['ResourceTypes', { self: endpoint('resourceTypes', READ, true), inner: endpoint('resourceTypes', READ, true) }],
]);

const TYPE_SEARCH = endpoint('search', ['POST']);

/** Undefined for a path that is none of ours. Throws `request.invalid` where it cannot be decoded. */
export function endpointOf(path: string): Endpoint | undefined {
  const [first, second, ...rest] = segments(path);
  const root = first === undefined ? undefined : ROOTS.get(first);
  if (root === undefined || rest.length > 0) return undefined;
  if (second === undefined) return root.self;
  return second === '.search' && (first === 'Users' || first === 'Groups') ? TYPE_SEARCH : root.inner;
}

function segments(path: string): readonly string[] {
  const parts = path.split('/');
  parts.shift();
  if (parts.at(-1) === '') parts.pop();
  try {
    return parts.map(decodeURIComponent);
  } catch {
    throw new DomainError('request.invalid', 'The path is not correctly percent-encoded.');
  }
}

/** A search reads, though it is a POST (RFC 7644 3.4.3). */
export function isReading(req: Request): boolean {
  return req.method === 'GET' || req.method === 'HEAD' || endpointOf(req.path)?.name === 'search';
}

/** Parameters of the query, each at most once: which of two would be meant is not for us to guess. */
export function queryParameters(req: Request): Readonly<Record<string, string>> {
  const at = req.url.indexOf('?');
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1))) {
    if (parameters.has(name)) throw new DomainError('scim.invalid_value', 'A query parameter is given twice.');
    parameters.set(name, value);
  }
  return Object.fromEntries(parameters);
}

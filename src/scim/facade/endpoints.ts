import type { Request } from 'express';
import { DomainError } from '../../core/errors.ts';
import type { ResourceType } from '../../flows/scim-port.ts';
import { MEDIA_TYPES } from './reply.ts';

export type EndpointName =
  'users' | 'user' | 'groups' | 'group' | 'search' | 'bulk' | 'me' | 'config' | 'schemas' | 'resourceTypes';

export interface Endpoint {
  readonly name: EndpointName;
  readonly methods: readonly string[];
  /** Open to everybody (RFC 7643 5: how to authenticate must be readable without). */
  readonly isPublic: boolean;
  /** Of resources, one or all: their type. */
  readonly type?: ResourceType;
}

function endpoint(name: EndpointName, methods: readonly string[], isPublic = false): Endpoint {
  return { name, methods, isPublic };
}

const COLLECTION = ['GET', 'HEAD', 'POST'];
const RESOURCE = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'];
const READ = ['GET', 'HEAD'];

/** RFC 7644 3.2, by the first segment of the path. */
const ROOTS: ReadonlyMap<string, { readonly self: Endpoint; readonly inner?: Endpoint }> = new Map([
  [
    'Users',
    {
      self: { ...endpoint('users', COLLECTION), type: 'User' },
      inner: { ...endpoint('user', RESOURCE), type: 'User' },
    },
  ],
  [
    'Groups',
    {
      self: { ...endpoint('groups', COLLECTION), type: 'Group' },
      inner: { ...endpoint('group', RESOURCE), type: 'Group' },
    },
  ],
  ['.search', { self: endpoint('search', ['POST']) }],
  ['Bulk', { self: endpoint('bulk', ['POST']) }],
  ['Me', { self: endpoint('me', [...RESOURCE, 'POST']) }],
  ['ServiceProviderConfig', { self: endpoint('config', READ, true) }],
  ['Schemas', { self: endpoint('schemas', READ, true), inner: endpoint('schemas', READ, true) }],
  ['ResourceTypes', { self: endpoint('resourceTypes', READ, true), inner: endpoint('resourceTypes', READ, true) }],
]);

const TYPE_SEARCH = endpoint('search', ['POST']);

/** What the path of a request names; `id` only where the endpoint is of one resource. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly id: string | undefined;
}

/** Kept on the request itself: a weak map of many short lives is work for the collector. */
const PLACE = Symbol('place');
type Placed = Request & { [PLACE]?: Place | null };

/**
 * Null for a path that is none of ours. Several steps ask for the place of a request; its path is taken apart once.
 * Throws `request.invalid` where it cannot be decoded.
 */
export function placeOf(req: Placed): Place | null {
  return (req[PLACE] ??= placeNamed(req.path));
}

const ONE = /^\/scim\/v2\/(Users|Groups)\/([0-9a-f-]{36})(?:\?|$)/;
const READ_ACCEPTS: ReadonlySet<string | undefined> = new Set([undefined, '*/*', ...MEDIA_TYPES]);

/**
 * Whether it asks for one resource in the plainest way: then its place is known without taking the path apart, and its
 * media type without negotiation.
 */
export function isAskedOften(req: Placed): boolean {
  if (req.method !== 'GET' || !READ_ACCEPTS.has(req.headers.accept)) return false;
  const [, first, id] = ONE.exec(req.url) ?? [];
  const endpoint = first === undefined ? undefined : ROOTS.get(first)?.inner;
  if (endpoint === undefined || id === undefined) return false;
  req[PLACE] = { endpoint, id };
  return true;
}

const ENCODED = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/** An encoded letter is that letter (RFC 3986 6.2.2.2); the routers behind would take it for another path. */
export function plainPath(url: string): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return path.includes('%') ? path.replaceAll(ENCODED, decodeURIComponent) + url.slice(path.length) : url;
}

/** `path` within the service, without the query. */
export function placeNamed(path: string): Place | null {
  const [first, second, ...rest] = segments(path);
  const root = first === undefined ? undefined : ROOTS.get(first);
  if (root === undefined || rest.length > 0) return null;
  if (second === undefined) return { endpoint: root.self, id: undefined };
  if (second === '.search' && (first === 'Users' || first === 'Groups'))
    return { endpoint: TYPE_SEARCH, id: undefined };
  return root.inner === undefined ? null : { endpoint: root.inner, id: second };
}

function segments(path: string): readonly string[] {
  const parts = path.split('/');
  parts.shift();
  if (parts.at(-1) === '') parts.pop();
  if (!path.includes('%')) return parts;
  try {
    return parts.map(decodeURIComponent);
  } catch {
    throw new DomainError('request.invalid', 'The path is not correctly percent-encoded.');
  }
}

/** A search reads, though it is a POST (RFC 7644 3.4.3). */
export function isReading(req: Request): boolean {
  return req.method === 'GET' || req.method === 'HEAD' || placeOf(req)?.endpoint.name === 'search';
}

/** The parameters of a request that has none. */
export const WITHOUT_PARAMETERS: Readonly<Record<string, string>> = {};

/** Parameters of the query, each at most once: which of two would be meant is not for us to guess. */
export function queryParameters(req: Request): Readonly<Record<string, string>> {
  const at = req.url.indexOf('?');
  if (at < 0) return WITHOUT_PARAMETERS;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(req.url.slice(at + 1))) {
    if (parameters.has(name)) throw new DomainError('scim.invalid_value', 'A query parameter is given twice.');
    parameters.set(name, value);
  }
  return Object.fromEntries(parameters);
}

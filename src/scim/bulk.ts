import { DomainError } from '../core/errors.ts';
import { type BulkReferences, referencesIn } from './bulk-references.ts';
import { rawAttribute } from './document.ts';
import { GROUP, type ResourceDefinition, USER } from './schema.ts';
import { type JsonObject, invalid, isObject } from './value.ts';

const BULK_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:bulkrequest';

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

export type BulkMethod = (typeof METHODS)[number];

/** Characters of a bulkId. */
const BULK_ID_LIMIT = 256;

/** What one operation asks for; its id and its data may hold references to what others create. */
export interface BulkTask {
  readonly method: BulkMethod;
  readonly type: ResourceDefinition['type'];
  /** Of the resource; absent for POST. */
  readonly id: string | undefined;
  readonly version: string | undefined;
  readonly data: unknown;
}

export interface BulkOperation {
  /** As they came, for the answer. */
  readonly method: string | undefined;
  readonly bulkId: string | undefined;
  readonly task: BulkTask | DomainError;
  /** The bulkIds that it refers to. */
  readonly references: BulkReferences;
}

export interface BulkRequest {
  /** Errors after which no further operation is begun. */
  readonly failOnErrors: number;
  readonly operations: readonly BulkOperation[];
}

/**
 * The operations of a Bulk request (RFC 7644 3.7). What is wrong with one of them is its own answer; what leaves open
 * what is meant at all, such as a bulkId given twice, throws DomainError, and nothing is done.
 */
export function readBulk(body: unknown, mostOperations: number): BulkRequest {
  if (!isObject(body)) throw syntax('The body is not a JSON object.');
  const schemas = rawAttribute(body, 'schemas');
  if (!Array.isArray(schemas) || !schemas.some((urn) => typeof urn === 'string' && urn.toLowerCase() === BULK_SCHEMA)) {
    throw syntax('schemas of a Bulk request names urn:ietf:params:scim:api:messages:2.0:BulkRequest.');
  }
  const raw: unknown = rawAttribute(body, 'Operations');
  if (!Array.isArray(raw) || raw.length === 0) throw syntax('Operations is a list of at least one operation.');
  if (raw.length > mostOperations) {
    throw new DomainError('request.too_large', `The operations are more than maxOperations (${mostOperations}).`);
  }
  const operations = raw.map((each, at) => readOperation(each, `Operations[${at}]`));
  const bulkIds = new Set<string>();
  for (const { bulkId } of operations) {
    if (bulkId === undefined) continue;
    if (bulkIds.has(bulkId)) throw invalid('bulkId', `${bulkId.slice(0, 64)} is given to two operations`);
    bulkIds.add(bulkId);
  }
  return { failOnErrors: readFailOnErrors(rawAttribute(body, 'failOnErrors')), operations };
}

function readFailOnErrors(raw: unknown): number {
  if (raw === undefined || raw === null) return Infinity;
  if (typeof raw === 'number' && Number.isInteger(raw) && raw >= 1) return raw;
  throw invalid('failOnErrors', 'is an integer of 1 or more');
}

function readOperation(raw: unknown, where: string): BulkOperation {
  if (!isObject(raw)) throw syntax(`${where} is not a JSON object.`);
  const method = rawAttribute(raw, 'method');
  const bulkId = rawAttribute(raw, 'bulkId');
  const task = taskOf(raw, where);
  return {
    method: typeof method === 'string' ? method.slice(0, 16).toUpperCase() : undefined,
    bulkId: isBulkId(bulkId) ? bulkId : undefined,
    task,
    references: task instanceof DomainError ? new Set() : referencesIn([task.id, task.data]),
  };
}

function taskOf(raw: JsonObject, where: string): BulkTask | DomainError {
  try {
    return readTask(raw, where);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function readTask(raw: JsonObject, where: string): BulkTask {
  const named = rawAttribute(raw, 'method');
  const word = typeof named === 'string' ? named.toUpperCase() : '';
  const method = METHODS.find((each) => each === word);
  if (method === undefined) throw syntax(`${where}.method is POST, PUT, PATCH or DELETE.`);
  const bulkId = rawAttribute(raw, 'bulkId');
  const isGiven = bulkId !== undefined && bulkId !== null;
  if (isGiven ? !isBulkId(bulkId) : method === 'POST') {
    throw invalid(`${where}.bulkId`, `is a text of 1 to ${BULK_ID_LIMIT} characters`);
  }
  const version = rawAttribute(raw, 'version') ?? '';
  if (typeof version !== 'string') throw invalid(`${where}.version`, 'is a text');
  const { type, id } = readPath(rawAttribute(raw, 'path'), where);
  if ((method === 'POST') !== (id === undefined)) {
    throw new DomainError('request.method', `${where}.path does not take ${method}.`);
  }
  const data = rawAttribute(raw, 'data');
  if (method !== 'DELETE' && data === undefined) throw syntax(`${where}.data is required.`);
  return { method, type, id, version: version === '' ? undefined : version, data };
}

/** `/Users`, `/Groups/{id}`, also `/Users/bulkId:{bulkId}`. */
function readPath(
  raw: unknown,
  where: string,
): { readonly type: ResourceDefinition['type']; readonly id: string | undefined } {
  if (typeof raw !== 'string') throw syntax(`${where}.path is a text.`);
  const [endpoint = '', id, ...rest] = raw.slice(raw.startsWith('/') ? 1 : 0).split('/');
  const definition = [USER, GROUP].find((each) => each.endpoint === `/${endpoint}`);
  if (definition === undefined || rest.length > 0 || id === '' || raw.includes('?')) {
    throw new DomainError('not_found', `${where}.path is none of /Users, /Users/{id}, /Groups, /Groups/{id}.`);
  }
  try {
    return { type: definition.type, id: id === undefined ? undefined : decodeURIComponent(id) };
  } catch {
    throw syntax(`${where}.path is not correctly percent-encoded.`);
  }
}

function isBulkId(raw: unknown): raw is string {
  return typeof raw === 'string' && raw !== '' && raw.length <= BULK_ID_LIMIT;
}

function syntax(message: string): DomainError {
  return new DomainError('scim.invalid_syntax', message);
}

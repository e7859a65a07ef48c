import { setImmediate as nextTurn } from 'node:timers/promises';
import { DomainError } from '../../core/errors.ts';
import type { ResourceType } from '../../flows/scim-port.ts';
import { bulkOrder } from '../bulk-order.ts';
import { replaceReferences } from '../bulk-references.ts';
import { type BulkOperation, type BulkTask, readBulk } from '../bulk.ts';
import { DRIFT_SCHEMA } from '../schema-user.ts';
import { locationOf } from './render.ts';
import { type Reply, jsonReply } from './reply.ts';
import type { Trace } from './request-trace.ts';
import type { Exchange, ResourceService } from './service.ts';

const RESPONSE_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

/** A success is told without the resource (RFC 7644 3.7), so what a resource is made of besides need not be loaded. */
const UNSEEN: Readonly<Record<ResourceType, string>> = { User: `groups,${DRIFT_SCHEMA.id}`, Group: 'members' };

/** Method and path of an operation, as if it had come alone; for the log. */
function calledBy({ method = '', task }: BulkOperation): readonly [method: string, path: string] {
  if (task instanceof DomainError) return [BULK_METHODS.has(method) ? method : '', ''];
  return [task.method, `/${task.type}s${task.id === undefined ? '' : `/${task.id}`}`];
}

const BULK_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface BulkWorld {
  readonly services: Readonly<Record<ResourceType, ResourceService>>;
  readonly baseUrl: string;
  readonly mostOperations: number;
  /** Runs the work and turns what it throws into an answer. */
  readonly answer: (work: () => Promise<Reply>) => Promise<Reply>;
}

/**
 * Many operations in one request (RFC 7644 3.7). Each is a transaction of its own, as if it had come alone, and has its
 * own answer; what was done stays done when a later one fails. Answers stand in the order of the request.
 */
export async function bulk(world: BulkWorld, exchange: Exchange, body: unknown): Promise<Reply> {
  const { failOnErrors, operations } = readBulk(body, world.mostOperations);
  const { order, circular } = bulkOrder(operations);
  const asked = new Set(operations.flatMap(({ bulkId, method }) => (method === 'POST' && bulkId ? [bulkId] : [])));
  const created = new Map<string, string>();
  const answers = new Map<number, Readonly<Record<string, unknown>>>();
  let errors = 0;

  for (const at of order) {
    const operation = operations[at];
    if (operation === undefined || errors >= failOnErrors) break;
    const trace = exchange.trace?.operation(at, ...calledBy(operation));
    const { reply, location } = await done(operation, circular.has(at), trace);
    trace?.answered(reply);
    if (reply.status >= 400) errors += 1;
    answers.set(at, {
      ...(location === undefined ? {} : { location }),
      ...(operation.method === undefined ? {} : { method: operation.method }),
      ...(operation.bulkId === undefined ? {} : { bulkId: operation.bulkId }),
      ...(reply.headers['ETag'] === undefined ? {} : { version: reply.headers['ETag'] }),
      status: String(reply.status),
      ...(reply.status >= 400 && reply.text !== undefined ? { response: JSON.parse(reply.text) as unknown } : {}),
    });
    // Other requests are served between two operations.
    await nextTurn();
  }

  const told = [...answers].sort(([left], [right]) => left - right).map(([, answer]) => answer);
  return jsonReply(200, { schemas: [RESPONSE_SCHEMA], Operations: told });

  async function done(
    operation: BulkOperation,
    isCircular: boolean,
    trace: Trace | undefined,
  ): Promise<{ readonly reply: Reply; readonly location: string | undefined }> {
    let location: string | undefined;
    const reply = await world.answer(async () => {
      const { bulkId, task } = operation;
      if (task instanceof DomainError) throw task;
      if (isCircular) throw new DomainError('conflict', 'The operation refers to itself, or to a circle of others.');
      const id = task.id === undefined ? undefined : String(replaceReferences(task.id, idOf));
      if (id !== undefined && id.length <= 64 && id.isWellFormed()) {
        location = locationOf(world.baseUrl, task.type, encodeURIComponent(id));
      }
      const data = operation.references.size === 0 ? task.data : replaceReferences(task.data, idOf);
      const answer = await run(task, id, data, trace);
      if (task.method === 'POST') {
        location = answer.headers['Location'];
        if (bulkId !== undefined && location !== undefined) {
          created.set(bulkId, location.slice(location.lastIndexOf('/') + 1));
        }
      }
      return answer;
    });
    return { reply, location };
  }

  async function run(
    { method, type, version }: BulkTask,
    id = '',
    data: unknown,
    trace: Trace | undefined,
  ): Promise<Reply> {
    const service = world.services[type];
    const own: Exchange = {
      principal: exchange.principal,
      parameters: { excludedAttributes: UNSEEN[type] },
      ifMatch: version,
      ifNoneMatch: undefined,
      trace,
    };
    switch (method) {
      case 'POST':
        return service.create(own, data);
      case 'PUT':
        return service.replace(own, id, data);
      case 'PATCH':
        return service.patch(own, id, data);
      case 'DELETE':
        return service.remove(own, id);
    }
  }

  function idOf(bulkId: string): string {
    const id = created.get(bulkId);
    if (id !== undefined) return id;
    const named = bulkId.slice(0, 64);
    if (asked.has(bulkId)) throw new DomainError('conflict', `The operation with bulkId ${named} created nothing.`);
    throw new DomainError('scim.invalid_value', `No POST of this request has the bulkId ${named}.`);
  }
}

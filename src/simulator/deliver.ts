import type { ServerResponse } from 'node:http';

import type { Outcome } from './api.ts';
import type { ApiError, Reply } from './exchange.ts';
import { type FaultRule, fromAnotherOrg } from './faults.ts';
import { isObject, writeJson } from './json.ts';
import type { SimulatorSettings } from './settings.ts';

interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Puts an answer on the wire, with whatever the fault does to it. */
export async function deliver(
  response: ServerResponse,
  { reply, fault }: Outcome,
  settings: SimulatorSettings,
): Promise<void> {
  if (reply === undefined || fault?.kind === 'cut-after') {
    response.socket?.destroy();
    return;
  }
  const wire = toWire(reply, settings, fault);
  switch (fault?.kind) {
    case 'hang':
      await pause(response, fault.delayMs ?? 60_000);
      response.socket?.destroy();
      return;
    case 'slow-first-byte':
      await pause(response, fault.delayMs ?? 1000);
      send(response, wire);
      return;
    case 'slow-body':
    case 'cut-body': {
      const half = wire.body.byteLength >> 1;
      response.writeHead(wire.status, wire.headers);
      response.flushHeaders();
      await written(response, wire.body.subarray(0, half));
      if (fault.kind === 'cut-body') {
        response.socket?.destroy();
        return;
      }
      await pause(response, fault.delayMs ?? 1000);
      response.end(wire.body.subarray(half));
      return;
    }
    case 'truncate':
      send(response, withLength({ ...wire, body: wire.body.subarray(0, wire.body.byteLength >> 1) }));
      return;
    case 'huge':
      send(
        response,
        withLength({ ...wire, body: Buffer.concat([Buffer.alloc(fault.bytes ?? 2 ** 25, ' '), wire.body]) }),
      );
      return;
    case 'wrong-org': {
      const other = fromAnotherOrg(wire.body.toString());
      send(response, withLength({ ...wire, body: Buffer.from(other) }));
      return;
    }
    case 'duplicate': {
      const head = Object.entries(wire.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const copy = Buffer.concat([Buffer.from(`HTTP/1.1 ${wire.status} Again\r\n${head.join('')}\r\n`), wire.body]);
      const { socket } = response;
      response.once('finish', () => socket?.write(copy));
      send(response, wire);
      return;
    }
    default:
      send(response, wire);
  }
}

function send(response: ServerResponse, wire: Wire): void {
  if (response.destroyed) return;
  response.writeHead(wire.status, wire.headers);
  response.end(wire.body);
}

function toWire(reply: Reply, settings: SimulatorSettings, fault: FaultRule | undefined): Wire {
  const { status, headers = {} } = reply;
  if (fault?.kind === 'html') {
    const page = `<!doctype html><html><head><title>${status}</title></head><body><h1>${status} Bad Gateway</h1></body></html>`;
    return withLength({ status, headers: { ...headers, 'content-type': 'text/html' }, body: Buffer.from(page) });
  }
  if (fault?.kind === 'status' && fault.body !== undefined) {
    return withLength({
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(fault.body),
    });
  }
  if (reply.file !== undefined) {
    const { mimeType, bytes } = reply.file;
    return withLength({ status, headers: { ...headers, 'content-type': mimeType }, body: bytes });
  }
  const body =
    reply.error === undefined ? besideErrors(reply.body, settings) : errorBody(status, reply.error, settings);
  if (body === undefined) return withLength({ status, headers, body: Buffer.alloc(0) });
  const scimType = reply.scim === true && settings.scimContentType === 'scim+json';
  const contentType = scimType ? 'application/scim+json' : 'application/json;charset=utf-8';
  return withLength({
    status,
    headers: { ...headers, 'content-type': contentType },
    body: Buffer.from(writeJson(body)),
  });
}

function withLength(wire: Wire): Wire {
  if (wire.status === 204) return wire;
  return { ...wire, headers: { ...wire.headers, 'content-length': String(wire.body.byteLength) } };
}

function errorBody(status: number, error: ApiError, settings: SimulatorSettings): unknown {
  if (error.form === 'scim') {
    return {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      scimType: error.scimType,
      detail: error.detail,
    };
  }
  const { contactCode } = error;
  const inType = contactCode !== undefined && settings.contactCodeIn === 'type';
  const type = inType ? contactCode : error.type;
  const message = contactCode === undefined || inType ? error.message : `${contactCode}: ${error.message}`;
  return settings.errorStyle === 'error' ? { error: { type, message } } : { errors: [{ type, message }] };
}

/** The older form that carries errors in a success (Drift API notes 1.5). */
function besideErrors(body: unknown, settings: SimulatorSettings): unknown {
  if (!settings.errorsBesideData || !isObject(body) || !('data' in body)) return body;
  return { ...body, errors: [{ type: 'validation_error', message: 'a parameter was not understood', param: 'limit' }] };
}

/** Waits, but not for a client that has gone. */
function pause(response: ServerResponse, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    response.once('close', done);
  });
}

function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => resolve());
  });
}

import type { Request, RequestHandler, Response } from 'express';
import { DomainError } from '../../core/errors.ts';
import { isObject } from '../value.ts';
import { principalOf } from './auth.ts';
import { placeOf, queryParameters } from './endpoints.ts';
import { Reply, acceptedType, jsonReply, sendReply } from './reply.ts';
import { traceOf } from './request-trace.ts';
import type { Exchange } from './service.ts';

/** The steps one after the other, as express would, without its looking for a path at each. */
export function inOrder(
  steps: readonly RequestHandler[],
): (req: Request, res: Response, done: (error?: unknown) => void) => void {
  return (req, res, done) => {
    let at = 0;
    const next = (error?: unknown): void => {
      const step = error === undefined ? steps[at] : undefined;
      at += 1;
      if (step === undefined) {
        done(error);
        return;
      }
      try {
        void step(req, res, next);
      } catch (thrown) {
        done(thrown);
      }
    };
    next();
  };
}

/** Parameters are read by us: with none of them scimmy's own paging, broken on Express 5, has nothing to do. */
export const hidesQuery: RequestHandler = (req, _res, next) => {
  Object.defineProperty(req, 'query', { value: {}, configurable: true });
  next();
};

/** Whatever renders an answer, scimmy's routers too, ends up here: one place for media type, length and validators. */
export const rendersReplies: RequestHandler = (req, res, next) => {
  res.json = (body: unknown) => {
    sendReply(req, res, body instanceof Reply ? body : jsonReply(res.statusCode, ofScimmy(body)));
    return res;
  };
  next();
};

/** scimmy says the page size that was asked for; the answer says what is on the page (docs/decisions/0006). */
function ofScimmy(body: unknown): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(body));
  return isObject(plain) && Array.isArray(plain['Resources'])
    ? { ...plain, itemsPerPage: plain['Resources'].length }
    : plain;
}

export const requireAcceptable: RequestHandler = (req, _res, next) => {
  if (acceptedType(req) !== null) {
    next();
    return;
  }
  throw new DomainError('request.not_acceptable', 'Answers are application/scim+json or application/json.');
};

export function noEndpoint(): DomainError {
  return new DomainError('not_found', 'There is no such endpoint.');
}

export function unlessPublic(step: RequestHandler): RequestHandler {
  return (req, res, next) => {
    if (isPublic(req)) next();
    else void step(req, res, next);
  };
}

/** A path that cannot be decoded is refused once it is known who asks, so that it is in the log. */
function isPublic(req: Request): boolean {
  try {
    return placeOf(req)?.endpoint.isPublic === true;
  } catch {
    return false;
  }
}

export const allowsMethod: RequestHandler = (req, res, next) => {
  const endpoint = placeOf(req)?.endpoint;
  if (endpoint === undefined) throw noEndpoint();
  if (!endpoint.methods.includes(req.method)) {
    res.setHeader('Allow', endpoint.methods.join(', '));
    throw new DomainError('request.method', `This endpoint takes ${endpoint.methods.join(', ')}.`);
  }
  if (endpoint.isPublic && 'filter' in queryParameters(req)) {
    // RFC 7644 4: discovery is not filtered.
    throw new DomainError('request.unfilterable', 'Discovery endpoints take no filter.');
  }
  next();
};

const EXCHANGE = Symbol('exchange');
type Exchanging = Request & { [EXCHANGE]?: Exchange };

/** Before scimmy has the request: what is wrong with its parameters is ours to say. */
export const readsExchange: RequestHandler = (req: Exchanging, _res, next) => {
  const principal = principalOf(req);
  const trace = traceOf(req);
  if (trace !== undefined) trace.caller = principal;
  req[EXCHANGE] = {
    principal,
    trace,
    parameters: queryParameters(req),
    ifMatch: req.headers['if-match'],
    ifNoneMatch: req.headers['if-none-match'],
  };
  next();
};

export function exchangeOf(req: Exchanging): Exchange {
  const exchange = req[EXCHANGE];
  if (exchange === undefined) throw noEndpoint();
  return exchange;
}

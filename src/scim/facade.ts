import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { DomainError } from '../core/errors.ts';
import type { AcceptScim } from '../flows/accept-scim.ts';
import type { Clock, Log } from '../flows/ports.ts';
import type { ScimStore } from '../flows/scim-port.ts';
import { type Authenticate, createAuthentication, principalOf, requireScope } from './facade/auth.ts';
import { BODY_LIMITS, type BodyLimits, bodyError, readJson, requireJson } from './facade/body.ts';
import { bulk } from './facade/bulk.ts';
import { providerConfig } from './facade/discovery.ts';
import { type Endpoint, endpointOf, isReading, queryParameters } from './facade/endpoints.ts';
import { errorAnswer, errorBody } from './facade/errors.ts';
import { Reply, acceptedType, jsonReply, sendReply } from './facade/reply.ts';
import { type ResourceContext, SCIMMYRouters } from './facade/resources.ts';
import { search } from './facade/search.ts';
import { type Exchange, createResourceService } from './facade/service.ts';
import { createCursors } from './cursor.ts';
import { isObject } from './value.ts';

export interface ScimFacadeOptions {
  readonly accept: AcceptScim;
  readonly store: { tenant(tenantId: string): { readonly scim: ScimStore } };
  readonly authenticate: Authenticate;
  /** Address of the service, without `/scim/v2`: the base of every `meta.location`; a Host header is never trusted. */
  readonly publicUrl: string;
  /** A keyed hash, under a key that only serves cursors, and that all processes share. */
  readonly sign: (text: string) => string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly limits?: Partial<BodyLimits>;
}

/**
 * The SCIM service provider, to be mounted at `/scim/v2`. Named steps stand in front of scimmy-routers and do what it
 * leaves out (docs/decisions/0006): who, which method, which media type, how large; every error is a SCIM error.
 */
export function createScimFacade(options: ScimFacadeOptions): Express {
  const { accept, store, log } = options;
  const baseUrl = `${withoutSlash(options.publicUrl)}/scim/v2`;
  const cursors = createCursors(options);
  const world = { accept, scimOf: (tenantId: string) => store.tenant(tenantId).scim, baseUrl, cursors };
  const services = { User: createResourceService('User', world), Group: createResourceService('Group', world) };
  const searched = { services, cursors };
  const authenticated = createAuthentication(options.authenticate);
  const scoped = requireScope(isReading);
  const limits = { ...BODY_LIMITS, ...options.limits };

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Parameters are read by us; with none of them scimmy's own paging, broken on Express 5, has nothing to do.
  app.set('query parser', false);

  app.use(rendersReplies);
  app.use(requireAcceptable);
  app.use(unlessPublic(authenticated));
  app.use(allowsMethod);
  app.use(unlessPublic(scoped));
  app.use(unlessPublic(readsExchange));
  app.use(requireJson());
  app.use(readJson(limits));
  app.get('/ServiceProviderConfig', (_req, res) => {
    res.json(jsonReply(200, providerConfig(baseUrl, limits)));
  });
  app.all('/Me', () => {
    throw new DomainError('scim.not_implemented', 'A token stands for a system, not for a user: there is no /Me.');
  });
  app.post('/Bulk', async (req, res) => {
    const answer = (work: () => Promise<Reply>): Promise<Reply> => answered(req, work);
    const mostOperations = limits.bulkOperations;
    res.json(await bulk({ services, baseUrl, mostOperations, answer }, exchangeOf(req), req.body));
  });
  app.post('/.search', async (req, res) => {
    res.json(await search(searched, ['User', 'Group'], exchangeOf(req), req.body));
  });
  app.post('/Users/.search', async (req, res) => {
    res.json(await search(searched, ['User'], exchangeOf(req), req.body));
  });
  app.post('/Groups/.search', async (req, res) => {
    res.json(await search(searched, ['Group'], exchangeOf(req), req.body));
  });
  app.use(
    new SCIMMYRouters({
      type: 'bearer',
      handler: () => '',
      baseUri: (req) => baseUrl.slice(0, baseUrl.length - req.baseUrl.length),
      context: (req): ResourceContext => ({
        exchange: exchangeOf(req),
        services,
        answer: (work) => answered(req, work),
      }),
    }),
  );
  app.use(rendersErrors);
  return app;

  /** Errors of the resources become answers here, so that scimmy does not render them in its way. */
  async function answered(req: Request, work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      return errorReply(req, error);
    }
  }

  function errorReply(req: Request, error: unknown): Reply {
    const { status, body } = errorAnswer(bodyError(error) ?? error);
    if (status >= 500 && status !== 501)
      log('error', 'scim.failed', { method: req.method, status, error: kindOf(error) });
    return jsonReply(status, body, status === 503 ? { 'Retry-After': '5' } : {});
  }

  /** Express knows an error handler by its four parameters. */
  function rendersErrors(error: unknown, req: Request, res: Response, next: NextFunction): void {
    if (res.headersSent) next(error);
    else res.json(errorReply(req, error));
  }
}

/** Whatever renders an answer, scimmy's routers too, ends up here: one place for media type, length and validators. */
const rendersReplies: RequestHandler = (req, res, next) => {
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

const requireAcceptable: RequestHandler = (req, res, next) => {
  if (acceptedType(req) !== null) {
    next();
    return;
  }
  const { status, body } = errorBody(406, 'Answers are application/scim+json or application/json.');
  res.json(jsonReply(status, body));
};

const endpoints = new WeakMap<Request, Endpoint | null>();

/** Several steps ask for the endpoint of a request; its path is taken apart once. */
function endpointFor(req: Request): Endpoint | null {
  const known = endpoints.get(req);
  if (known !== undefined) return known;
  const endpoint = endpointOf(req.path) ?? null;
  endpoints.set(req, endpoint);
  return endpoint;
}

function unlessPublic(step: RequestHandler): RequestHandler {
  return (req, res, next) => {
    if (endpointFor(req)?.isPublic === true) next();
    else void step(req, res, next);
  };
}

const allowsMethod: RequestHandler = (req, res, next) => {
  const endpoint = endpointFor(req);
  if (endpoint === null) throw new DomainError('not_found', 'There is no such endpoint.');
  if (!endpoint.methods.includes(req.method)) {
    res.setHeader('Allow', endpoint.methods.join(', '));
    throw new DomainError('request.method', `This endpoint takes ${endpoint.methods.join(', ')}.`);
  }
  if (endpoint.isPublic && 'filter' in queryParameters(req)) {
    // RFC 7644 4: discovery is not filtered.
    const { status, body } = errorBody(403, 'Discovery endpoints take no filter.');
    res.json(jsonReply(status, body));
    return;
  }
  next();
};

const exchanges = new WeakMap<Request, Exchange>();

/** Before scimmy has the request: what is wrong with its parameters is ours to say. */
const readsExchange: RequestHandler = (req, _res, next) => {
  exchanges.set(req, {
    principal: principalOf(req),
    parameters: queryParameters(req),
    ifMatch: req.get('if-match'),
    ifNoneMatch: req.get('if-none-match'),
  });
  next();
};

function exchangeOf(req: Request): Exchange {
  const exchange = exchanges.get(req);
  if (exchange === undefined) throw new DomainError('not_found', 'There is no such endpoint.');
  return exchange;
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

/** The kind of an error is told to the log, never its text, which may hold what the client sent. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}

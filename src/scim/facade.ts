import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { DomainError } from '../core/errors.ts';
import type { AcceptScim } from '../flows/accept-scim.ts';
import type { Clock, Log } from '../flows/ports.ts';
import type { ScimStore } from '../flows/scim-port.ts';
import { type Authenticate, createAuthentication, requireScope } from './facade/auth.ts';
import { BODY_LIMITS, type BodyLimits, bodyError, readJson, requireJson } from './facade/body.ts';
import { bulk } from './facade/bulk.ts';
import { providerConfig } from './facade/discovery.ts';
import { isAskedOften, isReading, placeOf, plainPath } from './facade/endpoints.ts';
import { errorAnswer } from './facade/errors.ts';
import { type Always, type Reply, jsonReply, saysAlways, sendReply } from './facade/reply.ts';
import type { RequestLog } from './facade/request-log.ts';
import { refusing } from './facade/request-trace.ts';
import { type ResourceContext, SCIMMYRouters } from './facade/resources.ts';
import { search } from './facade/search.ts';
import { createResourceService } from './facade/service.ts';
import {
  allowsMethod,
  exchangeOf,
  hidesQuery,
  inOrder,
  noEndpoint,
  readsExchange,
  rendersReplies,
  requireAcceptable,
  unlessPublic,
} from './facade/steps.ts';
import { createCursors } from './cursor.ts';

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
  /** Logs every request; none: nothing is logged. */
  readonly requests?: Pick<RequestLog, 'begins'>;
}

export interface ScimFacade {
  readonly app: RequestHandler;
  /** For addresses beside the service, such as another version of it: they are SCIM's too, and there is nothing. */
  readonly elsewhere: RequestHandler;
  /** Answers what is asked for most, before express sees it; false where it leaves the request to `app`. */
  readonly front: (request: IncomingMessage, response: ServerResponse, always: Always) => boolean;
}

/**
 * The SCIM service provider, to be mounted at `/scim/v2`. Named steps stand in front of scimmy-routers and do what it
 * leaves out (docs/decisions/0006): who, which method, which media type, how large; every error is a SCIM error.
 */
export function createScimFacade(options: ScimFacadeOptions): ScimFacade {
  const { accept, store, log, requests } = options;
  const baseUrl = `${withoutSlash(options.publicUrl)}/scim/v2`;
  const cursors = createCursors(options);
  const world = { accept, scimOf: (tenantId: string) => store.tenant(tenantId).scim, baseUrl, cursors };
  const services = { User: createResourceService('User', world), Group: createResourceService('Group', world) };
  const searched = { services, cursors };
  const authenticated = createAuthentication(options.authenticate);
  const scoped = requireScope(isReading);
  const limits = { ...BODY_LIMITS, ...options.limits };

  const admit = inOrder([
    rendersReplies,
    unlessPublic(authenticated),
    requireAcceptable,
    allowsMethod,
    unlessPublic(scoped),
    unlessPublic(readsExchange),
  ]);
  const inner = createInner();

  return {
    app: (req, res, next) => {
      req.url = plainPath(req.url);
      requests?.begins(req, res);
      const failed = (error: unknown): void => {
        if (res.headersSent) next(error);
        else sendReply(req, res, errorReply(req, error));
      };
      admit(req, res, (error: unknown) => {
        if (error !== undefined) failed(error);
        else if (!reads(req, res)) inner(req, res, (left: unknown) => failed(left ?? noEndpoint()));
      });
    },
    elsewhere: (req, res) => {
      const { status, body } = errorAnswer(new DomainError('not_found', 'The SCIM service is at /scim/v2.'));
      sendReply(req, res, jsonReply(status, body));
    },
    front: (request, response, always) => {
      // Of what express adds to a request and its answer, nothing is used on this way.
      const [req, res] = [request as Request, response as Response];
      if (!isAskedOften(req)) return false;
      saysAlways(req, always);
      requests?.begins(req, res);
      admit(req, res, (error: unknown) => {
        if (error === undefined) reads(req, res);
        else sendReply(req, res, errorReply(req, error));
      });
      return true;
    },
  };

  /** Reads of resources are what clients ask for most: they are answered without the routers behind. */
  function reads(req: Request, res: Response): boolean {
    const place = placeOf(req);
    const type = place?.endpoint.type;
    if (type === undefined || !READING.has(req.method)) return false;
    const exchange = exchangeOf(req);
    const work = (): Promise<Reply> =>
      place?.id === undefined ? services[type].list(exchange) : services[type].read(exchange, place.id);
    void answered(req, work).then((reply) => sendReply(req, res, reply));
    return true;
  }

  /** What takes a body, lists and discovery: express routes, and scimmy's. */
  function createInner(): RequestHandler {
    const app = express.Router();
    app.use(hidesQuery);
    app.all('/Me', () => {
      throw new DomainError('scim.not_implemented', 'A token stands for a system, not for a user: there is no /Me.');
    });
    app.use(requireJson());
    app.use(readJson(limits));
    app.get('/ServiceProviderConfig', (_req, res) => {
      res.json(jsonReply(200, providerConfig(baseUrl, limits)));
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
    return app;
  }

  /** Errors of the resources become answers here, so that scimmy does not render them in its way. */
  async function answered(req: Request, work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      return errorReply(req, error);
    }
  }

  function errorReply(req: Request, error: unknown): Reply {
    const known = bodyError(error) ?? error;
    const { status, body } = errorAnswer(known);
    if (status >= 500 && status !== 501)
      log('error', 'scim.failed', { method: req.method, status, error: kindOf(error) });
    return refusing(jsonReply(status, body, status === 503 ? { 'Retry-After': '5' } : {}), known);
  }
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

/** The kind of an error is told to the log, never its text, which may hold what the client sent. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}

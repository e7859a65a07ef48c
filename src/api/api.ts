import express from 'express';
import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { Log } from '../flows/ports.ts';
import type { Principal } from '../flows/principal.ts';
import { administrationRoutes } from './administration.ts';
import { agentRoutes } from './agents.ts';
import { doctorRoutes } from './doctor.ts';
import { driftBatchRoutes } from './drift-batches.ts';
import { driftCredentialRoutes } from './drift-credentials.ts';
import { driftEventRoutes } from './drift-events.ts';
import { driftOperationRoutes } from './drift-operations.ts';
import { limitFailures } from './failures.ts';
import { importRoutes } from './imports.ts';
import { openapiDocument } from './openapi.ts';
import { peopleRoutes } from './people.ts';
import { planRoutes } from './plans.ts';
import { policyRoutes } from './policy.ts';
import { createProblemHandler } from './problem.ts';
import { type Route, route } from './route.ts';
import { runRoutes } from './runs.ts';
import { scimRequestRoutes } from './scim-requests.ts';
import { tokenRoutes } from './tokens.ts';
import type { ApiWorld } from './world.ts';

/** Every route of `/api/v1`, in the order of its documentation. */
function apiRoutes(world: ApiWorld, version: string): readonly Route[] {
  const routes: Route[] = [
    ...importRoutes(world),
    ...runRoutes(world),
    ...planRoutes(world),
    ...peopleRoutes(world),
    ...agentRoutes(world),
    ...policyRoutes(world),
    ...tokenRoutes(world),
    ...scimRequestRoutes(world),
    ...driftOperationRoutes(world),
    ...driftBatchRoutes(world),
    ...driftCredentialRoutes(world),
    ...driftEventRoutes(world),
    ...administrationRoutes(world),
    ...doctorRoutes(world),
  ];
  const documentation: Route = route({
    method: 'get',
    path: '/openapi.json',
    scope: 'public',
    tag: 'documentation',
    summary: 'This description.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
    handle: async () => ({ status: 200, body: openapiDocument([...routes, documentation], version) }),
  });
  return [...routes, documentation];
}

/** The description alone. Declarations look at nothing of the world before a request comes. */
export function apiDocument(version: string): Record<string, unknown> {
  return openapiDocument(apiRoutes({} as ApiWorld, version), version);
}

/** The app of `/api/v1`; it is mounted there by `createWeb`. */
export function createApi(ports: {
  readonly world: ApiWorld;
  /** Proves who asks, or throws DomainError `auth.required`. */
  readonly authenticate: (request: Request, response: Response) => Promise<Principal>;
  readonly version: string;
  readonly log: Log;
  /** On in tests: an answer that is not as declared is an error. */
  readonly checkAnswers?: boolean;
}): Express {
  const { authenticate, checkAnswers = false } = ports;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  const allowed = new Map<string, string[]>();
  for (const declared of apiRoutes(ports.world, ports.version)) {
    const path = declared.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app[declared.method](path, declared.serve({ authenticate, checkAnswers }));
    allowed.set(path, [...(allowed.get(path) ?? []), declared.method.toUpperCase()]);
  }
  for (const [path, methods] of allowed) app.all(path, refuseMethod(authenticate, methods));
  app.use(async (request: Request, response: Response) => {
    await authenticate(request, response);
    throw new DomainError('not_found', 'There is nothing at this address; /api/v1/openapi.json lists what there is.');
  });
  app.use(limitFailures());
  app.use(createProblemHandler(ports));
  return app;
}

function refuseMethod(
  authenticate: (request: Request, response: Response) => Promise<Principal>,
  methods: readonly string[],
): RequestHandler {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  return async (request, response) => {
    await authenticate(request, response);
    response.set('allow', allow);
    throw new DomainError('request.method', `${request.method} does nothing here; this address takes ${allow}.`);
  };
}

import { randomUUID } from 'node:crypto';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import type { Express, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { DomainError } from '../core/errors.ts';
import type { Log } from '../flows/ports.ts';
import type { Principal } from '../flows/principal.ts';
import { PAGE_POLICY, html, page } from './html.ts';
import { createProblemHandler } from './problem.ts';

/** What is measured of a request. */
export interface Observed {
  readonly surface: 'api' | 'scim' | 'web';
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** What every answer to one request says. */
export interface Always {
  readonly requestId: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

export interface WebPorts {
  /** Mounted in this order, each with its own errors. */
  readonly mounts: readonly {
    readonly path: string;
    readonly app: RequestHandler;
    /** Sees a request, with its whole path, before the routes do, and answers it or says false. */
    readonly front?: (request: IncomingMessage, response: ServerResponse, always: Always) => boolean;
  }[];
  readonly publicUrl: string;
  readonly demo: boolean;
  /** Throws when nothing can be written now. */
  readonly ping: () => Promise<void>;
  readonly metrics: {
    request(observed: Observed): void;
    text(): Promise<{ readonly contentType: string; readonly body: string }>;
  };
  /** Who may read the metrics; null: whoever reaches them, because only this machine does. */
  readonly metricsFor: ((request: Request, response: Response) => Promise<Principal>) | null;
  readonly log: Log;
}

/** The whole face of the process: health, metrics, a page that names the addresses, and what is mounted. */
export function createWeb(ports: WebPorts): RequestListener {
  const app = createRoutes(ports);
  const observe = observed(ports);
  const same = [...securityHeaders(ports.publicUrl), ...(ports.demo ? ['x-bridge-demo', 'simulator'] : [])];
  return (request, response) => {
    const requestId = randomUUID();
    const headers = [...same, 'x-request-id', requestId];
    observe(request, response);
    if (ports.mounts.some(({ front }) => front?.(request, response, { requestId, headers }) === true)) return;
    for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
    app(request, response);
  };
}

/** What helmet sets, which is the same for every answer: asked of it once. Names and values in turn. */
function securityHeaders(publicUrl: string): readonly string[] {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: publicUrl.startsWith('https:'),
  })(request, response, () => undefined);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}

function createRoutes(ports: WebPorts): Express {
  const { ping, metrics, metricsFor, log } = ports;
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  for (const { path, app: mounted } of ports.mounts) app.use(path, mounted);

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    try {
      await ping();
    } catch (error) {
      log('error', 'store.unavailable', { error: error instanceof Error ? error.message : 'unknown' });
      throw new DomainError('store.unavailable', 'The store takes no writes now.');
    }
    response.json({ status: 'ready' });
  });
  app.get('/metrics', async (request, response) => {
    const principal = await metricsFor?.(request, response);
    if (principal !== undefined && !principal.scopes.includes('read')) {
      throw new DomainError('auth.scope', 'The token lacks the scope "read".');
    }
    const { contentType, body } = await metrics.text();
    response.type(contentType).send(body);
  });
  app.get('/', (_request, response) => {
    response.set('content-security-policy', PAGE_POLICY).type('html').send(homePage(ports));
  });
  for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
    app.all(path, (request: Request, response: Response) => {
      response.set('allow', 'GET, HEAD');
      throw new DomainError('request.method', `${request.method} does nothing here.`);
    });
  }
  app.use(() => {
    throw new DomainError('not_found', 'There is nothing at this address; / names what there is.');
  });
  app.use(createProblemHandler(ports));
  return app;
}

/** Measures every answer. */
function observed({ metrics }: WebPorts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const start = performance.now();
    const { method = '', url = '' } = request;
    response.once('close', () => {
      const surface = url.startsWith('/scim/') ? 'scim' : url.startsWith('/api/') ? 'api' : 'web';
      metrics.request({ surface, method, status: response.statusCode, seconds: (performance.now() - start) / 1000 });
    });
  };
}

function homePage({ publicUrl, demo }: WebPorts): string {
  const rows = [
    ['/scim/v2', 'SCIM 2.0, for the identity provider (token of audience scim)'],
    ['/api/v1', 'reports and management (token of audience api)'],
    ['/api/v1/openapi.json', 'what /api/v1 can do'],
    ['/webhooks/drift/…', 'events of Drift (verification token); GET /api/v1/drift/webhook says the whole address'],
    ['/healthz', 'alive'],
    ['/readyz', 'able to write'],
    ['/metrics', 'Prometheus'],
  ].map(
    ([path = '', what = '']) =>
      html`<tr>
        <td><code>${publicUrl}${path}</code></td>
        <td>${what}</td>
      </tr>`,
  );
  return page(
    'Drift SCIM bridge',
    demo,
    html`<h1>Drift SCIM bridge</h1>
      <p>
        Provisions people into Drift without losing a customer's owner or a seat by accident. The command line is
        <code>npx bridge --help</code>.
      </p>
      <table>
        ${rows}
      </table>`,
  );
}

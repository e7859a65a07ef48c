import { createServer, type RequestListener } from 'node:http';
import express from 'express';
import helmet from 'helmet';
import passport from 'passport';
import { pino } from 'pino';

/** The bytes that the bridge answered, and what it logged for one such request. */
export interface Lesson {
  readonly body: string;
  readonly etag: string;
  readonly token: string;
  readonly logLines: number;
}

/**
 * The yardsticks, each a process of its own that answers bytes which the bridge answered. No ETag is computed, nothing is
 * looked up or rendered: what is left is the cost of the framework. `stack` adds what a service can hardly do without:
 * helmet with the options of the bridge, passport with a bearer strategy, and pino with as many lines a request as the
 * bridge writes.
 */
let lesson: Lesson = { body: '{}', etag: '"0"', token: '', logLines: 0 };
let bytes = Buffer.from(lesson.body);
const TYPE = 'application/scim+json; charset=utf-8';

class BearerStrategy extends passport.Strategy {
  override readonly name = 'bearer';

  override authenticate(request: express.Request): void {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === lesson.token) this.success({ id: 'idp' });
    else this.fail('Bearer realm="scim"', 401);
  }
}

function bare(): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': TYPE, 'Content-Length': bytes.length, ETag: lesson.etag });
    response.end(bytes);
  };
}

function naked(): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  return app;
}

const answer: express.RequestHandler = (_request, response) => {
  response.set('ETag', lesson.etag).type('application/scim+json').send(bytes);
};

function plain(): RequestListener {
  const app = naked();
  app.get('/scim/v2/Users/:id', answer);
  return app;
}

function stack(): RequestListener {
  const log = pino({ level: 'info', base: null });
  const authenticator = new passport.Authenticator();
  authenticator.use(new BearerStrategy());
  const app = naked();
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      strictTransportSecurity: false,
    }),
  );
  app.use((request, response, next) => {
    if (lesson.logLines > 0) {
      response.once('finish', () => {
        const { method } = request;
        for (let n = 0; n < lesson.logLines; n += 1) log.info({ method, status: response.statusCode }, 'request');
      });
    }
    next();
  });
  app.use(authenticator.authenticate('bearer', { session: false }) as express.RequestHandler);
  app.get('/scim/v2/Users/:id', answer);
  return app;
}

const LISTENERS: Readonly<Record<string, () => RequestListener>> = { http: bare, express: plain, stack };
const listener = LISTENERS[process.argv[2] ?? ''];
if (listener === undefined) throw new Error('bare-app.ts http | express | stack');

process.on('message', (message) => {
  lesson = message as Lesson;
  bytes = Buffer.from(lesson.body);
  process.send?.('learnt');
});

const server = createServer(listener()).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});

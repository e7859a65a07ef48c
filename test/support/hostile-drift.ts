import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a call carried, in all the ways that a careless server writes it into its answers. */
interface Said {
  readonly url: string;
  readonly bearer: string;
  /** Everything that came, as it came. */
  readonly plain: string;
  /** The same in base64, percent-encoded, and torn into pieces. */
  readonly disguised: string;
}

type Answer = (said: Said, response: ServerResponse) => void;

const answer =
  (
    status: number,
    body: (said: Said) => unknown,
    headers: (said: Said) => Readonly<Record<string, string>> = () => ({}),
  ): Answer =>
  (said, response) => {
    const text = body(said);
    response.writeHead(status, { 'content-type': 'application/json', ...headers(said) });
    response.end(typeof text === 'string' ? text : JSON.stringify(text));
  };

const html = ({ plain }: Said): string => `<html><body><h1>Oops</h1><pre>${plain}</pre></body></html>`;
const inHeaders = ({ plain, url }: Said): Readonly<Record<string, string>> => {
  const line = plain.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 4000);
  return {
    'x-debug': line,
    'x-ratelimit-key': line,
    'www-authenticate': `Bearer realm="${line.replaceAll('"', '')}"`,
    location: `https://elsewhere.example.com${url}?${encodeURIComponent(line)}`,
    'retry-after': line,
    link: `<https://driftapi.com/next?token=${encodeURIComponent(line)}>; rel="next"`,
  };
};

/** The bearer as a word that could be a code. */
const asCode = ({ bearer }: Said): string =>
  bearer
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_')
    .slice(0, 38);

/** Ways to answer, each of which repeats what it was sent. */
export const HOSTILE = {
  'an error of Drift': answer(400, (said) => ({ error: { type: asCode(said), message: said.plain } }), inHeaders),
  'an error in disguise': answer(400, (said) => ({ error: { type: 'validation_error', message: said.disguised } })),
  'an error in escapes': answer(
    400,
    ({ bearer }) =>
      `{"error":{"type":"x","message":"${Array.from(bearer, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"}}`,
  ),
  'a list of errors': answer(422, ({ plain, bearer }) => ({
    errors: [{ type: bearer, message: plain, param: bearer }],
  })),
  "a contact's error": answer(400, ({ bearer }) => ({ error: { type: 'CONTACT-11', message: `no ${bearer}` } })),
  "SCIM's error": answer(409, ({ bearer, plain }) => ({
    schemas: [bearer],
    scimType: bearer.replaceAll(/[^A-Za-z]/g, '').slice(0, 38),
    detail: plain,
    status: bearer,
  })),
  'a page': answer(403, html, inHeaders),
  'a redirect': answer(302, html, inHeaders),
  'a lie': answer(200, ({ plain }) => ({ error: { type: 'internal_error', message: plain } })),
  'half an answer': answer(200, ({ plain }) => JSON.stringify({ data: [{ id: 1, name: plain }] }).slice(0, -6)),
  'a page that is no error': answer(200, html, inHeaders),
  'an echo': answer(
    200,
    (said) => ({
      data: [{ id: 1, name: said.bearer, email: `${said.bearer}@example.com`, orgId: 7, role: said.plain }],
      Resources: [
        { id: '1', userName: said.bearer, displayName: said.plain, active: true, emails: [{ value: said.bearer }] },
      ],
      totalResults: 1,
      authenticated_userid: said.bearer,
      scope: said.plain,
    }),
    inHeaders,
  ),
  'a refusal of the rights': answer(403, ({ plain }) => ({ error: { type: 'authentication_error', message: plain } })),
  // Behind this one Drift is left alone for a while.
  'a fault': answer(502, html, inHeaders),
  'a refusal of the bearer': answer(
    401,
    ({ plain }) => ({ error: { type: 'authentication_error', message: plain } }),
    inHeaders,
  ),
} as const satisfies Readonly<Record<string, Answer>>;

export type Hostility = keyof typeof HOSTILE;

export interface HostileDrift {
  readonly url: string;
  /** What it was sent so far, as text. */
  received(): string;
  mode: Hostility;
  /** Calls that were answered so. */
  answered(mode: Hostility): number;
  /** Answers of the token endpoint, where it is to give one; otherwise it is as hostile as the rest. */
  grants: boolean;
  close(): Promise<void>;
}

/** A Drift that repeats the Authorization header, the address and the body of every call in its answers. */
export async function startHostileDrift(tokens: {
  readonly access: string;
  readonly refresh: string;
}): Promise<HostileDrift> {
  let log = '';
  const answered = new Map<Hostility, number>();
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const said = saidBy(request, body);
      log += `${said.plain}\n`;
      if (hostile.grants && request.url === '/oauth2/token') {
        answer(200, () => ({ access_token: tokens.access, refresh_token: tokens.refresh, expires_in: 7200 }))(
          said,
          response,
        );
      } else {
        answered.set(hostile.mode, (answered.get(hostile.mode) ?? 0) + 1);
        HOSTILE[hostile.mode](said, response);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hostile: HostileDrift = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    received: () => log,
    mode: 'a fault',
    answered: (mode) => answered.get(mode) ?? 0,
    grants: true,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hostile;
}

function saidBy(request: IncomingMessage, body: string): Said {
  const { url = '', headers } = request;
  const bearer = (headers.authorization ?? '').replace(/^Bearer /, '');
  const plain = `${request.method ?? ''} ${url} Authorization: Bearer ${bearer} ${decodeURIComponent(url)} ${body} ${decodeURIComponent(body.replaceAll('%', '%25'))} ${new URLSearchParams(body).toString()}`;
  const all = `${bearer} ${url} ${body}`;
  const pieces = (all.match(/.{1,13}/gs) ?? []).join(' | ');
  const disguised = [btoa(`Bearer ${bearer}`), btoa(`:${bearer}`), btoa(bearer), encodeURIComponent(all), pieces].join(
    ' ',
  );
  return { url, bearer, plain, disguised };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

import { loadClient } from '../config.ts';
import { CommandError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly json?: unknown;
  readonly file?: ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A running bridge, as the commands call it. Throws CommandError with what the bridge said. */
export interface Client {
  /** JSON, safe to print: control characters of a terminal are taken out of every text. */
  call<T = Json>(method: string, path: string, options?: CallOptions): Promise<T>;
  /** The answer as it is. */
  text(method: string, path: string, options?: CallOptions): Promise<string>;
  /** Every item of a list. */
  all<T>(path: string, query?: CallOptions['query'], most?: number): Promise<readonly T[]>;
}

/** C0 and C1 controls but tab and line feed, and the marks that turn the direction of text around. */
// eslint cannot know that controls are the point here, so they are spelled by number.
const CONTROLS = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]', 'g');

export function createClient(terminal: Terminal): Client {
  const { url, token } = loadClient(terminal.env);

  async function send(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    if (token === undefined) {
      throw new CommandError('BRIDGE_ADMIN_TOKEN is not set.', [
        'It is the token that "bridge serve" printed, and keeps in bootstrap-tokens in its data folder.',
      ]);
    }
    const address = new URL(`${url}/api/v1${path}`);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const { json, file, signal } = options;
    let response: Response;
    try {
      response = await fetch(address, {
        method,
        redirect: 'error',
        ...(signal === undefined ? {} : { signal }),
        headers: {
          authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(file === undefined ? {} : { 'content-type': 'text/csv' }),
          ...options.headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(file === undefined ? {} : { body: file, duplex: 'half' }),
      });
    } catch (error) {
      throw new CommandError(`No bridge answers at ${url} (${reasonOf(error)}).`, [
        'Start one with "npm start", or say where it is: BRIDGE_URL=http://…',
      ]);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async function call<T>(method: string, path: string, options?: CallOptions): Promise<T> {
    const response = await send(method, path, options);
    const text = await response.text();
    return (text === '' ? {} : JSON.parse(text, printable)) as T;
  }

  return {
    call,
    text: async (method, path, options) => (await send(method, path, options)).text(),
    async all<T>(path: string, query: CallOptions['query'] = {}, most = Number.POSITIVE_INFINITY) {
      const items: T[] = [];
      let cursor: string | undefined;
      do {
        const limit = Math.min(500, most - items.length);
        const page = await call<{ items: readonly T[]; next: string | null }>('GET', path, {
          query: { ...query, cursor, limit },
        });
        items.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined && items.length < most);
      return items;
    },
  };
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(CONTROLS, '\ufffd') : value;
}

interface Refused {
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

async function refusal(response: Response): Promise<CommandError> {
  const text = await response.text();
  let problem: Refused;
  try {
    problem = JSON.parse(text, printable) as Refused;
  } catch {
    return new CommandError(`${response.url} answered ${response.status} and is not a bridge.`);
  }
  const { detail = response.statusText, code = String(response.status), errors = [] } = problem;
  return new CommandError(
    `${detail} (${code})`,
    errors.map(({ path, message }) => `${path}: ${message}`),
  );
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : 'no reason given';
}

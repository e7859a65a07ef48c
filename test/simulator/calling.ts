import { isObject, parseJson, writeJson } from '../../src/simulator/json.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, 64-bit integers as BigInt; undefined when it is no JSON. */
  readonly json: unknown;
}

interface CallOptions {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Caller = (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Answer>;

/** Calls over real HTTP. A string body goes out as it is. */
export function caller(target: { readonly url: string; readonly token: string }): Caller {
  return async (method, path, body, options = {}) => {
    const { token = target.token, headers = {}, signal } = options;
    const response = await fetch(target.url + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : writeJson(body) }),
      ...(signal !== undefined && { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const OWNER = { email: 'olive.owner@example.com', name: 'Olive Owner', role: 'OWNER' } as const;
const ADA = { email: 'ada.admin@example.com', name: 'Ada Admin', role: 'ADMIN', phone: '555-010-0001' } as const;
const MEL = { email: 'mel.member@example.com', name: 'Mel Member', locale: 'en-GB' } as const;
const BOT = { email: 'bot-77@drift.com', name: 'Bot', bot: true } as const;

export interface World {
  readonly simulator: Simulator;
  readonly call: Caller;
  /** REST id of a seeded or created agent. */
  readonly idOf: (email: string) => number;
}

/** Runs a test against a fresh simulator that holds an OWNER, an admin (`ada`), a member (`mel`) and a bot. */
export async function withSimulator(options: SimulatorOptions, test: (world: World) => Promise<void>): Promise<void> {
  const simulator = await startSimulator(options);
  try {
    simulator.seed({ users: [OWNER, ADA, MEL, BOT] });
    const idOf = (email: string): number => {
      const found = simulator.state().users.find((user) => user.userName === email);
      if (found === undefined) throw new Error(`no agent ${email}`);
      return found.id;
    };
    await test({ simulator, call: caller(simulator), idOf });
  } finally {
    await simulator.close();
  }
}

/** Walks into JSON: `at(answer.json, 'data', 0, 'id')`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return (inner as unknown[])[Number(key)];
    return isObject(inner) ? inner[key] : undefined;
  }, value);
}

export function list(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  if (!Array.isArray(found)) throw new Error(`no list at ${path.join('.')}`);
  return found as unknown[];
}

/** A clock that stands still until it is moved. */
export function handClock(): { readonly now: () => number; readonly advance: (ms: number) => void } {
  let now = 1_800_000_000_000;
  return { now: () => now, advance: (ms) => (now += ms) };
}

export const EMAILS = { owner: OWNER.email, ada: ADA.email, mel: MEL.email, bot: BOT.email };

import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { createDriftClient, type Called, type DriftClient } from '../../src/drift/client.ts';
import type { SimulatorSettings } from '../../src/simulator/settings.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { clientAt, quickWorld } from '../drift/recording-server.ts';
import { SEED } from './drift-seed.ts';

type Settings = Partial<SimulatorSettings>;

/** What every case gets: the real client, at the simulator or at a real organisation. */
export interface Place {
  readonly client: DriftClient;
}

export interface SimulatedPlace extends Place {
  readonly simulator: Simulator;
  /** Moves the simulator's time. */
  readonly advance: (ms: number) => void;
  /** Accounts and e-mails that a permit was asked for. */
  readonly permitted: readonly string[];
  /** A client at the same simulator with another token. */
  readonly otherClient: (token: string) => DriftClient;
}

/** In every switch position in which something that is read may look different. */
const READ_POSITIONS: Readonly<Record<string, Settings>> = {
  'as it starts': {},
  'SCIM at /scim/v2': { scimPath: '/scim/v2' },
  'SCIM at both paths': { scimPath: 'both' },
  'SCIM answers of their own type': { scimContentType: 'scim+json' },
  'SCIM errors in the words of REST': { scimErrors: 'rest' },
  'SCIM ids of their own': { scimIdSpace: 'different' },
  'short SCIM pages': { serverPageCap: 2 },
  'filters without effect': { filterHonoured: false },
  'errors as a list': { errorStyle: 'errors' },
  'errors beside data': { errorsBesideData: true },
  'contact codes as types': { contactCodeIn: 'type' },
  'contacts listed': { contactListing: 'cursor' },
  'contacts listed as none': { contactListing: 'empty' },
  'a path for e-mails of contacts': { contactByEmailPath: true },
  'owners on contacts': { contactOwnerId: 'stored' },
  'contacts with tags': { contactTags: 'supported' },
  'older pages of conversations': { conversationPaging: 'cursor' },
  'page tokens from the first page on': { pageTokenRequired: true },
  'links to another host': { linkOrigin: 'https://elsewhere.example.net' },
  'no users without ids': { bareUsers: 'refused' },
  'removed agents visible': { deletedVisibleInRest: true },
  'the oldest paths too': { v1Prefix: true },
  'no rate header': { rateHeader: null },
};

interface Case<P extends Place> {
  readonly operation: string;
  readonly title: string;
  readonly test: (place: P) => Promise<void>;
  readonly positions: readonly Settings[];
}

type Covers<P extends Place> = (
  operation: string,
  title: string,
  test: (place: P) => Promise<void>,
  /** The switch positions to run in; the one that the simulator starts in where none is given. */
  ...positions: readonly Settings[]
) => void;

/** Something that a case needs is not in the organisation, or not offered there: no failure of a real one. */
class NotHere extends Error {}

/** Whose calls the log tells: the honest list of what was sent. */
interface Sent {
  readonly names: Set<string>;
}

/**
 * One suite, wherever it runs. `coversAnywhere` declares a case that only reads, and finds for itself what to read: it runs
 * against the simulator in every position, and against a real organisation where CONTRACT_DRIFT_TOKEN (and
 * CONTRACT_DRIFT_BASE_URL) is set. `covers` declares a case for a simulator of its own. Either fails unless the operation
 * that it names was really sent.
 */
export function driftContract(
  subject: string,
  declare: (cases: { readonly covers: Covers<SimulatedPlace>; readonly coversAnywhere: Covers<Place> }) => void,
): void {
  const anywhere: Case<Place>[] = [];
  const simulated: Case<SimulatedPlace>[] = [];
  declare({
    covers: (operation, title, test, ...positions) => simulated.push({ operation, title, test, positions }),
    coversAnywhere: (operation, title, test, ...positions) => anywhere.push({ operation, title, test, positions }),
  });

  if (anywhere.length > 0) {
    describe.each(Object.entries(READ_POSITIONS))(`Drift's ${subject}, simulated: %s`, (_position, settings) => {
      let place: Awaited<ReturnType<typeof simulatedPlace>>;
      beforeAll(async () => {
        place = await simulatedPlace(settings);
      });
      afterAll(() => place.close());
      for (const one of anywhere) it(nameOf(one), () => honest(one, place, place.sent));
    });

    const token = process.env['CONTRACT_DRIFT_TOKEN'] ?? '';
    (token === '' ? describe.skip : describe)(`Drift's ${subject}, in a real organisation`, () => {
      let place: ReturnType<typeof realPlace>;
      beforeAll(() => {
        place = realPlace(token);
      });
      afterAll(() => place.client.close());
      for (const one of anywhere) {
        it(
          nameOf(one),
          async () => {
            try {
              await honest(one, place, place.sent);
            } catch (error) {
              if (!(error instanceof NotHere)) throw error;
            }
          },
          120_000,
        );
      }
    });
  }

  if (simulated.length > 0) {
    describe(`Drift's ${subject}, simulated`, () => {
      for (const one of simulated) {
        for (const settings of one.positions.length === 0 ? [{}] : one.positions) {
          it(nameOf(one, settings), async () => {
            const place = await simulatedPlace(settings);
            try {
              await honest(one, place, place.sent);
            } finally {
              await place.close();
            }
          });
        }
      }
    });
  }
}

function nameOf({ operation, title }: Pick<Case<Place>, 'operation' | 'title'>, settings: Settings = {}): string {
  const position = Object.entries(settings).map(([name, value]) => `${name}: ${String(value)}`);
  return `${operation} ${title}${position.length === 0 ? '' : ` (${position.join(', ')})`}`;
}

/** Runs a case; rejects unless the operation that it names was sent meanwhile. */
export async function honest<P>(
  { operation, test }: { readonly operation: string; readonly test: (place: P) => Promise<void> },
  place: P,
  sent: Sent,
): Promise<void> {
  sent.names.clear();
  await test(place);
  if (!sent.names.has(operation)) throw new Error(`${operation} was not sent, but: ${[...sent.names].join(', ')}`);
}

async function simulatedPlace(
  settings: Settings,
): Promise<SimulatedPlace & { readonly sent: Sent; close(): Promise<void> }> {
  let now = 1_800_000_000_000;
  const simulator = await startSimulator({
    seed: 4,
    clock: () => now,
    // What pacing makes of limits is another test's matter.
    settings: { ratePerMinute: 0, reportsPerMinute: 0, ...settings },
  });
  simulator.seed(SEED);
  const permitted: string[] = [];
  const { clock, random } = quickWorld();
  const { sent, log } = listener();
  const permits = {
    deprovision: async ({ accountId }: { readonly accountId: string }) => {
      permitted.push(accountId);
      return true;
    },
    erase: async ({ email }: { readonly email: string }) => {
      permitted.push(email);
      return true;
    },
  };
  const clients: DriftClient[] = [];
  const clientWith = (token: string): DriftClient => {
    const client = clientAt(simulator.url, { token, scimPath: 'auto', clock, random, log, permits });
    clients.push(client);
    return client;
  };
  return {
    client: clientWith(simulator.token),
    otherClient: clientWith,
    simulator,
    advance: (ms) => (now += ms),
    permitted,
    sent,
    close: async () => {
      for (const client of clients) await client.close();
      await simulator.close();
    },
  };
}

/** Reads only: there is no permit to be had. */
function realPlace(token: string): Place & { readonly sent: Sent } {
  const { sent, log } = listener();
  const client = createDriftClient({
    baseUrl: process.env['CONTRACT_DRIFT_BASE_URL'] ?? 'https://driftapi.com',
    token,
    scimPath: 'auto',
    ratePerMinute: 60,
    permits: { deprovision: async () => false, erase: async () => false },
    log,
    clock: {
      now: () => new Date().toISOString(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    random: Math.random,
  });
  return { client, sent };
}

function listener(): { readonly sent: Sent; readonly log: Parameters<typeof createDriftClient>[0]['log'] } {
  const names = new Set<string>();
  return {
    sent: { names },
    log: (_level, code, data) => {
      const operation = code === 'drift.call' ? data?.['operation'] : undefined;
      if (typeof operation === 'string') names.add(operation);
    },
  };
}

/** The value of an answer that has to be a good one. */
export function ok<T>(called: Called<T>): T {
  if (called.kind !== 'ok') throw new Error(`${called.kind}: ${called.code} ${called.detail}`);
  return called.value;
}

/** The same for a call that an organisation may not have: then a case for anywhere ends there. */
export function offered<T>(called: Called<T>): T {
  if (called.kind === 'refused' && called.status < 429 && called.code !== 'credential_dead')
    throw new NotHere(called.code);
  return ok(called);
}

/** Status and code of a refusal. */
export function refusal(called: Called<unknown>): string {
  return called.kind === 'refused' ? `${String(called.status)} ${called.code}` : called.kind;
}

/** The first of a list; where there is none, a case for anywhere ends there. */
export function first<T>(list: readonly T[]): T {
  const [found] = list;
  if (found === undefined) throw new NotHere('an empty list');
  return found;
}

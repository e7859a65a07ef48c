import { startSimulator } from '../../src/simulator/simulator.ts';
import { makeHome, startBridge } from '../support/bridge-process.ts';
import { driver, employees, hrCsv } from '../support/journey.ts';
import type { LoadRequest } from './load.ts';
import { small } from './reads.ts';
import { type Cell, type Section, type World, loadCell, patchOp, pick } from './section.ts';
import type { Server } from './servers.ts';
import { newUser, written } from './writes.ts';

const USERS = 1000;
/** scimmy answers three pages a second: with more connections a round would end long after its time. */
const PAGE_CONNECTIONS = 4;

/** The same requests to the bridge and to what scimmy's documentation leads to. */
export async function scimmy(world: World): Promise<Section> {
  const bridge = await small(world);
  const writes = await written(world);
  const plain = await world.lab.scimmy(USERS);
  const plainWrites = await world.lab.scimmy(USERS);
  const plainIds = employees(USERS).map(({ number }) => `user-${number}`);
  const user = (id: string, rest: Partial<LoadRequest> = {}): LoadRequest => ({
    method: 'GET',
    path: `/scim/v2/Users/${id}`,
    ...rest,
  });
  const patch = (n: number): Partial<LoadRequest> => ({
    method: 'PATCH',
    body: JSON.stringify(patchOp([{ op: 'replace', path: 'displayName', value: `Bench ${String(n)}` }])),
  });
  const post = (n: number): LoadRequest => ({
    method: 'POST',
    path: '/scim/v2/Users',
    body: JSON.stringify(newUser('peer', n)),
  });
  const filter = (n: number): LoadRequest => ({
    method: 'GET',
    path: `/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${pick(bridge.users, n).userName}"`)}`,
  });
  const page = (n: number): LoadRequest => ({
    method: 'GET',
    path: `/scim/v2/Users?startIndex=${String(1 + ((n * 100) % (USERS - 100)))}&count=100`,
  });
  const few = { ...world, connections: PAGE_CONNECTIONS };
  const pair = (
    name: string,
    [ours, theirs]: readonly [Server, Server],
    [next, nextPlain]: readonly [(n: number) => LoadRequest, (n: number) => LoadRequest],
    options: World = world,
  ): readonly Cell[] => [
    loadCell(`our ${name}`, ours, next, options),
    loadCell(`scimmy ${name}`, theirs, nextPlain, options),
  ];
  const names = ['GET by id', 'PATCH displayName', 'POST', 'filter userName eq', 'page of 100 by index'];
  return {
    title: `Beside a plain scimmy + scimmy-routers app, ${String(USERS)} users`,
    notes: [
      'The plain app keeps its users in a map in memory: no disk, no audit, no person behind the user. Pages are asked for on',
      `${String(PAGE_CONNECTIONS)} connections. Writes go to stores of their own, which grow.`,
    ],
    cells: [
      ...pair('GET by id', [bridge, plain], [(n) => user(pick(bridge.ids, n)), (n) => user(pick(plainIds, n))]),
      ...pair(
        'PATCH displayName',
        [writes, plainWrites],
        [(n) => user(pick(bridge.ids, n), patch(n)), (n) => user(pick(plainIds, n), patch(n))],
      ),
      ...pair('POST', [writes, plainWrites], [post, post]),
      ...pair('filter userName eq', [bridge, plain], [filter, filter]),
      ...pair('page of 100 by index', [bridge, plain], [page, page], few),
    ],
    rows: names.flatMap((name) => [
      { label: `${name}: bridge`, of: `our ${name}`, unit: 'per second' as const },
      { label: `${name}: scimmy`, of: `scimmy ${name}`, unit: 'per second' as const },
    ]),
    verdicts: names.map((name) => ({
      text: `${name}: bridge / scimmy`,
      value: (m) => m(`our ${name}`) / m(`scimmy ${name}`),
      unit: 'ratio',
    })),
  };
}

/** From the file of an HR system to the plan, once a round in a new bridge beside a simulator of Drift. */
export async function hrToPlan(people: number): Promise<Section> {
  const csv = hrCsv(employees(people));
  const run = async (): Promise<Record<string, number>> => {
    const simulator = await startSimulator({ settings: { scimPath: '/scim/v2', ratePerMinute: 0 } });
    const home = await makeHome('sqlite');
    const bridge = await startBridge(home, {
      DRIFT_BASE_URL: simulator.url,
      DRIFT_TOKEN: simulator.token,
      DRIFT_RATE_PER_MINUTE: '6000',
    });
    try {
      const drive = driver(bridge.url);
      const start = performance.now();
      const imported = await drive.api<{ rows: { accepted: number } }>('POST', '/feeds/hr/imports', csv);
      const importedAt = performance.now();
      const { population } = await drive.run();
      const plannedAt = performance.now();
      const missed = people - Math.min(imported.body.rows.accepted, population);
      return {
        'hr.import': importedAt - start,
        'hr.plan': plannedAt - importedAt,
        'hr.both': plannedAt - start,
        'hr.errors': missed,
      };
    } finally {
      await bridge.stop();
      await simulator.close();
      await home.remove();
    }
  };
  return {
    title: `HR file to plan, ${String(people)} people (${(csv.length / 1e6).toFixed(1)} MB)`,
    notes: ['A new bridge and a new simulator of Drift each round.'],
    cells: [{ warm: async () => undefined, run }],
    rows: [
      { label: 'import', of: 'hr.import', unit: 'ms' },
      { label: 'run to plan', of: 'hr.plan', unit: 'ms' },
      { label: 'together', of: 'hr.both', unit: 'ms' },
    ],
    verdicts: [],
  };
}

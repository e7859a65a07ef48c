import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { type Bridge, SCIM_TOKEN, makeHome, startBridge } from '../support/bridge-process.ts';
import { driver, type Employee, employees, hrCsv, scimUser } from '../support/journey.ts';
import { load, type LoadRequest, type LoadResult } from './load.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    users: { type: 'string', default: '1000,10000' },
    people: { type: 'string', default: '10000' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  process.stdout.write(
    'npm run bench -- [--seconds 3] [--users 1000,10000] [--people 10000]\n' +
      'The SCIM facade beside a bare Express 5 app that answers the same bytes, in one run on SQLite,\n' +
      'and the time from an HR file to a plan.\n',
  );
  process.exit(0);
}

const MILLISECONDS = Number(values.seconds) * 1000;
const CONNECTIONS = 20;
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

interface Row {
  readonly name: string;
  readonly users: number;
  readonly ours: LoadResult;
  readonly bare: LoadResult;
}

print(
  `Node ${process.version}, ${String(availableParallelism())} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), SQLite, ${String(CONNECTIONS)} connections, ${values.seconds} s a cell`,
);
const bare = await startBare();
const rows: Row[] = [];
for (const users of values.users.split(',').map(Number)) rows.push(...(await scimRows(users)));
printRows(rows);
await hrToPlan(Number(values.people));
bare.child.kill();

async function scimRows(users: number): Promise<readonly Row[]> {
  const home = await makeHome('sqlite');
  // No agent is needed: intake never asks Drift, so an address nobody listens on will do.
  const bridge = await startBridge(home, {
    DRIFT_BASE_URL: 'http://127.0.0.1:9',
    DRIFT_TOKEN: 'bench-token-of-nobody',
  });
  try {
    const people = employees(users);
    const ids = await fill(bridge, people);
    let created = users;
    const pick = <T>(list: readonly T[], n: number): T => list[(n * 7919) % list.length] as T;
    const measure = async (name: string, next: (n: number) => LoadRequest): Promise<Row> => {
      const ours = await load(bridge.url, SCIM_TOKEN, next, { connections: CONNECTIONS, milliseconds: MILLISECONDS });
      await teach(bridge, next);
      const theirs = await load(bare.url, SCIM_TOKEN, next, { connections: CONNECTIONS, milliseconds: MILLISECONDS });
      return { name, users, ours, bare: theirs };
    };
    return [
      await measure('GET by id', (n) => ({ method: 'GET', path: `/scim/v2/Users/${pick(ids, n)}` })),
      await measure('filter userName eq', (n) => ({
        method: 'GET',
        path: `/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${pick(people, n).userName}"`)}`,
      })),
      await measure('page of 100', (n) => ({
        method: 'GET',
        path: `/scim/v2/Users?startIndex=${String(1 + ((n * 100) % (users - 100)))}&count=100`,
      })),
      await measure('PATCH displayName', (n) => ({
        method: 'PATCH',
        path: `/scim/v2/Users/${pick(ids, n)}`,
        body: JSON.stringify({
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', path: 'displayName', value: `Bench ${String(n)}` }],
        }),
      })),
      await measure('POST', () => {
        created += 1;
        const n = String(created);
        return {
          method: 'POST',
          path: '/scim/v2/Users',
          body: JSON.stringify(
            scimUser({ number: `9${n}`, given: `New${n}`, family: 'Bench', userName: `new${n}@example.com` }),
          ),
        };
      }),
    ];
  } finally {
    await bridge.stop();
    await home.remove();
  }
}

async function fill(bridge: Bridge, people: readonly Employee[]): Promise<readonly string[]> {
  const ids = new Map<string, string>();
  const queue = [...people];
  const { scim } = driver(bridge.url);
  const worker = async (): Promise<void> => {
    for (let person = queue.pop(); person !== undefined; person = queue.pop()) {
      const answer = await scim<{ id: string }>('POST', '/Users', scimUser(person));
      if (answer.status !== 201) throw new Error(`filling: ${String(answer.status)}`);
      ids.set(person.number, answer.body.id);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return people.map((person) => ids.get(person.number) ?? '');
}

/** The bare app answers the very bytes that the bridge gave for one such request. */
async function teach(bridge: Bridge, next: (n: number) => LoadRequest): Promise<void> {
  const { method, path, body } = next(1_000_003);
  const answer = await fetch(`${bridge.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${SCIM_TOKEN}`, 'content-type': 'application/scim+json' },
    ...(body === undefined ? {} : { body }),
  });
  await fetch(`${bare.url}/bytes`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: await answer.text(), code: answer.status }),
  });
}

async function startBare(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['test/bench/bare-app.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { url: `http://127.0.0.1:${port}`, child };
}

function printRows(all: readonly Row[]): void {
  print();
  print(
    '                        users      bridge: req/s    p50 ms    p99 ms     bare Express 5: req/s    p50 ms    p99 ms     ratio',
  );
  for (const { name, users, ours, bare: theirs } of all) {
    const cell = (value: number, width: number, digits = 1): string => value.toFixed(digits).padStart(width);
    print(
      `${name.padEnd(22)}${String(users).padStart(7)}${cell(ours.perSecond, 19, 0)}${cell(ours.p50, 10)}${cell(ours.p99, 10)}${cell(theirs.perSecond, 26, 0)}${cell(theirs.p50, 10)}${cell(theirs.p99, 10)}${cell(ours.perSecond / theirs.perSecond, 10, 2)}${ours.errors > 0 ? `  ${String(ours.errors)} ERRORS` : ''}`,
    );
  }
}

async function hrToPlan(count: number): Promise<void> {
  const simulator = await startSimulator({ settings: { scimPath: '/scim/v2', ratePerMinute: 0 } });
  const home = await makeHome('sqlite');
  const bridge = await startBridge(home, {
    DRIFT_BASE_URL: simulator.url,
    DRIFT_TOKEN: simulator.token,
    DRIFT_RATE_PER_MINUTE: '6000',
  });
  try {
    const drive = driver(bridge.url);
    const people = employees(count);
    const csv = hrCsv(people);
    const start = performance.now();
    const imported = await drive.api<{ rows: { accepted: number } }>('POST', '/feeds/hr/imports', csv);
    const importedAt = performance.now();
    const run = await drive.run();
    const plannedAt = performance.now();
    print();
    print(
      `HR file to plan, ${String(count)} people (${(csv.length / 1e6).toFixed(1)} MB): import ${((importedAt - start) / 1000).toFixed(2)} s (${String(imported.body.rows.accepted)} rows accepted), run to plan ${((plannedAt - importedAt) / 1000).toFixed(2)} s (${String(run.population)} entries), together ${((plannedAt - start) / 1000).toFixed(2)} s`,
    );
  } finally {
    await bridge.stop();
    await simulator.close();
    await home.remove();
  }
}

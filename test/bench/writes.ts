import { scimUser } from '../support/journey.ts';
import type { Inserted } from './durable-inserts.ts';
import { type LoadRequest, load } from './load.ts';
import {
  type Cell,
  type Sample,
  type Section,
  type World,
  loadCell,
  median,
  patchOp,
  pick,
  targetOf,
} from './section.ts';
import { type Filled, ask, cpuSeconds } from './servers.ts';
import { large } from './reads.ts';

const USERS = 1000;
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

/** Gets all the new users, so that the stores that are read stay as they are. */
export const written = (world: World): Promise<Filled> => world.once('written', () => world.lab.bridge(USERS));

export function newUser(word: string, n: number): Record<string, unknown> {
  const name = `${word}${String(n)}`;
  return scimUser({ number: `9${name}`, given: name, family: 'Bench', userName: `${name}@example.com` });
}

export async function create(world: World): Promise<Section> {
  const bridge = await written(world);
  const inserts = await world.lab.inserts(bridge);
  const post = (n: number): LoadRequest => ({
    method: 'POST',
    path: '/scim/v2/Users',
    body: JSON.stringify(newUser('post', n)),
  });
  const patch = (n: number): LoadRequest => ({
    method: 'PATCH',
    path: `/scim/v2/Users/${pick(bridge.ids, n)}`,
    body: JSON.stringify(patchOp([{ op: 'replace', path: 'displayName', value: `Bench ${String(n)}` }])),
  });
  return {
    title: 'POST and PATCH of a user',
    notes: [
      'The store itself: a loop in a process of its own writes the rows that one POST leaves in all tables (resource, e-mail,',
      'person, source record, keys, audit, log of requests) one transaction each, in WAL mode with synchronous=FULL, on a',
      'copy of the store.',
    ],
    cells: [
      loadCell('post', bridge, post, world),
      { warm: () => inserts(500), run: async () => insertSample(await inserts(world.milliseconds)) },
      loadCell('patch', bridge, patch, world),
    ],
    rows: [
      { label: 'POST a user', of: 'post', unit: 'per second' },
      { label: 'the store itself: the same rows', of: 'inserts', unit: 'per second' },
      { label: 'PATCH displayName', of: 'patch', unit: 'per second' },
    ],
    verdicts: [
      { text: 'POST / the store itself', value: (m) => m('post') / m('inserts'), unit: 'ratio', bar: { least: 0.3 } },
      {
        text: 'by processor time: the store itself / POST',
        value: (m) => m('inserts.cpu') / m('post.cpu'),
        unit: 'ratio',
      },
    ],
  };
}

function insertSample({ count, milliseconds, cpuMicros }: Inserted): Sample {
  return { inserts: (count / milliseconds) * 1000, 'inserts.cpu': cpuMicros / count };
}

export async function members(world: World): Promise<Section> {
  const bridge = await large(world);
  const many = Math.ceil(bridge.ids.length / 2);
  const outside = bridge.ids.filter((_, index) => index % 2 === 1);
  const most = { ratio: 2, ms: 10 };
  const names = ['hundred', 'many'] as const;
  const labels = { hundred: 'a group of 100', many: `a group of ${String(many)}` };
  const bars = (what: 'add' | 'remove') => [
    {
      text: `${what}: the large group / the small one`,
      value: (m: (of: string) => number) => m(`${what}.many`) / m(`${what}.hundred`),
      unit: 'ratio' as const,
      bar: { most: most.ratio },
    },
    {
      text: `${what}: the large group`,
      value: (m: (of: string) => number) => m(`${what}.many`),
      unit: 'ms' as const,
      bar: { most: most.ms },
    },
  ];
  return {
    title: 'One member added to and removed from a group by PATCH',
    notes: ['One connection, one request after the other; the time of a request, median of a round.'],
    cells: [
      memberCell('hundred', bridge, bridge.aHundred, outside, world),
      memberCell('many', bridge, bridge.everySecond, outside, world),
    ],
    rows: (['add', 'remove'] as const).flatMap((what) =>
      names.map((name) => ({ label: `${what}, ${labels[name]}`, of: `${what}.${name}`, unit: 'ms' as const })),
    ),
    verdicts: [...bars('add'), ...bars('remove')],
  };
}

function memberCell(name: string, bridge: Filled, group: string, users: readonly string[], world: World): Cell {
  let n = 0;
  const one = (operation: Record<string, unknown>): LoadRequest => ({
    method: 'PATCH',
    path: `/scim/v2/Groups/${group}`,
    body: JSON.stringify(patchOp([operation])),
  });
  // In turn on one connection: every second request takes out whom the one before it put in.
  const next = (): LoadRequest => {
    const value = pick(users, Math.floor(n / 2));
    n += 1;
    return n % 2 === 1
      ? one({ op: 'add', path: 'members', value: [{ value }] })
      : one({ op: 'remove', path: `members[value eq "${value}"]` });
  };
  const run = async (milliseconds: number): Promise<Sample> => {
    // A round that ended within a pair is followed by one that begins with a removal.
    const first = n % 2;
    const { times, errors } = await load(targetOf(bridge), next, { connections: 1, milliseconds });
    const every = (part: number): number => median(times.filter((_, at) => (at + first) % 2 === part));
    return { [`add.${name}`]: every(0), [`remove.${name}`]: every(1), [`${name}.errors`]: errors };
  };
  return { warm: () => run(Math.min(500, world.milliseconds)), run: () => run(world.milliseconds) };
}

export async function bulk(world: World): Promise<Section> {
  const bridge = await written(world);
  const kinds = ['creates', 'mixed'] as const;
  return {
    title: 'Bulk of 2,000 operations beside Bulk of 1,000',
    notes: ['Mixed: a user, a change of a user, a group with that new user in it (bulkId), a change of another user.'],
    cells: kinds.map((kind) => bulkCell(kind, bridge)),
    rows: kinds.flatMap((kind) =>
      [1000, 2000].map((size) => ({
        label: `${String(size)} operations, ${kind}`,
        of: `bulk.${kind}.${String(size)}`,
        unit: 'ms' as const,
      })),
    ),
    verdicts: kinds.map((kind) => ({
      text: `${kind}: 2,000 / 1,000`,
      value: (m) => m(`bulk.${kind}.2000`) / m(`bulk.${kind}.1000`),
      unit: 'ratio' as const,
      bar: { most: 2.4 },
    })),
  };
}

function bulkCell(kind: 'creates' | 'mixed', bridge: Filled): Cell {
  let made = 0;
  const user = (): Record<string, unknown> => ({
    method: 'POST',
    path: '/Users',
    bulkId: `u${String((made += 1))}`,
    data: newUser(kind, made),
  });
  const change = (attribute: string): Record<string, unknown> => ({
    method: 'PATCH',
    path: `/Users/${pick(bridge.ids, (made += 1))}`,
    data: patchOp([{ op: 'replace', path: attribute, value: `Bulk ${String(made)}` }]),
  });
  const four = (): readonly Record<string, unknown>[] => {
    if (kind === 'creates') return [user(), user(), user(), user()];
    const created = user();
    const group = {
      method: 'POST',
      path: '/Groups',
      bulkId: `g${String(made)}`,
      data: { displayName: `Bulk ${String(made)}`, members: [{ value: `bulkId:${String(created['bulkId'])}` }] },
    };
    return [created, change('displayName'), group, change('title')];
  };
  const run = async (size: number): Promise<Sample> => {
    const operations = Array.from({ length: size / 4 }, four).flat();
    const cpu = cpuSeconds(bridge.pid);
    const begin = performance.now();
    const { body } = await ask(bridge, 'POST', '/Bulk', {
      schemas: [BULK],
      Operations: operations,
    });
    const name = `bulk.${kind}.${String(size)}`;
    const milliseconds = performance.now() - begin;
    const answers = body['Operations'] as readonly { readonly status: string }[];
    const errors = answers.filter(({ status }) => !status.startsWith('2')).length;
    const used = cpuSeconds(bridge.pid);
    return {
      [name]: milliseconds,
      [`${name}.errors`]: errors + size - answers.length,
      ...(cpu === null || used === null ? {} : { [`${name}.cpu`]: ((used - cpu) / size) * 1e6 }),
    };
  };
  return {
    warm: () => run(400),
    // The larger one goes first in every second round: the store grows from one to the next.
    run: async (round) => {
      const sizes = round % 2 === 0 ? [1000, 2000] : [2000, 1000];
      let sample: Sample = {};
      for (const size of sizes) sample = { ...sample, ...(await run(size)) };
      return sample;
    },
  };
}

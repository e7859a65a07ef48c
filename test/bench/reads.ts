import { SCIM_TOKEN } from '../support/bridge-process.ts';
import type { LoadRequest } from './load.ts';
import { type Section, type World, loadCell, pick } from './section.ts';
import { type Filled, ask } from './servers.ts';

const SMALL = 1000;
const DEEP = 0.75;

export const small = (world: World): Promise<Filled> => world.once('small', () => world.lab.bridge(SMALL));
export const large = (world: World): Promise<Filled> => world.once('large', () => world.lab.bridge(world.largeUsers));

const get = (path: string): LoadRequest => ({ method: 'GET', path: `/scim/v2${path}` });

/** Users outside of groups, whose answers have one length. */
const alone = ({ ids }: Filled): readonly string[] => ids.filter((_, index) => index % 2 === 1);

export async function readOne(world: World): Promise<Section> {
  const bridge = await small(world);
  const ids = alone(bridge);
  const lesson = await lessonOf(bridge, pick(ids, 1));
  const [stack, express, http] = [
    await world.lab.bare('stack'),
    await world.lab.bare('express'),
    await world.lab.bare('http'),
  ];
  for (const server of [stack, express, http]) await server.teach(lesson);
  const next = (n: number): LoadRequest => get(`/Users/${pick(ids, n)}`);
  const cell = (of: string, server: Parameters<typeof loadCell>[1]) => loadCell(of, server, next, world);
  return {
    title: `GET by id, ${String(SMALL)} users`,
    notes: [
      `All answer the same ${String(lesson.body.length)} bytes of body. The stack: Express 5, helmet as the bridge sets it, passport with a`,
      `bearer strategy, pino with ${String(lesson.logLines)} lines a request, as many as the bridge writes. No yardstick computes an ETag, looks`,
      'anything up, counts metrics or makes a request id.',
    ],
    cells: [cell('get', bridge), cell('stack', stack), cell('express', express), cell('http', http)],
    rows: [
      { label: 'bridge', of: 'get', unit: 'per second' },
      { label: 'Express 5 with the same stack', of: 'stack', unit: 'per second' },
      { label: 'naked Express 5', of: 'express', unit: 'per second' },
      { label: 'node:http (what the generator can)', of: 'http', unit: 'per second' },
    ],
    verdicts: [
      {
        text: 'bridge / Express 5 with the same stack',
        value: (m) => m('get') / m('stack'),
        unit: 'ratio',
        bar: { least: 0.7 },
      },
      { text: 'bridge / naked Express 5', value: (m) => m('get') / m('express'), unit: 'ratio', bar: { aim: 0.5 } },
      { text: 'bridge / node:http', value: (m) => m('get') / m('http'), unit: 'ratio' },
      {
        text: 'the same by processor time: stack / bridge',
        value: (m) => m('stack.cpu') / m('get.cpu'),
        unit: 'ratio',
      },
      { text: 'by processor time: naked / bridge', value: (m) => m('express.cpu') / m('get.cpu'), unit: 'ratio' },
      { text: 'generator busy at node:http (1 = it is the limit)', value: (m) => m('http.busy'), unit: 'ratio' },
      { text: 'generator busy at the stack', value: (m) => m('stack.busy'), unit: 'ratio' },
    ],
  };
}

async function lessonOf(bridge: Filled, id: string) {
  const lines = (): number => bridge.output().split('\n').length;
  const before = lines();
  const asked = 20;
  let answer = await ask(bridge, 'GET', `/Users/${id}`);
  for (let n = 1; n < asked; n += 1) answer = await ask(bridge, 'GET', `/Users/${id}`);
  // What is written a request comes within this time; what is written once in a while is not counted.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const logLines = Math.round((lines() - before) / asked);
  return { body: JSON.stringify(answer.body), etag: answer.headers.get('etag') ?? '', token: SCIM_TOKEN, logLines };
}

export async function filter(world: World): Promise<Section> {
  // Processes that have done nothing else: what differs is the size alone.
  const stores = [await world.lab.bridge(SMALL), await world.lab.bridge(world.largeUsers)] as const;
  const [few, many] = stores;
  const users = (store: Filled) => (n: number) =>
    get(`/Users?filter=${encodeURIComponent(`userName eq "${pick(store.users, n).userName}"`)}`);
  const ids = alone(many);
  return {
    title: `Filter by userName, ${String(many.ids.length)} users beside ${String(few.ids.length)}`,
    notes: [],
    cells: [
      loadCell('filter', few, users(few), world),
      loadCell('filter.many', many, users(many), world),
      loadCell('get.many', many, (n) => get(`/Users/${pick(ids, n)}`), world),
    ],
    rows: [
      { label: `filter userName eq, ${String(few.ids.length)} users`, of: 'filter', unit: 'per second' },
      { label: `filter userName eq, ${String(many.ids.length)} users`, of: 'filter.many', unit: 'per second' },
      { label: `GET by id, ${String(many.ids.length)} users`, of: 'get.many', unit: 'per second' },
    ],
    verdicts: [
      {
        text: 'time of the large store / the small one',
        value: (m) => m('filter') / m('filter.many'),
        unit: 'ratio',
        bar: { most: 1.3 },
      },
    ],
  };
}

export async function cursorPages(world: World): Promise<Section> {
  const bridge = await large(world);
  const place = Math.floor((bridge.ids.length * DEEP) / 1000) * 1000;
  const page = (cursor: string) => get(`/Users?cursor=${encodeURIComponent(cursor)}&count=100`);
  const second = await walk(bridge, 100, 100);
  const deep = await walk(bridge, place, 1000);
  const cell = (of: string, cursor: string) => loadCell(of, bridge, () => page(cursor), world);
  return {
    title: `Page of 100 by cursor, ${String(bridge.ids.length)} users`,
    notes: ['The cursors come from paging there. The first page counts the total, the others carry it.'],
    cells: [
      cell('cursor.first', ''),
      cell('cursor.second', second),
      cell('cursor.deep', deep),
      loadCell('index.deep', bridge, () => get(`/Users?startIndex=${String(place + 1)}&count=100`), world),
    ],
    rows: [
      { label: 'first page', of: 'cursor.first', unit: 'per second' },
      { label: 'second page', of: 'cursor.second', unit: 'per second' },
      { label: `page behind ${String(place)}`, of: 'cursor.deep', unit: 'per second' },
      { label: `by index: startIndex ${String(place + 1)}`, of: 'index.deep', unit: 'per second' },
    ],
    verdicts: [
      {
        text: `time of the page behind ${String(place)} / the first page`,
        value: (m) => m('cursor.first') / m('cursor.deep'),
        unit: 'ratio',
        bar: { most: 1.5 },
      },
      {
        text: `time of the page behind ${String(place)} / the second page`,
        value: (m) => m('cursor.second') / m('cursor.deep'),
        unit: 'ratio',
      },
    ],
  };
}

/** The cursor behind so many users of the same query. */
async function walk(bridge: Filled, users: number, count: number): Promise<string> {
  let cursor = '';
  for (let seen = 0; seen < users; seen += count) {
    const path = `/Users?cursor=${encodeURIComponent(cursor)}&count=${String(count)}`;
    const { body } = await ask(bridge, 'GET', path);
    cursor = String(body['nextCursor']);
  }
  return cursor;
}

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '../../src/storage/database.ts';
import { type BridgeApp, type Got, PUBLIC_URL, SCIM_TOKEN, openApp, eachStore } from './bridge-app.ts';
import { SCIM, ensureTenant, tokenMaker } from './holdings.ts';
import { bearer } from './requests.ts';

// Several hundred requests in a row, on a machine that has other things to do.
jest.setTimeout(60_000);

const ROUNDS = 20;
const HOUR = 3_600_000;

/** Only what the clock says is made up; timers and sockets go on as they are. */
const REAL = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

interface Resource {
  readonly id: string;
  readonly userName?: string;
  readonly meta: { readonly location: string; readonly version: string };
}

eachStore('requests at the same time', (store) => {
  let app: BridgeApp;
  let database: Database;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    app = await openApp(store);
    database = await store.open();
    for (const tenant of ['acme', 'globex']) {
      await ensureTenant(database, tenant);
      tokens.set(tenant, (await tokenMaker(database, tenant)({ audience: 'scim', scopes: SCIM })).text);
    }
  });
  afterAll(() => app.close());
  afterEach(() => void jest.useRealTimers());

  async function scim(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    ...more: readonly (readonly [string, string])[]
  ): Promise<Got> {
    const typed = body === undefined ? [] : ([['content-type', 'application/scim+json']] as const);
    const headers = [bearer(token), ...typed, ...more];
    return app.send({
      method,
      path: `/scim/v2${path}`,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  const of = (got: Got): Resource => JSON.parse(got.text) as Resource;

  it('never mix two tenants: ids, meta.location, $ref and Location are of who asks', async () => {
    const known = new Map<string, Set<string>>();
    for (const [tenant, token] of tokens) {
      const users = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          scim(token, 'POST', '/Users', { userName: `u${at}@example.com`, externalId: `e${at}` }),
        ),
      );
      const ids = users.map((got) => of(got).id);
      const group = await scim(token, 'POST', '/Groups', {
        displayName: 'All',
        externalId: 'g',
        members: ids.map((value) => ({ value })),
      });
      known.set(tenant, new Set([...ids, of(group).id]));
    }
    const answers: { readonly tenant: string; readonly got: Got }[] = [];
    const asked = Array.from({ length: 240 }, (_, at) => at).flatMap((at) =>
      [...tokens].map(async ([tenant, token]) => {
        const ids = [...(known.get(tenant) ?? [])];
        const [user, group] = [ids[at % 8] ?? '', ids[8] ?? ''];
        // What a proxy says of the address is not believed.
        const said = ['x-forwarded-host', `${tenant}.example.org`] as const;
        const kinds: readonly (() => Promise<Got>)[] = [
          () => scim(token, 'GET', `/Users/${user}`, undefined, said),
          () => scim(token, 'GET', '/Users?count=5', undefined, said),
          () => scim(token, 'GET', `/Users?filter=userName%20eq%20%22u${at % 8}@example.com%22`, undefined, said),
          () => scim(token, 'GET', `/Groups/${group}`, undefined, said),
          () => scim(token, 'GET', '/Users?cursor=&count=3', undefined, said),
          () =>
            scim(
              token,
              'PUT',
              `/Users/${user}`,
              { userName: `u${at % 8}@example.com`, title: `${tenant} ${at}` },
              said,
            ),
          () => scim(token, 'POST', '/Users', { userName: `new${at}@example.com` }, said),
          () => scim(token, 'GET', '/ServiceProviderConfig', undefined, said),
        ];
        const got = await (kinds[at % kinds.length] ?? kinds[0])?.();
        if (got !== undefined) answers.push({ tenant, got });
        if (got?.status === 201) known.get(tenant)?.add(of(got).id);
      }),
    );
    await Promise.all(asked);

    expect(answers).toHaveLength(480);
    const wrong: string[] = [];
    for (const { tenant, got } of answers) {
      if (got.status >= 300) wrong.push(`${got.status} ${got.text}`);
      const addresses = [...`${got.text} ${got.headers.location ?? ''}`.matchAll(/https?:\/\/[^"\s]+/g)].map(
        ([text]) => text,
      );
      for (const address of addresses.filter((each) => each.includes('/scim/v2'))) {
        const [, id] = /\/scim\/v2\/(?:Users|Groups)\/(.+)$/.exec(address) ?? [];
        const isOwn = id === undefined || known.get(tenant)?.has(id) === true;
        if (!address.startsWith(`${PUBLIC_URL}/scim/v2/`) || !isOwn) wrong.push(`${tenant}: ${address}`);
      }
      const others = [...known].filter(([name]) => name !== tenant).flatMap(([, ids]) => [...ids]);
      const [foreign] = others.filter((id) => got.text.includes(id));
      if (foreign !== undefined || got.text.includes('.example.org')) wrong.push(`${tenant}: ${got.text}`);
    }
    expect(wrong).toEqual([]);
  });

  it('give one 201 and one 409 for two POSTs of one userName', async () => {
    const [token = ''] = tokens.values();
    for (let round = 0; round < ROUNDS; round += 1) {
      const userName = `race${round}@example.com`;
      const spelled = [userName, userName.toUpperCase()];
      const got = await Promise.all(
        spelled.map((name, at) => scim(token, 'POST', '/Users', { userName: name, externalId: `r${round}-${at}` })),
      );
      expect(got.map(({ status }) => status).sort()).toEqual([201, 409]);
      const lost = got.find(({ status }) => status === 409);
      expect(JSON.parse(lost?.text ?? '{}')).toMatchObject({ scimType: 'uniqueness', status: '409' });
      const found = await scim(token, 'GET', `/Users?filter=userName%20eq%20%22${userName}%22`);
      expect(JSON.parse(found.text)).toMatchObject({ totalResults: 1 });
    }
  });

  it('give the same resource to two equal POSTs, and to none of them an error', async () => {
    const [token = ''] = tokens.values();
    for (let round = 0; round < ROUNDS; round += 1) {
      const body = { userName: `twin${round}@example.com`, externalId: `t${round}` };
      const got = await Promise.all([scim(token, 'POST', '/Users', body), scim(token, 'POST', '/Users', body)]);
      expect(got.map(({ status }) => status)).toEqual([201, 201]);
      expect(new Set(got.map((each) => of(each).id)).size).toBe(1);
    }
  });

  describe('a POST again after a lost answer', () => {
    const post = (body: unknown): Promise<Got> => scim(SCIM_TOKEN, 'POST', '/Users', body);

    it('gives the created resource with the same id, address and version, and stores nothing', async () => {
      const body = { userName: 'lost@example.com', externalId: 'lost', name: { familyName: 'Lost' } };
      const first = await post(body);
      const audited = await audit();
      const again = await post(body);
      expect([again.status, again.text, again.headers.location, again.headers.etag]).toEqual([
        ...[201, first.text, first.headers.location, first.headers.etag],
      ]);
      expect(await audit()).toBe(audited);
    });

    it.each([
      ['has no externalId', { userName: 'no-id@example.com' }, { userName: 'no-id@example.com' }],
      [
        'has an empty externalId',
        { userName: 'blank@example.com', externalId: '' },
        { userName: 'blank@example.com', externalId: '' },
      ],
      [
        'has another externalId',
        { userName: 'two@example.com', externalId: '1' },
        { userName: 'two@example.com', externalId: '2' },
      ],
      [
        'says something else',
        { userName: 'else@example.com', externalId: 'x', title: 'A' },
        { userName: 'else@example.com', externalId: 'x', title: 'B' },
      ],
    ])('is a conflict where it %s', async (_, first, again) => {
      expect((await post(first)).status).toBe(201);
      expect((await post(again)).status).toBe(409);
    });

    it('is a conflict where the resource was changed since, and a new resource where it was removed', async () => {
      const body = { userName: 'changed@example.com', externalId: 'changed' };
      const { id } = of(await post(body));
      expect((await scim(SCIM_TOKEN, 'PUT', `/Users/${id}`, { ...body, title: 'New' })).status).toBe(200);
      expect((await post(body)).status).toBe(409);
      expect((await scim(SCIM_TOKEN, 'DELETE', `/Users/${id}`)).status).toBe(204);
      const anew = await post(body);
      expect(anew.status).toBe(201);
      expect(of(anew).id).not.toBe(id);
    });

    it('is taken for a retry until 72 hours are over, and not a millisecond longer', async () => {
      const start = Date.now();
      jest.useFakeTimers({ now: start, doNotFake: REAL });
      const body = { userName: 'late@example.com', externalId: 'late' };
      const { id } = of(await post(body));
      for (const [after, status] of [
        [72 * HOUR - 1, 201],
        [72 * HOUR, 201],
        [72 * HOUR + 1, 409],
      ] as const) {
        jest.setSystemTime(start + after);
        const got = await post(body);
        expect([after, got.status]).toEqual([after, status]);
        if (status === 201) expect(of(got).id).toBe(id);
      }
    });

    async function audit(): Promise<string> {
      const rows = await database.read.selectFrom('audit').select('hash').where('tenant_id', '=', 'default').execute();
      return rows
        .map(({ hash }) => hash)
        .sort()
        .join();
    }
  });
});

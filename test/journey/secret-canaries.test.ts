import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ADMIN_TOKEN, type Bridge, makeHome, SCIM_TOKEN, startBridge } from '../support/bridge-process.ts';
import { type Canary, createScan, spellings } from '../support/canaries.ts';
import { HOSTILE, type HostileDrift, type Hostility, startHostileDrift } from '../support/hostile-drift.ts';

const CANARIES = {
  token: 'cAnAry-Drift+tokEn/Qz7yXw4vUt9sRq2pOn',
  scimToken: 'cAnAry-Drift.scim_tokEn~Kj6hGf3dSa8Mn5b',
  clientSecret: 'cAnAry.cliEnt=secrEt:Vc1xZl0kJi9uYt8r',
  refreshToken: 'cAnAry.refrEsh;tokEn,Wd2eRf3tGy4hUj5k',
  nextRefresh: 'cAnAry.rotatEd!tokEn$Bn6mVc7xZa8sDq9w',
  access: 'cAnAry.accEss*tokEn(Pl0oKi9jUh8yGt7f)',
  webhook: 'cAnAry-wEbhook-vErify-Tr4eWq5aSd6fGh',
  password: 'cAnAry password für SCIM: Lm3nBv2cXz1q',
  // 32 bytes in base64, as keys have to be.
  secretKey: Buffer.from('cAnAry-sEcret-kEy-Yh7uJm8iKo9lPz').toString('base64'),
  pepper: Buffer.from('cAnAry-pEppEr-kEy-Nb5vCx4zQa3wSe').toString('base64'),
  adminToken: ADMIN_TOKEN,
  idpToken: SCIM_TOKEN,
} as const;

const ALL: readonly Canary[] = [
  ...Object.entries(CANARIES).map(([name, secret]) => ({ name, secret })),
  ...(['secretKey', 'pepper'] as const).map((name) => ({
    name,
    secret: Buffer.from(CANARIES[name], 'base64').toString('latin1'),
  })),
];
const scan = createScan(ALL);

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

/** A bridge, and everything that it ever said. */
interface Watched {
  readonly hostile: HostileDrift;
  readonly answers: string[];
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<number>;
  /** What was seen of canaries in answers, log and files; the bridge is stopped by it. */
  sightings(): Promise<readonly unknown[]>;
}

async function begin(credentials: Readonly<Record<string, string>>): Promise<Watched> {
  const hostile = await startHostileDrift({ access: CANARIES.access, refresh: CANARIES.nextRefresh });
  cleanup.push(() => hostile.close());
  const home = await makeHome('sqlite');
  cleanup.push(() => home.remove());
  const bridge: Bridge = await startBridge(home, {
    DRIFT_BASE_URL: hostile.url,
    DRIFT_RATE_PER_MINUTE: '6000',
    DRIFT_SETTLE_MS: '450',
    DRIFT_WEBHOOK_TOKENS: CANARIES.webhook,
    BRIDGE_SECRET_KEY: CANARIES.secretKey,
    BRIDGE_TOKEN_PEPPER: CANARIES.pepper,
    BRIDGE_LOG_LEVEL: 'trace',
    ...credentials,
  });
  cleanup.push(() => bridge.stop());
  const answers: string[] = [];
  return {
    hostile,
    answers,
    async ask(method, path, body, headers = {}) {
      const response = await fetch(`${bridge.url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${path.startsWith('/scim') ? SCIM_TOKEN : ADMIN_TOKEN}`,
          ...(body === undefined
            ? {}
            : { 'content-type': path.startsWith('/scim') ? 'application/scim+json' : 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      answers.push(
        `${method} ${path.split('?')[0] ?? ''} ${JSON.stringify([...response.headers])} ${await response.text()}`,
      );
      return response.status;
    },
    async sightings() {
      await bridge.stop();
      const places: (readonly [string, string])[] = [
        ['answers', answers.join('\n')],
        ['log', bridge.output()],
        ...readdirSync(home.dir, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name)).toString('latin1')] as const),
      ];
      expect(places.map(([place]) => place)).toContain('bridge.db');
      return places.flatMap(([place, text]) => scan(text).map((sighting) => ({ place, ...sighting })));
    },
  };
}

const OPERATIONS: readonly (readonly [string, unknown])[] = [
  ['list-users', {}],
  ['list-scim-users', {}],
  ['get-contact', { contactId: '17' }],
  ['update-contact', { contactId: '17', attributes: { phone: '+1 555 0100' } }],
  ['token-info', { access_token: CANARIES.token }],
  ['uninstall-app?yes=true', { clientId: 'client-1', clientSecret: CANARIES.clientSecret }],
  ['uninstall-app?dryRun=true', { clientId: 'client-1', clientSecret: CANARIES.clientSecret }],
  ['request', { path: '/users/list' }],
  ['request?yes=true', { method: 'POST', path: '/contacts', body: { attributes: { email: 'a@example.com' } } }],
];

/** So long each answer is waited for; what comes later is read at the end. */
const SECONDS = 2;

/**
 * Whatever can be asked of a bridge that leads to Drift, all at once; again, where Drift was left alone for a while after the
 * faults before.
 */
async function provoke({ hostile, ask }: Watched, mode: Hostility): Promise<void> {
  hostile.mode = mode;
  const before = hostile.answered(mode);
  for (let tries = 0; hostile.answered(mode) - before < 3; tries += 1) {
    if (tries === 200) throw new Error(`"${mode}" was never asked for`);
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 500));
    await Promise.all([
      ...OPERATIONS.map(([name, input]) =>
        ask('POST', `/api/v1/drift/operations/${name}${name.includes('?') ? '&' : '?'}wait=${SECONDS}`, input),
      ),
      ask('POST', `/api/v1/drift/operations/get-contact?wait=${SECONDS}`, '{"contactId":"18"}\n{"contactId":"19"}\n', {
        'content-type': 'application/x-ndjson',
      }),
      ask('POST', `/api/v1/runs?wait=${SECONDS}`, { scope: 'all' }),
      ask('POST', '/api/v1/doctor/probe', {}),
    ]);
  }
}

/** What everybody can read afterwards. */
async function readAll({ ask }: Watched): Promise<void> {
  for (const path of [
    'audit',
    'runs',
    'scim-requests',
    'drift/batches',
    'drift/events',
    'people',
    'agents',
    'tokens',
    'work-items',
    'imports',
  ]) {
    await ask('GET', `/api/v1/${path}`, undefined, { accept: 'application/x-ndjson' });
    await ask('GET', `/api/v1/${path}`);
  }
  for (const path of [
    '/api/v1/doctor',
    '/api/v1/policy',
    '/api/v1/tenants',
    '/api/v1/audit/verify',
    '/api/v1/drift/webhook',
    '/api/v1/openapi.json',
    '/metrics',
    '/readyz',
    '/',
    '/scim/v2/Users',
    '/scim/v2/ServiceProviderConfig',
  ]) {
    await ask('GET', path);
  }
  await ask('GET', '/api/v1/runs', undefined, { accept: 'text/html' });
  await ask('GET', '/api/v1/runs', undefined, { accept: 'text/csv' });
}

describe('secrets', () => {
  it('are found by the scan wherever they could be, whole, in part and in disguise', () => {
    for (const { name, secret } of ALL) {
      for (const spelling of spellings(secret))
        expect([name, scan(`x ${spelling} y`).length > 0]).toEqual([name, true]);
      expect(scan(`x${secret.slice(3, 15)}y`)).toHaveLength(1);
      for (const before of ['', ':', '::']) {
        expect(scan(Buffer.from(`${before}${secret}`).toString('base64')).length).toBeGreaterThan(0);
      }
    }
    expect(scan('nothing of that kind: canary, token, secret, 0123456789')).toEqual([]);
  });

  it('of a private app come back in no way that a hostile Drift knows', async () => {
    const watched = await begin({ DRIFT_TOKEN: CANARIES.token, DRIFT_SCIM_TOKEN: CANARIES.scimToken });
    const { hostile, ask } = watched;
    for (const mode of Object.keys(HOSTILE) as Hostility[]) {
      if (mode === 'a refusal of the bearer') continue;
      await provoke(watched, mode);
      await ask('PUT', '/api/v1/tenants/default/drift', { token: CANARIES.access, scimToken: CANARIES.scimToken });
      await ask('PUT', '/api/v1/tenants/default/drift', {
        clientId: 'client-1',
        clientSecret: CANARIES.clientSecret,
        refreshToken: CANARIES.refreshToken,
      });
    }
    await provoke(watched, 'a refusal of the bearer');
    await ask('PUT', '/api/v1/tenants/default/drift', { token: CANARIES.access });
    await readAll(watched);
    const sent = new Set(scan(hostile.received()).map(({ canary }) => canary));
    expect([...sent].sort()).toEqual(
      expect.arrayContaining(['access', 'clientSecret', 'refreshToken', 'scimToken', 'token']),
    );
    for (const path of ['/users/list', '/scim/v2/Users', '/contacts/17', '/contacts/19', '/app/token_info']) {
      expect(hostile.received()).toContain(path);
    }
    expect(await watched.sightings()).toEqual([]);
  }, 240_000);

  it('of an OAuth client come back in no way either, from the token endpoint or from the API', async () => {
    const watched = await begin({
      DRIFT_CLIENT_ID: 'client-1',
      DRIFT_CLIENT_SECRET: CANARIES.clientSecret,
      DRIFT_REFRESH_TOKEN: CANARIES.refreshToken,
    });
    const { hostile } = watched;
    hostile.grants = false;
    for (const mode of ['a fault', 'a page', 'a redirect', 'half an answer', 'an echo', 'a lie'] as const) {
      hostile.mode = mode;
      await watched.ask('POST', `/api/v1/drift/operations/list-users?wait=${SECONDS}`, {});
      await watched.ask('POST', `/api/v1/runs?wait=${SECONDS}`, { scope: 'all' });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    hostile.grants = true;
    for (const mode of ['an error of Drift', 'an error in disguise', 'an echo', 'a page'] as const) {
      await provoke(watched, mode);
    }
    hostile.grants = false;
    await provoke(watched, 'a refusal of the bearer');
    await readAll(watched);
    const sent = new Set(scan(hostile.received()).map(({ canary }) => canary));
    expect([...sent].sort()).toEqual(expect.arrayContaining(['access', 'clientSecret', 'nextRefresh', 'refreshToken']));
    expect(await watched.sightings()).toEqual([]);
  }, 240_000);

  it('that others give it - passwords, verification tokens, bearers - are nowhere afterwards', async () => {
    const watched = await begin({ DRIFT_TOKEN: CANARIES.token });
    const { ask, answers } = watched;
    const { password, webhook } = CANARIES;
    const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'ann@example.com', password };
    const patch = (op: unknown) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [op] });
    expect(await ask('POST', '/scim/v2/Users', user)).toBe(201);
    const id = /"id":"([^"]+)"/.exec(answers.at(-1) ?? '')?.[1] ?? '';
    await ask('POST', '/scim/v2/Users', user);
    await ask('PUT', `/scim/v2/Users/${id}`, { ...user, password: { value: password } });
    await ask('PUT', `/scim/v2/Users/${id}`, { ...user, userName: 7 });
    for (const op of [
      { op: 'replace', path: 'password', value: password },
      { op: 'replace', value: { password } },
      { op: 'replace', path: `password[value eq "${password}"]`, value: password },
      { op: password, path: 'password', value: password },
      { op: 'replace', path: 'active', value: { password } },
    ]) {
      await ask('PATCH', `/scim/v2/Users/${id}`, patch(op));
    }
    await ask('POST', '/scim/v2/Users', JSON.stringify(user).slice(0, -3));
    await ask('POST', '/scim/v2/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [{ method: 'POST', path: '/Users', bulkId: 'u', data: { ...user, userName: '' } }],
    });
    await ask('GET', `/scim/v2/Users?filter=${encodeURIComponent(`password eq "${password}"`)}`);
    await ask('POST', '/scim/v2/Users/.search', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter: `password eq "${password}"`,
    });

    await ask('GET', '/api/v1/drift/webhook');
    const address = /\/webhooks\/drift\/([\w-]+)/.exec(answers.at(-1) ?? '')?.[1] ?? '';
    const event = { type: 'contact_updated', orgId: 7, token: webhook, data: { id: 17 } };
    const good = { 'x-verification-token': webhook };
    expect(await ask('POST', `/webhooks/drift/${address}`, event, good)).toBe(200);
    for (const [body, headers] of [
      [event, { 'x-verification-token': `${webhook}x` }],
      [event, {}],
      [{ ...event, token: `x${webhook}` }, good],
      [{ ...event, token: { webhook } }, good],
      [`{"token":"${webhook}"`, good],
      [[webhook], good],
    ] as const) {
      await ask('POST', `/webhooks/drift/${address}`, body, headers);
    }
    for (const token of [CANARIES.token, CANARIES.pepper, `${ADMIN_TOKEN}x`, SCIM_TOKEN]) {
      await ask('GET', '/api/v1/doctor', undefined, { authorization: `Bearer ${token}` });
      await ask('GET', '/scim/v2/Users', undefined, { authorization: `Basic ${btoa(token)}` });
    }
    await readAll(watched);
    expect(await watched.sightings()).toEqual([]);
  }, 120_000);
});

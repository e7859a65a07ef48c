import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Account } from '../../src/core/identity/account.ts';
import { type TestApi, as, testApi } from './world.ts';

const HR = [
  'Employee ID,First Name,Last Name,Work Email,Status,Hire Date,Termination Date',
  '00001,Alex,Example,alex.example@example.com,Active,2020-01-15,',
  '00002,Sam,"=HYPERLINK(""x"")",sam.sample@example.com,Active,2020-01-15,',
  '00003,Kim,<script>,kim.person@example.com,Active,2020-13-99,',
  '',
].join('\n');

function account(id: string, userName: string): Account {
  return {
    id,
    restId: id,
    values: { userName, email: userName, displayName: `Agent ${id}`, role: 'MEMBER' },
    active: true,
    bot: false,
    roles: ['MEMBER'],
    views: { scim: true, rest: true },
    disagreements: [],
  };
}

interface RunBody {
  readonly id: string;
  readonly state: string;
  readonly planId: string;
  readonly situations: Readonly<Record<string, number>>;
  readonly population: number;
}

let api: TestApi;
let call: ReturnType<typeof as>;
beforeEach(async () => {
  api = await testApi({ policy: { verifiedDomains: ['example.com'] } });
  call = as(api.app, await api.token());
});
afterEach(() => api.close());

async function importHr(): Promise<Record<string, unknown>> {
  const answer = await call.post('/feeds/hr/imports').set('content-type', 'text/csv').send(HR);
  expect(answer.status).toBe(201);
  return answer.body as Record<string, unknown>;
}

/** A run that a worker would do, without Drift: the snapshot is stored already. */
async function planned(): Promise<RunBody> {
  const started = await call.post('/runs').send({ scope: 'all' });
  expect(started.status).toBe(202);
  const { id } = started.body as RunBody;
  await api.makePlan.plan('default', id.replace('run_', ''));
  return (await call.get(`/runs/${id}`)).body as RunBody;
}

describe('imports', () => {
  it('take a file, say what became of each row, and give a fix file', async () => {
    const body = await importHr();
    expect(body).toMatchObject({
      state: expect.any(String),
      preview: false,
      feed: 'hr',
      rows: { read: 3 },
      detected: { delimiter: ',', encoding: expect.any(String) },
    });
    const rows = await call.get(`/imports/${String(body['id'])}/rows?outcome=quarantined`);
    expect(rows.body).toMatchObject({ items: [{ record: 3, outcome: 'quarantined', key: '00003' }], next: null });
    const fix = await call.get(`/imports/${String(body['id'])}/fix-file`);
    expect(fix.headers['content-type']).toContain('text/csv');
    expect(fix.headers['content-disposition']).toContain('fix-imp_');
    expect(fix.text).toContain('Employee ID,First Name');
    expect(fix.text).toContain('00003');
    expect(fix.text).not.toContain('00001');
  });

  it('store nothing in a preview, and answer the same file the same way', async () => {
    const preview = await call.post('/feeds/hr/imports?preview=true').set('content-type', 'text/csv').send(HR);
    expect(preview.body).toMatchObject({ preview: true, rows: { read: 3 } });
    expect((await call.get('/imports')).body).toMatchObject({ items: [] });
    const first = await importHr();
    const again = await importHr();
    expect(again['id']).toBe(first['id']);
  });

  it('are held where too much is bad, and let through once with a reason', async () => {
    const bad = `${HR}00004,Lee,Person,lee.person@example.com,Active,2020-99-01,\n`;
    const held = await call.post('/feeds/hr/imports').set('content-type', 'text/csv').send(bad);
    expect(held.body).toMatchObject({ state: 'held', gates: [{ code: 'bad_rows', window: 'file' }] });
    const path = `/imports/${(held.body as { id: string }).id}`;
    expect((await call.post(`${path}/release`).send({})).body).toMatchObject({ status: 400 });
    expect((await call.post(`${path}/release`).send({ reason: 'known' })).body).toMatchObject({ state: 'released' });
    expect((await call.post(`${path}/release`).send({ reason: 'again' })).body).toMatchObject({
      code: 'import.not_held',
    });
    expect((await call.get(path)).body).toMatchObject({ state: 'released', acceptedAt: expect.any(String) });
  });

  it.each([
    ['an unknown feed', '/feeds/payroll/imports', HR, 'text/csv', 404, 'feed.unknown'],
    ['what is no table of people', '/feeds/hr/imports', 'hello', 'text/csv', 422, 'import.unreadable'],
    ['nothing', '/feeds/hr/imports', '', 'text/csv', 422, 'import.unreadable'],
    ['JSON', '/feeds/hr/imports', '[]', 'application/json', 415, 'request.media_type'],
  ])('refuse %s', async (_, path, body, type, status, code) => {
    const answer = await call.post(path).set('content-type', type).send(body);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
    expect((await call.get('/imports')).body).toMatchObject({ items: [] });
  });
});

describe('text that no database should see', () => {
  it.each(['constructor', '__proto__', 'toString'])('a feed named %s is not declared', async (feed) => {
    const answer = await call.post(`/feeds/${feed}/imports`).set('content-type', 'text/csv').send(HR);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'feed.unknown' });
  });

  it.each(['a\u0000b', '\ud800'])('a name with %j is a problem that names the place', async (subject) => {
    const answer = await call.post('/tokens').send({ audience: 'api', scopes: ['read'], subject, name: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ path: 'body.subject' }] });
  });
});

describe('a large upload', () => {
  it('that is refused at its beginning still gets its answer', async () => {
    const answer = await call.post('/feeds/hr/imports').set('content-type', 'text/csv').send('x'.repeat(8_000_000));
    expect(answer.body).toMatchObject({ status: 422, code: 'import.unreadable' });
  });

  it('that breaks off in the middle leaves nothing behind', async () => {
    const server = api.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const token = await api.token();
    const socket = connect(port, '127.0.0.1');
    const head = `POST /feeds/hr/imports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: text/csv\r\ncontent-length: 9000000\r\n\r\n`;
    const rows = Array.from(
      { length: 2000 },
      (_, n) => `${String(n + 10)},A,B,a${String(n)}@example.com,Active,2020-01-15,`,
    );
    socket.write(`${head}${HR.split('\n')[0] ?? ''}\n${rows.join('\n')}\n`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await api.store.imports.list(null, 10)).toEqual([]);
    expect(api.logged.filter(({ code }) => code === 'http.bug')).toEqual([]);
    server.close();
  });
});

describe('a list', () => {
  it('is filtered by what it shows', async () => {
    const { id } = await importHr();
    const of = async (path: string): Promise<readonly unknown[]> =>
      ((await call.get(path)).body as { items: readonly unknown[] }).items;
    expect(await of('/imports?feed=hr')).toHaveLength(1);
    expect(await of('/imports?feed=other')).toEqual([]);
    expect(await of('/people?search=EXAMPLE.COM')).toHaveLength(2);
    expect(await of('/people?search=alex.example@')).toMatchObject([{ name: 'Alex Example' }]);
    await api.observe([account('1', 'a@example.org'), { ...account('2', 'b@example.org'), active: false }]);
    expect(await of('/agents?active=false')).toMatchObject([{ id: '2' }]);
    expect(await of(`/audit?subject=${String(id).replace('imp_', '')}`)).toHaveLength(1);
    expect(await of('/tokens?subject=tester')).toHaveLength(1);
    await call.post('/runs').send({ speculative: true });
    expect(await of('/runs?state=queued&speculative=true')).toHaveLength(1);
    expect(await of('/runs?state=done')).toEqual([]);
    expect(await of('/plans?kind=speculative')).toEqual([]);
  });
});

describe('a run', () => {
  it('plans, and its situations add up to its population', async () => {
    await importHr();
    await api.observe([account('1', 'alex.example@example.com'), account('2', 'nobody@example.com')]);
    const run = await planned();
    expect(Object.values(run.situations).reduce((sum, n) => sum + n, 0)).toBe(run.population);
    const entries = await call.get(`/runs/${run.id}/entries`);
    expect(entries.body).toMatchObject({ next: null, total: run.population });
    expect((entries.body as { items: unknown[] }).items).toHaveLength(run.population);
    const orphans = await call.get(`/runs/${run.id}/entries?situation=ORPHAN_IN_TARGET`);
    expect((orphans.body as { items: unknown[] }).items).toHaveLength(run.situations['ORPHAN_IN_TARGET'] ?? 0);
  });

  it('pages by cursor without losing or repeating an entry, and streams the same', async () => {
    await importHr();
    await api.observe(Array.from({ length: 7 }, (_, n) => account(String(n + 1), `agent${String(n)}@example.org`)));
    const run = await planned();
    const seen: unknown[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page = await call.get(`/runs/${run.id}/entries?limit=2${next === '' ? '' : `&cursor=${next}`}`);
      const body = page.body as { items: unknown[]; next: string | null };
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items);
      ({ next } = body);
    }
    expect(seen).toHaveLength(run.population);
    const streamed = await call
      .get(`/runs/${run.id}/entries`)
      .set('accept', 'application/x-ndjson')
      .buffer()
      .parse(asText);
    const lines = (streamed.body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual(seen);
  });

  it('is defused in CSV, and raw for machines', async () => {
    await importHr();
    await api.observe([account('1', '=cmd|calc@example.org')]);
    const run = await planned();
    const csv = await call.get(`/runs/${run.id}/entries`).set('accept', 'text/csv');
    expect(csv.text).toContain("'=cmd|calc@example.org");
    expect(csv.text).toMatch(/^\uFEFF?situation,flags,person\.id/);
    const raw = await call.get(`/runs/${run.id}/entries?raw=true`).set('accept', 'text/csv');
    expect(raw.text).not.toContain("'=cmd");
    expect(raw.text).toContain('=cmd|calc@example.org');
  });

  it('prints as one page that holds no markup of anybody', async () => {
    await importHr();
    await api.observe([account('1', '<img src=x onerror=alert(1)>@example.org')]);
    const run = await planned();
    const page = await call.get(`/runs/${run.id}`).set('accept', 'text/html');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.text).toContain('<!doctype html>');
    expect(page.text).toContain('ORPHAN_IN_TARGET');
    expect(page.text).not.toMatch(/<img|<script|src=(?!x)|href=/);
    expect(page.text).toContain('&lt;img src=x');
  });

  it('compares with an earlier one', async () => {
    await importHr();
    await api.observe([account('1', 'nobody@example.com')]);
    const first = await planned();
    await api.observe([account('2', 'somebody@example.org')]);
    const second = await planned();
    const answer = await call.get(`/runs/${second.id}/compare/${first.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      run: second.id,
      other: first.id,
      situations: { ORPHAN_IN_TARGET: { entered: 1, left: 1, stayed: 0 } },
    });
  });

  it('goes on where nobody waits for it, and answers when the time is up', async () => {
    const answer = await call.post('/runs?wait=2').send({});
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ state: 'queued', planId: null, scope: 'all' });
    expect(answer.headers['location']).toBe(`/api/v1/runs/${(answer.body as RunBody).id}`);
  });
});

describe('a plan', () => {
  async function heldPlan(): Promise<{ plan: Record<string, unknown>; path: string }> {
    await api.observe([]);
    for (let n = 0; n < 12; n += 1) {
      await api.store.write((tx) =>
        tx.people.accept({
          source: 'idp',
          recordKey: `idp-${String(n)}`,
          keys: [],
          at: api.clock.now(),
          state: 'active',
          data: {
            userName: `new${String(n)}@example.com`,
            displayName: `New ${String(n)}`,
            emails: [`new${String(n)}@example.com`],
          },
        }),
      );
    }
    const run = await planned();
    const path = `/plans/${run.planId}`;
    return { plan: (await call.get(path)).body as Record<string, unknown>, path };
  }

  it('shows its hash, numbers, gates and changes', async () => {
    const { plan, path } = await heldPlan();
    expect(plan).toMatchObject({
      state: 'held',
      counts: { create: { held: 12 } },
      gates: [{ code: 'creates', held: 12 }],
    });
    const changes = await call.get(`${path}/changes?op=create&gate=creates`);
    const { items } = changes.body as { items: Record<string, unknown>[] };
    expect(items).toHaveLength(12);
    expect(items[0]).toMatchObject({ op: 'create', state: 'held', gates: ['creates'], target: { accountId: null } });
    const csv = await call.get(`${path}/changes`).set('accept', 'text/csv');
    expect(csv.text.trim().split('\r\n')).toHaveLength(13);
  });

  it('is approved only by its hash, with the number of the gate', async () => {
    const { plan, path } = await heldPlan();
    const approve = (body: object): ReturnType<typeof call.post> => call.post(`${path}/approve`).send(body);
    const reason = 'rollout';
    const override = [{ gate: 'creates', count: 12, reason }];
    for (const wrong of ['f'.repeat(64), 'short'])
      expect((await approve({ hash: wrong, reason, override })).body).toMatchObject({
        code: 'plan.hash_mismatch',
      });
    expect((await approve({ hash: plan['hash'], reason })).body).toMatchObject({ status: 409, code: 'plan.held' });
    expect((await approve({ hash: plan['hash'], override })).body).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
    expect((await call.post(`${path}/apply`)).body).toMatchObject({ status: 409, code: 'plan.not_approved' });
    const done = await approve({ hash: plan['hash'], reason, override });
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({
      state: 'approved',
      counts: { create: { approved: 12 } },
      approvals: [{ subject: 'tester', reason, changes: 12, overrides: override }],
    });
    expect((await call.post(`${path}/apply`)).body).toMatchObject({ state: 'applying' });
    expect((await call.post(`${path}/pause`)).body).toMatchObject({ state: 'paused' });
    expect((await call.post(`${path}/resume`)).body).toMatchObject({ state: 'applying' });
    expect((await call.post(`${path}/cancel`)).body).toMatchObject({ state: 'cancelled' });
  });

  it('can be rejected, and not approved any more', async () => {
    const { plan, path } = await heldPlan();
    expect((await call.post(`${path}/reject`).send({ reason: 'no' })).body).toMatchObject({ state: 'rejected' });
    const answer = await call.post(`${path}/approve`).send({ hash: plan['hash'], reason: 'yes' });
    expect(answer.body).toMatchObject({ status: 409, code: 'plan.state' });
  });
});

describe('people and agents', () => {
  it('say what is known, and why things are as they are', async () => {
    await importHr();
    await api.observe([
      account('1', 'alex.example@example.com'),
      account('10', 'b@example.org'),
      account('9', 'c@example.org'),
    ]);
    const run = await planned();
    const people = (await call.get('/people')).body as { items: { id: string; name: string }[] };
    expect(people.items.map(({ name }) => name)).toContain('Alex Example');
    const id = people.items.find(({ name }) => name === 'Alex Example')?.id ?? '';
    expect((await call.get(`/people/${id}`)).body).toMatchObject({ id, records: { hr: { feed: 'hr' }, idp: null } });
    const explained = await call.get(`/people/${id}/explain`);
    expect(explained.status).toBe(200);
    expect(explained.body).toMatchObject({ runId: run.id, situation: expect.any(String), next: expect.any(String) });
    expect((explained.body as { steps: { step: string }[] }).steps.map(({ step }) => step)).toEqual([
      'import',
      'scope',
      'match',
      'compare',
      'gate',
      'apply',
      'verify',
    ]);
    const agents = (await call.get('/agents?limit=2')).body as { items: { id: string }[]; next: string };
    expect(agents.items.map((agent) => agent.id)).toEqual(['1', '9']);
    expect((await call.get(`/agents?cursor=${agents.next}`)).body).toMatchObject({ items: [{ id: '10' }], next: null });
    expect((await call.get('/agents/9/impact')).body).toMatchObject({
      agent: { id: '9' },
      protected: null,
      receiver: { kind: 'nothing_owned' },
      irreversible: true,
    });
    expect((await call.get('/agents/9/owned')).body).toMatchObject({ items: [], total: 0 });
    expect((await call.get('/agents/77/impact')).status).toBe(404);
  });
});

function asText(response: unknown, done: (error: Error | null, text: string) => void): void {
  let text = '';
  const stream = response as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  stream.on('end', () => done(null, text));
}

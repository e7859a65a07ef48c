import { describe, expect, it } from '@jest/globals';

import { at, type Caller, EMAILS, withSimulator } from './calling.ts';

const person = (name: string) => ({ userName: `${name}@example.com`, displayName: name });

describe('faults', () => {
  it('cut the connection before the call took effect', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'cut-before', method: 'POST', path: '/scim/Users', times: 1 });
      await expect(call('POST', '/scim/Users', person('ivo'))).rejects.toThrow();
      expect(simulator.state().users.some((user) => user.displayName === 'ivo')).toBe(false);
      expect(simulator.journal()).toMatchObject([{ status: null, effect: null, faulted: 'cut-before' }]);
      expect((await call('POST', '/scim/Users', person('ivo'))).status).toBe(201);
    }));

  it('cut the connection after the call took effect, which the journal shows', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      simulator.fault({ kind: 'cut-after', method: 'POST', path: '/scim/Users', times: 1 });
      await expect(call('POST', '/scim/Users', person('ivo'))).rejects.toThrow();
      const id = String(idOf('ivo@example.com'));
      const effect = { kind: 'scim.create', id };
      expect(simulator.journal()).toMatchObject([{ status: 201, effect, faulted: 'cut-after' }]);
      expect((await call('POST', '/scim/Users', person('ivo'))).status).toBe(409);
    }));

  it('answer 5xx with JSON, HTML or nothing, without effect unless it is asked for', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'status', nth: 1 });
      simulator.fault({ kind: 'html', nth: 2, status: 504 });
      simulator.fault({ kind: 'empty', nth: 3 });
      simulator.fault({ kind: 'status', nth: 4, status: 500, applied: true });
      const json = await call('POST', '/scim/Users', person('a'));
      expect([json.status, json.json]).toMatchObject([500, { error: { type: 'internal_error' } }]);
      const html = await call('POST', '/scim/Users', person('b'));
      expect([html.status, html.headers.get('content-type')]).toEqual([504, 'text/html']);
      const empty = await call('POST', '/scim/Users', person('c'));
      expect([empty.status, empty.text]).toEqual([503, '']);
      expect((await call('POST', '/scim/Users', person('d'))).status).toBe(500);
      expect(simulator.journal().map((entry) => entry.effect?.kind)).toEqual([
        undefined,
        undefined,
        undefined,
        'scim.create',
      ]);
    }));

  it('answer anything that a test wants to see handled', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'status', status: 200, body: '{"data":[null]}', headers: { 'x-odd': '1' } });
      const answer = await call('GET', '/users/list');
      expect([answer.status, answer.json, answer.headers.get('x-odd')]).toEqual([200, { data: [null] }, '1']);
    }));

  it('answer 401 CONTACT-2 for one contact while the token stays good', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'contact-401', path: '/contacts/*' });
      const refused = await call('GET', '/contacts/11751623441268737');
      expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('CONTACT-2')]);
      expect((await call('GET', '/users/list')).status).toBe(200);
    }));

  it('answer any CONTACT code, without effect', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'contact-error', path: '/contacts', nth: 1 });
      simulator.fault({ kind: 'contact-error', path: '/contacts', nth: 2, code: 'CONTACT-3' });
      const create = () => call('POST', '/contacts', { attributes: { email: 'a@example.org' } });
      const first = await create();
      expect([first.status, first.json]).toEqual([
        500,
        { error: { type: 'internal_error', message: 'CONTACT-5: the request could not be settled' } },
      ]);
      expect((await create()).text).toContain('CONTACT-3');
      expect(simulator.state().contacts).toEqual([]);
      expect((await create()).status).toBe(200);
    }));

  it('deliver half a body: as truncated JSON or as a cut connection', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'truncate', nth: 1 });
      simulator.fault({ kind: 'cut-body', nth: 2 });
      const half = await call('GET', '/users/list');
      expect([half.status, half.json, half.text.startsWith('{"data":[')]).toEqual([200, undefined, true]);
      await expect(call('GET', '/users/list')).rejects.toThrow();
      expect((await call('GET', '/users/list')).status).toBe(200);
    }));

  it('are slow with the first byte, with the body, or never answer', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'slow-first-byte', nth: 1, delayMs: 80 });
      simulator.fault({ kind: 'slow-body', nth: 2, delayMs: 80 });
      simulator.fault({ kind: 'hang', nth: 3 });
      for (let n = 0; n < 2; n += 1) {
        const begun = performance.now();
        expect((await call('GET', '/users/list')).status).toBe(200);
        expect(performance.now() - begun).toBeGreaterThan(70);
      }
      const signal = AbortSignal.timeout(80);
      await expect(call('POST', '/scim/Users', person('ivo'), { signal })).rejects.toThrow();
      expect(simulator.journal().at(-1)).toMatchObject({ effect: { kind: 'scim.create' }, faulted: 'hang' });
    }));

  it('make an answer huge, or one of another organisation', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const good = await call('GET', '/users/list');
      simulator.fault({ kind: 'huge', nth: 1, bytes: 3_000_000 });
      simulator.fault({ kind: 'wrong-org', nth: 2 });
      const huge = await call('GET', '/users/list');
      expect([huge.text.length, huge.json]).toEqual([3_000_000 + good.text.length, good.json]);
      const other = await call('GET', '/users/list');
      expect(at(other.json, 'data', 0, 'orgId')).toBe(Number(at(good.json, 'data', 0, 'orgId')) + 1);
      expect(at(other.json, 'data', 0, 'id')).toBe(at(good.json, 'data', 0, 'id'));
    }));

  it('name another organisation in the token information too', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const ask = () => call('POST', '/app/token_info', { access_token: simulator.token });
      const [, orgId = ''] = String(at((await ask()).json, 'authenticated_userid')).split(':');
      simulator.fault({ kind: 'wrong-org', times: 1 });
      expect(at((await ask()).json, 'authenticated_userid')).toBe(`orgId:${Number(orgId) + 1}`);
    }));

  it('are not told where they change nothing', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      for (const kind of ['truncate', 'cut-body', 'slow-body', 'huge', 'wrong-org'] as const) {
        simulator.clearFaults();
        simulator.fault({ kind, delayMs: 0 });
        const made = await call('POST', '/scim/Users', person(kind)).catch(() => undefined);
        const id = at(made?.json, 'id');
        const target = typeof id === 'string' ? id : String(idOf(`${kind}@example.com`));
        expect((await call('DELETE', `/scim/Users/${target}`)).status).toBe(204);
      }
      const told = simulator.journal().map(({ method, faulted }) => [method, faulted]);
      expect(told.filter(([method]) => method === 'DELETE')).toEqual(
        Array.from({ length: 5 }, () => ['DELETE', undefined]),
      );
      const posts = told.filter(([method]) => method === 'POST').map(([, faulted]) => faulted);
      expect(posts).toEqual(['truncate', 'cut-body', 'slow-body', 'huge', undefined]);
    }));

  it('carry the error type that goes with their status', () =>
    withSimulator({}, async ({ simulator, call }) => {
      const types = [];
      for (const status of [400, 401, 403, 404, 429, 500, 502, 503, 504]) {
        simulator.clearFaults();
        simulator.fault({ kind: 'status', status });
        types.push(at((await call('GET', '/users/list')).json, 'error', 'type'));
      }
      const server = Array.from({ length: 4 }, () => 'internal_error');
      const denied = ['authentication_error', 'authentication_error'];
      expect(types).toEqual(['validation_error', ...denied, 'not_found', 'rate_limit', ...server]);
    }));

  it('deliver one answer twice', () =>
    withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'duplicate', times: 1 });
      expect((await call('GET', '/users/list')).status).toBe(200);
      expect((await call('GET', '/users/list')).status).toBe(200);
    }));

  it('strike by count or by a seeded chance, always the same calls', async () => {
    const struck = async (call: Caller): Promise<string> => {
      let line = '';
      for (let n = 0; n < 20; n += 1) line += (await call('GET', '/users/1')).status === 503 ? 'x' : '.';
      return line;
    };
    await withSimulator({}, async ({ simulator, call }) => {
      simulator.fault({ kind: 'empty', every: 3, times: 4, path: '/users/*' });
      expect(await struck(call)).toBe('..x..x..x..x........');
      const lines = [];
      for (let n = 0; n < 2; n += 1) {
        simulator.clearFaults();
        simulator.fault({ kind: 'empty', probability: 0.3, seed: 7 });
        lines.push(await struck(call));
      }
      expect(lines[0]).toBe(lines[1]);
      expect(lines[0]).toMatch(/x/);
    });
  });

  it('are matched by method and path pattern', () =>
    withSimulator({}, async ({ simulator, call, idOf }) => {
      simulator.fault({ kind: 'empty', method: 'delete', path: '/scim*/Users/*' });
      const id = idOf(EMAILS.mel);
      expect((await call('GET', `/scim/Users/${id}`)).status).toBe(200);
      expect((await call('DELETE', `/scim/Users/${id}`)).status).toBe(503);
      expect((await call('GET', `/scim/Users/${id}`)).status).toBe(200);
    }));
});

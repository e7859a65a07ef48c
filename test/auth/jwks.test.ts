import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFetchKeys } from '../../src/auth/fetch-keys.ts';
import { type KeySet, createKeySet } from '../../src/auth/jwks.ts';
import { type TestClock, testClock } from '../api/world.ts';
import { type KeyServer, ecPair, edPair, startKeyServer } from './issuer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const first = ecPair('first');
const second = ecPair('second');
const third = edPair('third');

let server: KeyServer;
let clock: TestClock;
let logged: string[];
let keys: KeySet;

beforeEach(async () => {
  server = await startKeyServer([first.jwk, second.jwk]);
  fresh(server.url);
});
afterEach(() => server.close());

function fresh(url: string, timeoutMs?: number): void {
  clock = testClock();
  logged = [];
  keys = createKeySet({
    fetchKeys: createFetchKeys(url, timeoutMs),
    clock,
    log: (_level, code, data) => logged.push(`${code} ${String(data?.['reason'])}`),
  });
}

const kind = async (kid: string | undefined, algorithm: 'ES256' | 'EdDSA' = 'ES256'): Promise<string> =>
  (await keys.find(algorithm, kid)).kind;

describe('the key set', () => {
  it('is asked for once in ten minutes, and once by a thousand at a time', async () => {
    const found = await Promise.all(Array.from({ length: 1000 }, () => kind('first')));
    expect(new Set(found)).toEqual(new Set(['key']));
    clock.pass(10 * MINUTE - 1);
    expect(await kind('second')).toBe('key');
    expect(server.hits()).toBe(1);
    clock.pass(1);
    expect(await kind('second')).toBe('key');
    expect(server.hits()).toBe(2);
  });

  it('is asked for twice at the most by a thousand requests with made-up kids', async () => {
    expect(await kind('first')).toBe('key');
    clock.pass(MINUTE);
    const found = await Promise.all(Array.from({ length: 1000 }, (_, n) => kind(`made-up-${String(n)}`)));
    expect(new Set(found)).toEqual(new Set(['unknown']));
    for (let n = 0; n < 29; n += 1) {
      clock.pass(1000);
      expect(await kind(`later-${String(n)}`)).toBe('unknown');
    }
    expect(server.hits()).toBe(2);
    clock.pass(1000);
    await kind('again');
    expect(server.hits()).toBe(3);
  });

  it('takes up a new key with the first token that names it', async () => {
    await kind('first');
    server.serve([first.jwk, second.jwk, third.jwk]);
    expect(await kind('third', 'EdDSA')).toBe('key');
    expect(server.hits()).toBe(2);
  });

  it('loses no request while old and new key stand side by side, and drops the old one in time', async () => {
    await kind('first');
    server.serve([first.jwk, third.jwk]);
    const answers = new Set<string>();
    for (let seconds = 0; seconds < 600; seconds += 5) {
      const some = await Promise.all([kind('first'), kind('third', 'EdDSA'), kind('first')]);
      for (const one of some) answers.add(one);
      clock.pass(5000);
    }
    expect(answers).toEqual(new Set(['key']));
    server.serve([third.jwk]);
    clock.pass(10 * MINUTE);
    expect([await kind('first'), await kind('third', 'EdDSA')]).toEqual(['unknown', 'key']);
  });

  it('serves known keys for 24 hours while the issuer is down, and not longer', async () => {
    await kind('first');
    server.answer({ status: 503 });
    for (let minutes = 20; minutes < 24 * 60; minutes += 20) {
      clock.pass(20 * MINUTE);
      expect(await kind('first')).toBe('key');
    }
    expect(await keys.find('ES256', 'unknown')).toMatchObject({ kind: 'unavailable' });
    clock.pass(20 * MINUTE);
    expect(await keys.find('ES256', 'first')).toMatchObject({ kind: 'unavailable' });
    server.serve([first.jwk]);
    clock.pass(30_000);
    expect(await kind('first')).toBe('key');
  });

  it('is asked for every 30 seconds at the most while the issuer is down, and says how long to wait', async () => {
    server.answer({ status: 500 });
    const cold = await Promise.all(Array.from({ length: 1000 }, (_, n) => keys.find('ES256', `kid-${String(n)}`)));
    expect(cold.every((found) => found.kind === 'unavailable')).toBe(true);
    expect(server.hits()).toBe(1);
    clock.pass(10_000);
    expect(await keys.find('ES256', 'first')).toEqual({ kind: 'unavailable', retryAfterSeconds: 20 });
    expect(server.hits()).toBe(1);
    clock.pass(20_000);
    expect(await kind('first')).toBe('unavailable');
    expect(server.hits()).toBe(2);
    expect(logged).toEqual(['jwks.unavailable status_500', 'jwks.unavailable status_500']);
  });

  it('keeps nobody with a known key waiting once the issuer hangs', async () => {
    fresh(server.url, 800);
    await kind('first');
    server.answer({ hangs: true });
    clock.pass(11 * MINUTE);
    expect(await kind('first')).toBe('key');
    clock.pass(MINUTE);
    const before = performance.now();
    expect(await kind('first')).toBe('key');
    expect(performance.now() - before).toBeLessThan(600);
    expect(logged).toEqual(['jwks.unavailable not_reached']);
  });

  it('needs a kid, unless it holds one usable key', async () => {
    expect(await kind(undefined)).toBe('unknown');
    server.serve([first.jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'secret' }]);
    clock.pass(HOUR);
    expect([await kind(undefined), await kind(undefined, 'EdDSA'), await kind('other')]).toEqual([
      'key',
      'unknown',
      'unknown',
    ]);
  });

  it.each<[string, Parameters<KeyServer['answer']>[0], string]>([
    ['a redirect', { status: 302, location: 'http://127.0.0.1:9/keys' }, 'status_302'],
    ['no page', { status: 404, body: 'no' }, 'status_404'],
    ['HTML', { body: '<html></html>' }, 'not_json'],
    ['another document', { body: '{"issuer":"x"}' }, 'no_key_set'],
    ['a list', { body: '[]' }, 'no_key_set'],
    ['keys that are none', { body: '{"keys":[null,1,"x",{},{"kty":"RSA","n":"AQ"}]}' }, 'no_usable_key'],
    ['no keys', { body: '{"keys":[]}' }, 'no_usable_key'],
    ['101 keys', { body: JSON.stringify({ keys: Array.from({ length: 101 }, () => first.jwk) }) }, 'no_key_set'],
    ['more than 256 kB', { body: JSON.stringify({ keys: [first.jwk], pad: 'x'.repeat(262_144) }) }, 'too_large'],
    ['nothing in time', { hangs: true }, 'not_reached'],
  ])('goes on with what it has where the issuer answers with %s', async (_, answer, reason) => {
    fresh(server.url, 200);
    expect(await kind('first')).toBe('key');
    server.answer(answer);
    clock.pass(11 * MINUTE);
    expect(await kind('first')).toBe('key');
    expect(logged).toEqual([`jwks.unavailable ${reason}`]);
  });

  it('takes the good keys of a set that has damaged ones', async () => {
    server.serve([{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'bad' }, { ...first.jwk, kid: 7 }, second.jwk]);
    expect([await kind('bad'), await kind('second')]).toEqual(['unknown', 'key']);
  });
});

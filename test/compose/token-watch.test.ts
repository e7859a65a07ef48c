import { expect, it } from '@jest/globals';
import { createTokenWatch } from '../../src/compose/token-watch.ts';
import { createLog, createMetrics } from '../../src/telemetry.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const token = (id: string, audience: 'scim' | 'api', days: number) => ({
  ...{ tenantId: 'default', id, audience },
  expiresAt: new Date(NOW + days * DAY).toISOString(),
});

it('tokens that end soon are logged by id, and the soonest of each audience is a gauge', async () => {
  const lines: string[] = [];
  const watch = createTokenWatch({
    tokens: { lastOfEach: async () => [token('a', 'scim', 3), token('b', 'scim', 29.5), token('c', 'api', 31)] },
    clock: { now: () => new Date(NOW).toISOString() },
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
  });
  watch.start();
  watch.start();
  await new Promise((resolve) => setImmediate(resolve));
  watch.stop();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', event: 'token.expiring', tenant: 'default', token: 'a', kind: 'scim', days: 3 },
    { event: 'token.expiring', token: 'b', days: 29 },
  ]);

  const { body } = await createMetrics({ tokenExpiry: () => watch.soonest() }).text();
  const seconds = (audience: string): number =>
    Number(new RegExp(`bridge_token_expiry_seconds\\{audience="${audience}"\\} (\\d+)`).exec(body)?.[1]);
  expect(Math.abs(seconds('scim') - 3 * 86_400)).toBeLessThan(60);
  expect(Math.abs(seconds('api') - 31 * 86_400)).toBeLessThan(60);
});

it('a store that cannot be read is logged, and the watch goes on', async () => {
  const codes: string[] = [];
  const watch = createTokenWatch({
    tokens: { lastOfEach: async () => Promise.reject(new Error('gone')) },
    clock: { now: () => new Date(NOW).toISOString() },
    log: (_level, code) => void codes.push(code),
  });
  watch.start();
  await new Promise((resolve) => setImmediate(resolve));
  watch.stop();
  expect(codes).toEqual(['token.watch']);
});

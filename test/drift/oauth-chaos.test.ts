import { describe, expect, it } from '@jest/globals';
import type { DriftCredentials } from '../../src/drift/credentials.ts';
import { oauthCredentials } from '../../src/drift/oauth.ts';
import type { Exchange } from '../../src/drift/transport.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { GRANT, testVault } from './oauth-world.ts';
import { virtualClock } from './virtual-clock.ts';

const ROUNDS = 400;
const POST_MS = 2_000;
const HOUR = 3_600_000;

/** Three processes, a store and a token endpoint, of which anything may fail for an hour; then nothing does any more. */
async function round(seed: number): Promise<{ readonly outcome: 'alive' | 'dead'; readonly wrong: readonly string[] }> {
  const random = seededRandom(seed);
  const clock = virtualClock();
  const vault = testVault();
  const wrong: string[] = [];
  const deaths: string[] = [];
  let calm = false;
  // In every other round no answer is lost after it took effect: then nothing may cost the grant.
  const faults = ['none', 'none', 'before', 'busy', 'page', seed % 2 === 0 ? 'after' : 'none'] as const;

  // A server with rotating refresh tokens.
  let live = GRANT.refreshToken;
  let made = 0;
  let posting = 0;
  const bearers = new Set<string>();
  async function post(form: string): Promise<Exchange> {
    posting += 1;
    if (posting > 1) wrong.push('two processes asked the token endpoint at once');
    const fault = calm ? 'none' : random.pick(faults);
    await clock.sleep(Math.ceil(random.next() * (POST_MS - 10)));
    posting -= 1;
    if (fault === 'before') return { kind: 'lost', code: 'cut' };
    if (fault === 'busy') return { kind: 'answer', status: 503, headers: {}, text: '{}' };
    if (fault === 'page') return { kind: 'answer', status: 403, headers: {}, text: '<html>' };
    const given = new URLSearchParams(form).get('refresh_token');
    if (given !== live && lostAt === 0) wrong.push('a refresh token was spent twice');
    if (given !== live) return { kind: 'answer', status: 400, headers: {}, text: '{"error":"invalid_grant"}' };
    made += 1;
    live = `refresh-token-${made}`;
    bearers.add(`access-token-${made}`);
    if (fault === 'after') {
      lostAt = made;
      return { kind: 'lost', code: 'timeout' };
    }
    answered = live;
    const text = `{"access_token":"access-token-${made}","refresh_token":"${live}","expires_in":${random.chance(0.5) ? 60 : 600}}`;
    return { kind: 'answer', status: 200, headers: {}, text };
  }
  let answered = GRANT.refreshToken;
  let lostAt = 0;

  const swap = vault.swap.bind(vault);
  vault.swap = async (revision, grant) => {
    await clock.sleep(Math.ceil(random.next() * 20));
    if (!calm && random.chance(0.15)) throw new Error('the store takes no writes');
    const done = await swap(revision, grant);
    if (!calm && random.chance(0.1)) throw new Error('the answer of the store was lost');
    return done;
  };

  const processes = ['a', 'b', 'c'].map((owner): DriftCredentials =>
    oauthCredentials({
      vault,
      post,
      postMs: POST_MS,
      scimToken: null,
      deaths: { known: async () => deaths.length > 0, record: async (kind) => void deaths.push(kind) },
      clock,
      log: () => undefined,
      owner,
    }),
  );
  async function use(credentials: DriftCredentials): Promise<void> {
    while (clock.ms() < HOUR) {
      await clock.sleep(random.next() * 90_000);
      try {
        const bearer = await credentials.bearer('rest');
        if (!bearers.has(bearer)) wrong.push('a bearer that was never given');
        const { grant } = vault;
        if (grant?.access?.token === bearer && grant.refreshToken === GRANT.refreshToken) {
          wrong.push('a bearer was used before its refresh token was stored');
        }
        if (random.chance(0.02)) await credentials.refused('rest', bearer);
      } catch {
        // Not now, or dead: it is asked again.
      }
    }
  }
  const working = processes.flatMap((one) => [use(one), use(one)]);
  await clock.runUntil(HOUR + 1);
  calm = true;
  await clock.runUntil(2 * HOUR);
  await Promise.all(working);

  // A death has its reason: an answer that was lost, or a bearer that was refused for good.
  const last = processes.map((one) => one.bearer('rest').catch((error: unknown) => (error as { code?: string }).code));
  await clock.runUntil(3 * HOUR);
  const said = await Promise.all(last);
  const dead = deaths.length > 0;
  if (dead !== said.every((one) => one === 'drift.credential_dead')) wrong.push(`they do not agree: ${said.join()}`);
  if (!dead && !said.every((one) => one !== undefined && bearers.has(one))) wrong.push(`no bearer: ${said.join()}`);
  if (!dead && vault.grant?.refreshToken !== answered) wrong.push('a refresh token that was answered is lost');
  if (!dead && lostAt > 0 && lostAt === made) wrong.push('it lives with a refresh token that nobody has');
  return { outcome: dead ? 'dead' : 'alive', wrong };
}

describe('an OAuth grant in three processes', () => {
  it('is never spent twice at once and never lost by us, whatever fails', async () => {
    const outcomes = { alive: 0, dead: 0 };
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const { outcome, wrong } = await round(seed);
      expect([seed, wrong]).toEqual([seed, []]);
      outcomes[outcome] += 1;
    }
    // An answer that was lost after it took effect is the end of a grant, and most have one within the hour.
    expect(outcomes.alive).toBeGreaterThan(0);
    expect(outcomes.dead).toBeGreaterThan(0);
    process.stderr.write(`OAuth grants, seeds 1 to ${ROUNDS}: ${JSON.stringify(outcomes)}\n`);
  }, 120_000);
});
